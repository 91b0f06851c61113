"""Calls to the REST API, and websockets; the other modules are built on these."""

import asyncio
import base64
import json
import ssl
import threading

import requests
import websockets

from . import hanami_exceptions

PREFIX = "/v1.0alpha"


def send(method: str, token, address: str, path: str, values: dict, verify_connection: bool = True) -> str:
    """Calls an endpoint; returns the text of its answer. Raises the exception of a status that is no success."""
    headers = {} if token is None else {"X-Auth-Token": token}
    arguments = {"params": values} if method in ("GET", "DELETE") else {"data": json.dumps(values)}
    url = address.rstrip("/") + PREFIX + path
    response = requests.request(method, url, headers=headers, verify=verify_connection, **arguments)
    if response.status_code != 200:
        raise hanami_exceptions.exception_for(response.status_code, response.text)
    return response.text


def get(token, address, path, values, verify_connection=True) -> str:
    return send("GET", token, address, path, values, verify_connection)


def post(token, address, path, values, verify_connection=True) -> str:
    return send("POST", token, address, path, values, verify_connection)


def put(token, address, path, values, verify_connection=True) -> str:
    return send("PUT", token, address, path, values, verify_connection)


def delete(token, address, path, values, verify_connection=True) -> str:
    return send("DELETE", token, address, path, values, verify_connection)


def to_base64(text: str) -> str:
    """Base64 of the UTF-8 bytes of a text, as passphrases and templates are sent."""
    return base64.b64encode(text.encode("utf-8")).decode("ascii")


async def open_websocket(token: str, address: str, target: str, uuid: str, verify_connection: bool = True):
    """Opens a websocket and says who talks about what. Raises BadRequestException with the reason of a server that does not want to talk."""
    uri = address.replace("http", "ws", 1)
    context = None
    if uri.startswith("wss"):
        context = ssl.create_default_context()
        if not verify_connection:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
    ws = await websockets.connect(uri, ssl=context, max_size=None)
    await ws.send(json.dumps({"token": token, "target": target, "uuid": uuid}))
    answer = json.loads(await ws.recv())
    if not answer["success"]:
        await ws.close()
        raise hanami_exceptions.BadRequestException(answer["error"])
    return ws


def run(coroutine):
    """Runs a coroutine to its end; within a running event loop, in a thread of its own."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(coroutine)
    outcome = {}

    def work():
        try:
            outcome["result"] = asyncio.run(coroutine)
        except BaseException as error:  # handed on to the caller below
            outcome["error"] = error

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if "error" in outcome:
        raise outcome["error"]
    return outcome["result"]
