"""The one way to change a case: lock, authorise, guard, fire, holder and owner, clocks, trail, outbox."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lapor.access import policy
from lapor.access.principal import Principal
from lapor.access.publicity import hindrance
from lapor.access.scope import scope
from lapor.access.secrets import read_number
from lapor.errors import Forbidden, InvalidFields, NotFound, NotOpen, Stale
from lapor.handling import (
    clocks,
    closure,
    disposition,
    duty,
    facts,
    follow_up,
    intake,
    linking,
    splitting,
    step,
    unpublishing,
)
from lapor.machine import fields as field_types
from lapor.machine.definition import Definition, Move
from lapor.machine.engine import Engine
from lapor.machine.guards import Facts
from lapor.notices import outbox
from lapor.records import CategoryRow, ClockRow, Complaint, ReportedParty

EFFECTS: Mapping[str, Callable[[step.Making], None]] = {
    **intake.EFFECTS,
    **disposition.EFFECTS,
    **follow_up.EFFECTS,
    **closure.EFFECTS,
    **duty.EFFECTS,
    **linking.EFFECTS,
    **splitting.EFFECTS,
}


def move(
    engine: Engine,
    session: Session,
    case: int | str,
    name: str,
    *,
    actor: Principal,
    fields: Mapping[str, Any],
    now: datetime,
    version: int | None = None,
) -> Complaint:
    """Make one move of one case (its id or number), whole or not at all; the caller commits or rolls back.

    Raises:
        NotFound: the case is not there or out of the actor's scope.
        Stale: `version` is given and the case has another one by now.
        Forbidden: the actor may not make this move of this case.
        NotOpen: the move does not leave this state, or a guard refuses it.
        InvalidFields: fields are missing, unknown or wrong.
    """
    complaint = lock(engine, session, case, actor)
    if version is not None and version != complaint.version:
        raise Stale
    workflow = engine.workflow(complaint.kind, complaint.definition_version)
    chosen = _chosen(workflow.definition, name)
    if not policy.may(actor, chosen, complaint, engine.organisation):
        raise Forbidden
    rows, definition = clocks.of_case(session, complaint), workflow.definition
    making = step.Making(engine, session, complaint, actor, now, definition, rows, chosen)
    known = facts.gather(engine, complaint, rows, now, partial(disposition.barred_from, making))
    workflow.fire(complaint.state, name, known)
    making.values = field_types.check(chosen, fields, now=now, find=_finder(engine, session, actor))
    target = workflow.fire(complaint.state, name, replace(known, fields=making.values))
    may_be_public = hindrance(complaint) is None
    _take_effect(making, target)
    step.write(making, target)
    if may_be_public and hindrance(complaint):
        unpublishing.take_back(engine, session, complaint, actor=actor, now=now, because=name)
    return complaint


def lock(engine: Engine, session: Session, case: int | str, actor: Principal) -> Complaint:
    """Lock a case (its id or number) that is in the actor's scope and read it afresh: every writer does this first.

    Raises:
        NotFound: the case is not there or out of scope.
        NotOpen: the case is erased.
    """
    this = Complaint.number == case if isinstance(case, str) else Complaint.id == case
    there = select(Complaint).where(this, scope(actor, engine.organisation))
    locked = there.with_for_update(of=Complaint).execution_options(populate_existing=True)
    complaint = session.scalars(locked).one_or_none()
    if complaint is None:
        raise NotFound
    if complaint.erased_at is not None:
        raise NotOpen("change", complaint.state, "erased before")
    return complaint


def open_moves(
    engine: Engine, session: Session, complaint: Complaint, *, actor: Principal, now: datetime
) -> list[Move]:
    """The moves that the actor may make of this case now, in the order of the definition."""
    rows = clocks.of_case(session, complaint)
    known = facts.gather(engine, complaint, rows, now, partial(disposition.reported_posts, engine, session, complaint))
    return _open_to(engine, complaint, known, actor)


def open_moves_of(
    engine: Engine, session: Session, complaints: Sequence[Complaint], *, actor: Principal, now: datetime
) -> dict[int, list[Move]]:
    """The moves that the actor may make of each of these cases now, by their ids, in two queries for all of them."""
    ids = [complaint.id for complaint in complaints]
    rows, parties = (_by_case(session, record, ids) for record in (ClockRow, ReportedParty))
    found = {}
    for complaint in complaints:
        named = {(party.unit_id, party.post_id) for party in parties.get(complaint.id, [])}
        reported = partial(disposition.concerned, engine.organisation, complaint.classification, named)
        known = facts.gather(engine, complaint, rows.get(complaint.id, []), now, reported)
        found[complaint.id] = _open_to(engine, complaint, known, actor)
    return found


def _by_case(session: Session, record: type[Any], ids: Sequence[int]) -> dict[int, list[Any]]:
    of_them = select(record).where(record.complaint_id.in_(ids)).order_by(record.complaint_id, record.id)
    grouped = groupby(session.scalars(of_them), key=attrgetter("complaint_id"))
    return {each: list(rows) for each, rows in grouped}


def _open_to(engine: Engine, complaint: Complaint, known: Facts, actor: Principal) -> list[Move]:
    if complaint.erased_at is not None:
        return []
    open_now = engine.workflow(complaint.kind, complaint.definition_version).open_moves(complaint.state, known)
    return [each for each in open_now if policy.may(actor, each, complaint, engine.organisation)]


def _chosen(definition: Definition, name: str) -> Move:
    if name not in definition.moves:
        raise InvalidFields({"move": ["Must be one of: " + ", ".join(definition.moves) + "."]})
    return definition.moves[name]


def _finder(engine: Engine, session: Session, actor: Principal) -> field_types.Find:
    organisation = engine.organisation

    def find(kind: str, code: str) -> object | None:
        if kind == "case":
            there = select(Complaint).where(Complaint.number == (read_number(code) or ""), scope(actor, organisation))
            return session.scalars(there).one_or_none()
        if kind == "category":
            return session.scalars(select(CategoryRow).filter_by(code=code)).one_or_none()
        return (organisation.unit_codes if kind == "unit" else organisation.post_codes).get(code)

    return find


def _take_effect(making: step.Making, target: str) -> None:
    engine, complaint = making.engine, making.complaint
    if making.move and policy.is_for_reporter(making.actor, making.move):
        making.public["for_reporter"] = True
        outbox.tell(making.session, complaint, "on_your_behalf", making.now)
    source, former = complaint.state, complaint.classification
    before = duty.turn(engine.organisation, complaint, making.definition.states[source].acts)
    disposition.classify(making)
    EFFECTS.get(making.name, _nothing)(making)
    disposition.tell_of_misconduct(making, former)
    disposition.hand_over(making)
    closure.appoint_reviewer(making, target)
    closure.keep_what_goes_on(making, target)
    duty.pass_on(making, source, before, target)


def _nothing(_making: step.Making) -> None:
    """Most moves mean no more than their definition says."""
