"""The door of the application: only who asks for it by one of its names comes in.

Whatever lies behind sees the address of the settings instead, so that no link and no redirect can repeat the name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, request

from lapor.errors import LaporError
from lapor.settings_fields import hosts

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]
# load balancers ask by address
_OPEN_TO_ALL = re.compile(r"/health/.*|/metrics")
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\[\]:,\s]+)(?::[0-9]{1,5})?")
_REFUSED = "lapor.misdirected"


class Misdirected(LaporError):
    """This server does not go by the name that was asked for."""


class Door:
    """Marks requests for other hosts, and puts the public address in the place of what was asked for."""

    def __init__(self, inner: Wsgi, names: Collection[str], public_url: str) -> None:
        self._inner, self._names, self._public = inner, frozenset(names), urlsplit(public_url)

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        """Serve a request."""
        known = is_one_of(environ.get("HTTP_HOST", ""), self._names) or _OPEN_TO_ALL.fullmatch(
            environ.get("PATH_INFO", "")
        )
        environ[_REFUSED] = not known
        environ["HTTP_HOST"], environ["wsgi.url_scheme"] = self._public.netloc, self._public.scheme
        return self._inner(environ, start)


def is_one_of(asked: str, names: Collection[str]) -> bool:
    """Whether a Host header has one of these names, with any port.

    >>> [is_one_of(asked, ["lapor.example", "::1"]) for asked in ("LAPOR.example:8080", "[::1]", "lapor.example.x", "")]
    [True, True, False, False]
    """
    found = _HOST.fullmatch(asked)
    return found is not None and hosts([found[1]])[0] in names


def register(app: Flask, names: Collection[str], public_url: str) -> None:
    """Stand at the door of the application, before anything else."""
    # as Flask would have middleware put on; its types know of a method only
    app.wsgi_app = Door(app.wsgi_app, names, public_url)  # type: ignore[assignment, method-assign]
    app.before_request(_refuse)


def _refuse() -> None:
    if request.environ.get(_REFUSED):
        raise Misdirected
