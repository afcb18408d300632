"""A town hall: the API of the small city behind a socket, a clock that journeys put forward, and its mailbox."""

from __future__ import annotations

import email
import email.policy
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from threading import Thread
from typing import Any

from sqlalchemy import func, select
from werkzeug.datastructures import Headers
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.test import EnvironBuilder, TestResponse
from werkzeug.wrappers import Request

from lapor.notices.delivery import deliver
from lapor.notices.mailbox import Mailbox
from lapor.oversight import doctor, escalation
from lapor.records import Complaint
from tests.integration.town import COORDINATOR, DISPOSITION, Town, at, shown
from tests.integration.web import Answer, Web, problem

JUST_AFTER = timedelta(seconds=1)
URL = "https://lapor.kota.example"
PELAPOR = {"name": "Pelapor", "email": "pelapor@warga.example"}
NOT_OPEN, FORBIDDEN, NOT_THERE = (409, "not-open", None), (403, "forbidden", None), (404, "not-found", None)


def invalid(**errors: str) -> tuple[int, str, Any]:
    """The refusal of fields, each with its one fault."""
    return (422, "invalid-fields", {name: [fault] for name, fault in errors.items()})


class OverHttp:
    """A client that asks through a socket, and answers as Flask's own does."""

    def __init__(self, url: str) -> None:
        self.url = url

    def open(self, path: str, *, method: str, headers: Mapping[str, str], json: Any = None) -> TestResponse:
        """Send one request; errors come back as answers."""
        said = {"Accept-Language": "en", **headers}
        environ = EnvironBuilder(path, self.url, method=method, headers=Headers(said), json=json).get_environ()
        asked = Request(environ)
        sent = urllib.request.Request(asked.url, asked.get_data() or None, dict(asked.headers), method=method)
        try:
            with urllib.request.urlopen(sent, timeout=30) as answer:
                return _answer(answer.status, answer, asked)
        except urllib.error.HTTPError as refused:
            with refused:
                return _answer(refused.code, refused, asked)


def _answer(status: int, answer: Any, asked: Request) -> TestResponse:
    return TestResponse([answer.read()], str(status), answer.headers.items(), asked)


class ServedWeb(Web):
    """The API of the town, asked through a socket."""

    url: str

    @cached_property
    def _client(self) -> Any:
        return OverHttp(self.url)


@dataclass(frozen=True)
class Hall:
    """What people do at the hall. Callers are "reporter" (of a report) or the code of a post."""

    web: Web
    mailbox: Mailbox

    def submits(self, by: str | None = None, **said: Any) -> Report:
        """Somebody submits a report, or an officer keys it in."""
        made = self.web.submit(by, **said)
        return Report(self, made["tracking_number"], made["secret"])

    def follows_up(self) -> Report:
        """A known reporter submits a report, and the public works agency takes it up at once."""
        report = self.submits(reporter=PELAPOR)
        assert report.goes("dispose", COORDINATOR, **DISPOSITION) == "disposed"
        assert report.goes("accept", "pu.penghubung") == "in_follow_up"
        return report

    def waits_until(self, moment: str) -> None:
        """Let time run to a moment, as in "9 Jul 16:00"; the worker sweeps at each due moment on the way."""
        until = at(moment)
        while (due := self._next_moment()) is not None and due < until:
            self.web.watch.at = max(self.web.watch.at, due + JUST_AFTER)
            done = escalation.sweep(self.web.town.engine, self.web.site.writing, now=self.web.watch.at)
            assert not done.put_off
        self.web.watch.at = until

    def mails_to(self, address: str) -> list[str]:
        """The subjects of the mails that somebody was sent, after what waits was sent too; in the order of noting."""
        return [str(mail["Subject"]) for mail in self._sent_to(address)]

    def newest_mail_to(self, address: str) -> str:
        """The plain text of the mail that somebody was sent last."""
        return str(self._sent_to(address)[-1].get_body(("plain",)).get_content())

    def _sent_to(self, address: str) -> list[Any]:
        engine, now, writing = self.web.town.engine, self.web.watch.at, self.web.site.writing
        ring = engine.vault.identity
        while deliver(
            engine.organisation, writing, self.mailbox, ring=ring, now=now, public_url=URL, digest=False
        ).settled:
            pass
        return [mail for mail in self._mails() if mail["To"] == address]

    def _mails(self) -> list[Any]:
        # of two files written at once the times may be equal; notices are numbered
        files = sorted(self.mailbox.folder.glob("*.eml"), key=lambda file: int(file.name.split("@")[0].split("-")[1]))
        return [email.message_from_bytes(file.read_bytes(), policy=email.policy.default) for file in files]

    def is_sound(self) -> bool:
        """Whether the doctor finds nothing."""
        with self.web.site.reading() as session:
            return doctor.examine(self.web.town.engine, session, now=self.web.watch.at).broken == []

    def _next_moment(self) -> datetime | None:
        with self.web.site.reading() as session:
            return session.scalar(select(func.min(Complaint.next_moment_at)))


@dataclass(frozen=True)
class Report:
    """A report on its journey."""

    hall: Hall
    number: str
    secret: str

    def ask(self, suffix: str, by: str) -> Answer:
        """Get the case or what lies below it."""
        return self.hall.web.get(f"/complaints/{self.number}{suffix}", self._who(by))

    def goes(self, move: str, by: str, **fields: Any) -> str:
        """Somebody makes a move that is open; return the state that it leads to."""
        case = self.hall.web.moved({"tracking_number": self.number}, move, self._who(by), **fields)
        return str(case["state"])

    def cannot(self, move: str, by: str, **fields: Any) -> tuple[int, str, Any]:
        """A move is refused: the status, slug and errors. Nothing has changed by it."""
        return problem(self._refused(move, by, fields))

    def why_not(self, move: str, by: str, **fields: Any) -> str:
        """A move is not open: the sentence that says why. Nothing has changed by it."""
        refused = self._refused(move, by, fields)
        assert problem(refused) == NOT_OPEN
        return str(refused.json["detail"])

    def writes(self, by: str, text: str, **more: Any) -> Answer:
        """Somebody writes a message."""
        said = {"text": text, **more}
        return self.hall.web.post(f"/complaints/{self.number}/messages", said, self._who(by))

    def seen(self, by: str = "reporter") -> dict[str, Any]:
        """The case as somebody sees it."""
        answer = self.ask("", by)
        assert answer.status_code == 200, answer.text
        case: dict[str, Any] = answer.json
        return case

    def is_there_for(self, by: str) -> bool:
        """Whether somebody finds the case."""
        return bool(self.ask("", by).status_code == 200)

    @property
    def state(self) -> str:
        """Where the case stands, as its reporter sees it."""
        return str(self.seen()["state"])

    @property
    def holder(self) -> str:
        """The unit that has it."""
        return str(self.seen()["holder"]["code"])

    def clocks(self) -> dict[str, str]:
        """The newest run of each clock, as in "running, 9 Jul 16:00"; a clock that has ended has its state alone."""
        return {clock["name"]: _clock(clock) for clock in self.seen()["clocks"]}

    def trail(self, by: str = "reporter") -> list[str]:
        """Who made which moves, as in "reporter submit", as far as somebody sees it."""
        return [f"{entry['actor_role']} {entry['move']}" for entry in self.ask("/trail", by).json]

    def last(self, by: str = "reporter") -> dict[str, Any]:
        """The newest entry of the trail."""
        entry: dict[str, Any] = self.ask("/trail", by).json[-1]
        return entry

    def open_moves(self, by: str) -> list[str]:
        """The names of the moves that somebody may make now."""
        return [move["move"] for move in self.ask("/moves", by).json]

    def rungs(self, by: str = "inspektorat.inspektur") -> list[tuple[str, int, str]]:
        """The rungs of the ladder that a post was told, in their order: clock, rung, post."""
        return [(item["clock"], item["rung"], item["told"]) for item in self._rungs(by)]

    def acknowledges(self, told: str, *, by: str | None = None, **said: Any) -> Answer:
        """The newest rung that a post was told is acknowledged, by that post or by somebody else."""
        return self.hall.web.post(f"/escalations/{self._rungs(told)[-1]['id']}/acknowledgement", said, by or told)

    def mails_to(self, who: str) -> list[str]:
        """What mails to the reporter or to a post are about, in Indonesian."""
        address = PELAPOR["email"] if who == "reporter" else f"{who}@kota.example"
        subjects = [subject.partition("] ") for subject in self.hall.mails_to(address)]
        return [words.partition(" / ")[0] for number, _, words in subjects if number == f"[{self.number}"]

    def _refused(self, move: str, by: str, fields: Mapping[str, Any]) -> Answer:
        before = self.seen()
        answer = self.hall.web.move({"tracking_number": self.number}, move, self._who(by), **fields)
        assert self.seen() == before
        return answer

    def _rungs(self, by: str) -> list[dict[str, Any]]:
        items = self.hall.web.get("/escalations", by).json["items"]
        return sorted((item for item in items if item["number"] == self.number), key=lambda item: item["id"])

    def ladder(self, by: str = "inspektorat.inspektur") -> list[tuple[str, int, str]]:
        """Whoever was warned or told so far, in this order, as the trail has it: clock, rung, post."""
        notes = [entry["detail"] for entry in self.ask("/trail", by).json if entry["move"] == "escalate"]
        told = [note for note in notes if note["outcome"] != "skipped"]
        return [(note["clock"], note["rung"], note["told"] or "reporter") for note in told]

    def _who(self, by: str) -> str:
        return self.secret if by == "reporter" else by


def _clock(clock: Mapping[str, Any]) -> str:
    due = f", {shown(clock['due_at'])}" if clock["state"] in ("running", "paused") else ""
    return f"{clock['state']}{due}"


class _Silent(WSGIRequestHandler):
    def log(self, *_: Any) -> None:
        """Keep it to itself."""


@contextmanager
def opened(town: Town, folder: Path) -> Iterator[Hall]:
    """Serve the API of a town on loopback until the end of the block."""
    web = ServedWeb(town)
    server = make_server("127.0.0.1", 0, web.app, request_handler=_Silent)
    web.url = f"http://127.0.0.1:{server.server_port}"
    # it is asked to stop only so often, and journeys are short
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield Hall(web, Mailbox(folder / "mail"))
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
