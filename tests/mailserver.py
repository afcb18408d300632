"""A real SMTP server on loopback whose moods can be changed while it runs."""

from __future__ import annotations

import asyncio
import email
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email import policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult


class MailServer:
    """Takes mails into `taken`, unless `mood` says otherwise: a reply to RCPT or DATA, hang, or drop (taken first).

    `tried` counts the messages that came as far as RCPT.
    """

    def __init__(self, **options: Any) -> None:
        self.port = _free_port()
        self.mood = ""
        self.taken: list[EmailMessage] = []
        self.tried = 0
        self._options = options
        self._controller: Controller | None = None

    def start(self) -> None:
        """Listen, on the same port each time."""
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port, **self._options)
        self._controller.start()

    def stop(self) -> None:
        """Refuse connections from now on."""
        if self._controller:
            self._controller.stop()
        self._controller = None

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        self.tried += 1
        if self.mood.startswith("RCPT "):
            return self.mood.removeprefix("RCPT ")
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        if self.mood == "hang":
            await asyncio.sleep(60)
        if self.mood.startswith("DATA "):
            return self.mood.removeprefix("DATA ")
        self.taken.append(email.message_from_bytes(envelope.content, policy=policy.SMTP))
        if self.mood == "drop":
            server.transport.abort()
        return "250 OK"

    @property
    def ids(self) -> list[str]:
        """The Message-IDs of what was taken, in order."""
        return [str(message["Message-ID"]) for message in self.taken]


def plain(message: EmailMessage) -> str:
    """The plain text of a message."""
    body = message.get_body(("plain",))
    text: str = body.get_content() if body else ""
    return text


@contextmanager
def running(**options: Any) -> Iterator[MailServer]:
    """A mail server that listens until the end of the block."""
    server = MailServer(**options)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def requiring(user: str, password: str, tls: ssl.SSLContext) -> dict[str, Any]:
    """Options of a server that takes mail over TLS only, and from one user only."""

    def known(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
        return AuthResult(success=(given.login, given.password) == (user.encode(), password.encode()), handled=False)

    return {"tls_context": tls, "require_starttls": True, "auth_required": True, "authenticator": known}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
