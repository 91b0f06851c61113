"""Users and their projects."""

from . import hanami_request


def create_user(
    token: str,
    address: str,
    new_user_id: str,
    new_user_name: str,
    passphrase: str,
    is_admin: bool,
    verify_connection: bool = True,
) -> str:
    """Creates a user (admins only)."""
    values = {"id": new_user_id, "name": new_user_name, "passphrase": hanami_request.to_base64(passphrase), "is_admin": is_admin}
    return hanami_request.post(token, address, "/user", values, verify_connection)


def get_user(token: str, address: str, user_id: str, verify_connection: bool = True) -> str:
    """Tells about a user (admins only)."""
    return hanami_request.get(token, address, "/user", {"id": user_id}, verify_connection)


def list_users(token: str, address: str, verify_connection: bool = True) -> str:
    """Lists all users (admins only)."""
    return hanami_request.get(token, address, "/user/all", {}, verify_connection)


def delete_user(token: str, address: str, user_id: str, verify_connection: bool = True) -> str:
    """Deletes a user (admins only; nobody himself)."""
    return hanami_request.delete(token, address, "/user", {"id": user_id}, verify_connection)


def change_passphrase(token: str, address: str, passphrase: str, new_passphrase: str, verify_connection: bool = True) -> str:
    """Changes one's own passphrase."""
    values = {"passphrase": hanami_request.to_base64(passphrase), "new_passphrase": hanami_request.to_base64(new_passphrase)}
    return hanami_request.put(token, address, "/user/passphrase", values, verify_connection)


def add_project_to_user(
    token: str,
    address: str,
    user_id: str,
    project_id: str,
    role: str,
    is_project_admin: bool,
    verify_connection: bool = True,
) -> str:
    """Assigns a project to a user (admins only)."""
    values = {"id": user_id, "project_id": project_id, "role": role, "is_project_admin": is_project_admin}
    return hanami_request.post(token, address, "/user/project", values, verify_connection)


def remove_project_from_user(token: str, address: str, user_id: str, project_id: str, verify_connection: bool = True) -> str:
    """Takes a project from a user (admins only)."""
    return hanami_request.delete(token, address, "/user/project", {"id": user_id, "project_id": project_id}, verify_connection)


# How the original SDK spells it.
remove_project_fromUser = remove_project_from_user


def list_projects_of_user(token: str, address: str, user_id: str = None, verify_connection: bool = True) -> str:
    """Lists one's own projects; admins may name another user."""
    values = {} if user_id is None else {"user_id": user_id}
    return hanami_request.get(token, address, "/user/project", values, verify_connection)


def switch_project(token: str, address: str, project_id: str, verify_connection: bool = True) -> str:
    """Switches to another of one's own projects; the answer holds a token for it."""
    return hanami_request.put(token, address, "/token", {"project_id": project_id}, verify_connection)
