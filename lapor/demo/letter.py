"""The letter in the drawer: keyed in too late, so that a worker that starts has something to tell."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count

from sqlalchemy import select
from sqlalchemy.orm import Session

from lapor.access.principal import Principal
from lapor.handling import intake
from lapor.handling.intake import Submission
from lapor.machine.budget import Budget
from lapor.machine.engine import Engine
from lapor.records import Complaint

KIND, CLOCK = "complaint", "verification"
TITLE = "Selokan di belakang pasar meluap"
TEXT = "Surat warga RT 03: selokan di belakang pasar meluap setiap kali hujan, sudah sejak bulan lalu."


def key_in(engine: Engine, session: Session, *, now: datetime) -> None:
    """Store the letter in a database without cases; it came in so long ago that its verification is just overdue.

    It is left out where complaints have a workflow in which nothing is verified within a budget.
    """
    rule = engine.workflow(KIND).definition.clocks.get(CLOCK) if KIND in engine.current else None
    if rule is None or not isinstance(rule.budget, Budget) or session.scalar(select(Complaint.id).limit(1)):
        return
    door = intake.default_door(engine).id
    submission = Submission(KIND, TITLE, TEXT, _newest_overdue(engine, door, rule.budget, now), channel="letter")
    actor = Principal("coordinator", engine.organisation.coordinator(door))
    intake.submit(engine, session, submission, actor=actor, now=now)


def _newest_overdue(engine: Engine, unit_id: int, budget: Budget, now: datetime) -> datetime:
    """The latest receipt, by whole days, that is overdue: the next office closing of the unit has not come since."""
    calendar = engine.calendar(engine.key(unit_id))
    receipts = (now - timedelta(days=days) for days in count(1))
    return next(moment for moment in receipts if calendar.due(moment, budget) < now)
