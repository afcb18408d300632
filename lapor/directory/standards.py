"""Service standards (standar pelayanan): drafted for a unit, signed by the head of its agency, never changed afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lapor.directory import revision
from lapor.errors import Forbidden, InvalidFields, NotFound, NotOpen
from lapor.machine.budget import Budget
from lapor.machine.engine import Engine, Standard
from lapor.machine.organisation import Organisation, Post, Unit
from lapor.records import CategoryRow, StandardRow

# what runs out in some far century is no promise, and no calendar reaches so far
LONGEST = 1000


@dataclass(frozen=True, slots=True)
class Draft:
    """What a standard is to say. Without a budget it withdraws what was signed for the same before."""

    unit: str
    kind: str
    classification: str | None
    category: str | None
    budget: str | None
    valid_from: date


def signed(session: Session) -> tuple[Standard, ...]:
    """All that engines may know: every version that is signed."""
    rows = session.scalars(select(StandardRow).order_by(StandardRow.id))
    return tuple(_standard(row, row.signed_at) for row in rows if row.signed_at)


def draft(engine: Engine, session: Session, said: Draft, *, post: Post, now: datetime) -> StandardRow:
    """Draft a standard for a unit in the post's own tree; the caller commits.

    Raises:
        InvalidFields: unit, kind, category or budget are none, or it would be valid before today.
        Forbidden: the unit is in another tree.
    """
    unit = engine.organisation.unit_codes.get(said.unit)
    category = session.scalars(select(CategoryRow).where(CategoryRow.code == said.category)).one_or_none()
    faults = {
        "unit": said.unit if unit is None else None,
        "kind": said.kind if said.kind not in engine.current else None,
        "category": said.category if category is None else None,
    }
    unknown = {name: [f"There is none with the code {code!r}."] for name, code in faults.items() if code is not None}
    if unknown or unit is None:
        raise InvalidFields(unknown)
    if not engine.organisation.is_within(unit.id, post.unit_id):
        raise Forbidden
    _not_yet(engine, unit, said.valid_from, now)
    of_it = {"unit_id": unit.id, "kind": said.kind, "classification": said.classification, "drafter_id": post.id}
    row = StandardRow(**of_it, category_id=category and category.id, valid_from=said.valid_from)
    row.budget = _budget(said.budget)
    session.add(row)
    session.flush()
    return row


def sign(engine: Engine, session: Session, standard_id: int, *, post: Post, now: datetime) -> StandardRow:
    """Sign a draft as the head of its agency: from its date on it sets clocks that start then; the caller commits.

    Raises:
        NotFound: there is none, or it is none of the post's business.
        Forbidden: the post is not the head of the agency.
        NotOpen: it is signed.
        InvalidFields: its date has passed; it is to be drafted anew.
    """
    row = session.scalars(select(StandardRow).where(StandardRow.id == standard_id).with_for_update()).one_or_none()
    organisation = engine.organisation
    if row is None or row.unit_id not in concerning(organisation, post):
        raise NotFound
    if post.id != signer(organisation, row.unit_id).id:
        raise Forbidden("A service standard is signed by the head of the agency.")
    if row.signed_at is not None:
        raise NotOpen("sign", "signed", "signed before")
    _not_yet(engine, organisation.units[row.unit_id], row.valid_from, now)
    row.signer_id, row.signed_at = post.id, now
    revision.grow(session)
    return row


def concerning(organisation: Organisation, post: Post) -> frozenset[int]:
    """The ids of the units whose drafts a post sees: those of its own tree, and all of its agency."""
    agency = organisation.agency(post.unit_id)
    fellows = organisation.subtree(agency) if agency != organisation.root.id else frozenset()
    return organisation.subtree(post.unit_id) | fellows


def signer(organisation: Organisation, unit_id: int) -> Post:
    """Who signs the standards of a unit: the head of its agency."""
    return organisation.head(organisation.agency(unit_id))


def _not_yet(engine: Engine, unit: Unit, valid_from: date, now: datetime) -> None:
    if valid_from < engine.calendar(engine.key(unit.id)).day(now):
        raise InvalidFields({"valid_from": ["Must not be in the past."]})


def _budget(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        budget = Budget.parse(text)
    except ValueError as fault:
        raise InvalidFields({"budget": [f"{fault}."]}) from None
    if budget.amount > LONGEST:
        raise InvalidFields({"budget": [f"Must be at most {LONGEST} {budget.unit}."]})
    return str(budget)


def _standard(row: StandardRow, signed_at: datetime) -> Standard:
    budget = Budget.parse(row.budget) if row.budget else None
    return Standard(row.unit_id, row.kind, row.classification, row.category_id, budget, row.valid_from, signed_at)
