"""Who is absent for how long, and who deputises: the post itself says so, or whoever stands above it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lapor.access.appointing import WORKING
from lapor.access.principal import Principal
from lapor.directory import revision
from lapor.errors import Forbidden, InvalidFields, NotFound
from lapor.machine.organisation import Absence, Organisation, Post
from lapor.records import AbsenceRow
from lapor.records.base import stamp

_ABOVE = ("coordinator", "supervisor")
_ARRANGED = (*WORKING, "coordinator")
# a rung told is a grant to read, and others read no cases
_DEPUTIES = (*_ARRANGED, "inspector")


def arranges(organisation: Organisation, principal: Principal, post: Post) -> bool:
    """Whether somebody says when a post is absent: the post itself, or a coordinator or supervisor of its subtree."""
    if post.id == principal.post_id:
        return True
    is_above = principal.role in _ABOVE and organisation.is_within(post.unit_id, principal.unit_id)
    return is_above and post.role in _ARRANGED


def visible(organisation: Organisation, principal: Principal, *, now: datetime) -> list[tuple[Post, Absence]]:
    """The absences that last or are to come, of posts that the caller arranges or deputises for, oldest first."""
    shown = (
        (post, absence)
        for post, absence in _not_over(organisation, now)
        if absence.deputy_id == principal.post_id or arranges(organisation, principal, post)
    )
    return sorted(shown, key=lambda each: each[1].id)


def _not_over(organisation: Organisation, now: datetime) -> Iterator[tuple[Post, Absence]]:
    for post in organisation.posts.values():
        yield from ((post, absence) for absence in post.absences if absence.until > now)


def record(
    session: Session,
    organisation: Organisation,
    principal: Principal,
    post: Post,
    deputy: Post,
    *,
    since: datetime | None,
    until: datetime,
    now: datetime,
) -> AbsenceRow:
    """Write down that a post is absent, from now on where `since` is None, and who deputises.

    Raises:
        Forbidden: the caller does not arrange for this post; officers know of all posts.
        InvalidFields: the deputy cannot be one, the time has passed, or the post is absent then already.
    """
    if not arranges(organisation, principal, post):
        raise Forbidden
    revision.lock(session)
    absence = AbsenceRow(post_id=post.id, deputy_id=deputy.id, since=since or now, until=until)
    faults = {**_faults_of_time(session, absence, now), **_faults_of_deputy(organisation, post, deputy)}
    if faults:
        raise InvalidFields(faults)
    _leave_out_what_is_over(session, now)
    session.add(absence)
    session.flush()
    revision.grow(session)
    return absence


def _faults_of_deputy(organisation: Organisation, post: Post, deputy: Post) -> dict[str, list[str]]:
    elsewhere = organisation.agency(post.unit_id) != organisation.agency(deputy.unit_id)
    if elsewhere or deputy.id == post.id or deputy.vacant or deputy.role not in _DEPUTIES:
        return {
            "deputy": ["Must be another post of the same agency, not vacant, that works on cases or oversees them."]
        }
    return {}


def _faults_of_time(session: Session, absence: AbsenceRow, now: datetime) -> dict[str, list[str]]:
    if absence.since < now:
        return {"since": ["Must not lie in the past: leave it out if the absence begins now."]}
    if absence.until <= absence.since:
        return {"until": ["Must be later than now, and than since."]}
    of_post = select(AbsenceRow).where(AbsenceRow.post_id == absence.post_id, AbsenceRow.ended_at.is_(None))
    meeting = of_post.where(AbsenceRow.since < absence.until, AbsenceRow.until > absence.since).order_by(AbsenceRow.id)
    found = session.scalars(meeting.limit(1)).one_or_none()
    if found is None:
        return {}
    return {
        "until": [f"The post is absent from {stamp(found.since)} until {stamp(found.until)} already: end that first."]
    }


def _leave_out_what_is_over(session: Session, now: datetime) -> None:
    # else what every engine holds of it would grow for ever
    over = update(AbsenceRow).where(AbsenceRow.ended_at.is_(None), AbsenceRow.until <= now)
    session.execute(over.values(ended_at=AbsenceRow.until), execution_options={"synchronize_session": False})


def end(session: Session, organisation: Organisation, principal: Principal, absence_id: int, *, now: datetime) -> None:
    """End an absence before its time, or before it begins.

    Raises:
        NotFound: there is none that the caller sees.
        Forbidden: the caller is its deputy, and does not arrange for the post.
    """
    seen = visible(organisation, principal, now=now)
    post = next((post for post, absence in seen if absence.id == absence_id), None)
    if post is None:
        raise NotFound
    if not arranges(organisation, principal, post):
        raise Forbidden
    revision.lock(session)
    absence = session.get_one(AbsenceRow, absence_id)
    if absence.ended_at is not None:
        raise NotFound
    absence.ended_at = now
    revision.grow(session)
