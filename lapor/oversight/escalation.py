"""Escalation: sweep the due moments, tell each rung once, fire time-outs. Never changes a state itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lapor.access.principal import SYSTEM
from lapor.handling import clocks, trail
from lapor.handling.disposition import reported_posts
from lapor.handling.move import move
from lapor.machine.clock import Clock, next_moment, rungs_due, timed_out
from lapor.machine.definition import Definition, Rung
from lapor.machine.engine import Engine
from lapor.notices import outbox, webhook_outbox
from lapor.oversight import ladder
from lapor.records import ClockRow, Complaint, Escalation
from lapor.records.base import Writing, stamp

PUT_OFF = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Sweep:
    """What one sweep did: cases looked at, rungs recorded, time-outs fired, cases put off with their faults."""

    cases: int = 0
    rungs: int = 0
    time_outs: int = 0
    put_off: tuple[tuple[str, str], ...] = ()

    def __add__(self, other: Sweep) -> Sweep:
        """Both together."""
        return Sweep(
            self.cases + other.cases,
            self.rungs + other.rungs,
            self.time_outs + other.time_outs,
            self.put_off + other.put_off,
        )


def sweep(engine: Engine, writing: Writing, *, now: datetime, batch: int = 200) -> Sweep:
    """Handle every moment that has passed at `now`, oldest first, a batch a transaction.

    `writing` opens a session that commits at its end. Several sweeps may run side by side.
    """
    done = Sweep()
    while True:
        part = _batch(engine, writing, now, batch)
        done += part
        if part.cases < batch:
            return done


def _batch(engine: Engine, writing: Writing, now: datetime, size: int) -> Sweep:
    ids: list[int] = []
    try:
        with writing() as session:
            cases = claim(session, now, size)
            ids = [case.id for case in cases]
            return sum((escalate(engine, session, case, now) for case in cases), Sweep())
    except Exception:
        if not ids:
            raise
        return sum((_alone(engine, writing, case_id, now) for case_id in ids), Sweep())


def claim(session: Session, now: datetime, size: int) -> Sequence[Complaint]:
    """Lock the cases whose next moment has passed, oldest first; those that another sweep has are left to it."""
    due = select(Complaint).where(Complaint.next_moment_at < now).order_by(Complaint.next_moment_at).limit(size)
    return session.scalars(
        due.with_for_update(of=Complaint, skip_locked=True).execution_options(populate_existing=True)
    ).all()


def _alone(engine: Engine, writing: Writing, complaint_id: int, now: datetime) -> Sweep:
    try:
        with writing() as session:
            one = select(Complaint).where(Complaint.id == complaint_id, Complaint.next_moment_at < now)
            case = session.scalars(one.with_for_update(of=Complaint, skip_locked=True)).one_or_none()
            return escalate(engine, session, case, now) if case else Sweep()
    except Exception as fault:
        return _put_off(writing, complaint_id, now, f"{type(fault).__name__}: {fault}")


def _put_off(writing: Writing, complaint_id: int, now: datetime, fault: str) -> Sweep:
    with writing() as session:
        changed = update(Complaint).where(Complaint.id == complaint_id).returning(Complaint.number)
        number = session.scalars(changed.values(next_moment_at=now + PUT_OFF, put_off=fault)).one()
    return Sweep(cases=1, put_off=((number, fault),))


def escalate(engine: Engine, session: Session, complaint: Complaint, now: datetime) -> Sweep:
    """Tell what is due of one locked case, then fire its first time-out; the stored moments are only hints."""
    definition = engine.workflow(complaint.kind, complaint.definition_version).definition
    rows = clocks.of_case(session, complaint)
    rungs = sum(_tell(engine, session, complaint, definition, row, now) for row in rows if row.state == "running")
    clocks.summarise(complaint, rows)
    names = [row.name for row in rows if timed_out(clocks.value(row), definition.clocks[row.name], now)]
    then = definition.clocks[names[0]].then if names else None
    if then:
        move(engine, session, complaint.id, then, actor=SYSTEM, fields={}, now=now)
    return Sweep(cases=1, rungs=rungs, time_outs=1 if then else 0)


def _tell(
    engine: Engine, session: Session, complaint: Complaint, definition: Definition, row: ClockRow, now: datetime
) -> int:
    clock = clocks.value(row)
    calendar = engine.calendar(clock.calendar)
    rungs = definition.ladders.get(definition.clocks[clock.name].ladder or "", ())
    due = rungs_due(clock, rungs, calendar, now)
    for index in due:
        later = replace(clock, rung=index + 1, held_until=None)
        upcoming = next_moment(later, definition.clocks[clock.name], rungs, calendar)
        climbed = _Climb(engine, session, complaint, definition, row, clock, index, upcoming, now)
        _record(climbed, rungs[index], is_highest=index == due[-1])
        clock = later
    clocks.write(engine, definition, row, clock)
    return len(due)


@dataclass(frozen=True, slots=True)
class _Climb:
    engine: Engine
    session: Session
    complaint: Complaint
    definition: Definition
    row: ClockRow
    clock: Clock
    index: int
    upcoming: datetime | None
    now: datetime


def _record(climb: _Climb, rung: Rung, *, is_highest: bool) -> None:
    told = _recipient(climb, rung) if is_highest else ladder.Told(None, "a higher rung was due as well")
    outcome = "skipped" if not is_highest else "warned" if rung.warning else "told"
    escalation = Escalation(
        complaint_id=climb.complaint.id,
        clock_id=climb.row.id,
        clock=climb.clock.name,
        term=climb.clock.term,
        rung=climb.index,
        outcome=outcome,
        tell=rung.tell,
        post_id=told.post.id if told.post else None,
        why=told.why,
        due_at=climb.clock.due_at,
        raised_at=climb.now,
        next_rung_at=climb.upcoming,
    )
    climb.session.add(escalation)
    climb.session.flush()
    _write_down(climb, escalation, told)
    _tell_apps(climb, escalation)
    if is_highest:
        _notify(climb, escalation, told)


def _notify(climb: _Climb, escalation: Escalation, told: ladder.Told) -> None:
    officers = "warning" if escalation.outcome == "warned" else "escalation"
    outbox.tell(
        climb.session,
        climb.complaint,
        officers if told.post else "remind",
        climb.now,
        post_id=told.post.id if told.post else None,
        escalation_id=escalation.id,
        facts={
            "clock": climb.clock.name,
            "rung": climb.index,
            "tell": escalation.tell,
            "due_at": stamp(climb.clock.due_at),
        },
    )


def _tell_apps(climb: _Climb, escalation: Escalation) -> None:
    complaint = climb.complaint
    said = {
        "clock": escalation.clock,
        "term": escalation.term,
        "rung": escalation.rung,
        "from": complaint.state,
        "to": complaint.state,
        "holder": climb.engine.organisation.units[complaint.holder_id].code,
        "version": complaint.version,
    }
    webhook_outbox.tell(climb.engine, climb.session, complaint, "complaint.escalated", climb.now, said=said)


def _recipient(climb: _Climb, rung: Rung) -> ladder.Told:
    before = select(Escalation.post_id).where(
        Escalation.clock_id == climb.row.id, Escalation.term == climb.clock.term, Escalation.outcome == "told"
    )
    told = [post_id for post_id in climb.session.scalars(before.order_by(Escalation.rung)) if post_id]
    reported = reported_posts(climb.engine, climb.session, climb.complaint)
    acts = climb.definition.acts_for(climb.clock.name, climb.complaint.state)
    return ladder.recipient(climb.engine.organisation, climb.complaint, acts, rung, told, reported)


def _write_down(climb: _Climb, escalation: Escalation, told: ladder.Told) -> None:
    said = {
        "clock": climb.clock.name,
        "term": climb.clock.term,
        "rung": climb.index,
        "outcome": escalation.outcome,
        "told": told.post.code if told.post else None,
        "why": told.why,
    }
    trail.note(climb.engine, climb.session, climb.complaint, "escalate", climb.now, actor=SYSTEM, internal=said)
