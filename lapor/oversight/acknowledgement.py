"""A told post acknowledges a rung, and may promise a date: the next rung waits for it, once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lapor.access.principal import Principal
from lapor.errors import InvalidFields, NotFound, NotOpen
from lapor.handling import clocks, trail
from lapor.handling.move import lock
from lapor.machine.engine import Engine
from lapor.records import ClockRow, Complaint, Escalation
from lapor.records.base import stamp


def acknowledge(
    engine: Engine,
    session: Session,
    escalation_id: int,
    *,
    note: str | None,
    promised_at: datetime | None,
    actor: Principal,
    now: datetime,
) -> Escalation:
    """Acknowledge a rung that the actor's post was told; the caller commits.

    Raises:
        NotFound: the rung is not there, told to another post, or its case is out of scope by now.
        NotOpen: it was acknowledged before.
        InvalidFields: the promised date is not later than now or farther than the clock's budget from now, the clock is
            no longer running, or a date was promised before.
    """
    theirs = select(Escalation).where(Escalation.id == escalation_id, Escalation.post_id == actor.post_id)
    seen = session.scalars(theirs).one_or_none()
    if seen is None:
        raise NotFound
    complaint = lock(engine, session, seen.complaint_id, actor)
    escalation = session.scalars(theirs.execution_options(populate_existing=True)).one()
    if escalation.acknowledged_at is not None:
        raise NotOpen("acknowledge", escalation.outcome, "acknowledged before")
    if promised_at is not None:
        _hold(engine, session, complaint, escalation, promised_at, now)
    escalation.acknowledged_at, escalation.promised_at = now, promised_at
    said = {"clock": escalation.clock, "term": escalation.term, "rung": escalation.rung, "note": note}
    promised = stamp(promised_at) if promised_at else None
    internal = {**said, "promised_at": promised}
    trail.note(engine, session, complaint, "acknowledge", now, actor=actor, internal=internal)
    return escalation


def _hold(
    engine: Engine, session: Session, complaint: Complaint, escalation: Escalation, until: datetime, now: datetime
) -> None:
    rows = clocks.of_case(session, complaint)
    row = next(row for row in rows if row.id == escalation.clock_id)
    if until <= now:
        raise InvalidFields({"promised_at": ["Must be later than now."]})
    if row.state != "running" or row.term != escalation.term:
        raise InvalidFields({"promised_at": ["The clock is no longer running: there is nothing to hold."]})
    if _promised(session, row):
        raise InvalidFields({"promised_at": ["A date was promised before: only the first one holds a rung."]})
    clock = clocks.value(row)
    # a promise holds a rung up, it does not end the ladder
    latest = engine.calendar(clock.calendar).due(now, clock.budget)
    if until > latest:
        raise InvalidFields({"promised_at": [f"Must be within another {clock.budget}: at most {stamp(latest)}."]})
    definition = engine.workflow(complaint.kind, complaint.definition_version).definition
    clocks.write(engine, definition, row, replace(clock, held_until=until))
    escalation.next_rung_at = row.next_moment_at
    clocks.summarise(complaint, rows)


def _promised(session: Session, row: ClockRow) -> bool:
    before = select(Escalation.id).where(
        Escalation.clock_id == row.id, Escalation.term == row.term, Escalation.promised_at.is_not(None)
    )
    return session.scalars(before.limit(1)).one_or_none() is not None
