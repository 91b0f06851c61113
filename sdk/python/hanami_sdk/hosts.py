"""Logical hosts."""

from . import hanami_request


def list_hosts(token: str, address: str, verify_connection: bool = True) -> bytes:
    """Lists the logical hosts that clusters live on."""
    return hanami_request.get(token, address, "/host/all", {}, verify_connection)
