"""An office to deliver notices from: a migrated database with one unit and two posts, and a mail server."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lapor.directory import organisation as directory
from lapor.machine.organisation import Organisation
from lapor.notices.delivery import Delivered, deliver
from lapor.notices.mail import Sender, Smtp
from lapor.records import ClockRow, Complaint, Escalation, Notice, PostRow, Reporter, UnitRow
from lapor.settings import Mail
from lapor.site import Site
from tests.mailserver import MailServer

NOW = datetime(2026, 3, 16, 9, tzinfo=UTC)
DUE = datetime(2026, 3, 18, 9, tzinfo=UTC)
URL = "https://lapor.example"
TITLE = "Lampu jalan mati"
TEXT = "Sudah dua minggu gelap."
UNIT = "Dinas Perhubungan"
MINUTE = timedelta(minutes=1)
UNSEEN = {
    "kind": "complaint",
    "definition_version": 1,
    "state": "in_follow_up",
    "phase": "follow_up",
    "is_open": True,
    "since": NOW,
    "bound": False,
    "tally": {},
    "took_part": [],
    "received_at": NOW,
    "completed_at": NOW,
    "title": TITLE,
    "text": TEXT,
    "channel": "website",
    "anonymous": False,
    "confidential": False,
    "version": 1,
    "trail_length": 1,
    "trail_head": "0" * 64,
    "due_at": DUE,
}


def sender_to(server: MailServer) -> Smtp:
    """Sends to a mail server of ours, in the name of the city."""
    return Smtp(
        Mail(
            host="127.0.0.1",
            port=server.port,
            user="",
            password="",
            sender="lapor@city.example",
            starttls=False,
            timeout_seconds=3,
            folder=Path(),
        )
    )


class Office:
    """Makes cases and notices as rows, delivers them, and shows what became of them."""

    def __init__(self, site: Site, server: MailServer) -> None:
        self.site, self.server, self.cases = site, server, 0
        with site.writing() as session:
            session.add(UnitRow(id=1, code="dishub", name=UNIT, kind="agency", zone="Asia/Jayapura", parent_id=None))
            session.flush()
            for key, email in ((1, "kepala@dishub.example"), (2, None)):
                session.add(
                    PostRow(
                        id=key,
                        code=f"dishub.{key}",
                        title="Kepala",
                        unit_id=1,
                        position=key,
                        vacant=False,
                        acting=False,
                        role="supervisor",
                        email=email,
                    )
                )

    @property
    def writing(self) -> Callable[[], AbstractContextManager[Session]]:
        return self.site.writing

    @property
    def organisation(self) -> Organisation:
        with self.site.reading() as session:
            return directory.read(session)

    @property
    def sender(self) -> Sender:
        return sender_to(self.server)

    def deliver(self, now: datetime = NOW, *, sender: Sender | None = None, batch: int = 50) -> Delivered:
        ring = self.site.vault.identity
        return deliver(
            self.organisation, self.writing, sender or self.sender, ring=ring, now=now, public_url=URL, batch=batch
        )

    def case(self, *, email: str | None = None, **values: Any) -> int:
        self.cases += 1
        with self.writing() as session:
            reporter = Reporter(name="Pelapor", email=email, phone=None)
            session.add(reporter)
            session.flush()
            given = {
                **UNSEEN,
                "number": f"2026-7QK4-M2ZD-{self.cases}",
                "secret_hash": str(self.cases),
                "holder_id": 1,
                "door_id": 1,
                **values,
            }
            complaint = Complaint(reporter_id=reporter.id, **given)
            session.add(complaint)
            session.flush()
            return complaint.id

    def notice(self, complaint_id: int, event: str = "answer", **values: Any) -> int:
        given = {"facts": {}, "state": "waiting", "created_at": NOW, "next_attempt_at": NOW, "attempts": 0, **values}
        with self.writing() as session:
            notice = Notice(complaint_id=complaint_id, event=event, **given)
            session.add(notice)
            session.flush()
            return notice.id

    def to_reporters(self, count: int) -> list[int]:
        return [self.notice(self.case(email=f"pelapor{number}@mail.example")) for number in range(count)]

    def rung(self, complaint_id: int, outcome: str = "told") -> int:
        """An escalation to the first post, with its notice; returns its id."""
        with self.writing() as session:
            clock = ClockRow(
                complaint_id=complaint_id,
                name="resolution",
                term=1,
                budget="14 working days",
                zone="Asia/Jayapura",
                calendar_version=1,
                unit_id=1,
                started_at=NOW,
                due_at=DUE,
                pauses=[],
                extension=0,
                restarts=0,
                state="running",
                rung=1,
            )
            session.add(clock)
            session.flush()
            rung = Escalation(
                complaint_id=complaint_id,
                clock_id=clock.id,
                clock="resolution",
                term=1,
                rung=0,
                outcome=outcome,
                tell="superior",
                post_id=1,
                why="superior",
                due_at=DUE,
                raised_at=NOW,
            )
            session.add(rung)
            session.flush()
            facts = {"clock": "resolution", "rung": 0, "due_at": DUE.isoformat()}
        self.notice(complaint_id, "escalation", post_id=1, escalation_id=rung.id, facts=facts)
        return rung.id

    def rows(self) -> list[tuple[Any, ...]]:
        """State, attempts, next attempt, sending and fault of every notice, in order."""
        seen = (Notice.state, Notice.attempts, Notice.next_attempt_at, Notice.sent_at, Notice.fault)
        with self.site.reading() as session:
            return [tuple(row) for row in session.execute(select(*seen).order_by(Notice.id))]
