"""What custodians must decide: they are told, since nobody else may read what they are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy.orm import Session

from lapor.handling.disposition import reported_posts
from lapor.machine.engine import Engine
from lapor.machine.organisation import Organisation, Post
from lapor.notices import outbox
from lapor.records import Complaint


def tell_custodians(
    engine: Engine, session: Session, complaint: Complaint, event: str, now: datetime, *, due_at: str | None = None
) -> None:
    """Tell the custodians who find a case in their list, unless it is about them."""
    reported = reported_posts(engine, session, complaint)
    facts = {"due_at": due_at} if due_at else {}
    for post in _custodians(engine.organisation, complaint):
        if post.id not in reported:
            outbox.tell(session, complaint, event, now, post_id=post.id, facts=facts)


def _custodians(organisation: Organisation, complaint: Complaint) -> Iterator[Post]:
    """Those of the root, and those of an agency that the case came to or that holds it."""
    agencies = {organisation.agency(unit_id) for unit_id in (complaint.door_id, complaint.holder_id)}
    for post in organisation.posts.values():
        if post.role == "custodian" and not post.vacant:
            agency = organisation.agency(post.unit_id)
            if agency == organisation.root.id or agency in agencies:
                yield post
