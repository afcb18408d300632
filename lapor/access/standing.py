"""How cases stand, as conditions for lists and counts: late, warned of, waiting for somebody, the caller's to act on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, false, func, or_, true, tuple_

from lapor.access.principal import Principal
from lapor.machine.definition import Definition, State
from lapor.machine.engine import Engine
from lapor.machine.organisation import Organisation, Post
from lapor.records import ClockRow, Complaint, Escalation

Rule = Callable[[Principal, Organisation, Collection[int]], ColumnElement[bool]]
"""What is the caller's to do in one role; the last are the ids of the posts whose work the caller does."""

# calendar days since the due moment: from, to below
BANDS: Mapping[str, tuple[int, int | None]] = {"0-1": (0, 2), "2-3": (2, 4), "4-7": (4, 8), "more": (8, None)}
_RUNGS = ("told", "warned")


def overdue(now: datetime) -> ColumnElement[bool]:
    """Open, and the earliest due moment has passed."""
    return and_(Complaint.is_open, Complaint.due_at.is_not(None), Complaint.due_at < now)


def overdue_for(band: str, now: datetime) -> ColumnElement[bool]:
    """Overdue for so many calendar days."""
    least, below = BANDS[band]
    since = [Complaint.due_at < now - timedelta(least)]
    if below is not None:
        since.append(Complaint.due_at >= now - timedelta(below))
    return and_(overdue(now), *since)


def warned(now: datetime) -> ColumnElement[bool]:
    """Open, and an officer was warned of a clock that runs and is not late yet."""
    rungs = exists().where(Escalation.outcome == "warned", _of_officer(), _of_running(), ClockRow.due_at >= now)
    return and_(Complaint.is_open, rungs.correlate(Complaint))


def unacknowledged() -> ColumnElement[bool]:
    """Open, and some officer was told or warned and has not acknowledged it."""
    open_yet = and_(Escalation.acknowledged_at.is_(None), Escalation.superseded_at.is_(None))
    rungs = exists().where(Escalation.outcome.in_(_RUNGS), _of_officer(), open_yet)
    return and_(Complaint.is_open, rungs.correlate(Complaint))


def promised(now: datetime) -> ColumnElement[bool]:
    """Open, and a told post has promised a date that is still to come, of a clock that runs."""
    # a clock is held for other reasons, too
    rungs = exists().where(Escalation.promised_at >= now, _of_officer(), _of_running())
    return and_(Complaint.is_open, rungs.correlate(Complaint))


def _of_officer() -> ColumnElement[bool]:
    return and_(Escalation.complaint_id == Complaint.id, Escalation.post_id.is_not(None))


def _of_running() -> ColumnElement[bool]:
    """A rung of the term in which its clock runs."""
    return and_(ClockRow.id == Escalation.clock_id, ClockRow.term == Escalation.term, ClockRow.state == "running")


def waits_for(engine: Engine, role: str) -> ColumnElement[bool]:
    """In a state in which this role acts."""
    places = [
        (definition.name, definition.version, state.name) for definition, state in _states(engine) if state.acts == role
    ]
    return _in(places)


def is_to_act(engine: Engine, principal: Principal, now: datetime) -> ColumnElement[bool]:
    """Open, and the caller must act now: as the role that the state names, or that alone can meet a running clock.

    A deputy acts on what is an absent post's, too, as far as the deputy's own role and unit may.
    """
    if principal.post is None:
        return false()
    organisation, posts = engine.organisation, _works_for(principal.post, engine.organisation, now)
    turns = (and_(_is_turn_of(engine, role), rule(principal, organisation, posts)) for role, rule in _TURNS.items())
    return and_(Complaint.is_open, or_(*turns))


def _works_for(post: Post, organisation: Organisation, now: datetime) -> frozenset[int]:
    absent = (each for each in organisation.posts.values() if each.absence(now))
    return frozenset((post.id, *(each.id for each in absent if organisation.stand_in(each, now) == post)))


def _is_turn_of(engine: Engine, role: str) -> ColumnElement[bool]:
    turns = [waits_for(engine, role)]
    for name, places in _clocks_for(engine, role).items():
        runs = exists().where(ClockRow.complaint_id == Complaint.id, ClockRow.name == name, ClockRow.state == "running")
        turns.append(and_(_in(places), runs.correlate(Complaint)))
    return or_(*turns)


def _clocks_for(engine: Engine, role: str) -> dict[str, list[tuple[str, int, str]]]:
    found: dict[str, list[tuple[str, int, str]]] = {}
    for definition, state in _states(engine):
        for rule in definition.clocks.values():
            if state.name in rule.runs and state.acts != role == definition.acts_for(rule.name, state.name):
                found.setdefault(rule.name, []).append((definition.name, definition.version, state.name))
    return found


def _states(engine: Engine) -> list[tuple[Definition, State]]:
    definitions = [workflow.definition for workflow in engine.workflows.values()]
    return [(definition, state) for definition in definitions for state in definition.states.values()]


def _in(places: Collection[tuple[str, int, str]]) -> ColumnElement[bool]:
    if not places:
        return false()
    return tuple_(Complaint.kind, Complaint.definition_version, Complaint.state).in_(places)


def _at_door(principal: Principal, organisation: Organisation, _posts: Collection[int]) -> ColumnElement[bool]:
    doors = [unit_id for unit_id in organisation.units if keeps(organisation, principal, unit_id)]
    return Complaint.door_id.in_(doors) if principal.role == "coordinator" else false()


def keeps(organisation: Organisation, principal: Principal, unit_id: int) -> bool:
    """Whether the principal's unit keeps the door of a unit."""
    door = organisation.coordinator(unit_id)
    return door is not None and door.unit_id == principal.unit_id


def _works(principal: Principal, organisation: Organisation, posts: Collection[int]) -> ColumnElement[bool]:
    # a coordinator's own unit may hold a case as well ("kelola"); a handler works on what was given to the post
    if principal.role == "handler":
        return and_(Complaint.holder_id == principal.unit_id, Complaint.owner_id.in_(posts))
    return _handles(principal, organisation, posts) if principal.role in ("liaison_officer", "coordinator") else false()


def _handles(principal: Principal, organisation: Organisation, posts: Collection[int]) -> ColumnElement[bool]:
    if principal.role not in ("liaison_officer", "handler", "coordinator"):
        return false()
    vacant = [post.id for post in organisation.posts.values() if post.vacant]
    free = or_(Complaint.owner_id.is_(None), Complaint.owner_id.in_({*posts, *vacant}))
    return and_(Complaint.holder_id == principal.unit_id, free)


def _supervises(principal: Principal, organisation: Organisation, posts: Collection[int]) -> ColumnElement[bool]:
    """Of all supervisors above, those of the nearest unit that has some; for an absent one a deputy who stands above."""
    if principal.role != "supervisor":
        return false()
    supervised = {post.unit_id for post in organisation.posts.values() if post.role == "supervisor"}
    stood_in = (organisation.posts[each] for each in posts)
    theirs = {principal.unit_id, *(post.unit_id for post in stood_in if post.role == "supervisor")}
    own = [
        unit_id
        for unit_id in organisation.subtree(principal.unit_id)
        if next((each for each in reversed(organisation.units[unit_id].path) if each in supervised), None) in theirs
    ]
    return Complaint.holder_id.in_({principal.unit_id, *own})


def _inspects(principal: Principal, _organisation: Organisation, _posts: Collection[int]) -> ColumnElement[bool]:
    return true() if principal.role == "inspector" else false()


def _approves(principal: Principal, organisation: Organisation, posts: Collection[int]) -> ColumnElement[bool]:
    at_work = (
        Complaint.holder_id == principal.unit_id if principal.role in ("liaison_officer", "coordinator") else false()
    )
    entitled = or_(at_work, _supervises(principal, organisation, posts))
    return and_(entitled, Complaint.drafter_id.is_distinct_from(principal.post_id))


def _reviews(principal: Principal, _organisation: Organisation, _posts: Collection[int]) -> ColumnElement[bool]:
    return Complaint.reviewer_id == principal.post_id


def _arbitrates(principal: Principal, organisation: Organisation, _posts: Collection[int]) -> ColumnElement[bool]:
    """As `Organisation.arbiter` has it: the smallest subtree with all units concerned belongs to this door and no other."""
    doors = {post.unit_id for post in organisation.posts.values() if post.role == "coordinator"}
    if principal.role == "coordinator" and principal.unit_id in doors:
        below = organisation.subtree(principal.unit_id)
        others = [_concerns_only(organisation.subtree(door)) for door in doors & below - {principal.unit_id}]
        return and_(_concerns_only(below), ~or_(false(), *others))
    if principal.role == "inspector" and principal.post_id == organisation.inspector.id:
        return ~or_(false(), *(_concerns_only(organisation.subtree(door)) for door in doors))
    return false()


def _concerns_only(units: Collection[int]) -> ColumnElement[bool]:
    competent = func.coalesce(Complaint.competent_id, Complaint.holder_id)
    return and_(Complaint.door_id.in_(units), Complaint.holder_id.in_(units), competent.in_(units))


_TURNS: Mapping[str, Rule] = {
    "coordinator": _at_door,
    "liaison_officer": _works,
    "handler": _handles,
    "supervisor": _supervises,
    "inspector": _inspects,
    "arbiter": _arbitrates,
    "approver": _approves,
    "reviewer": _reviews,
}
