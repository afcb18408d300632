"""What is hidden and open to a post all the same, for a time; and the record of who looked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lapor.access.principal import Principal
from lapor.records import Look, many

IDENTITY, CONTENT = "identity", "content"
WHATS = (IDENTITY, CONTENT)
_LOOKED = "looked"


def look(session: Session, principal: Principal, complaint_id: int, what: str) -> None:
    """Remember, until the end of the session's use, that something hidden was shown to an officer."""
    if principal.post is not None:
        session.info.setdefault(_LOOKED, set()).add((complaint_id, what))


def looked(session: Session) -> set[tuple[int, str]]:
    """What was shown of what is hidden: cases by id, and `identity` or `content`."""
    found: set[tuple[int, str]] = session.info.get(_LOOKED, set())
    return found


def record(session: Session, principal: Principal, found: Iterable[tuple[int, str]], now: datetime) -> None:
    """Write down what was shown, once for a post, case, part and day."""
    who = {"post_id": principal.post_id, "role": principal.role, "day": now.date()}
    rows = [{**who, "complaint_id": complaint_id, "what": what} for complaint_id, what in sorted(found)]
    if rows:
        insert = many.INSERTS[session.get_bind().dialect.name]
        session.execute(insert(Look).on_conflict_do_nothing(), rows)


def looks(session: Session, complaint_id: int) -> list[tuple[int, str, str, int]]:
    """Who looked at what on how many days: post, role, what, days; in the order of posts."""
    grouped = (Look.post_id, Look.role, Look.what)
    found = select(*grouped, func.count()).where(Look.complaint_id == complaint_id).group_by(*grouped)
    return [*session.execute(found.order_by(*grouped))]
