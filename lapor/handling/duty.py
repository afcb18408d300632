"""Duty: whose turn it is, and who is told that it has become theirs."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sqlalchemy import select

from lapor.access.principal import Principal
from lapor.access.scope import scope
from lapor.handling.disposition import barred_from
from lapor.handling.step import Making
from lapor.machine.clock import runs_on
from lapor.machine.organisation import Organisation, Post
from lapor.notices import outbox
from lapor.records import Complaint
from lapor.records.base import stamp


def responsible(organisation: Organisation, complaint: Complaint, acts: str | None) -> Post:
    """The post that answers for acting: where nobody is assigned, the head of the unit that holds the case."""
    if acts == "coordinator":
        return organisation.coordinator(complaint.door_id) or organisation.head(complaint.door_id)
    if acts == "arbiter":
        units = {complaint.door_id, complaint.holder_id, complaint.competent_id or complaint.holder_id}
        return organisation.arbiter(units)
    if acts == "reviewer" and complaint.reviewer_id:
        return organisation.posts[complaint.reviewer_id]
    if acts != "approver" and complaint.owner_id:
        return organisation.posts[complaint.owner_id]
    return organisation.head(complaint.holder_id)


def turn(
    organisation: Organisation, complaint: Complaint, acts: str | None, barred: Collection[int] = ()
) -> Post | None:
    """The post whose turn it is; nobody's where the reporter or nobody must act.

    Where nobody is assigned it is the liaison officer, who reads what comes to the unit; a draft never its drafter's.
    """
    if acts in (None, "reporter"):
        return None
    drafter = complaint.drafter_id if acts == "approver" else None
    able = (post for post in _receivers(organisation, complaint, acts) if not post.vacant and post.id != drafter)
    return next((post for post in able if post.id not in barred), None)


def _receivers(organisation: Organisation, complaint: Complaint, acts: str | None) -> Iterator[Post]:
    assigned = complaint.owner_id and acts != "approver"
    if acts in ("liaison_officer", "handler", "approver") and not assigned:
        yield from organisation.receivers(complaint.holder_id)
    else:
        yield responsible(organisation, complaint, acts)


def pass_on(making: Making, source: str, before: Post | None, target: str) -> None:
    """Tell whose turn it has become by a move, unless they were to do the same before, or the move was their own."""
    states = making.definition.states
    acts, acted = states[target].acts, states[source].acts
    now = turn(making.engine.organisation, making.complaint, acts, barred_from(making))
    if (acts, now) != (acted, before):
        tell(making, now)


def ask_arbiter(making: Making) -> None:
    """An arbiter who is asked while the holder goes on has something to do."""
    tell(making, responsible(making.engine.organisation, making.complaint, "arbiter"))


def send_back(making: Making) -> None:
    """Whoever drafted has something to do again."""
    drafter = making.complaint.drafter_id
    tell(making, making.engine.organisation.posts[drafter] if drafter else None)


def tell(making: Making, post: Post | None) -> None:
    """Tell a post, or who deputises while it is absent, that it has something to do, unless it has just seen to that."""
    if post is None:
        return
    told = _there(making, post)
    if making.actor.post_id not in (post.id, told.id):
        outbox.tell(making.session, making.complaint, "work", making.now, post_id=told.id, facts=_lateness(making))


def _there(making: Making, post: Post) -> Post:
    """The post, or its deputy while it is absent, if there is one for whom the case is there and who did not draft it."""
    organisation, complaint = making.engine.organisation, making.complaint
    deputy = organisation.stand_in(post, making.now)
    if deputy in (None, post) or deputy.id in (complaint.drafter_id, *barred_from(making)):
        return post
    its = scope(Principal(deputy.role, deputy), organisation)
    sees = making.session.scalar(select(Complaint.id).where(Complaint.id == complaint.id, its))
    return deputy if sees else post


def _lateness(making: Making) -> dict[str, str]:
    """Since when a case is overdue by clocks that this move does not end; whoever gets it is told."""
    rules, move, source = making.definition.clocks, making.move, making.complaint.state
    running = (row for row in making.clock_rows if row.state == "running" and row.due_at < making.now)
    late = [row.due_at for row in running if move and runs_on(rules[row.name], move, move.leads_to(source))]
    return {"tell": "late", "due_at": stamp(min(late))} if late else {}


EFFECTS = {"ask_arbitration": ask_arbiter, "send_back": send_back}
