"""Projects (admins only)."""

from . import hanami_request


def create_project(token: str, address: str, project_id: str, project_name: str, verify_connection: bool = True) -> bytes:
    """Creates an empty project."""
    return hanami_request.post(token, address, "/project", {"id": project_id, "name": project_name}, verify_connection)


def get_project(token: str, address: str, project_id: str, verify_connection: bool = True) -> bytes:
    """Tells about a project."""
    return hanami_request.get(token, address, "/project", {"id": project_id}, verify_connection)


def list_projects(token: str, address: str, verify_connection: bool = True) -> bytes:
    """Lists all projects."""
    return hanami_request.get(token, address, "/project/all", {}, verify_connection)


def delete_project(token: str, address: str, project_id: str, verify_connection: bool = True, force: bool = False) -> bytes:
    """Deletes a project; with force also what is left in it."""
    values = {"id": project_id, **({"force": "true"} if force else {})}
    return hanami_request.delete(token, address, "/project", values, verify_connection)


def get_quota(token: str, address: str, project_id: str, verify_connection: bool = True) -> bytes:
    """What a project may use, and uses."""
    return hanami_request.get(token, address, "/project/quota", {"id": project_id}, verify_connection)


def set_quota(token: str, address: str, project_id: str, limits: dict, verify_connection: bool = True) -> bytes:
    """Limits what a project may use: clusters, memory, dataset_bytes, checkpoint_bytes,
    queued_tasks, running_tasks; None: no limit."""
    return hanami_request.put(token, address, "/project/quota", {"id": project_id, **limits}, verify_connection)
