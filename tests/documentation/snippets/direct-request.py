from hanami_sdk import direct_io
import asyncio
async def main():
    address = "http://127.0.0.1:11418"
    cluster_uuid = "9f86921d-9a7c-44a2-836c-1683928d9354"
    input_values = [0.0, 2.0, 0.0, 10.0, 0.5]
    ws = await cluster.switch_to_direct_mode(token, address, cluster_uuid)
    output_values = await direct_io.send_request_input(ws, "test_input", input_values, True)
    await ws.close()
    cluster.switch_to_task_mode(token, address, cluster_uuid)
asyncio.run(main())
