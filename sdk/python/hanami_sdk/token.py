"""Logging in (the same as hanami_token)."""

from .hanami_token import request_token

__all__ = ["request_token"]
