"""Counts of cases: each is of what the same filters list, in the caller's scope and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lapor.access.principal import Principal
from lapor.access.reading import Asked, filters
from lapor.access.scope import scope
from lapor.access.standing import BANDS
from lapor.machine.engine import Engine
from lapor.records import Complaint

_OPEN = Asked(open=True)
COUNTED: Mapping[str, Asked] = {
    "open": _OPEN,
    "warned": Asked(open=True, warned=True),
    "overdue": Asked(open=True, overdue=True),
    **{f"overdue {band}": Asked(open=True, overdue_days=band) for band in BANDS},
    "waiting_for_reporter": Asked(open=True, waiting_for="reporter"),
    "unacknowledged": Asked(open=True, unacknowledged=True),
    "promised": Asked(open=True, promised=True),
}


@dataclass(frozen=True, slots=True)
class Tally:
    """The counts of the open cases in one state that one unit holds, by the names of `COUNTED`."""

    holder_id: int
    state: str
    counts: Mapping[str, int]


def tallies(session: Session, engine: Engine, principal: Principal, *, now: datetime) -> Sequence[Tally]:
    """What the caller's scope holds, for each unit and state with open cases, in one query."""

    def chosen(asked: Asked) -> list[object]:
        return [*filters(session, engine, principal, asked, now)]

    counted = [func.count().filter(*chosen(asked)) for asked in COUNTED.values()]
    open_ones = select(Complaint.holder_id, Complaint.state, *counted).where(
        scope(principal, engine.organisation), *filters(session, engine, principal, _OPEN, now)
    )
    rows = session.execute(open_ones.group_by(Complaint.holder_id, Complaint.state)).all()
    return [Tally(holder, state, dict(zip(COUNTED, counts, strict=True))) for holder, state, *counts in rows]


def closed(session: Session, engine: Engine, principal: Principal, *, since: datetime, before: datetime) -> int:
    """How many cases in the caller's scope were closed between two moments, and still are."""
    ended = (~Complaint.is_open, Complaint.since >= since, Complaint.since < before)
    counted = select(func.count()).select_from(Complaint).where(scope(principal, engine.organisation), *ended)
    return session.scalar(counted) or 0


def oldest_overdue(
    session: Session, engine: Engine, principal: Principal, *, limit: int, now: datetime
) -> Sequence[tuple[str, datetime | None]]:
    """The numbers of those in the caller's scope that are longest overdue, with their due moments."""
    late = filters(session, engine, principal, COUNTED["overdue"], now)
    chosen = select(Complaint.number, Complaint.due_at).where(scope(principal, engine.organisation), *late)
    rows = session.execute(chosen.order_by(Complaint.due_at, Complaint.id).limit(limit))
    return [(number, due_at) for number, due_at in rows]
