"""The only writer of clock rows, and of what a case repeats of them: its due moment and its next moment."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, insert, select
from sqlalchemy.orm import Session

from lapor.machine.budget import Budget
from lapor.machine.clock import CalendarKey, Clock, Step, advance, amend, next_moment
from lapor.machine.definition import Definition
from lapor.machine.engine import Engine
from lapor.records import ClockRow, Complaint, many
from lapor.records.base import stamp

_STORED = [column.name for column in ClockRow.__table__.columns if column.name not in ("id", "complaint_id")]
_MOMENTS = ("started_at", "paused_at", "stopped_at", "held_until")
# of these a trail says the same by other names, or nothing
_SAID_OTHERWISE = ("due_at", "unit_id", "next_moment_at")


def of_case(session: Session, complaint: Complaint) -> list[ClockRow]:
    """The clocks of a case in order of their start."""
    of_it = select(ClockRow).where(ClockRow.complaint_id == complaint.id).order_by(ClockRow.id)
    return list(session.scalars(of_it.execution_options(populate_existing=True)))


def step(
    engine: Engine, complaint: Complaint, rows: Sequence[ClockRow], taken: Step
) -> tuple[list[dict[str, Any]], list[ClockRow]]:
    """Advance the clocks of a case by a step; return what changed as the trail writes it down, and what to `store`."""
    definition = engine.workflow(complaint.kind, complaint.definition_version).definition
    stored = {row.id: row for row in rows}
    before = {row.id: value(row) for row in rows}
    changes, started = [], list[ClockRow]()
    for clock in advance(definition, before.values(), taken, engine.calendar):
        old = before.get(clock.id or 0)
        if clock == old:
            continue
        row = stored.get(clock.id or 0) or ClockRow()
        if old is None:
            started.append(row)
        write(engine, definition, row, clock)
        changes.append(change(old, clock))
    summarise(complaint, [*rows, *started])
    return changes, started


def store(session: Session, complaint: Complaint, started: Iterable[ClockRow]) -> None:
    """Store the clocks that a step started, after all that it changed: one statement on either database."""
    session.flush()
    values = [{name: getattr(row, name) for name in _STORED} | {"complaint_id": complaint.id} for row in started]
    if values:
        session.execute(insert(ClockRow).execution_options(render_nulls=True), values)


def change(old: Clock | None, new: Clock) -> dict[str, Any]:
    """What happened to one clock: its old and new due moments, None where it was not there before."""
    was = stamp(old.due_at) if old else None
    return {"name": new.name, "term": new.term, "state": new.state, "old": was, "new": stamp(new.due_at)}


def copied(row: ClockRow) -> ClockRow:
    """The same clock for another case, to be stored: it stands as it stands."""
    return ClockRow(**{name: getattr(row, name) for name in _STORED})


def said(engine: Engine, row: ClockRow) -> dict[str, Any]:
    """A clock that comes to a case from elsewhere, as the trail writes it down: its `change`, and all else of it."""
    whole = {name: getattr(row, name) for name in _STORED if name not in _SAID_OTHERWISE}
    plain = {name: stamp(each) if isinstance(each, datetime) else each for name, each in whole.items()}
    return {**plain, **change(None, value(row)), "unit": engine.organisation.units[row.unit_id].code}


def read(engine: Engine, told: Mapping[str, Any]) -> Clock:
    """The clock that an entry of the trail has `said`.

    Raises:
        LookupError: something of it is missing, or there is no such unit.
    """
    whole = {name: each for name, each in told.items() if name in _STORED}
    moments = {name: _moment(told[name]) for name in _MOMENTS if told[name]}
    unit = engine.organisation.unit_codes[told["unit"]]
    return value(ClockRow(**{**whole, **moments}, due_at=_moment(told["new"]), unit_id=unit.id))


def value(row: ClockRow | Row[Any]) -> Clock:
    """The clock that a row stores."""
    return Clock(
        name=row.name,
        term=row.term,
        budget=Budget.parse(row.budget),
        calendar=CalendarKey(row.zone, row.calendar_version, row.office),
        unit=row.unit_id,
        started_at=row.started_at,
        due_at=row.due_at,
        pauses=tuple((_moment(start), _moment(end)) for start, end in row.pauses),
        paused_at=row.paused_at,
        extension=row.extension,
        restarts=row.restarts,
        state=row.state,
        stopped_at=row.stopped_at,
        rung=row.rung,
        held_until=row.held_until,
        id=row.id,
    )


def write(engine: Engine, definition: Definition, row: ClockRow, clock: Clock) -> None:
    """Store a clock in its row, with the moment at which it next asks for something."""
    for name, value_of_it in columns(engine, definition, clock).items():
        setattr(row, name, value_of_it)


def columns(engine: Engine, definition: Definition, clock: Clock) -> dict[str, Any]:
    """What is stored of a clock, by column."""
    named = ("name", "term", "started_at", "due_at", "paused_at", "extension", "restarts", "state", "stopped_at")
    key = clock.calendar
    return {name: getattr(clock, name) for name in (*named, "rung", "held_until")} | {
        "budget": str(clock.budget),
        "unit_id": clock.unit,
        "zone": key.zone,
        "calendar_version": key.version,
        "office": key.office,
        "pauses": [[stamp(start), stamp(end)] for start, end in clock.pauses],
        "next_moment_at": moment_of(engine, definition, clock),
    }


def amended(
    engine: Engine, definition: Definition, clock: Clock, *, door: int, state: str, at: datetime, version: int = 0
) -> Clock:
    """An open clock under a version of the calendar, by default the one in force. Door and state are those of its case."""
    rule = definition.clocks[clock.name]
    key = engine.key(clock.unit if rule.calendar == "holder" else door, version)
    return amend(rule, clock, definition.ladders.get(rule.ladder or "", ()), key, state, at, engine.calendar)


def climbed(clock: Clock, upcoming: datetime | None) -> dict[str, Any]:
    """What changes in the row of a clock when rungs of it were told; `upcoming` is its next moment."""
    return {"id": clock.id, "rung": clock.rung, "held_until": clock.held_until, "next_moment_at": upcoming}


def store_changed(session: Session, changes: Sequence[Mapping[str, Any]]) -> None:
    """Store what changed in the rows of clocks of many cases, in one statement; each row is named by its `id`."""
    many.change(session, ClockRow, changes)


def moment_of(engine: Engine, definition: Definition, clock: Clock) -> datetime | None:
    """When a clock of this definition next asks for something."""
    rule = definition.clocks[clock.name]
    ladder = definition.ladders.get(rule.ladder or "", ())
    return next_moment(clock, rule, ladder, engine.calendar(clock.calendar))


def summarise(complaint: Complaint, rows: Iterable[ClockRow]) -> None:
    """Repeat the earliest due and next moments of the running clocks on the case, for lists and sweeps."""
    repeat(complaint, [(row.due_at, row.next_moment_at) for row in rows if row.state == "running"])


def repeat(complaint: Complaint, moments: Collection[tuple[datetime, datetime | None]]) -> None:
    """As `summarise`, from the due and next moments of the running clocks.

    A case that was put off is looked at again from that next moment on.
    """
    complaint.put_off = None
    complaint.due_at = min((due for due, _ in moments), default=None)
    complaint.next_moment_at = min((upcoming for _, upcoming in moments if upcoming), default=None)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
