"""Disposition: who is competent, who holds the case, who decides where that is disputed, and whom it is about."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from lapor.errors import InvalidFields
from lapor.handling.step import Making, Party
from lapor.machine.definition import Definition
from lapor.machine.engine import Engine
from lapor.machine.organisation import Organisation, Post, Unit
from lapor.notices import outbox
from lapor.records import CategoryRow, Complaint, ReportedParty

UNKNOWN = "unknown"


def classify(making: Making) -> None:
    """Take over class and category from the fields of any move that names them.

    Raises:
        InvalidFields: class oversight of a kind whose moves name no reported party.
    """
    for name, value in making.values.items():
        if name == "classification":
            if value == "oversight" and not _accuses(making.definition):
                raise InvalidFields({name: ["Must not be oversight: a report of this kind accuses nobody."]})
            making.complaint.classification = value
        elif isinstance(value, CategoryRow):
            making.complaint.category_id = value.id


def tell_of_misconduct(making: Making, former: str | None) -> None:
    """Tell the inspector at once where a case comes to allege misconduct; `former` is its class before."""
    if making.complaint.classification == "oversight" and former != "oversight":
        tell_inspector(making, "oversight")


def tell_inspector(making: Making, event: str) -> None:
    """Tell the inspector, or who stands in where that post is vacant or reported, unless it was their own doing."""
    organisation, barred = making.engine.organisation, barred_from(making)
    overseers = organisation.overseers(making.complaint.door_id)
    able = (post for post in overseers if not post.vacant and post.id not in barred)
    told = next(able, organisation.inspector)
    if told.id != making.actor.post_id:
        outbox.tell(making.session, making.complaint, event, making.now, post_id=told.id)


def _accuses(definition: Definition) -> bool:
    return any(need.name == "reported" for move in definition.moves.values() for need in move.needs)


def hand_over(making: Making) -> None:
    """Give the case to the unit that the move names; nobody owns it there yet.

    Raises:
        InvalidFields: the unit does not lie below the holder where the move descends, or is a reported party.
    """
    move, complaint = making.move, making.complaint
    unit = next((value for value in making.values.values() if isinstance(value, Unit)), None)
    if move is None or not move.holder or unit is None:
        return
    if move.descends and (unit.id == complaint.holder_id or complaint.holder_id not in unit.path):
        raise InvalidFields({"unit": ["Must lie below the unit that holds the case."]})
    if complaint.classification == "oversight" and _reported_units(making) & set(unit.path):
        raise InvalidFields({"unit": ["Must not be a reported party."]})
    making.former_id = complaint.holder_id
    complaint.holder_id, complaint.owner_id, complaint.competent_id = unit.id, None, None
    complaint.bound = complaint.bound or move.binding


def name_competent(making: Making) -> None:
    """Remember whom a returning unit names as competent: the arbiter stands above all units concerned."""
    unit = making.values.get("competent_unit")
    making.complaint.competent_id = unit.id if unit else None


def note_reported(making: Making) -> None:
    """Record whom the complaint is about.

    Raises:
        InvalidFields: class oversight without reported parties, or unknown ones without a reason, or an unknown code.
    """
    said = _said(making)
    if making.complaint.classification == "oversight":
        _require(said, making)
    _record(making, said)


def reclassify(making: Making) -> None:
    """A case that comes to allege misconduct does so against somebody: against nobody known, unless they are named.

    The reason that every reclassification gives is also why nobody is named.
    """
    said = _said(making)
    if making.complaint.classification == "oversight" and said is None and not _reported(making):
        said = UNKNOWN
    _record(making, said)
    leave_reported(making)


def name_reported(making: Making) -> None:
    """Record later whom the complaint is about; the inspector knows at once where it alleges misconduct.

    Raises:
        InvalidFields: there is no unit or post with such a code.
    """
    added = _record(making, _said(making))
    if added and making.complaint.classification == "oversight":
        tell_inspector(making, "oversight")
    leave_reported(making)


def _said(making: Making) -> str | None:
    """What a move says of reported parties, which is not for the public."""
    said: str | None = making.values.get("reported")
    making.values = {name: value for name, value in making.values.items() if name != "reported"}
    return said


def _record(making: Making, said: str | None) -> bool:
    """Record those who are named; whether somebody is new among them."""
    if said is None:
        return False
    making.internal["reported"] = said
    known = _reported(making)
    parties = [] if said == UNKNOWN and making.name != "name_reported" else _parties(said, making)
    named = [(party.id, None) if isinstance(party, Unit) else (None, party.id) for party in parties]
    making.reported = {*known, *named}
    added = [pair for pair in dict.fromkeys(named) if pair not in known]
    if added:
        rows = [{"complaint_id": making.complaint.id, "unit_id": unit, "post_id": post} for unit, post in added]
        making.session.execute(insert(ReportedParty).execution_options(render_nulls=True), rows)
    return bool(added)


def leave_reported(making: Making) -> None:
    """Take a case from whom it is about: from the post that owns it, and from the unit where it alleges misconduct.

    Such a unit hands over nothing itself: the unit of the arbiter holds the case until the arbiter hands it on.

    Raises:
        InvalidFields: nobody is left who could hold it.
    """
    complaint, organisation = making.complaint, making.engine.organisation
    if complaint.owner_id in barred_from(making):
        complaint.owner_id = None
    holder = organisation.units[complaint.holder_id]
    if complaint.classification == "oversight" and _reported_units(making) & set(holder.path):
        arbiter = _arbiter_left(making)
        making.former_id = complaint.holder_id
        complaint.holder_id, complaint.owner_id = arbiter.unit_id, arbiter.id


def _arbiter_left(making: Making) -> Post:
    organisation, barred = making.engine.organisation, barred_from(making)
    arbiter = organisation.arbiter({making.complaint.door_id, making.complaint.holder_id})
    left = [post for post in (arbiter, organisation.inspector) if post.id not in barred]
    if not left:
        raise InvalidFields({"reported": ["Nobody would be left who could hold the case."]})
    return left[0]


def _require(said: str | None, making: Making) -> None:
    if said is None:
        raise InvalidFields({"reported": [f"Required for class oversight: codes of units or posts, or {UNKNOWN}."]})
    if said == UNKNOWN and "reason" not in making.values:
        raise InvalidFields({"reason": ["Required where the reported parties are unknown."]})


def _parties(said: str, making: Making) -> list[Unit | Post]:
    organisation = making.engine.organisation
    codes = [code.strip() for code in said.split(",")]
    known = {code: organisation.unit_codes.get(code) or organisation.post_codes.get(code) for code in codes}
    unknown = [code for code, party in known.items() if party is None]
    if unknown:
        raise InvalidFields({"reported": [f"There is no unit or post with the code {code!r}." for code in unknown]})
    return [party for party in known.values() if party]


def reported_posts(engine: Engine, session: Session, complaint: Complaint) -> frozenset[int]:
    """The posts that a complaint is about; where it alleges misconduct, all posts of the reported units too."""
    return concerned(engine.organisation, complaint.classification, _parties_of(session, complaint))


def barred_from(making: Making) -> frozenset[int]:
    """The posts that the complaint in hand is about."""
    return concerned(making.engine.organisation, making.complaint.classification, _reported(making))


def concerned(organisation: Organisation, classification: str | None, parties: Collection[Party]) -> frozenset[int]:
    """The ids of the posts that the reported parties of a complaint of this class come to."""
    units = {unit_id for unit_id, _ in parties if unit_id} if classification == "oversight" else set[int]()
    named = frozenset(post_id for _, post_id in parties if post_id)
    if not units:
        return named
    return named | {post.id for post in organisation.posts.values() if units & {*organisation.units[post.unit_id].path}}


def _reported(making: Making) -> set[Party]:
    if making.reported is None:
        making.reported = _parties_of(making.session, making.complaint)
    return making.reported


def _parties_of(session: Session, complaint: Complaint) -> set[Party]:
    parties = select(ReportedParty.unit_id, ReportedParty.post_id).filter_by(complaint_id=complaint.id)
    return {(unit_id, post_id) for unit_id, post_id in session.execute(parties)}


def _reported_units(making: Making) -> set[int]:
    return {unit_id for unit_id, _ in _reported(making) if unit_id}


EFFECTS = {
    "dispose": note_reported,
    "return": name_competent,
    "recall": name_competent,
    "reclassify": reclassify,
    "name_reported": name_reported,
}
