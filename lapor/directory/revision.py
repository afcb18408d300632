"""The number that tells every process whether its engine is still that of the database."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lapor.records import Revision


def number(session: Session) -> int:
    """The revision in force, 0 where nothing was ever imported."""
    return session.scalar(select(Revision.number)) or 0


def grow(session: Session) -> None:
    """Tell every process to build its engine anew once this is committed; locks out others that import until then."""
    grown = session.execute(update(Revision).values(number=Revision.number + 1))
    if grown.rowcount == 0:  # type: ignore[attr-defined]
        session.add(Revision(number=1))
        session.flush()
