"""What is to be erased now, by whose wish or as its time is over, and whether an erasure is late."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from lapor.attachments.store import Store
from lapor.handling import erasing
from lapor.machine.engine import Engine
from lapor.privacy import content
from lapor.records import Complaint, Erasure
from lapor.records.base import Writing

BATCH = 50


def carry_out(engine: Engine, writing: Writing, store: Store, *, hours: int, now: datetime, batch: int = BATCH) -> int:
    """Erase the cases whose reporters asked for it so many hours ago; return how many, a batch a transaction.

    `writing` opens a session that commits at its end. Several may run side by side.
    """
    wished = Complaint.id.in_(select(Erasure.complaint_id).where(_is_ripe(hours, now)))
    return _erase_all(engine, writing, store, erasing.WISH, wished, lambda _complaint: True, now, batch)


def is_due(session: Session, *, hours: int, now: datetime) -> bool:
    """Whether `carry_out` has anything to do: looking takes no lock."""
    return session.scalars(select(Erasure.id).where(_is_ripe(hours, now)).limit(1)).one_or_none() is not None


def expire(
    engine: Engine, writing: Writing, store: Store, *, closed_days: Mapping[str, int], now: datetime, batch: int = BATCH
) -> int:
    """Erase what was closed so many days ago, by kind (0: never), and can neither be appealed nor go to the Ombudsman.

    What a custodian has refused to erase stays so many days from the refusal, and what its reporter wishes to be erased
    is left to `carry_out`. A case outlasts its parts.
    """
    done = 0
    for kind, days in closed_days.items():
        before = now - timedelta(days=days)
        lately = or_(Erasure.state == "asked", and_(Erasure.state == "refused", Erasure.ended_at >= before))
        held = select(Erasure.complaint_id).where(lately)
        free = and_(Complaint.id.not_in(held), Complaint.id.not_in(erasing.with_parts()))
        old = and_(Complaint.kind == kind, Complaint.since < before, free)
        if days:
            done += _erase_all(engine, writing, store, erasing.RETENTION, old, _windows_over(engine, now), now, batch)
    return done


def overdue(session: Session, now: datetime) -> list[tuple[str, datetime]]:
    """Erasures whose term is over and that nobody carried out or refused: numbers and due moments, the oldest first."""
    late = select(Complaint.number, Erasure.due_at).join(Complaint, Complaint.id == Erasure.complaint_id)
    return [*session.execute(late.where(_is_late(now)).order_by(Erasure.due_at, Erasure.id))]


def count_overdue(session: Session, now: datetime) -> int:
    """How many erasures are late."""
    return session.scalar(select(func.count()).select_from(Erasure).where(_is_late(now))) or 0


def _is_ripe(hours: int, now: datetime) -> ColumnElement[bool]:
    return and_(Erasure.state == "asked", Erasure.asked_at <= now - timedelta(hours=hours))


def _is_late(now: datetime) -> ColumnElement[bool]:
    return and_(Erasure.state == "asked", Erasure.due_at < now)


def _erase_all(
    engine: Engine,
    writing: Writing,
    store: Store,
    why: str,
    chosen: ColumnElement[bool],
    is_ripe: Callable[[Complaint], bool],
    now: datetime,
    size: int,
) -> int:
    done = last = 0
    while True:
        with writing() as session:
            batch = _claim(session, last, size, chosen)
            ripe = [complaint for complaint in _still(session, batch, chosen) if is_ripe(complaint)]
            for complaint in ripe:
                erasing.erase(engine, session, complaint, why, store=store, now=now)
            if ripe:
                session.flush()
                content.empty_index(session)
            done += len(ripe)
        if len(batch) < size:
            return done
        last = batch[-1].id


def _claim(session: Session, last: int, size: int, chosen: ColumnElement[bool]) -> Sequence[Complaint]:
    closed = select(Complaint).where(chosen, ~Complaint.is_open, Complaint.erased_at.is_(None), Complaint.id > last)
    locked = closed.order_by(Complaint.id).limit(size).with_for_update(of=Complaint, skip_locked=True)
    return session.scalars(locked.execution_options(populate_existing=True)).all()


def _still(session: Session, batch: Sequence[Complaint], chosen: ColumnElement[bool]) -> list[Complaint]:
    # what was refused while the lock was waited for was still asked for when the batch was chosen
    these = select(Complaint.id).where(Complaint.id.in_([complaint.id for complaint in batch]), chosen)
    left = set(session.scalars(these))
    return [complaint for complaint in batch if complaint.id in left]


def _windows_over(engine: Engine, now: datetime) -> Callable[[Complaint], bool]:
    def is_over(complaint: Complaint) -> bool:
        definition = engine.workflow(complaint.kind, complaint.definition_version).definition
        calendar, limits = engine.calendar(engine.key(complaint.door_id)), definition.limits
        ends = [calendar.due(complaint.completed_at, limits.ombudsman)]
        if definition.states[complaint.state].closed == "window":
            ends.append(calendar.due(complaint.since, limits.window))
        return max(ends) < now

    return is_over
