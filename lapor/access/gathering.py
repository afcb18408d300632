"""Own cases: whoever reads the mail of an address gathers what was reported with it."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from lapor.access.secrets import DIGITS, REPORTER_PREFIX, hashed, is_same, new_secret
from lapor.machine.engine import Engine
from lapor.privacy import identity
from lapor.records import Complaint, Gathering, Reporter, many

MINUTES, HOURS, ATTEMPTS = 30, 12, 5
_SIGNS = 10


def offer(engine: Engine, session: Session, email: str, *, now: datetime) -> str:
    """Make a code for an address, whether anything was reported with it or not; the one before is gone.

    A session that was gathered goes on: anybody can ask for a code, and only who reads the mail can use it.
    """
    index, code = identity.index(engine.pepper, email) or "", _new_code()
    until = now + timedelta(minutes=MINUTES)
    fresh = {"code_hash": hashed(code, engine.pepper), "attempts": 0, "until": until}
    # one statement: of two who ask at once for the first time, one adds the row and the other changes it
    asked = many.INSERTS[session.get_bind().dialect.name](Gathering).values(email_index=index, **fresh)
    session.execute(asked.on_conflict_do_update(index_elements=[Gathering.email_index], set_=fresh))
    return code


def open_with(engine: Engine, session: Session, email: str, code: str, *, now: datetime) -> tuple[str, datetime] | None:
    """Exchange a code for a token and the moment of its end; the token before ends.

    None, and one attempt fewer, where address and code do not fit.
    """
    index = identity.index(engine.pepper, email) or ""
    row = session.scalars(select(Gathering).filter_by(email_index=index).with_for_update()).one_or_none()
    digest = hashed(code.strip().upper(), engine.pepper)
    if row is None or not row.code_hash or row.until <= now or row.attempts >= ATTEMPTS:
        return None
    if not is_same(row.code_hash, digest):
        row.attempts += 1
        return None
    token, until = new_secret(REPORTER_PREFIX), now + timedelta(hours=HOURS)
    row.code_hash, row.token_hash, row.token_until = "", hashed(token, engine.pepper), until
    return token, until


def gathered(session: Session, digest: str, *, now: datetime) -> frozenset[int] | None:
    """The cases that a token opens, by the hash of it; None where it is none, or its time is over."""
    known = select(Gathering.email_index).where(Gathering.token_hash == digest, Gathering.token_until > now)
    index = session.scalar(known)
    if index is None:
        return None
    theirs = select(Complaint.id).join(Reporter, Reporter.id == Complaint.reporter_id)
    return frozenset(session.scalars(theirs.where(Reporter.email_index == index)))


def _new_code() -> str:
    return "".join(secrets.choice(DIGITS) for _ in range(_SIGNS))
