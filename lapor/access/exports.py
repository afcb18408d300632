"""Copies of one's own data: what of them is read beside the case itself, and the record that one was handed out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from lapor.records import Export, Notice, many


def record(session: Session, complaint_id: int, day: date) -> None:
    """Write down that a copy was handed out, once for a case and a day in UTC."""
    insert = many.INSERTS[session.get_bind().dialect.name]
    session.execute(insert(Export).on_conflict_do_nothing(), [{"complaint_id": complaint_id, "day": day}])


def days(session: Session, complaint_id: int) -> Sequence[date]:
    """On which days copies were handed out."""
    return session.scalars(select(Export.day).where(Export.complaint_id == complaint_id).order_by(Export.day)).all()


def notices(session: Session, complaint_id: int) -> Sequence[Notice]:
    """What the reporter was told of by mail, oldest first."""
    theirs = select(Notice).where(Notice.complaint_id == complaint_id, Notice.post_id.is_(None))
    return session.scalars(theirs.order_by(Notice.id)).all()
