"""Webhooks: a payload becomes a signed message, and a message goes to the app of an agency. Knows nothing of records."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from ipaddress import IPv6Address, IPv6Network, ip_address
from threading import Event, Timer
from typing import Protocol
from urllib.parse import SplitResult

from standardwebhooks import Webhook

from lapor.directory import webhooks
from lapor.errors import InvalidFields, LaporError
from lapor.notices.mail import Delayed, Down
from lapor.settings import Webhooks

READ_AT_MOST = 64 * 1024
_PUBLIC_IPV6, _TUNNELLED_IPV4 = IPv6Network("2000::/3"), IPv6Network("2002::/16")


class Gone(LaporError):
    """The app wants to be told nothing more."""


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent. One that is sent again has the same id."""

    id: str
    url: str
    secret: str
    body: str


class Sender(Protocol):
    """Where messages go."""

    def send(self, message: Message, *, now: datetime) -> None:
        """Return when the message was taken.

        Raises:
            Gone: no message will ever be taken at this address.
            Delayed: it was not taken, or nobody knows whether it was.
            Down: the same, and for other messages to this address it would be no better.
        """


def resolve(host: str, port: int) -> Sequence[str]:
    """The addresses of a host, in the order in which they are to be tried."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(place[0]) for *_, place in found))


@dataclass(frozen=True, slots=True)
class Http:
    """HTTP as the settings allow it: no redirects, no proxies, no way into this network.

    A name is resolved once for each message, and what was found and judged is what is connected to: a name that
    means another address a moment later leads nowhere.
    """

    rules: Webhooks
    resolve: Callable[[str, int], Sequence[str]] = resolve

    def send(self, message: Message, *, now: datetime) -> None:
        """Send one message; any answer but 2xx is a failure."""
        target = _target(message.url, self.rules)
        addresses = self._addresses(target)
        path = (target.path or "/") + (f"?{target.query}" if target.query else "")
        with _connected(target, addresses, self.rules.timeout_seconds) as connection:
            connection.request("POST", path, message.body.encode(), _headers(message, now))
            # what was taken stays taken, however the answer goes on
            with connection.getresponse() as response, suppress(OSError, HTTPException):
                response.read(READ_AT_MOST)
        _judge(response.status)

    def _addresses(self, target: SplitResult) -> Sequence[str]:
        try:
            found = self.resolve(target.hostname or "", target.port or _default_port(target))
        except (OSError, ValueError) as fault:
            raise Down("the name of the app's host is not known") from fault
        if not self.rules.allow_private and not all(map(is_public, found)):
            raise Down("the app's host has an address that is not public")
        return found


def is_public(address: str) -> bool:
    """Whether an address belongs to the open internet: not to a machine, a network, a tunnel or a multitude.

    >>> [is_public(each) for each in ("103.10.62.1", "10.0.0.1", "127.0.0.1", "169.254.169.254", "224.0.0.1")]
    [True, False, False, False, False]
    >>> [is_public(each) for each in ("2001:4860:4860::8888", "::1", "fe80::1%eth0", "::ffff:10.0.0.1", "64:ff9b::a00:1")]
    [True, False, False, False, False]
    """
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address):
        return found.is_global and found in _PUBLIC_IPV6 and found not in _TUNNELLED_IPV4
    return found.is_global and not found.is_multicast and not found.is_reserved


class _Pinned(HTTPConnection):
    """Connects to addresses that are known already; host and server name stay those of the URL."""

    def __init__(self, target: SplitResult, addresses: Sequence[str], seconds: int) -> None:
        self.default_port = _default_port(target)
        super().__init__(target.hostname or "", target.port or self.default_port, timeout=seconds)
        self._tls = ssl.create_default_context() if target.scheme == "https" else None
        self._addresses, self._patience = addresses, seconds / max(len(addresses), 1)
        # `sock` is forgotten as soon as headers say that the connection ends, and a body may still come
        self.line: socket.socket | None = None

    def connect(self) -> None:
        self.sock = self.line = self._dialled()
        if self._tls:
            # known before it shakes hands, so that this can be cut short too
            tls = self._tls.wrap_socket(self.sock, server_hostname=self.host, do_handshake_on_connect=False)
            self.sock = self.line = tls
            tls.do_handshake()

    def cut(self) -> None:
        """End what another thread is doing here."""
        # of the plain socket: that of TLS would change what the other thread is working with
        with suppress(OSError):
            if self.line:
                socket.socket.shutdown(self.line, socket.SHUT_RDWR)

    def _dialled(self) -> socket.socket:
        fault: OSError = OSError("no address")
        for address in self._addresses:
            try:
                made = socket.create_connection((address, self.port), self._patience)
                made.settimeout(self.timeout)
                return made
            except OSError as found:
                fault = found
        raise fault


@contextmanager
def _connected(target: SplitResult, addresses: Sequence[str], seconds: int) -> Iterator[_Pinned]:
    """A connection that ends after `seconds`, however slowly the other side talks: timeouts begin anew at each byte.

    Raises:
        Down: it could not be made, or broke.
    """
    connection, over = _Pinned(target, addresses, seconds), Event()

    def cut() -> None:
        over.set()
        connection.cut()

    end = Timer(seconds, cut)
    end.daemon = True
    end.start()
    try:
        yield connection
        if over.is_set():
            # what was cut short reads like an answer with fewer headers
            raise TimeoutError
    except (OSError, HTTPException, ValueError) as fault:
        if over.is_set() or isinstance(fault, TimeoutError):
            raise Down(f"the app did not answer within {seconds} seconds") from fault
        raise Down(f"the app cannot be reached: {type(fault).__name__}") from fault
    finally:
        end.cancel()
        connection.close()


def _target(url: str, rules: Webhooks) -> SplitResult:
    try:
        return webhooks.address(url, allow_private=rules.allow_private)
    except InvalidFields as fault:
        raise Down("the address is none that is sent to: https is needed") from fault


def _default_port(target: SplitResult) -> int:
    return 443 if target.scheme == "https" else 80


def _headers(message: Message, now: datetime) -> dict[str, str]:
    signed_at = now.astimezone(UTC)
    return {
        "Content-Type": "application/json",
        "User-Agent": "lapor",
        "Webhook-Id": message.id,
        "Webhook-Timestamp": str(int(signed_at.timestamp())),
        "Webhook-Signature": Webhook(message.secret).sign(message.id, signed_at, message.body),
    }


def _judge(status: int) -> None:
    if status == 410:
        raise Gone("the app said 410: it wants to be told nothing more")
    if 300 <= status < 400:
        raise Delayed(f"the app said {status}: redirects are not followed")
    if not 200 <= status < 300:
        raise Delayed(f"the app said {status}")
