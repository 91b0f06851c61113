"""Logging in."""

import json

from . import hanami_request


def request_token(address: str, user_id: str, passphrase: str, verify_connection: bool = True) -> str:
    """Logs in; returns the token that all other functions take."""
    values = {"id": user_id, "passphrase": hanami_request.to_base64(passphrase)}
    return json.loads(hanami_request.post(None, address, "/token", values, verify_connection))["token"]
