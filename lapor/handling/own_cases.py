"""What reporters do about their own cases: another secret, and a code that gathers all of them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lapor.access import gathering
from lapor.access.principal import Principal
from lapor.access.secrets import REPORTER_PREFIX, hashed, new_secret
from lapor.errors import NotOpen
from lapor.handling import trail
from lapor.handling.move import lock
from lapor.machine.engine import Engine
from lapor.notices import outbox
from lapor.privacy import identity
from lapor.records import Complaint, Reporter


def renew_secret(engine: Engine, session: Session, number: str, *, actor: Principal, now: datetime) -> str:
    """Give a case another secret and return it, shown this once; the one before never works again.

    Raises:
        NotFound: the case is not there or out of scope.
        NotOpen: the case is a part, which the secret of its whole opens.
    """
    complaint = lock(engine, session, number, actor)
    if complaint.whole_id:
        raise NotOpen("renew_secret", complaint.state, "secret of its whole")
    secret = new_secret(REPORTER_PREFIX)
    complaint.secret_hash = hashed(secret, engine.pepper)
    trail.note(engine, session, complaint, "renew_secret", now, actor=actor, internal={})
    return secret


def send_code(engine: Engine, session: Session, email: str, *, now: datetime) -> None:
    """Send a code to an address, if anything was reported with it; nobody learns whether."""
    code = gathering.offer(engine, session, email, now=now)
    newest = select(Complaint, Reporter.data_key).join(Reporter, Reporter.id == Complaint.reporter_id)
    theirs = newest.where(Reporter.email_index == identity.index(engine.pepper, email))
    found = session.execute(theirs.order_by(Complaint.id.desc()).limit(1)).one_or_none()
    if found and found.data_key:
        # sealed like the address itself: nobody reads it in the outbox
        shut = engine.vault.identity.seal(found.data_key, found.Complaint.number, "reporters.code", code)
        outbox.tell(session, found.Complaint, "gather", now, facts={"code": shut})
