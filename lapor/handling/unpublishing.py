"""Unpublishing: a public version is taken back, by hand or because its case may have none any more."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lapor.access.principal import Principal
from lapor.handling import trail
from lapor.machine.engine import Engine
from lapor.privacy import content
from lapor.records import Complaint, PublicVersion


def current(session: Session, complaint: Complaint) -> PublicVersion | None:
    """The public version of a case; None where there is none, or none any more."""
    those = select(PublicVersion).where(
        PublicVersion.complaint_id == complaint.id, PublicVersion.withdrawn_at.is_(None)
    )
    return session.scalars(those).one_or_none()


def take_back(
    engine: Engine,
    session: Session,
    complaint: Complaint,
    *,
    actor: Principal,
    now: datetime,
    because: str | None = None,
) -> bool:
    """Take back what is public of a case that the caller has locked; return whether there was anything.

    Its text is erased: what was to be hidden stays nowhere. `because` names the move that hides the case.
    """
    version = current(session, complaint)
    if version is None:
        return False
    version.title, version.text, version.withdrawn_at = None, None, now
    session.flush()
    content.empty_index(session)
    said = {"public_id": version.public_id, **({"because": because} if because else {})}
    trail.note(engine, session, complaint, "unpublish", now, actor=actor, internal={}, public=said)
    return True
