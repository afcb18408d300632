"""Escalation: sweep the due moments, tell each rung once, fire time-outs. Never changes a state itself."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from lapor.access.principal import SYSTEM
from lapor.handling.move import move
from lapor.machine.engine import Engine
from lapor.oversight.overdue import claim, climb, gather
from lapor.oversight.recording import record
from lapor.records import Complaint
from lapor.records.base import Writing

PUT_OFF = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Sweep:
    """What one sweep did: cases looked at, rungs recorded, time-outs fired, cases put off with their faults.

    `lags` are how late it came to each clock.
    """

    cases: int = 0
    rungs: int = 0
    time_outs: int = 0
    put_off: tuple[tuple[str, str], ...] = ()
    lags: tuple[timedelta, ...] = field(default=(), compare=False, repr=False)

    def __add__(self, other: Sweep) -> Sweep:
        """Both together."""
        return Sweep(
            self.cases + other.cases,
            self.rungs + other.rungs,
            self.time_outs + other.time_outs,
            self.put_off + other.put_off,
            self.lags + other.lags,
        )


def sweep(engine: Engine, writing: Writing, *, now: datetime, batch: int = 200, lanes: int = 1) -> Sweep:
    """Handle every moment that has passed at `now`, oldest first, a batch a transaction.

    `writing` opens a session that commits at its end. Several sweeps may run side by side, in other processes and here in
    so many `lanes`: while one waits for the database, another works out whom to tell.
    """
    if lanes == 1:
        return _lane(engine, writing, now, batch)
    with ThreadPoolExecutor(lanes) as pool:
        sweeps = [pool.submit(_lane, engine, writing, now, batch) for _ in range(lanes)]
        return sum((each.result() for each in sweeps), Sweep())


def _lane(engine: Engine, writing: Writing, now: datetime, batch: int) -> Sweep:
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
            complaints = claim(session, now, size)
            ids = [complaint.id for complaint in complaints]
            return escalate(engine, session, complaints, now)
    except Exception:
        if not ids:
            raise
        return sum((_alone(engine, writing, case_id, now) for case_id in ids), Sweep())


def _alone(engine: Engine, writing: Writing, complaint_id: int, now: datetime) -> Sweep:
    try:
        with writing() as session:
            return escalate(engine, session, claim(session, now, 1, complaint_id), now)
    except Exception as fault:
        return _put_off(writing, complaint_id, now, f"{type(fault).__name__}: {fault}")


def _put_off(writing: Writing, complaint_id: int, now: datetime, fault: str) -> Sweep:
    with writing() as session:
        changed = update(Complaint).where(Complaint.id == complaint_id).returning(Complaint.number)
        number = session.scalars(changed.values(next_moment_at=now + PUT_OFF, put_off=fault)).one()
    return Sweep(cases=1, put_off=((number, fault),))


def escalate(engine: Engine, session: Session, complaints: Sequence[Complaint], now: datetime) -> Sweep:
    """Tell what is due of claimed cases, then fire the first time-out of each; the stored moments are only hints."""
    if not complaints:
        return Sweep()
    cases = gather(engine, session, complaints, now)
    climbs = climb(engine, cases, now)
    record(engine, session, cases, climbs, now)
    for complaint_id, then in climbs.time_outs.items():
        move(engine, session, complaint_id, then, actor=SYSTEM, fields={}, now=now)
    return Sweep(len(cases), len(climbs.raised), len(climbs.time_outs), lags=tuple(climbs.lags))
