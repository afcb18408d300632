"""One request to an application without server, socket or client: as little as possible beside what is measured."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

from flask import Flask


def environ(method: str, path: str, *, token: str | None = None, body: Any = None, address: str = "") -> dict[str, Any]:
    """What a server would hand over for a request."""
    said = b"" if body is None else json.dumps(body).encode()
    told = {"HTTP_AUTHORIZATION": f"Bearer {token}"} if token else {}
    return {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "localhost",
        "HTTP_IF_MATCH": '"1"',
        "REMOTE_ADDR": address or "198.51.100.1",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(said)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(said),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        **told,
    }


def asker(app: Flask) -> Callable[[dict[str, Any]], int]:
    """A function that has the application answer a request, to the last byte, and returns the status."""
    statuses: list[str] = []

    def start(status: str, _headers: Any, _fault: Any = None) -> Callable[[bytes], object]:
        statuses.append(status)
        return len

    def ask(given: dict[str, Any]) -> int:
        answer = app(given, start)
        for _ in answer:
            pass
        if hasattr(answer, "close"):
            answer.close()
        return int(statuses.pop()[:3])

    return ask
