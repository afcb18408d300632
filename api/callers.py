"""Who is at the other end, before anybody is asked who they are: an address, and a token if they have one."""

from __future__ import annotations

from flask import request

from lapor.access import addresses
from lapor.errors import Unauthenticated
from lapor.settings import Server


def block(server: Server) -> str:
    """The block of addresses that this request comes from."""
    forwarded = request.headers.get("X-Forwarded-For", "")
    return addresses.block(addresses.caller(request.remote_addr, forwarded, server.trusted_proxies))


def token() -> str | None:
    """The bearer token of this request, None without one.

    Raises:
        Unauthenticated: the header that should hold it holds none.
    """
    given = request.headers.get("Authorization")
    if given is None:
        return None
    scheme, _, secret = given.partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise Unauthenticated
    return secret.strip()
