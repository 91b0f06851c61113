from hanami_sdk import task
address = "http://127.0.0.1:11418"
task_name = "test_task"
cluster_uuid = "9f86921d-9a7c-44a2-836c-1683928d9354"
inputs = [
{
"dataset_uuid": "6f2bbcd2-7081-4b08-ae1d-16e6cd6f54c4",
"dataset_column": "picture",
"hexagon_name": "picture_hex"
}
]
results = [
{
"dataset_column": "test_output",
"hexagon_name": "label_hex"
}
]
result = task.create_request_task(token,
address,
task_name,
cluster_uuid,
inputs,
results)
task_uuid = json.loads(result)["uuid"]
finished = False
while not finished:
    result = task.get_task(token, address, task_uuid, cluster_uuid)
    finished = json.loads(result)["state"] == "finished"
    print("wait for finish task")
    time.sleep(1)
