"""A town and its cases: what tests do to a case and see of it, each in a line."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lapor.access.principal import SYSTEM, VISITOR, Principal
from lapor.errors import InvalidFields, LaporError, NotOpen
from lapor.handling import intake, messages
from lapor.handling.move import move
from lapor.machine.engine import Engine
from lapor.oversight import doctor, escalation
from lapor.oversight.acknowledgement import acknowledge
from lapor.privacy import content
from lapor.records import ClockRow, Complaint, Escalation, Notice, Record, TrailEntry
from lapor.records.base import stamp
from lapor.site import Site

COORDINATOR = "kota.koordinator-pengaduan"
DISPOSITION = {"unit": "pu", "category": "jalan-rusak", "classification": "not_oversight"}
REPORTER = {"name": "Pelapor", "email": "pelapor@warga.example", "phone": None}
# who usually makes a move, and what is usually said: for the way to where a test begins
USUAL: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "ask_completion": (COORDINATOR, {"question": "Di jalan mana?"}),
    "complete": ("reporter", {"text": "Jalan Melati."}),
    "expire": ("system", {}),
    "archive": (COORDINATOR, {"reason": "unclear", "text": "Tidak jelas."}),
    "block": (COORDINATOR, {"reason": "incites_hatred", "text": "Menghasut."}),
    "object": ("reporter", {"reason": "Sudah jelas."}),
    "uphold_refusal": ("setda.sekda", {"reason": "unclear", "text": "Tetap tidak jelas."}),
    "uphold_block": ("setda.sekda", {"reason": "incites_hatred", "text": "Menghasut."}),
    "readmit": ("setda.sekda", {"reason": "Cukup jelas."}),
    "dispose": (COORDINATOR, DISPOSITION),
    "recall": (COORDINATOR, {"reason": "Salah unit."}),
    "return": ("pu.penghubung", {"reason": "Bukan kami."}),
    "pass_down": ("pu.penghubung", {"unit": "jalan"}),
    "accept": ("pu.penghubung", {}),
    "ask_arbitration": ("pu.penghubung", {"reason": "Bukan kami."}),
    "arbitrate": (COORDINATOR, {"unit": "pu", "reason": "Jalan kota."}),
    "ask_reporter": ("pu.penghubung", {"question": "Sejak kapan?"}),
    "reply": ("reporter", {"text": "Sejak Mei."}),
    "resume": ("pu.penghubung", {"text": "Dijawab lewat telepon."}),
    "resume_unanswered": ("system", {}),
    "note_progress": ("pu.penghubung", {"text": "Diperiksa."}),
    "extend": ("pu.penghubung", {"text": "Perlu alat berat.", "new_due": "2026-07-30"}),
    "propose_answer": ("pu.petugas", {"text": "Sudah ditambal."}),
    "send_back": ("pu.penghubung", {"reason": "Kurang lengkap."}),
    "approve": ("pu.penghubung", {}),
    "answer": ("pu.penghubung", {"text": "Sudah ditambal."}),
    "correct": ("pu.penghubung", {"reason": "Salah jalan."}),
    "dispute": ("reporter", {"reason": "Masih berlubang."}),
    "confirm": ("reporter", {}),
    "close": (COORDINATOR, {"text": "Selesai."}),
    "close_unanswered": ("system", {}),
    "appeal": ("reporter", {"reason": "Tetap berlubang."}),
    "uphold": ("pu.kepala", {"text": "Sudah sesuai."}),
    "overturn": ("pu.kepala", {"reason": "Belum selesai."}),
    "withdraw": ("reporter", {}),
    "refer": ("reporter", {"consent": True}),
    "reclassify": (COORDINATOR, {"classification": "oversight", "category": "jalan-rusak", "reason": "Pungutan."}),
    "name_reported": (COORDINATOR, {"reported": "pu.petugas", "reason": "Disebut pelapor."}),
    "split": (COORDINATOR, {"title": "Lampu jalan mati", "text": "Di jalan yang sama."}),
    "reassign": ("pu.kepala", {"post": "pu.petugas"}),
    "link": ("pu.penghubung", {"earlier": "2026-7QK4-M2ZD-5"}),
    "unlink": ("pu.penghubung", {"reason": "Bukan hal yang sama."}),
    "tighten": ("reporter", {"confidential": True}),
    "loosen": ("reporter", {"confidential": False}),
}
WAYS: Mapping[str, Sequence[str]] = {
    "received": (),
    "incomplete": ("ask_completion",),
    "disposed": ("dispose",),
    "contested": ("dispose", "return"),
    "in_follow_up": ("dispose", "accept"),
    "awaiting_reporter": ("dispose", "accept", "ask_reporter"),
    "awaiting_approval": ("dispose", "accept", "propose_answer"),
    "answered": ("dispose", "accept", "answer"),
    "under_review": ("dispose", "accept", "answer", "appeal"),
    "objected": ("archive", "object"),
    "closed": ("dispose", "accept", "answer", "confirm"),
    "archived": ("archive",),
    "blocked": ("block",),
    "withdrawn": ("withdraw",),
}


def at(text: str) -> datetime:
    """A moment of 2026 in the root's zone, as in "6 Jul 09:00"; "6 Jul 2027 09:00" in another year."""
    day, month, *year, clock = text.split()
    return datetime.strptime(f"{day} {month} {(year or ['2026'])[0]} {clock} +0700", "%d %b %Y %H:%M %z").astimezone(
        UTC
    )


def shown(moment: datetime | str | None, zone: str = "Asia/Jakarta") -> str | None:
    """A moment as tests write it, in the time of a zone."""
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    return f"{moment.astimezone(ZoneInfo(zone)):%-d %b %H:%M}" if moment else None


@dataclass(frozen=True)
class Made:
    """What came of a move: where the case stands, what the trail says of it, and who is told.

    A clock is "running, 9 Jul 16:00" (its due moment in its own zone); its further terms and runs follow.
    """

    state: str
    holder: str
    owner: str | None = None
    of_class: str | None = None
    clocks: Mapping[str, str] = field(default_factory=dict)
    public: Mapping[str, Any] = field(default_factory=dict)
    internal: Mapping[str, Any] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Trial:
    """One row of a table of moves: where the case stands, who does what when, and all that must come of it."""

    start: str
    move: str
    by: str
    moment: str
    fields: Mapping[str, Any]
    made: Made

    def __str__(self) -> str:
        return f"{self.start}-{self.move}"


@dataclass(frozen=True)
class Town:
    """The small city, open: its site and the engine that its database gives."""

    site: Site
    engine: Engine

    def who(self, name: str, case_id: int | None = None) -> Principal:
        """A principal: "reporter" (of a case), "system", "visitor", the code of a post, or "CODE as ROLE"."""
        if name == "reporter":
            return Principal("reporter", cases=frozenset((case_id or 0,)))
        if name in ("system", "visitor"):
            return SYSTEM if name == "system" else VISITOR
        code, _, role = name.partition(" as ")
        post = self.engine.organisation.post_codes[code]
        return Principal(role or post.role, post)

    def submit(self, moment: str = "6 Jul 09:00", *, by: str = "visitor", now: str = "", **said: Any) -> Case:
        """A complaint received at a moment; `now` is the moment of keying it in, where that is later."""
        if "door" in said:
            said["door"] = self.engine.organisation.unit_codes[said["door"]]
        given: dict[str, Any] = {"kind": "complaint", "title": "Jalan berlubang", "text": "Di depan pasar.", **said}
        submission = intake.Submission(received_at=at(moment), **given)
        with self.site.writing() as session:
            made, secret = intake.submit(self.engine, session, submission, actor=self.who(by), now=at(now or moment))
            session.flush()
            return Case(self, made.id, made.number, secret)

    def case_in(self, state: str, moment: str = "6 Jul 09:00", **said: Any) -> Case:
        """A complaint that went the usual way to a state, all at one moment."""
        case = self.submit(moment, **said)
        case.goes(*WAYS[state], moment=moment)
        return case

    def sweep(self, moment: str, batch: int = 200, lanes: int = 1) -> escalation.Sweep:
        """One sweep of the worker."""
        return escalation.sweep(self.engine, self.site.writing, now=at(moment), batch=batch, lanes=lanes)

    def findings(self, moment: str) -> list[doctor.Finding]:
        """What the doctor finds."""
        with self.site.reading() as session:
            return doctor.examine(self.engine, session, now=at(moment)).broken

    def dump(self) -> dict[str, list[Any]]:
        """All rows of all tables."""
        with self.site.reading() as session:
            tables = Record.metadata.sorted_tables
            return {table.name: sorted(map(repr, session.execute(select(table)))) for table in tables}

    def kept(self) -> dict[str, list[Any]]:
        """All rows but the counts of limits, to which what is refused adds, too."""
        return {name: rows for name, rows in self.dump().items() if name != "limits"}

    def execute(self, *statements: Any) -> None:
        """Change the tables behind everybody's back."""
        with self.site.writing() as session:
            for statement in statements:
                session.execute(statement)


@dataclass(frozen=True)
class Case:
    """One case of a town."""

    town: Town
    id: int
    number: str
    secret: str

    def goes(self, *names: str, moment: str) -> None:
        """Make moves in the usual way, all at one moment."""
        for name in names:
            by, fields = USUAL[name]
            self.attempt(name, by, moment, fields)

    def attempt(self, name: str, by: str, moment: str, fields: Mapping[str, Any], version: int | None = None) -> None:
        """Make a move, whatever comes of it."""
        town = self.town
        with town.site.writing() as session:
            actor = town.who(by, self.id)
            move(town.engine, session, self.id, name, actor=actor, fields=fields, now=at(moment), version=version)

    def make(self, name: str, by: str, moment: str, **fields: Any) -> Made:
        """Make a move and return what came of it; the trail says who, when, and exactly which clocks changed."""
        with self.town.site.reading() as session:
            before, notices, was = self._clocks(session), self._notices(session), self.row(session)
        self.attempt(name, by, moment, fields)
        with self.town.site.reading() as session:
            entry, row, actor = self.entries(session)[-1], self.row(session), self.town.who(by, self.id)
            public, internal = map(json.loads, content.payload(self.town.engine.vault.content, row, entry))
            changes = sorted(internal.pop("clocks"), key=lambda change: (change["name"], change["term"]))
            assert changes == _changes(before, self._clocks(session))
            assert (entry.at, entry.move, entry.role) == (at(moment), name, actor.role)
            assert entry.post == (actor.post.code if actor.post else None)
            assert (entry.source, entry.target, entry.holder) == (was.state, row.state, self._unit(row.holder_id))
            assert (row.version, row.trail_length) == (was.version + 1, was.trail_length + 1)
            definition = self.town.engine.workflow(row.kind).definition
            assert entry.is_public == definition.moves[name].public
            told = [self._told(notice) for notice in self._notices(session)[len(notices) :]]
            return Made(
                row.state,
                self._unit(row.holder_id),
                self._post(row.owner_id),
                row.classification,
                self.clocks(),
                public,
                internal,
                told,
            )

    def refuses(self, name: str, by: str, moment: str, **fields: Any) -> Any:
        """Why a move is refused: the guard of NotOpen, the errors of InvalidFields, else the name of the error."""
        before = self.dump()
        with pytest.raises(LaporError) as refused:
            self.attempt(name, by, moment, fields)
        assert self.dump() == before
        if isinstance(refused.value, NotOpen):
            return ("NotOpen", refused.value.guard)
        return refused.value.errors if isinstance(refused.value, InvalidFields) else type(refused.value).__name__

    def dump(self) -> dict[str, list[Any]]:
        """All rows that belong to this case."""
        with self.town.site.reading() as session:
            tables = Record.metadata.sorted_tables
            keys = [(table, table.c.get("id" if table.name == "complaints" else "complaint_id")) for table in tables]
            own = {table.name: select(table).where(key == self.id) for table, key in keys if key is not None}
            return {name: sorted(map(repr, session.execute(query))) for name, query in own.items()}

    def write(self, text: str, by: str, moment: str, audience: str = "reporter") -> None:
        """Write a message."""
        town = self.town
        with town.site.writing() as session:
            actor = town.who(by, self.id)
            messages.write(town.engine, session, self.id, text=text, audience=audience, actor=actor, now=at(moment))

    def acknowledge(self, rung: int, by: str, moment: str, promised: str | None = None, note: str = "Baik.") -> None:
        """Acknowledge the rung that was recorded as the n-th of this case."""
        town = self.town
        with town.site.writing() as session:
            raised = self._rungs(session)[rung]
            until = at(promised) if promised else None
            acknowledge(
                town.engine, session, raised.id, note=note, promised_at=until, actor=town.who(by), now=at(moment)
            )

    def row(self, session: Session) -> Complaint:
        return session.get_one(Complaint, self.id)

    def entries(self, session: Session) -> Sequence[TrailEntry]:
        of_it = select(TrailEntry).where(TrailEntry.complaint_id == self.id)
        return session.scalars(of_it.order_by(TrailEntry.sequence)).all()

    def seen(self) -> Complaint:
        """The row as it is stored now."""
        with self.town.site.reading() as session:
            return self.row(session)

    @property
    def state(self) -> str:
        return self.seen().state

    def trail(self) -> list[str]:
        """The moves and notes so far."""
        with self.town.site.reading() as session:
            return [entry.move for entry in self.entries(session)]

    def clocks(self) -> dict[str, str]:
        """All clocks of the case, in order of their start."""
        told: dict[str, list[str]] = {}
        with self.town.site.reading() as session:
            for row in self._clocks(session):
                due = f", {shown(row.due_at, row.zone)}" if row.state in ("running", "paused") else ""
                told.setdefault(row.name, []).append(row.state + due)
        return {name: "; ".join(runs) for name, runs in told.items()}

    def clock(self, name: str) -> ClockRow:
        """The newest clock of a name."""
        with self.town.site.reading() as session:
            return [row for row in self._clocks(session) if row.name == name][-1]

    def notices(self) -> list[str]:
        """Who was told of what."""
        with self.town.site.reading() as session:
            return [self._told(notice) for notice in self._notices(session)]

    def rungs(self) -> list[tuple[Any, ...]]:
        """Rungs: clock, term, rung, outcome, post, why, due, raised, next rung, acknowledged."""
        with self.town.site.reading() as session:
            return [
                (
                    row.clock,
                    row.term,
                    row.rung,
                    row.outcome,
                    self._post(row.post_id),
                    row.why,
                    shown(row.due_at),
                    shown(row.raised_at),
                    shown(row.next_rung_at),
                    shown(row.acknowledged_at),
                )
                for row in self._rungs(session)
            ]

    def told(self) -> list[tuple[str, int, str, str | None]]:
        """Rungs in brief: clock, rung, outcome, post."""
        return [(clock, rung, outcome, post) for clock, _, rung, outcome, post, *_ in self.rungs()]

    def _clocks(self, session: Session) -> Sequence[ClockRow]:
        return session.scalars(select(ClockRow).filter_by(complaint_id=self.id).order_by(ClockRow.id)).all()

    def _notices(self, session: Session) -> Sequence[Notice]:
        return session.scalars(select(Notice).filter_by(complaint_id=self.id).order_by(Notice.id)).all()

    def _rungs(self, session: Session) -> Sequence[Escalation]:
        return session.scalars(select(Escalation).filter_by(complaint_id=self.id).order_by(Escalation.id)).all()

    def _told(self, notice: Notice) -> str:
        return f"{self._post(notice.post_id) or 'reporter'}: {notice.event}"

    def _unit(self, unit_id: int) -> str:
        return self.town.engine.organisation.units[unit_id].code

    def _post(self, post_id: int | None) -> str | None:
        return self.town.engine.organisation.posts[post_id].code if post_id else None


def _changes(before: Sequence[ClockRow], after: Sequence[ClockRow]) -> list[dict[str, Any]]:
    """What the trail must say of the clocks: those that changed in anything but the hint when to look again."""
    columns = [column.name for column in ClockRow.__table__.columns if column.name != "next_moment_at"]
    was = {row.id: [getattr(row, name) for name in columns] for row in before}
    due = {row.id: stamp(row.due_at) for row in before}
    changed = [row for row in after if was.get(row.id) != [getattr(row, name) for name in columns]]
    return [
        {
            "name": row.name,
            "term": row.term,
            "state": row.state,
            "old": due.get(row.id),
            "new": stamp(row.due_at),
        }
        for row in sorted(changed, key=_place)
    ]


def _place(row: ClockRow) -> tuple[str, int]:
    return row.name, row.term
