"""Who changed what, and what went wrong; newest first, a hundred entries a page."""

from . import hanami_request


def list_audit_logs(token: str, address: str, user_id: str = None, page: int = 0, verify_connection: bool = True, text: str = None) -> bytes:
    """One's own calls that changed something; admins see those of all, or of one user. `text`: what an entry must contain."""
    values = {"page": page, **({"user_id": user_id} if user_id else {}), **({"text": text} if text else {})}
    return hanami_request.get(token, address, "/audit_log", values, verify_connection)


def list_error_logs(token: str, address: str, user_id: str = None, page: int = 0, verify_connection: bool = True, text: str = None) -> bytes:
    """Internal errors (admins only)."""
    values = {"page": page, **({"user_id": user_id} if user_id else {}), **({"text": text} if text else {})}
    return hanami_request.get(token, address, "/error_log", values, verify_connection)
