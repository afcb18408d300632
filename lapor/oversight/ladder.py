"""Whom a rung tells: climb the posts, deputies for the absent, skip who cannot be told; at the top stands the inspector.

Who stands in for an inspector who cannot be told is written in `Organisation.overseers`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain

from lapor.handling.duty import responsible
from lapor.machine.definition import Rung
from lapor.machine.organisation import Organisation, Post
from lapor.records import Complaint


@dataclass(frozen=True, slots=True)
class Told:
    """The post to tell, None for the reporter, and why this one; `instead_of` is the absent post that it deputises for."""

    post: Post | None
    why: str
    instead_of: Post | None = None


def recipient(
    organisation: Organisation,
    complaint: Complaint,
    acts: str | None,
    rung: Rung,
    told: Mapping[int, int],
    reported: Collection[int],
    at: datetime,
) -> Told:
    """The first post of the rung's climb, or who deputises for it, not vacant, not reported and not told in this term.

    `told` holds the ids of the posts told in this term, in order, each with the post in whose place it was: from there
    the climb goes on. `reported` holds those of reported posts and of all posts of reported units. Where everybody was
    told, the last post that can be told is told again; where nobody can be, it stands with the inspector's post.
    """
    if rung.tell == "reporter":
        return Told(None, "the reporter must act")
    why, able, last = [rung.tell], Told(organisation.inspector, ""), "nobody can be told"
    climb = _climb(organisation, complaint, acts, rung.tell, told)
    for post in chain(climb, _overseers(organisation, complaint, reported, at)):
        *absent, there = organisation.stand_ins(post, at)
        why += [f"{each.code} is absent" for each in absent]
        unable = _unable(there, reported, at)
        if unable:
            why.append(f"{there.code} is {unable}")
        elif there.id in told and not rung.warning:
            able, last = Told(there, "", post if absent else None), "everybody above was told before"
        elif absent:
            return Told(there, f"{_because(why)}, {there.code} deputises", post)
        else:
            return Told(there, _because(why))
    return replace(able, why=_because([*why, last]))


def _because(why: Iterable[str]) -> str:
    # who comes twice in a climb is said once
    return "; ".join(dict.fromkeys(why))


def _unable(post: Post, reported: Collection[int], at: datetime) -> str | None:
    """Why a post cannot be told, if it cannot; it is absent itself where deputies stand in for each other."""
    if post.vacant:
        return "vacant"
    if post.id in reported:
        return "reported"
    return "absent" if post.absence(at) else None


def _climb(
    organisation: Organisation, complaint: Complaint, acts: str | None, tell: str, told: Mapping[int, int]
) -> Iterator[Post]:
    owner = responsible(organisation, complaint, acts)
    last = organisation.posts[list(told.values())[-1]] if told else owner
    if tell == "superior":
        yield from organisation.climb(last)
    else:
        named = _named(organisation, complaint, tell, owner)
        yield named
        yield from organisation.climb(named)


def _overseers(
    organisation: Organisation, complaint: Complaint, reported: Collection[int], at: datetime
) -> Iterator[Post]:
    """The inspector, or those who stand in up to the first that can be told."""
    for post in organisation.overseers(complaint.door_id):
        yield post
        if not _unable(organisation.stand_ins(post, at)[-1], reported, at):
            return


def _named(organisation: Organisation, complaint: Complaint, tell: str, owner: Post) -> Post:
    if tell == "inspector":
        return organisation.inspector
    if tell == "coordinator":
        return organisation.coordinator(complaint.door_id) or organisation.head(complaint.door_id)
    return organisation.head(complaint.holder_id) if tell == "unit head" else owner
