"""The one scope query: which cases exist for a principal. Every read, list and move goes through it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import ColumnElement, and_, exists, false, or_, true

from lapor.access.principal import Principal
from lapor.machine.organisation import Organisation
from lapor.records import Complaint, Escalation, ReportedParty

Rule = Callable[[Principal, Organisation], ColumnElement[bool]]


def scope(principal: Principal, organisation: Organisation) -> ColumnElement[bool]:
    """The condition under which a complaint is there at all for this principal."""
    rows = _ROWS.get(principal.role, _nothing)(principal, organisation)
    if principal.post is None:
        return rows
    return and_(rows, ~_reports(principal, organisation))


def told(principal: Principal) -> ColumnElement[bool]:
    """Whether the ladder has told the principal's post: a grant to read until the case closes or is re-routed."""
    rungs = exists().where(
        Escalation.complaint_id == Complaint.id,
        Escalation.post_id == principal.post_id,
        Escalation.outcome.in_(("told", "warned")),
        Complaint.is_open,
    )
    return rungs.correlate(Complaint)


def _nothing(_principal: Principal, _organisation: Organisation) -> ColumnElement[bool]:
    return false()


def _everything(_principal: Principal, _organisation: Organisation) -> ColumnElement[bool]:
    return true()


def _own(principal: Principal, _organisation: Organisation) -> ColumnElement[bool]:
    return and_(Complaint.id.in_(principal.cases), Complaint.erased_at.is_(None))


def _own_tree(principal: Principal, organisation: Organisation) -> ColumnElement[bool]:
    below = organisation.subtree(principal.unit_id)
    return or_(Complaint.holder_id.in_(below), Complaint.door_id.in_(below), _asked(principal))


def _own_unit(principal: Principal, _organisation: Organisation) -> ColumnElement[bool]:
    return or_(Complaint.holder_id == principal.unit_id, _asked(principal))


def _own_subtree(principal: Principal, organisation: Organisation) -> ColumnElement[bool]:
    return or_(Complaint.holder_id.in_(organisation.subtree(principal.unit_id)), _asked(principal))


def _asked(principal: Principal) -> ColumnElement[bool]:
    return or_(Complaint.reviewer_id == principal.post_id, told(principal))


def _reports(principal: Principal, organisation: Organisation) -> ColumnElement[bool]:
    # a complaint about slow identity cards belongs to the office that makes them: there only the named post is excluded
    units = organisation.units[principal.unit_id].path
    parties = exists().where(
        ReportedParty.complaint_id == Complaint.id,
        or_(
            ReportedParty.post_id == principal.post_id,
            and_(Complaint.classification == "oversight", ReportedParty.unit_id.in_(units)),
        ),
    )
    return parties.correlate(Complaint)


_ROWS: Mapping[str, Rule] = {
    "system": _everything,
    "inspector": _everything,
    "reporter": _own,
    "coordinator": _own_tree,
    "liaison_officer": _own_unit,
    "handler": _own_unit,
    "supervisor": _own_subtree,
}
