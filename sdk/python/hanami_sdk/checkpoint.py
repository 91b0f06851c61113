"""Checkpoints: saved states of clusters."""

from . import hanami_request


def get_checkpoint(token: str, address: str, checkpoint_uuid: str, verify_connection: bool = True) -> bytes:
    """Tells about a checkpoint."""
    return hanami_request.get(token, address, "/checkpoint", {"uuid": checkpoint_uuid}, verify_connection)


def list_checkpoints(token: str, address: str, verify_connection: bool = True) -> bytes:
    """Lists all visible checkpoints."""
    return hanami_request.get(token, address, "/checkpoint/all", {}, verify_connection)


def delete_checkpoint(token: str, address: str, checkpoint_uuid: str, verify_connection: bool = True) -> bytes:
    """Deletes a checkpoint."""
    return hanami_request.delete(token, address, "/checkpoint", {"uuid": checkpoint_uuid}, verify_connection)
