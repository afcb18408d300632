"""Follow-up: somebody takes the case on, works on it, and an answer is drafted and approved."""

from __future__ import annotations

import json

from sqlalchemy import select

from lapor.errors import InvalidFields
from lapor.handling.disposition import barred_from
from lapor.handling.step import Making
from lapor.privacy import content
from lapor.records import TrailEntry


def accept(making: Making) -> None:
    """Whoever accepts owns the case."""
    making.complaint.owner_id = making.actor.post_id or None


def reassign(making: Making) -> None:
    """Give the case to another post of the unit that holds it.

    Raises:
        InvalidFields: the post belongs to another unit, is vacant or is a reported party.
    """
    post = making.values["post"]
    reported = barred_from(making)
    if post.unit_id != making.complaint.holder_id or post.vacant or post.id in reported:
        raise InvalidFields({"post": ["Must be a post of the unit that holds the case, neither vacant nor reported."]})
    making.complaint.owner_id = post.id


def propose_answer(making: Making) -> None:
    """Whoever drafts may not approve."""
    making.complaint.drafter_id = making.actor.post_id or None


def approve(making: Making) -> None:
    """The draft becomes the answer, word for word."""
    drafts = select(TrailEntry).where(
        TrailEntry.complaint_id == making.complaint.id, TrailEntry.move == "propose_answer"
    )
    draft = making.session.scalars(drafts.order_by(TrailEntry.sequence.desc()).limit(1)).one()
    _, internal = content.payload(making.engine.vault.content, making.complaint, draft)
    making.public["text"] = json.loads(internal)["text"]
    making.complaint.drafter_id = None


EFFECTS = {"accept": accept, "reassign": reassign, "propose_answer": propose_answer, "approve": approve}
