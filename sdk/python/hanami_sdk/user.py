"""Users and their projects."""

from . import hanami_request
from .hanami_request import keywords


@keywords(user_id="new_user_id", user_name="new_user_name", passwort="passphrase", password="passphrase", pw="passphrase")
def create_user(
    token: str,
    address: str,
    new_user_id: str,
    new_user_name: str,
    passphrase: str,
    is_admin: bool,
    verify_connection: bool = True,
) -> bytes:
    """Creates a user (admins only)."""
    values = {"id": new_user_id, "name": new_user_name, "passphrase": hanami_request.to_base64(passphrase), "is_admin": is_admin}
    return hanami_request.post(token, address, "/user", values, verify_connection)


def get_user(token: str, address: str, user_id: str, verify_connection: bool = True) -> bytes:
    """Tells about a user (admins only)."""
    return hanami_request.get(token, address, "/user", {"id": user_id}, verify_connection)


def list_users(token: str, address: str, verify_connection: bool = True) -> bytes:
    """Lists all users (admins only)."""
    return hanami_request.get(token, address, "/user/all", {}, verify_connection)


def delete_user(
    token: str, address: str, user_id: str, verify_connection: bool = True, force: bool = False, heir: str = None
) -> bytes:
    """Deletes a user (admins only; nobody deletes themselves); with force also what the user owns, or it goes to an heir."""
    values = {"id": user_id, **({"force": "true"} if force else {}), **({"heir": heir} if heir else {})}
    return hanami_request.delete(token, address, "/user", values, verify_connection)


def change_passphrase(token: str, address: str, passphrase: str, new_passphrase: str, verify_connection: bool = True) -> bytes:
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
) -> bytes:
    """Assigns a project to a user (admins only)."""
    values = {"id": user_id, "project_id": project_id, "role": role, "is_project_admin": is_project_admin}
    return hanami_request.post(token, address, "/user/project", values, verify_connection)


def remove_project_from_user(token: str, address: str, user_id: str, project_id: str, verify_connection: bool = True) -> bytes:
    """Takes a project from a user (admins only)."""
    return hanami_request.delete(token, address, "/user/project", {"id": user_id, "project_id": project_id}, verify_connection)


# How the original SDK and its documentation spell them.
remove_project_fromUser = remove_project_from_user
add_roject_to_user = add_project_to_user


def list_projects_of_user(token: str, address: str, user_id: str = None, verify_connection: bool = True) -> bytes:
    """
    Lists one's own projects; admins may name another user. In the original SDK verify_connection is the third argument, so a bool there is taken for it.
    """
    if isinstance(user_id, bool):
        user_id, verify_connection = None, user_id
    values = {} if user_id is None else {"user_id": user_id}
    return hanami_request.get(token, address, "/user/project", values, verify_connection)


def switch_project(token: str, address: str, project_id: str, verify_connection: bool = True) -> bytes:
    """Switches to another of one's own projects; the answer holds a token for it."""
    return hanami_request.put(token, address, "/token", {"project_id": project_id}, verify_connection)


def get_policy(token: str, address: str, verify_connection: bool = True) -> bytes:
    """Which roles may call what."""
    return hanami_request.get(token, address, "/policy", {}, verify_connection)
