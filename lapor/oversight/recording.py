"""Recording what was raised: rungs, trail, outboxes, clocks and cases, each of them in one statement for all cases."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from lapor.access.principal import SYSTEM
from lapor.handling import clocks, trail
from lapor.machine.engine import Engine
from lapor.notices import outbox, webhook_outbox
from lapor.oversight.overdue import Climbs, Overdue, Raised, StoodBy
from lapor.records import Complaint, Escalation, many
from lapor.records.base import stamp


def record(engine: Engine, session: Session, cases: Sequence[Overdue], climbs: Climbs, now: datetime) -> None:
    """Store all that is due of these cases, and what they then are; the caller commits."""
    raised = climbs.raised
    ids = many.add(session, Escalation, [_escalation(rung, now) for rung in raised], by=("clock_id", "term", "rung"))
    waiting = [_waits(engine, rung, now) for rung in climbs.waiting]
    trail.store(session, [*waiting, *(_written_down(engine, session, rung, now) for rung in raised)])
    outbox.store(session, list(_notices(engine, raised, ids, now)))
    clocks.store_changed(session, climbs.changes)
    many.change(session, Complaint, [_case(case.complaint) for case in cases])


def _escalation(rung: Raised, now: datetime) -> dict[str, Any]:
    return {
        "complaint_id": rung.complaint.id,
        "clock_id": rung.clock.id,
        "clock": rung.clock.name,
        "term": rung.clock.term,
        "rung": rung.index,
        "outcome": rung.outcome,
        "tell": rung.rung.tell,
        "post_id": rung.told.post.id if rung.told.post else None,
        "instead_of_id": rung.told.instead_of.id if rung.told.instead_of else None,
        "why": rung.told.why,
        "due_at": rung.clock.due_at,
        "raised_at": now,
        "next_rung_at": rung.upcoming,
    }


def _written_down(engine: Engine, session: Session, rung: Raised, now: datetime) -> trail.Written:
    said = {
        "clock": rung.clock.name,
        "term": rung.clock.term,
        "rung": rung.index,
        "outcome": rung.outcome,
        "told": rung.told.post.code if rung.told.post else None,
        "why": rung.told.why,
    }
    happening = trail.beside(engine, rung.complaint, "escalate", now, actor=SYSTEM, internal=said)
    entry = trail.written(engine.vault.content, rung.complaint, happening)
    _tell_apps(engine, session, rung, now)
    return entry


def _waits(engine: Engine, rung: StoodBy, now: datetime) -> trail.Written:
    until = stamp(rung.clock.held_until) if rung.clock.held_until else None
    said = {"clock": rung.clock.name, "term": rung.clock.term, "until": until, "case": rung.number}
    happening = trail.beside(engine, rung.complaint, "stand_by", now, actor=SYSTEM, internal=said)
    return trail.written(engine.vault.content, rung.complaint, happening)


def _tell_apps(engine: Engine, session: Session, rung: Raised, now: datetime) -> None:
    complaint = rung.complaint
    said = {
        "clock": rung.clock.name,
        "term": rung.clock.term,
        "rung": rung.index,
        "from": complaint.state,
        "to": complaint.state,
        "holder": engine.organisation.units[complaint.holder_id].code,
        "version": complaint.version,
    }
    webhook_outbox.tell(engine, session, complaint, "complaint.escalated", now, said=said)


def _notices(engine: Engine, raised: Iterable[Raised], ids: many.Ids, now: datetime) -> Iterable[outbox.Row]:
    for rung in raised:
        if rung.outcome == "skipped":
            continue
        officers = "warning" if rung.outcome == "warned" else "escalation"
        told = outbox.rows(
            rung.complaint,
            officers if rung.told.post else "remind",
            now,
            post_id=rung.told.post.id if rung.told.post else None,
            escalation_id=ids[rung.clock.id, rung.clock.term, rung.index],
            facts={
                "clock": rung.clock.name,
                "rung": rung.index,
                "tell": rung.rung.tell,
                "due_at": stamp(rung.clock.due_at),
            },
        )
        yield from ({**row, **_how(engine, rung, now)} for row in told)


def _how(engine: Engine, rung: Raised, now: datetime) -> dict[str, Any]:
    """How a rung is told, where its ladder says so."""
    if rung.rung.listed:
        return {"state": "unaddressed"}
    if not rung.rung.office_hours:
        return {}
    unit = rung.told.post.unit_id if rung.told.post else rung.complaint.door_id
    return {"next_attempt_at": engine.calendar(engine.key(unit)).next_open(now)}


def _case(complaint: Complaint) -> dict[str, Any]:
    names = ("id", "due_at", "next_moment_at", "put_off", "trail_length", "trail_head")
    return {name: getattr(complaint, name) for name in names}
