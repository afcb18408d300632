"""The number that tells every process whether its engine is still that of the database."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lapor.records import Revision


def number(session: Session) -> int:
    """The revision in force; the one row is as old as the table."""
    return session.scalars(select(Revision.number)).one()


def lock(session: Session) -> None:
    """Keep others from importing until this transaction ends."""
    session.execute(select(Revision.number).with_for_update())


def grow(session: Session) -> None:
    """Tell every process to build its engine anew once this is committed; locks out others that import until then."""
    session.execute(update(Revision).values(number=Revision.number + 1))
