"""The stage: a city in a database of its own, the API served on loopback, a clock that is moved by hand, a mailbox."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from socketserver import ThreadingMixIn
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from sqlalchemy import event, func, select

from api.app import create_app
from lapor import settings
from lapor.access import tokens
from lapor.directory import demo
from lapor.errors import CannotRun
from lapor.machine.engine import Engine
from lapor.notices.delivery import deliver
from lapor.notices.mail import Sender
from lapor.notices.mailbox import sender_of
from lapor.oversight.escalation import Sweep, sweep
from lapor.records import Complaint, schema
from lapor.site import Site, open_site

JUST_AFTER = timedelta(microseconds=1)
DAYS_OF_TOKENS = 60
SENDER = "lapor@kota-contoh.example"
# what is asked of loopback must not go through a proxy that the environment names
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(slots=True)
class Hands:
    """The simulated clock: `now` is what everybody reads."""

    now: datetime

    def __call__(self) -> datetime:
        """The moment, as the API asks for it."""
        return self.now


@dataclass(frozen=True, slots=True)
class Answer:
    """The JSON body of an answer, and the ETag of the case in it."""

    body: Any
    etag: str


@dataclass
class Stage:
    """A running deployment. `requests` counts what was asked of the server."""

    site: Site
    engine: Engine
    clock: Hands
    sender: Sender
    requests: int = 0
    swept: Sweep = field(default_factory=Sweep)
    _tokens: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, token: str = "", body: Any = None, etag: str = "") -> Answer:
        """Ask the server.

        Raises:
            CannotRun: it refuses; the message has its reason.
        """
        headers = {
            "Content-Type": "application/json",
            "Accept-Language": "en",
            "Authorization": f"Bearer {token}",
            "If-Match": etag,
        }
        content = None if body is None else json.dumps(body).encode()
        sent = {name: value for name, value in headers.items() if value.removeprefix("Bearer ")}
        url = f"{self.site.public_url}/api/v1{path}"
        request = urllib.request.Request(url, content, sent, method=method)  # noqa: S310 - our own address
        self.requests += 1
        try:
            with _OPENER.open(request, timeout=30) as answer:
                return Answer(json.load(answer), answer.headers.get("ETag", ""))
        except urllib.error.HTTPError as refused:
            with refused:
                raise CannotRun(f"The server refused {method} {path} {body}: {refused.read().decode()}") from None

    def token(self, post: str, role: str | None = None) -> str:
        """The token of a post, made when it is first needed, as `lapor token create` makes one."""
        if post not in self._tokens:
            holder = self.engine.organisation.post_codes[post]
            with self.site.writing() as session:
                self._tokens[post] = tokens.create(
                    session, self.engine, holder, role=role, days=DAYS_OF_TOKENS, now=self.clock.now
                )
        return self._tokens[post]

    def let_time_run(self, until: datetime) -> Iterator[Sweep]:
        """Move the clock on to `until`; the worker sweeps and sends at each moment on the way. Yield each sweep.

        Raises:
            CannotRun: a case could not be swept.
        """
        while (due := self._next_moment()) is not None and due < until:
            # what was keyed in later than it came in is overdue at once
            self.clock.now = max(self.clock.now, due + JUST_AFTER)
            done = sweep(self.engine, self.site.writing, now=self.clock.now)
            if done.put_off:
                raise CannotRun(f"The sweep failed on {done.put_off[0][0]}: {done.put_off[0][1]}")
            self.swept += done
            self.send()
            yield done
        self.clock.now = until
        self.send()

    def send(self) -> None:
        """Send what waits in the outbox."""
        organisation, ring, url = self.engine.organisation, self.site.vault.identity, self.site.public_url
        while deliver(
            organisation, self.site.writing, self.sender, ring=ring, now=self.clock.now, public_url=url
        ).settled:
            pass

    def _next_moment(self) -> datetime | None:
        with self.site.reading() as session:
            return session.scalar(select(func.min(Complaint.next_moment_at)))


@contextmanager
def staged(folder: Path, clock: Hands) -> Iterator[Stage]:
    """Set the stage in an empty folder, and serve the API until the end of the block.

    Raises:
        CannotRun: the folder cannot be used.
    """
    with make_server("127.0.0.1", 0, _nothing, server_class=_Server, handler_class=_Silent) as server:
        site = _city(folder, server.server_port)
        with site.reading() as session:
            engine = site.engine(session)
        sender = sender_of(site.settings.mail)
        assert sender is not None  # noqa: S101 - `_env` names a folder
        server.set_app(create_app(site, clock=clock))
        thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield Stage(site, engine, clock, sender)
        finally:
            server.shutdown()
            thread.join()
            site.database.dispose()


def _city(folder: Path, port: int) -> Site:
    # only what is named here: the demo is the same wherever it is played
    env: Mapping[str, str] = {"LAPOR_PORT": str(port), "LAPOR_MAIL__FOLDER": "var/mail", "LAPOR_MAIL__FROM": SENDER}
    site = open_site(settings.load(env, folder))
    event.listen(site.database, "connect", _hurry)
    schema.migrate(site.database)
    site.prepare()
    with site.writing() as session:
        demo.import_city(session)
    return site


def _hurry(connection: Any, _record: object) -> None:
    # who loses power plays it again: a busy disk must not set the pace
    connection.execute("PRAGMA synchronous=OFF")


def _nothing(_environ: Any, _start: Any) -> list[bytes]:
    return []


class _Server(ThreadingMixIn, WSGIServer):
    """A thread for each request."""

    daemon_threads = True


class _Silent(WSGIRequestHandler):
    """Tells nothing of requests."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Keep it to itself."""
