"""The course of a replay: everything happens in its order on a simulated clock, through the door that all use."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heappop, heappush
from time import perf_counter
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lapor.access.principal import VISITOR, Principal
from lapor.directory import categories, organisation
from lapor.errors import CannotRun
from lapor.handling import intake
from lapor.handling.move import move
from lapor.machine.engine import Engine
from lapor.oversight.escalation import Sweep, sweep
from lapor.records import CategoryRow, Complaint, ReplayLine
from lapor.replay.lines import Line
from lapor.site import Site

COMMIT_EVERY = 50
ANSWER = "Laporan telah ditindaklanjuti. / The report was followed up."


@dataclass(slots=True)
class Course:
    """How a replay went: the sweeps, the moves made in this run, the seconds they took, and where it stopped."""

    swept: Sweep = field(default_factory=Sweep)
    moves: int = 0
    seconds: float = 0.0
    stopped_at: datetime | None = None


def prepare(site: Site, units: Sequence[Mapping[str, Any]], lines: Sequence[Line]) -> None:
    """Import the units and the categories that the lines need."""
    with site.writing() as session:
        organisation.import_units(session, units)
        categories.find_or_add(session, sorted({line.topic for line in lines}))


@dataclass(slots=True)
class Replay:
    """One run: the cases by line, and what is still to happen, earliest first."""

    site: Site
    file: str
    lines: Mapping[int, Line]
    until: datetime | None
    seen: Callable[[int], object]
    stop: Callable[[], bool]
    course: Course = field(default_factory=Course)
    agenda: list[tuple[datetime, int, str]] = field(default_factory=list)
    cases: dict[int, int] = field(default_factory=dict)
    categories: Mapping[str, CategoryRow] = field(default_factory=dict)

    def run(self) -> Course:
        """Let everything happen in its order, until nothing is due any more, `until` is reached or `stop` says so."""
        begun = perf_counter()
        with self.site.reading() as session:
            self._plan(session)
        while self.agenda and not self.stop() and self._may(self.agenda[0][0]):
            with self.site.writing() as session:
                self._act(session)
        while not self.stop() and not (self.agenda and self._may(self.agenda[0][0])):
            with self.site.writing() as session:
                if not self._let_time_run(session):
                    break
        self.course.seconds = perf_counter() - begun
        return self.course

    def _may(self, moment: datetime) -> bool:
        return self.until is None or moment <= self.until

    def _plan(self, session: Session) -> None:
        done = select(ReplayLine.n, Complaint.id, Complaint.tally).join(
            Complaint, Complaint.id == ReplayLine.complaint_id
        )
        tallies = {}
        for n, case_id, tally in session.execute(done.where(ReplayLine.file == self.file)):
            self.cases[n], tallies[n] = case_id, tally
        self.categories = categories.find_or_add(session, {line.topic for line in self.lines.values()})
        for line in self.lines.values():
            if line.n not in self.cases:
                heappush(self.agenda, (line.received_at, line.n, "receive"))
            elif line.answered_at and "answer" not in tallies[line.n]:
                heappush(self.agenda, (line.answered_at, line.n, "respond"))

    def _act(self, session: Session) -> None:
        engine = self.site.engine(session)
        for _ in range(COMMIT_EVERY):
            if not self.agenda or not self._may(self.agenda[0][0]) or self.stop():
                return
            moment, n, what = self.agenda[0]
            self._sweep_before(engine, session, moment)
            heappop(self.agenda)
            (self._receive if what == "receive" else self._respond)(engine, session, self.lines[n], moment)

    def _let_time_run(self, session: Session) -> bool:
        engine = self.site.engine(session)
        for _ in range(COMMIT_EVERY):
            moment = _next(session)
            if moment is None or not self._may(moment) or self.stop():
                return False
            self._sweep(engine, session, moment)
        return True

    def _sweep_before(self, engine: Engine, session: Session, moment: datetime) -> None:
        due = _next(session)
        while due is not None and due < moment:
            self._sweep(engine, session, due)
            due = _next(session)

    def _sweep(self, engine: Engine, session: Session, moment: datetime) -> None:
        just_after = moment + timedelta(microseconds=1)
        self.course.swept += sweep(engine, lambda: _nested(session), now=just_after)
        if self.course.swept.put_off:
            number, fault = self.course.swept.put_off[0]
            raise CannotRun(f"The sweep failed on {number}: {fault}")

    def _receive(self, engine: Engine, session: Session, line: Line, moment: datetime) -> None:
        submission = intake.Submission(
            "complaint",
            line.title,
            line.text,
            line.received_at,
            category=self.categories[line.topic],
            address=line.address,
        )
        complaint, _ = intake.submit(engine, session, submission, actor=VISITOR, now=moment)
        session.flush()
        self.cases[line.n] = complaint.id
        session.add(ReplayLine(file=self.file, n=line.n, complaint_id=complaint.id))
        door = engine.organisation.coordinator(complaint.door_id)
        fields = {
            "unit": line.unit,
            "category": self.categories[line.topic].code,
            "classification": "not_oversight",
        }
        self._move(engine, session, line.n, "dispose", Principal("coordinator", door), moment, fields)
        self._move(engine, session, line.n, "accept", _officer(engine, line), moment, {})
        if line.answered_at:
            heappush(self.agenda, (line.answered_at, line.n, "respond"))
        self.seen(1)

    def _respond(self, engine: Engine, session: Session, line: Line, moment: datetime) -> None:
        self._move(engine, session, line.n, "answer", _officer(engine, line), moment, {"text": ANSWER})

    def _move(
        self,
        engine: Engine,
        session: Session,
        n: int,
        name: str,
        actor: Principal,
        now: datetime,
        fields: Mapping[str, Any],
    ) -> None:
        move(engine, session, self.cases[n], name, actor=actor, fields=fields, now=now)
        self.course.moves += 1


def _officer(engine: Engine, line: Line) -> Principal:
    unit = engine.organisation.unit_codes[line.unit]
    return Principal("liaison_officer", engine.organisation.head(unit.id))


def _next(session: Session) -> datetime | None:
    return session.scalar(select(func.min(Complaint.next_moment_at)))


@contextmanager
def _nested(session: Session) -> Iterator[Session]:
    with session.begin_nested():
        yield session
