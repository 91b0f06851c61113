"""Clusters: networks that grow."""

from . import hanami_request
from .hanami_request import keywords


@keywords(name="cluster_name")
def create_cluster(token: str, address: str, cluster_name: str, template: str = None, verify_connection: bool = True) -> bytes:
    """Creates a cluster from the text of a template; without one, a line of three hexagons."""
    values = {"name": cluster_name}
    if template is not None:
        values["template"] = hanami_request.to_base64(template)
    return hanami_request.post(token, address, "/cluster", values, verify_connection)


def create_cluster_from_checkpoint(
    token: str, address: str, cluster_name: str, checkpoint_uuid: str, verify_connection: bool = True
) -> bytes:
    """Creates a cluster with all that a checkpoint has learnt."""
    values = {"name": cluster_name, "checkpoint_uuid": checkpoint_uuid}
    return hanami_request.post(token, address, "/cluster", values, verify_connection)


def get_cluster(token: str, address: str, cluster_uuid: str, verify_connection: bool = True) -> bytes:
    """Tells about a cluster and what has grown in it."""
    return hanami_request.get(token, address, "/cluster", {"uuid": cluster_uuid}, verify_connection)


def list_clusters(token: str, address: str, verify_connection: bool = True) -> bytes:
    """Lists all visible clusters."""
    return hanami_request.get(token, address, "/cluster/all", {}, verify_connection)


def delete_cluster(token: str, address: str, cluster_uuid: str, verify_connection: bool = True) -> bytes:
    """Deletes a cluster; its running task is aborted."""
    return hanami_request.delete(token, address, "/cluster", {"uuid": cluster_uuid}, verify_connection)


@keywords(name="checkpoint_name")
def save_cluster(token: str, address: str, checkpoint_name: str, cluster_uuid: str, verify_connection: bool = True) -> bytes:
    """Saves the state of a cluster as a checkpoint."""
    values = {"name": checkpoint_name, "cluster_uuid": cluster_uuid}
    return hanami_request.post(token, address, "/cluster/save", values, verify_connection)


def restore_cluster(token: str, address: str, checkpoint_uuid: str, cluster_uuid: str, verify_connection: bool = True) -> bytes:
    """Puts a cluster into the state of a checkpoint."""
    values = {"checkpoint_uuid": checkpoint_uuid, "cluster_uuid": cluster_uuid}
    return hanami_request.post(token, address, "/cluster/load", values, verify_connection)


def switch_host(token: str, address: str, cluster_uuid: str, host_uuid: str, verify_connection: bool = True) -> bytes:
    """Moves a cluster to another logical host; a running task goes on there."""
    values = {"cluster_uuid": cluster_uuid, "hexagon_id": 1, "host_uuid": host_uuid}
    return hanami_request.put(token, address, "/cluster/switch_host", values, verify_connection)


def switch_to_task_mode(token: str, address: str, cluster_uuid: str, verify_connection: bool = True) -> bytes:
    """Lets a cluster work off tasks; its direct connections end."""
    values = {"uuid": cluster_uuid, "new_state": "TASK"}
    return hanami_request.put(token, address, "/cluster/set_mode", values, verify_connection)


async def switch_to_direct_mode(token: str, address: str, cluster_uuid: str, verify_connection: bool = True):
    """Lets a cluster talk over websockets, and returns one to it, for the functions of direct_io."""
    values = {"uuid": cluster_uuid, "new_state": "DIRECT"}
    hanami_request.put(token, address, "/cluster/set_mode", values, verify_connection)
    return await hanami_request.open_websocket(token, address, "cluster", cluster_uuid, verify_connection)
