"""The read side: cases in scope, one by one or in pages, each with the parts that the caller may see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, false, or_, select, true
from sqlalchemy.orm import Session
from sqlalchemy.sql.expression import SQLColumnExpression

from lapor.access import openings, policy, standing
from lapor.access.policy import Parts
from lapor.access.principal import Principal
from lapor.access.scope import scope, told
from lapor.access.search import says
from lapor.access.secrets import read_number
from lapor.errors import NotFound
from lapor.machine.engine import Engine
from lapor.machine.organisation import Organisation
from lapor.privacy import content, identity
from lapor.privacy.identity import Identity
from lapor.records import CategoryRow, ClockRow, Complaint, RegionRow, Reporter
from lapor.vault import Ring

ROW_ONLY = Parts(content=False, internal=False, identity=False)
SORTS = ("due", "received")

Line = Row[Complaint, bool, str | None, str | None]


@dataclass(frozen=True, slots=True)
class Seen:
    """A case as somebody sees it: `clocks`, `texts` and `reporter` are empty where the caller may not see them.

    `kin` holds the numbers of cases that it refers to, by their ids, as far as they are there for the caller.
    """

    complaint: Complaint
    parts: Parts
    clocks: Sequence[ClockRow] = ()
    category: str | None = None
    region: str | None = None
    reporter: Identity | None = None
    texts: Mapping[str, str | None] = field(default_factory=dict)
    kin: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Mark:
    """The place of a case in a list: the moment that the list is sorted by, and its id."""

    at: datetime | None
    id: int


@dataclass(frozen=True, slots=True)
class Asked:
    """Which cases are asked for. None leaves a filter out; `after` is the last case of the page before.

    `overdue_days` is one of `standing.BANDS`; `to_act` leaves those on which the caller must act now; `linked_to` is a number.
    """

    sort: str = "due"
    after: Mark | None = None
    limit: int = 50
    state: str | None = None
    phase: str | None = None
    holder: int | None = None
    kind: str | None = None
    category: str | None = None
    overdue: bool | None = None
    overdue_days: str | None = None
    open: bool | None = None
    warned: bool | None = None
    unacknowledged: bool | None = None
    promised: bool | None = None
    waiting_for: str | None = None
    to_act: bool = False
    due_before: datetime | None = None
    linked_to: str | None = None
    part_of: str | None = None
    q: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Some cases in order; `next` marks the last of them where more follow."""

    items: Sequence[Seen]
    next: Mark | None


def find(session: Session, engine: Engine, principal: Principal, number: str) -> Seen:
    """The case with this number, however it is written.

    Raises:
        NotFound: there is none in the caller's scope, or the number is none.
    """
    there = _in_scope(engine.organisation, principal).where(Complaint.number == (read_number(number) or ""))
    line = session.execute(there).one_or_none()
    if line is None:
        raise NotFound
    return _seen(session, engine, principal, [line])[0]


def after(session: Session, engine: Engine, principal: Principal, complaint: Complaint) -> Seen:
    """A case that the caller has just changed: its row alone where it has left the caller's scope thereby."""
    line = session.execute(_in_scope(engine.organisation, principal).where(Complaint.id == complaint.id)).one_or_none()
    return _seen(session, engine, principal, [line])[0] if line else Seen(complaint, ROW_ONLY)


def page(session: Session, engine: Engine, principal: Principal, asked: Asked, *, now: datetime) -> Page:
    """The cases in the caller's scope that were asked for, in four queries however many there are."""
    chosen = _in_scope(engine.organisation, principal)
    chosen = chosen.where(*filters(session, engine, principal, asked, now))
    if asked.after:
        chosen = chosen.where(_follows(asked.sort, asked.after))
    lines = session.execute(chosen.order_by(*_order(asked.sort)).limit(asked.limit + 1)).all()
    shown = lines[: asked.limit]
    last = _mark(asked.sort, shown[-1][0]) if len(lines) > asked.limit else None
    return Page(_seen(session, engine, principal, shown), last)


def _in_scope(organisation: Organisation, principal: Principal) -> Select[Complaint, bool, str | None, str | None]:
    shown = select(Complaint, told(principal), CategoryRow.code, RegionRow.code)
    shown = shown.outerjoin(CategoryRow, CategoryRow.id == Complaint.category_id)
    shown = shown.outerjoin(RegionRow, RegionRow.id == Complaint.region_id)
    return shown.where(scope(principal, organisation))


def _seen(session: Session, engine: Engine, principal: Principal, lines: Sequence[Line]) -> list[Seen]:
    organisation = engine.organisation
    vault = engine.vault
    parts = {case.id: policy.parts(principal, case, organisation, told=was_told) for case, was_told, _, _ in lines}
    cases = [line[0] for line in lines]
    _remember(session, principal, cases, parts)
    clocks = _clocks(session, [case.id for case in cases if parts[case.id].content])
    reporters = _reporters(session, vault.identity, [case for case in cases if parts[case.id].identity])
    kin = _kin(session, organisation, principal, cases)
    return [
        Seen(
            case,
            parts[case.id],
            clocks.get(case.id, ()),
            category,
            region,
            reporters.get(case.id),
            content.of_case(vault.content, case),
            kin,
        )
        if parts[case.id].content
        else Seen(case, parts[case.id], kin=kin)
        for case, _, category, region in lines
    ]


def _remember(session: Session, principal: Principal, cases: Sequence[Complaint], parts: Mapping[int, Parts]) -> None:
    for case in cases:
        if case.confidential and parts[case.id].content:
            openings.look(session, principal, case.id, openings.CONTENT)
        if case.anonymous and parts[case.id].identity:
            openings.look(session, principal, case.id, openings.IDENTITY)


def _clocks(session: Session, ids: Sequence[int]) -> dict[int, list[ClockRow]]:
    if not ids:
        return {}
    of_them = select(ClockRow).where(ClockRow.complaint_id.in_(ids)).order_by(ClockRow.complaint_id, ClockRow.id)
    rows = session.scalars(of_them)
    return {each: list(run) for each, run in groupby(rows, key=lambda row: row.complaint_id)}


def _reporters(session: Session, ring: Ring, cases: Sequence[Complaint]) -> dict[int, Identity]:
    known = {case.reporter_id: case for case in cases if case.reporter_id}
    if not known:
        return {}
    rows = session.scalars(select(Reporter).where(Reporter.id.in_(known)))
    return {known[row.id].id: identity.opened(ring, known[row.id].number, row) for row in rows}


def _kin(
    session: Session, organisation: Organisation, principal: Principal, cases: Sequence[Complaint]
) -> dict[int, str]:
    """The numbers of the cases to which these refer, by their ids: of those in the caller's scope."""
    named = {each for case in cases for each in (case.whole_id, case.linked_to_id) if each}
    if not named:
        return {}
    there = select(Complaint.id, Complaint.number).where(Complaint.id.in_(named), scope(principal, organisation))
    return {row.id: row.number for row in session.execute(there)}


def filters(
    session: Session, engine: Engine, principal: Principal, asked: Asked, now: datetime
) -> list[ColumnElement[bool]]:
    """The conditions of what is asked for, beside the scope; those on content need the category joined."""
    row = ((Complaint.state, asked.state), (Complaint.phase, asked.phase), (Complaint.holder_id, asked.holder))
    content = ((Complaint.kind, asked.kind), (CategoryRow.code, asked.category))
    wanted: list[ColumnElement[bool]] = [column == value for column, value in (*row, *content) if value is not None]
    wanted += _standing(engine, principal, asked, now)
    if asked.due_before is not None:
        wanted.append(Complaint.due_at < asked.due_before)
    if asked.part_of is not None:
        wanted.append(Complaint.whole_id.in_(_numbered(engine.organisation, principal, asked.part_of)))
    if asked.q is not None:
        wanted.append(says(session, asked.q))
    if asked.linked_to is not None:
        wanted.append(Complaint.linked_to_id.in_(_numbered(engine.organisation, principal, asked.linked_to)))
    if any(value is not None for value in (asked.q, asked.linked_to, *(value for _, value in content))):
        wanted.append(shows_content(engine.organisation, principal))
    return wanted


def _numbered(organisation: Organisation, principal: Principal, number: str) -> Select[int]:
    """The id of the case with this number, if it is there for the caller."""
    this = Complaint.number == (read_number(number) or "")
    # a query of its own among the cases, not a condition on those that are listed
    return select(Complaint.id).where(this, scope(principal, organisation)).correlate(None)


def _standing(engine: Engine, principal: Principal, asked: Asked, now: datetime) -> list[ColumnElement[bool]]:
    # of rungs only officers know
    knows = true() if principal.post else false()
    yes_or_no: tuple[tuple[bool | None, ColumnElement[bool]], ...] = (
        (asked.overdue, standing.overdue(now)),
        (asked.open, and_(Complaint.is_open)),
        (asked.warned, and_(knows, standing.warned(now))),
        (asked.unacknowledged, and_(knows, standing.unacknowledged())),
        (asked.promised, and_(knows, standing.promised(now))),
    )
    wanted = [condition if value else ~condition for value, condition in yes_or_no if value is not None]
    if asked.overdue_days is not None:
        wanted.append(standing.overdue_for(asked.overdue_days, now))
    if asked.waiting_for is not None:
        wanted.append(standing.waits_for(engine, asked.waiting_for))
    if asked.to_act:
        wanted.append(standing.is_to_act(engine, principal, now))
    return wanted


def shows_content(organisation: Organisation, principal: Principal) -> ColumnElement[bool]:
    """The condition under which `policy.parts` shows the content of a case in scope, for filters that ask for it."""
    return and_(Complaint.erased_at.is_(None), _shows_unerased(organisation, principal))


def _shows_unerased(organisation: Organisation, principal: Principal) -> ColumnElement[bool]:
    open_now = [complaint_id for complaint_id, whats in principal.opened.items() if "content" in whats]
    asked = or_(
        Complaint.reviewer_id == principal.post_id,
        and_(told(principal), ~Complaint.confidential),
        Complaint.id.in_(open_now),
    )
    if principal.role in ("reporter", "system"):
        return true()
    if principal.role == "coordinator":
        doors = [unit_id for unit_id in organisation.units if standing.keeps(organisation, principal, unit_id)]
        at_door = or_(Complaint.phase == "intake", Complaint.holder_id == principal.unit_id)
        return or_(~Complaint.confidential, and_(at_door, Complaint.door_id.in_(doors)), asked)
    if principal.role in ("liaison_officer", "handler"):
        return or_(Complaint.holder_id == principal.unit_id, asked)
    return or_(~Complaint.confidential, told(principal), asked) if principal.post else false()


def _order(sort: str) -> tuple[SQLColumnExpression[Any], ...]:
    if sort == "received":
        return (Complaint.received_at, Complaint.id)
    # what is due comes before what is never due, on both databases
    return (Complaint.due_at.is_(None), Complaint.due_at, Complaint.id)


def _mark(sort: str, complaint: Complaint) -> Mark:
    return Mark(complaint.received_at if sort == "received" else complaint.due_at, complaint.id)


def _follows(sort: str, mark: Mark) -> ColumnElement[bool]:
    column = Complaint.received_at if sort == "received" else Complaint.due_at
    if mark.at is None:
        return and_(column.is_(None), Complaint.id > mark.id)
    later = or_(column > mark.at, and_(column == mark.at, Complaint.id > mark.id))
    return later if sort == "received" else or_(later, column.is_(None))
