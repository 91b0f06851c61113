"""Logging in."""

import json

from . import hanami_request
from .hanami_request import Token, keywords


@keywords(pw="passphrase", passwort="passphrase", password="passphrase")
def request_token(address: str, user_id: str, passphrase: str, verify_connection: bool = True) -> Token:
    """Logs in; returns the token that all other functions take. It is a str, and logs in again by itself when it has expired."""

    def log_in() -> str:
        values = {"id": user_id, "passphrase": hanami_request.to_base64(passphrase)}
        return json.loads(hanami_request.post(None, address, "/token", values, verify_connection))["token"]

    return Token(log_in(), log_in)
