"""A calendar is amended: open clocks are computed anew, in batches that may be interrupted; clocks that ended never are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, func, select, text
from sqlalchemy.orm import Session, load_only

from lapor.access.principal import SYSTEM
from lapor.handling import clocks, trail
from lapor.machine.clock import Clock
from lapor.machine.definition import Definition
from lapor.machine.edition import Edition
from lapor.machine.engine import Engine
from lapor.machine.organisation import Organisation
from lapor.records import ClockRow, Complaint, Escalation, many
from lapor.records.base import Writing
from lapor.records.clock import ALIVE

# what an amendment needs of a case: no text, no identity
_NEEDED = (
    Complaint.number, Complaint.kind, Complaint.definition_version, Complaint.state, Complaint.holder_id,
    Complaint.door_id, Complaint.confidential, Complaint.content_key, Complaint.trail_length, Complaint.trail_head,
    Complaint.due_at, Complaint.next_moment_at, Complaint.put_off,
)  # fmt: skip
_CHANGED = ("id", "due_at", "next_moment_at", "put_off", "trail_length", "trail_head")


@dataclass(frozen=True, slots=True)
class Amended:
    """What was done: cases and open clocks computed anew, clocks whose due moment moved, cases that failed and why."""

    cases: int = 0
    clocks: int = 0
    moved: int = 0
    faults: tuple[tuple[str, str], ...] = ()

    def __add__(self, other: Amended) -> Amended:
        """Both together."""
        return Amended(
            self.cases + other.cases,
            self.clocks + other.clocks,
            self.moved + other.moved,
            self.faults + other.faults,
        )


@dataclass(frozen=True, slots=True)
class Turn:
    """An open clock before and after an amendment."""

    was: Clock
    now: Clock

    @property
    def by(self) -> timedelta:
        """How much later it is due."""
        return self.now.due_at - self.was.due_at


@dataclass(slots=True)
class Preview:
    """What an edition would move: open clocks, and by how much each that moves; of all, by clock and by agency."""

    open: int = 0
    moves: list[timedelta] = field(default_factory=list)
    by_clock: dict[str, list[timedelta]] = field(default_factory=lambda: defaultdict(list))
    by_agency: dict[str, list[timedelta]] = field(default_factory=lambda: defaultdict(list))


def preview(engine: Engine, session: Session, edition: Edition, *, now: datetime) -> Preview:
    """Look at what an edition would move; nothing is changed."""
    after, seen = engine.amended(edition), Preview()
    placed = (Complaint.door_id, Complaint.kind, Complaint.definition_version, Complaint.state.label("case_state"))
    alive: Select[Any] = select(*ClockRow.__table__.c, *placed).join(Complaint, Complaint.id == ClockRow.complaint_id)
    alive = alive.where(ClockRow.state.in_(("running", "paused")), Complaint.erased_at.is_(None))
    for row in session.execute(alive, execution_options={"yield_per": 1000}):
        definition, clock = engine.workflow(row.kind, row.definition_version).definition, clocks.value(row)
        turn = Turn(clock, clocks.amended(after, definition, clock, door=row.door_id, state=row.case_state, at=now))
        seen.open += 1
        if turn.by:
            seen.moves.append(turn.by)
            seen.by_clock[clock.name].append(turn.by)
            seen.by_agency[_agency(engine.organisation, clock.unit)].append(turn.by)
    return seen


def _agency(organisation: Organisation, unit_id: int) -> str:
    """The code of the agency that a unit belongs to, of the government where it belongs to none."""
    path = [organisation.units[above] for above in organisation.units[unit_id].path]
    return next((unit for unit in reversed(path) if unit.kind == "agency"), path[0]).code


def waiting(engine: Engine, session: Session) -> int:
    """How many cases have open clocks under a former version of the calendar."""
    return session.scalar(select(func.count()).select_from(_behind(engine).subquery())) or 0


def amend(
    engine: Engine,
    writing: Writing,
    *,
    now: datetime,
    batch: int = 200,
    seen: Callable[[int], object] = lambda _cases: None,
) -> Amended:
    """Put all open clocks under the calendar in force, a batch a transaction; what was done before is not done again.

    A case that fails is left as it is, and named. `seen` is called with the number of cases looked at since it last was.
    Several may run side by side.
    """
    done, last = Amended(), 0
    while True:
        with writing() as session:
            behind = _behind(engine).where(Complaint.id > last).order_by(Complaint.id).limit(batch)
            numbers = {row.id: row.number for row in session.execute(behind)}
        if not numbers:
            return done
        done += _some(engine, writing, numbers, now)
        last = max(numbers)
        seen(len(numbers))


def _behind(engine: Engine) -> Select[int, str]:
    old = select(ClockRow.complaint_id).where(text(ALIVE), ClockRow.calendar_version < engine.calendar_version)
    return select(Complaint.id, Complaint.number).where(Complaint.id.in_(old), Complaint.erased_at.is_(None))


def _some(engine: Engine, writing: Writing, numbers: Mapping[int, str], now: datetime) -> Amended:
    try:
        with writing() as session:
            return _amend(engine, session, sorted(numbers), now)
    except Exception as fault:
        if len(numbers) == 1:
            return Amended(faults=tuple((number, f"{type(fault).__name__}: {fault}") for number in numbers.values()))
    return sum((_some(engine, writing, {each: number}, now) for each, number in numbers.items()), Amended())


def _amend(engine: Engine, session: Session, ids: Sequence[int], now: datetime) -> Amended:
    complaints, rows = _lock(session, ids), _alive(session, ids)
    turns = {complaint.id: list(_turns(engine, complaint, rows[complaint.id], now)) for complaint in complaints}
    cases = [complaint for complaint in complaints if turns[complaint.id]]
    changes = []
    for complaint in cases:
        definition = _definition(engine, complaint)
        written = [{"id": turn.now.id, **clocks.columns(engine, definition, turn.now)} for turn in turns[complaint.id]]
        changes += written
        running = [(each["due_at"], each["next_moment_at"]) for each in written if each["state"] == "running"]
        clocks.repeat(complaint, running)
    trail.store(session, [_written_down(engine, complaint, turns[complaint.id], now) for complaint in cases])
    every = [turn for complaint in cases for turn in turns[complaint.id]]
    _supersede(session, every, {each["id"]: each["next_moment_at"] for each in changes}, now)
    clocks.store_changed(session, changes)
    many.change(session, Complaint, [{name: getattr(complaint, name) for name in _CHANGED} for complaint in cases])
    return Amended(len(cases), len(every), sum(1 for turn in every if turn.by))


def _lock(session: Session, ids: Sequence[int]) -> Sequence[Complaint]:
    """Lock cases, in the order of their ids. They have left the session: they are written as a whole."""
    these = select(Complaint).options(load_only(*_NEEDED, raiseload=True)).where(many.among(session, Complaint.id, ids))
    locked = session.scalars(these.order_by(Complaint.id).with_for_update(of=Complaint)).all()
    session.expunge_all()
    return locked


def _alive(session: Session, ids: Sequence[int]) -> Mapping[int, list[Row[Any]]]:
    of_them = (
        select(*ClockRow.__table__.c)
        .where(many.among(session, ClockRow.complaint_id, ids), text(ALIVE))
        .order_by(ClockRow.id)
    )
    rows = defaultdict[int, list[Row[Any]]](list)
    for row in session.execute(of_them):
        rows[row.complaint_id].append(row)
    return rows


def _turns(engine: Engine, complaint: Complaint, rows: Sequence[Row[Any]], now: datetime) -> Iterator[Turn]:
    """The open clocks of a case, before and after; none where all of them are under the calendar in force."""
    if all(row.calendar_version >= engine.calendar_version for row in rows):
        return
    definition, door, state = _definition(engine, complaint), complaint.door_id, complaint.state
    for clock in map(clocks.value, rows):
        yield Turn(clock, clocks.amended(engine, definition, clock, door=door, state=state, at=now))


def _definition(engine: Engine, complaint: Complaint) -> Definition:
    return engine.workflow(complaint.kind, complaint.definition_version).definition


def _written_down(engine: Engine, complaint: Complaint, turns: Sequence[Turn], now: datetime) -> trail.Written:
    decree = engine.editions[engine.calendar_version].decree
    said = {
        "calendar_version": engine.calendar_version,
        "decree": decree and decree.written,
        "clocks": [clocks.change(turn.was, turn.now) | {"former_term": turn.was.term} for turn in turns if turn.by],
    }
    happening = trail.beside(engine, complaint, "amend", now, actor=SYSTEM, internal=said)
    return trail.written(engine.vault.content, complaint, happening)


def _supersede(session: Session, turns: Sequence[Turn], upcoming: Mapping[int, datetime | None], now: datetime) -> None:
    """Rungs that stay told are told in the new term, the last of them with the moment of the next; others are marked."""
    told = {(turn.was.id or 0, turn.was.term): turn.now for turn in turns if turn.was.rung}
    columns = (Escalation.id, Escalation.clock_id, Escalation.term, Escalation.rung, Escalation.next_rung_at)
    rungs = select(*columns).where(many.among(session, Escalation.clock_id, [clock_id for clock_id, _ in told]))
    changes = []
    for row in session.execute(rungs):
        clock = told.get((row.clock_id, row.term))
        if clock is None:
            continue
        kept, last = row.rung < clock.rung, row.rung == clock.rung - 1
        changes.append(
            {
                "id": row.id,
                "term": clock.term if kept else row.term,
                "next_rung_at": upcoming[row.clock_id] if last else row.next_rung_at,
                "superseded_at": None if kept else now,
            }
        )
    many.change(session, Escalation, changes)
