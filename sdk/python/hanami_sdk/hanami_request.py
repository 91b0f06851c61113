"""Calls to the REST API, and websockets; the other modules are built on these."""

import asyncio
import base64
import functools
import json
import ssl
import threading
import time
import urllib.parse

import requests
import websockets

from . import hanami_exceptions

PREFIX = "/v1.0alpha"

# Seconds for which waits and uploads go on trying to reach a server that is gone.
PATIENCE = 300
_LONGEST_PAUSE = 5
_PASSING = (429, 502, 503, 504)
_CODE = "X-Error-Code"
_ENDED = ("the token has expired", "the token was revoked", "the token is not valid")


class Token(str):
    """A token that renews itself: where the server says that it has ended, the functions that were given it log in again."""

    def __new__(cls, text: str, log_in=None):
        token = super().__new__(cls, text)
        token.current = text
        token._log_in = log_in
        token._lock = threading.Lock()
        return token

    def renew(self, ended: str) -> str:
        """Another token in the place of one that was refused."""
        with self._lock:
            if self.current == ended and self._log_in is not None:
                self.current = self._log_in()
            return self.current


def _text_of(token):
    return token.current if isinstance(token, Token) else token


def _has_ended(token, sentence: str, code) -> bool:
    if not isinstance(token, Token) or token._log_in is None:
        return False
    # A server that knows no codes is known by its sentences.
    return sentence.startswith(_ENDED) if code is None else code == "token_ended"


def keywords(**older):
    """Lets a function be called with the names that the original SDK gives its arguments: keywords(older="newer")."""

    def decorate(function):
        @functools.wraps(function)
        def call(*arguments, **named):
            return function(*arguments, **{older.get(name, name): value for name, value in named.items()})

        return call

    return decorate


def _call(method: str, token, url: str, verify_connection: bool, **arguments) -> requests.Response:
    """One call; once more with a new token if the one that is given has ended."""
    text = _text_of(token)

    def once(key):
        headers = {} if key is None else {"X-Auth-Token": str(key)}
        return requests.request(method, url, headers=headers, verify=verify_connection, **arguments)

    response = once(text)
    if response.status_code == 401 and _has_ended(token, response.text, response.headers.get(_CODE)):
        response = once(token.renew(text))
    if response.status_code != 200:
        raise hanami_exceptions.exception_for(response.status_code, response.text, response.headers.get(_CODE))
    return response


def send(method: str, token, address: str, path: str, values: dict, verify_connection: bool = True) -> bytes:
    """Calls an endpoint; returns its answer as it came (JSON). Raises the exception of a status that is no success."""
    arguments = {"params": values} if method in ("GET", "DELETE") else {"data": json.dumps(values)}
    return _call(method, token, url_of(address, path), verify_connection, **arguments).content


def url_of(address: str, path: str) -> str:
    """Where an endpoint lies; the address may have a path of its own, such as behind a proxy."""
    return address.strip().rstrip("/") + PREFIX + path


def get(token, address, path, values, verify_connection=True) -> bytes:
    return send("GET", token, address, path, values, verify_connection)


def post(token, address, path, values, verify_connection=True) -> bytes:
    return send("POST", token, address, path, values, verify_connection)


def put(token, address, path, values, verify_connection=True) -> bytes:
    return send("PUT", token, address, path, values, verify_connection)


def delete(token, address, path, values, verify_connection=True) -> bytes:
    return send("DELETE", token, address, path, values, verify_connection)


def send_get_request(token, address: str, path: str, values: str, verify: bool = True) -> bytes:
    """GET of a whole path, such as /v1.0alpha/cluster, with a query string, as the original SDK has it."""
    return _call("GET", token, address.rstrip("/") + path + (f"?{values}" if values else ""), verify).content


def send_delete_request(token, address: str, path: str, values: str, verify: bool = True) -> bytes:
    """DELETE of a whole path with a query string."""
    return _call("DELETE", token, address.rstrip("/") + path + (f"?{values}" if values else ""), verify).content


def send_post_request(token, address: str, path: str, body: str, verify: bool = True) -> bytes:
    """POST of JSON text to a whole path."""
    return _call("POST", token, address.rstrip("/") + path, verify, data=body).content


def send_put_request(token, address: str, path: str, body: str, verify: bool = True) -> bytes:
    """PUT of JSON text to a whole path."""
    return _call("PUT", token, address.rstrip("/") + path, verify, data=body).content


def download(token, address: str, path: str, values: dict, file_path: str, verify_connection: bool = True) -> None:
    """Saves the answer of an endpoint that is a file."""
    with _call("GET", token, url_of(address, path), verify_connection, params=values, stream=True) as response:
        with open(file_path, "wb") as file:
            for chunk in response.iter_content(1 << 20):
                file.write(chunk)


def passes(error: Exception) -> bool:
    """Whether the same call may succeed a little later."""
    if isinstance(error, (requests.exceptions.SSLError, requests.exceptions.InvalidURL)):
        return False
    lost = (requests.exceptions.ConnectionError, requests.exceptions.Timeout, websockets.exceptions.ConnectionClosed, ConnectionError, OSError)
    if isinstance(error, hanami_exceptions.HanamiException):
        return getattr(error, "status", None) in _PASSING
    return isinstance(error, lost)


def patiently(work, patience: float = PATIENCE):
    """Does something that may be done again: while the server cannot be reached, it is tried with growing pauses."""
    end = time.monotonic() + patience
    pause = 0.2
    while True:
        try:
            return work()
        except Exception as error:
            if not passes(error) or time.monotonic() + pause > end:
                raise
        time.sleep(pause)
        pause = min(_LONGEST_PAUSE, 2 * pause)


def to_base64(text: str) -> str:
    """Base64 of the UTF-8 bytes of a text, as passphrases and templates are sent."""
    return base64.b64encode(text.encode("utf-8")).decode("ascii")


async def open_websocket(token, address: str, target: str, uuid: str, verify_connection: bool = True):
    """Opens a websocket and says who talks about what. Raises BadRequestException with the reason of a server that does not want to talk."""
    ws, answer = await _greet(_text_of(token), address, target, uuid, verify_connection)
    if not answer["success"] and _has_ended(token, answer["error"], answer.get("code")):
        await ws.close()
        ws, answer = await _greet(token.renew(_text_of(token)), address, target, uuid, verify_connection)
    if not answer["success"]:
        await ws.close()
        raise hanami_exceptions.exception_for(400, answer["error"], answer.get("code"))
    return ws


async def _greet(token, address, target, uuid, verify_connection):
    parts = urllib.parse.urlsplit(address.strip())
    uri = f"{parts.scheme.replace('http', 'ws', 1)}://{parts.netloc}{parts.path.rstrip('/')}/"
    context = None
    if parts.scheme == "https":
        context = ssl.create_default_context()
        if not verify_connection:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
    ws = await websockets.connect(uri, ssl=context, max_size=None)
    await ws.send(json.dumps({"token": str(token), "target": target, "uuid": uuid}))
    return ws, json.loads(await ws.recv())


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
