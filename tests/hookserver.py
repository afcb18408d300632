"""A real HTTP server on loopback that receives webhooks as an agency's app does; its moods change while it runs."""

from __future__ import annotations

import base64
import hmac
import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any


@dataclass(frozen=True)
class Received:
    """A request as it came in. `headers` are in lower case."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    def signed(self, secret: str) -> str:
        """The signature that it must have, as Standard Webhooks says it and without its library."""
        key = base64.b64decode(secret.removeprefix("whsec_"))
        text = f"{self.id}.{self.headers['webhook-timestamp']}.".encode() + self.body
        return f"v1,{base64.b64encode(hmac.digest(key, text, 'sha256')).decode()}"

    @property
    def said(self) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(self.body)
        return said


class HookServer:
    """Takes messages into `taken` unless `mood` says otherwise.

    Moods: a status to answer with, "redirect", "hang", "drip" and "drip body" (headers or body never end), "drop" (taken first), "endless"
    (taken, with an answer that does not end). `tried` counts the requests.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.mood = ""
        self.taken: list[Received] = []
        self.tried = 0
        self.names: list[str | None] = []
        self._over = Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        if tls:
            tls.sni_callback = lambda _socket, name, _context: self.names.append(name)
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.port: int = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/hooks?of=pu"
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Refuse connections from now on."""
        self._over.set()
        self._server.shutdown()
        self._server.server_close()

    def receive(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer one request as the mood says."""
        self.tried += 1
        body = handler.rfile.read(int(handler.headers["Content-Length"]))
        request = Received(handler.path, {name.lower(): value for name, value in handler.headers.items()}, body)
        handler.close_connection = True
        if self.mood == "hang":
            self._over.wait()
        elif self.mood.startswith("drip"):
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: " + (b"\r\n\r\n" if self.mood == "drip body" else b""))
            while not self._over.wait(0.05):
                handler.wfile.write(b"x")
        else:
            self._reply(handler, request)

    def _reply(self, handler: BaseHTTPRequestHandler, request: Received) -> None:
        status = 307 if self.mood == "redirect" else int(self.mood) if self.mood.isdigit() else 204
        if status == 204:
            self.taken.append(request)
        if self.mood == "drop":
            handler.connection.shutdown(socket.SHUT_RDWR)
            return
        handler.send_response(200 if self.mood == "endless" else status)
        handler.send_header("Location", f"http://127.0.0.1:{self.port}/elsewhere")
        handler.end_headers()
        while self.mood == "endless" and not self._over.is_set():
            handler.wfile.write(b"x" * 65536)

    def verified(self, secret: str) -> list[dict[str, Any]]:
        """What was taken, all of it signed with this secret."""
        assert [each.headers["webhook-signature"] for each in self.taken] == [
            each.signed(secret) for each in self.taken
        ]
        return [each.said for each in self.taken]

    @property
    def ids(self) -> list[str]:
        """The ids of what was taken, in order."""
        return [each.id for each in self.taken]


@contextmanager
def running(tls: ssl.SSLContext | None = None) -> Iterator[HookServer]:
    """A server that listens until the end of the block."""
    server = HookServer(tls)
    try:
        yield server
    finally:
        server.stop()


def free_port() -> int:
    """A port on loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _handler(server: HookServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            try:
                server.receive(self)
            except OSError:
                self.close_connection = True

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    return Handler
