"""Closure: answers confirmed, disputed and appealed, and who reviews them."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import update

from lapor.errors import InvalidFields
from lapor.handling.disposition import barred_from, tell_inspector
from lapor.handling.step import Making
from lapor.machine.organisation import Organisation, Post
from lapor.records import Complaint, Erasure

RATINGS = range(1, 6)


def appoint_reviewer(making: Making, target: str) -> None:
    """Where the next to act is a reviewer, appoint the next higher post; elsewhere nobody reviews."""
    reviews = making.definition.states[target].acts == "reviewer"
    reported = barred_from(making) if reviews else frozenset[int]()
    post = next_reviewer(making.engine.organisation, making.complaint, reported) if reviews else None
    if target != making.complaint.state or making.complaint.reviewer_id in reported:
        making.complaint.reviewer_id = post.id if post else None


def keep_what_goes_on(making: Making, target: str) -> None:
    """A case that is opened again is not erased: the later wish takes back the earlier one."""
    states = making.definition.states
    if not states[making.complaint.state].closed or states[target].closed:
        return
    asked = update(Erasure).where(Erasure.complaint_id == making.complaint.id, Erasure.state == "asked")
    ended = asked.values(state="taken_back", ended_at=making.now).returning(Erasure.id)
    if making.session.scalars(ended).all():
        making.internal["erasure"] = "taken_back"


def next_reviewer(organisation: Organisation, complaint: Complaint, reported: Collection[int]) -> Post | None:
    """The next higher post that took no part, is not reported or vacant; the inspector last; None where none is left."""
    barred = {*complaint.took_part}
    above = [*_above(organisation, complaint), organisation.inspector]
    left = (post for post in above if not post.vacant and post.code not in barred and post.id not in reported)
    return next(left, None)


def _above(organisation: Organisation, complaint: Complaint) -> list[Post]:
    """Those above whoever decided: the owner, the coordinator while the door holds the case, else somebody in the unit."""
    door = organisation.coordinator(complaint.door_id) if complaint.holder_id == complaint.door_id else None
    decided = organisation.posts[complaint.owner_id] if complaint.owner_id else door
    head = organisation.head(complaint.holder_id)
    return [*organisation.climb(decided)] if decided else [head, *organisation.climb(head)]


def withdraw(making: Making) -> None:
    """A withdrawn complaint about misconduct leaves the inspector free to go on: tell the inspector."""
    if making.complaint.classification == "oversight":
        tell_inspector(making, "oversight_withdrawn")


def rate(making: Making) -> None:
    """A rating has five steps.

    Raises:
        InvalidFields: the rating is not from 1 to 5.
    """
    if making.values.get("rating", 1) not in RATINGS:
        raise InvalidFields({"rating": ["Must be from 1 to 5."]})


EFFECTS = {"confirm": rate, "withdraw": withdraw}
