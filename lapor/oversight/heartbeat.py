"""The worker's sign of life: given with each sweep, read by whoever watches over it."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from lapor.records import Heartbeat

WORKER = "worker"
LATE_AFTER_SWEEPS = 3


def last(session: Session) -> datetime | None:
    """When the last sweep began; None: there was none yet."""
    return session.scalars(select(Heartbeat.at).where(Heartbeat.name == WORKER)).one_or_none()


def beat(session: Session, *, now: datetime) -> datetime | None:
    """Note that a sweep began at `now`; return when the one before did. Of several workers one alone learns of a gap."""
    before = session.scalars(select(Heartbeat).filter_by(name=WORKER).with_for_update()).one_or_none()
    at = before.at if before else None
    session.merge(Heartbeat(name=WORKER, at=now))
    return at


def is_late(before: datetime | None, *, sweep_seconds: int, now: datetime) -> bool:
    """Whether sweeps are missing at `now`; none is before the first.

    >>> from datetime import UTC
    >>> [is_late(datetime(2026, 7, 6, 9, 0, 0, tzinfo=UTC), sweep_seconds=15, now=datetime(2026, 7, 6, 9, 0, second,
    ... tzinfo=UTC)) for second in (45, 46)]
    [False, True]
    """
    return before is not None and now - before > LATE_AFTER_SWEEPS * timedelta(seconds=sweep_seconds)
