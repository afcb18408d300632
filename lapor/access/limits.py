"""Limits: how often something may be done in a while, counted in the database for all processes together.

No address stands there: the key of a count is a hash under the pepper.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Literal

from sqlalchemy import bindparam, case, delete, or_, update
from sqlalchemy.orm import Session

from lapor.access.secrets import hashed
from lapor.errors import NotRecognised, TooMany, Unavailable
from lapor.records import LimitCount, many
from lapor.records.base import Writing
from lapor.settings import Limits

Name = Literal[
    "submissions",
    "keyed_in",
    "words",
    "failed_secrets",
    "failed_secrets_of_number",
    "failed_sessions",
    "codes",
    "mails",
]
"""What is limited, as the settings call it."""
HOUR = timedelta(hours=1)
# numbers are per hour; a shorter window allows its share of them
_WINDOWS: Mapping[Name, timedelta] = {"failed_sessions": HOUR / 4}


def take(writing: Writing, pepper: bytes, rules: Limits, name: Name, subject: str, *, now: datetime) -> None:
    """Count one more for a subject, in a transaction of its own: no session that writes may be open meanwhile.

    It is counted also when it is refused, and whatever becomes of it. A window begins with the first that is counted,
    and forgives all when it is over. Where the settings say 0 nothing is counted.

    Raises:
        TooMany: the limit is passed; with the seconds until the window is over.
    """
    allowed = allowance(rules, name)
    if allowed is None:
        return
    window = _WINDOWS.get(name, HOUR)
    with writing() as session:
        values = {"subject": key(pepper, name, subject), "now": now, "over_at": now - window, "ahead": now + window}
        since, count = session.execute(_counting(session.get_bind().dialect.name), values).one()
    if count > allowed:
        raise TooMany(math.ceil((since + window - now).total_seconds()))


def give_back(writing: Writing, pepper: bytes, rules: Limits, name: Name, subject: str) -> None:
    """Take one off what was counted for a subject: it turned out to be none of those that are limited."""
    if allowance(rules, name) is None:
        return
    with writing() as session:
        counted = update(LimitCount).where(LimitCount.key == key(pepper, name, subject), LimitCount.count > 0)
        session.execute(counted.values(count=LimitCount.count - 1))


@contextmanager
def session_attempt(
    writing: Writing, pepper: bytes, rules: Limits, account: str, block: str, *, now: datetime
) -> Iterator[None]:
    """Surround what looks at a password: it is counted first, and given back unless it was not recognised.

    A password can be guessed, unlike a secret: past the limit not even the right one is looked at. The limit is one of
    an account and an address block together, so that nobody can lock out an officer who is elsewhere; and of the block
    alone, as of failed secrets. `account` is whatever was given as e-mail address.

    Raises:
        TooMany: a limit is passed.
    """
    counts: tuple[tuple[Name, str], ...] = (
        ("failed_secrets", f"sessions {block}"),
        ("failed_sessions", f"{block} {account.casefold()}"),
    )
    for name, subject in counts:
        take(writing, pepper, rules, name, subject, now=now)
    failed = False
    try:
        yield
    except NotRecognised:
        failed = True
        raise
    finally:
        if not failed:
            with suppress(Unavailable):
                for name, subject in counts:
                    give_back(writing, pepper, rules, name, subject)


def mail_waits(writing: Writing, pepper: bytes, rules: Limits, address: str, *, now: datetime) -> timedelta | None:
    """How long a mail to an address must wait; None: it may go out, and is counted."""
    try:
        take(writing, pepper, rules, "mails", address.strip().casefold(), now=now)
    except TooMany as full:
        return timedelta(seconds=full.retry_after)
    return None


def forget(session: Session, *, now: datetime) -> None:
    """Forget what was counted in windows that are over."""
    session.execute(delete(LimitCount).where(LimitCount.started_at <= now - HOUR))


def allowance(rules: Limits, name: Name) -> int | None:
    """How many are taken in one window; None: as many as come."""
    per_hour: int = getattr(rules, name)
    return max(1, per_hour * _WINDOWS.get(name, HOUR) // HOUR) if per_hour else None


def key(pepper: bytes, name: Name, subject: str) -> str:
    """Where something is counted: nobody without the pepper can tell for whom."""
    return hashed(f"limit\n{name}\n{subject}", pepper)


@cache
def _counting(dialect: str) -> Any:
    """Begin a window or count on in it, and return its beginning and its count: one statement, so that none slips by."""
    now, over_at, ahead = (bindparam(name, type_=LimitCount.started_at.type) for name in ("now", "over_at", "ahead"))
    # a beginning so far ahead is of a clock that was wrong
    over = or_(LimitCount.started_at <= over_at, LimitCount.started_at > ahead)
    begun = many.INSERTS[dialect](LimitCount.__table__).values(key=bindparam("subject"), started_at=now, count=1)
    counted = begun.on_conflict_do_update(
        index_elements=[LimitCount.key],
        set_={
            "started_at": case((over, begun.excluded.started_at), else_=LimitCount.started_at),
            "count": case((over, 1), else_=LimitCount.count + 1),
        },
    )
    return counted.returning(LimitCount.started_at, LimitCount.count)
