"""Whom a rung tells: climb the posts, skip who cannot be told and say so; at the top stands the inspector."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from lapor.handling.duty import responsible
from lapor.machine.definition import Rung
from lapor.machine.organisation import Organisation, Post
from lapor.records import Complaint


@dataclass(frozen=True, slots=True)
class Told:
    """The post to tell, None for the reporter, and why this one."""

    post: Post | None
    why: str


def recipient(
    organisation: Organisation,
    complaint: Complaint,
    acts: str | None,
    rung: Rung,
    told: Collection[int],
    reported: Collection[int],
) -> Told:
    """The first post of the rung's climb that is not vacant, not reported and not told before in this term.

    `told` holds the ids of the posts told in this term, in order; `reported` those of reported posts and of all
    posts of reported units. Where everybody was told, the last post that can be told is told again.
    """
    if rung.tell == "reporter":
        return Told(None, "the reporter must act")
    skipped = []
    able = None
    for post in _climb(organisation, complaint, acts, rung.tell, told):
        if post.vacant or post.id in reported:
            skipped.append(f"{post.code} is {'vacant' if post.vacant else 'reported'}")
        elif post.id in told and not rung.warning:
            able = post
        else:
            return Told(post, "; ".join([rung.tell, *skipped]))
    return Told(able or organisation.inspector, "; ".join([rung.tell, *skipped, "everybody above was told before"]))


def _climb(
    organisation: Organisation, complaint: Complaint, acts: str | None, tell: str, told: Collection[int]
) -> Iterator[Post]:
    owner = responsible(organisation, complaint, acts)
    last = organisation.posts[list(told)[-1]] if told else owner
    if tell == "superior":
        yield from organisation.climb(last)
    else:
        named = _named(organisation, complaint, tell, owner)
        yield named
        yield from organisation.climb(named)
    yield organisation.inspector


def _named(organisation: Organisation, complaint: Complaint, tell: str, owner: Post) -> Post:
    if tell == "inspector":
        return organisation.inspector
    if tell == "coordinator":
        return organisation.coordinator(complaint.door_id) or organisation.head(complaint.door_id)
    return organisation.head(complaint.holder_id) if tell == "unit head" else owner
