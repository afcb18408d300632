"""Who may make which move of a case in scope, and which parts of it are shown. Default: nobody, nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lapor.access.principal import Principal
from lapor.machine.definition import Move
from lapor.machine.organisation import Organisation
from lapor.records import Complaint

Rule = Callable[[Principal, Complaint, Organisation], bool]


def may(principal: Principal, move: Move, complaint: Complaint, organisation: Organisation) -> bool:
    """Whether the principal may make this move of a case that is in its scope."""
    rules = {**_RULES, **_OF_MOVE.get(move.name, {})}
    return any(rules.get(role, _nobody)(principal, complaint, organisation) for role in move.by)


def is_for_reporter(principal: Principal, move: Move) -> bool:
    """Whether an officer makes a reporter's move at the counter, which the trail marks."""
    return move.by == ("reporter",) and principal.role != "reporter"


def publishes(principal: Principal, complaint: Complaint, organisation: Organisation) -> bool:
    """Whether the principal decides what of a case in scope becomes public."""
    return _own_door(principal, complaint, organisation)


@dataclass(frozen=True, slots=True)
class Parts:
    """Which parts of a case in scope are shown beside its row."""

    content: bool
    internal: bool
    identity: bool


def parts(principal: Principal, complaint: Complaint, organisation: Organisation, *, told: bool) -> Parts:
    """Which parts of a case in scope a principal is shown. `told`: the ladder has told the principal's post."""
    if complaint.erased_at is not None:
        return Parts(content=False, internal=False, identity=False)
    if principal.role == "reporter":
        return Parts(content=True, internal=False, identity=True)
    if principal.role == "system":
        return Parts(content=True, internal=True, identity=False)
    if principal.role == "coordinator":
        content = not complaint.confidential or is_at_own_door(principal, complaint, organisation)
    elif principal.role in ("liaison_officer", "handler"):
        content = _holds(principal, complaint, organisation)
    else:
        content = principal.role in ("supervisor", "inspector") and (not complaint.confidential or told)
    asked = principal.post_id == complaint.reviewer_id or (told and not complaint.confidential)
    content = content or asked or "content" in principal.opened.get(complaint.id, ())
    named = not complaint.anonymous and complaint.reporter_id is not None
    entitled = principal.role != "coordinator" or _reports(principal, complaint, organisation)
    told_now = principal.role in _TOLD_IDENTITY.get(complaint.phase or "", ())
    identity = "identity" in principal.opened.get(complaint.id, ()) or (named and entitled and told_now)
    return Parts(content=content, internal=content, identity=content and identity)


def may_attach(principal: Principal, complaint: Complaint, organisation: Organisation, shown: Parts) -> bool:
    """Whether somebody may attach files to a case in scope: its reporter, and who works on it and sees its content."""
    at_work = _holds(principal, complaint, organisation) or is_at_own_door(principal, complaint, organisation)
    return shown.content and (at_work or _is_its_reporter(principal, complaint, organisation))


def gets_originals(principal: Principal, complaint: Complaint) -> bool:
    """Whether somebody who is shown the content gets files as they were sent: they may tell who sent them."""
    named = complaint.reporter_id is not None and not complaint.anonymous
    return named or principal.role == "reporter"


_OFFICE = ("coordinator", "liaison_officer", "handler", "supervisor")
_TOLD_IDENTITY: Mapping[str, tuple[str, ...]] = {
    "intake": ("coordinator",),
    "disposition": _OFFICE,
    "follow_up": _OFFICE,
    "closure": _OFFICE,
}


def _nobody(_principal: Principal, _complaint: Complaint, _organisation: Organisation) -> bool:
    return False


def _is(role: str) -> Rule:
    return lambda principal, _complaint, _organisation: principal.role == role


def _own_door(principal: Principal, complaint: Complaint, organisation: Organisation) -> bool:
    door = organisation.coordinator(complaint.door_id)
    return principal.role == "coordinator" and door is not None and door.unit_id == principal.unit_id


def is_at_own_door(principal: Principal, complaint: Complaint, organisation: Organisation) -> bool:
    """Whether a case lies at the door that a coordinator keeps."""
    at_door = complaint.phase == "intake" or complaint.holder_id == principal.unit_id
    return at_door and _own_door(principal, complaint, organisation)


def _closes(principal: Principal, complaint: Complaint, organisation: Organisation) -> bool:
    held = organisation.is_within(complaint.holder_id, principal.unit_id) if principal.post else False
    return held and _own_door(principal, complaint, organisation)


def _holds(principal: Principal, complaint: Complaint, _organisation: Organisation) -> bool:
    # a coordinator's own unit may hold a case as well ("kelola")
    at_work = principal.role in ("liaison_officer", "handler", "coordinator")
    return at_work and complaint.holder_id == principal.unit_id


def _keeps(principal: Principal, complaint: Complaint, organisation: Organisation) -> bool:
    return principal.role == "coordinator" and _holds(principal, complaint, organisation)


def _answers(principal: Principal, complaint: Complaint, organisation: Organisation) -> bool:
    return principal.role != "handler" and _holds(principal, complaint, organisation)


def _reading(rule: Rule) -> Rule:
    # what a post may read only because the ladder has told it is not confidential: door and holder read that anyhow
    def reads(principal: Principal, complaint: Complaint, organisation: Organisation) -> bool:
        shown = parts(principal, complaint, organisation, told=False)
        return shown.content and rule(principal, complaint, organisation)

    return reads


def _supervises(principal: Principal, complaint: Complaint, organisation: Organisation) -> bool:
    return principal.role == "supervisor" and organisation.is_within(complaint.holder_id, principal.unit_id)


def _approves(principal: Principal, complaint: Complaint, organisation: Organisation) -> bool:
    entitled = _answers(principal, complaint, organisation) or _supervises(principal, complaint, organisation)
    return entitled and principal.post_id != complaint.drafter_id


def _arbitrates(principal: Principal, complaint: Complaint, organisation: Organisation) -> bool:
    concerned = {complaint.door_id, complaint.holder_id, complaint.competent_id or complaint.holder_id}
    arbiter = organisation.arbiter(concerned)
    if principal.role == "inspector":
        return principal.post_id == arbiter.id
    return principal.role == "coordinator" and principal.unit_id == arbiter.unit_id


def _reviews(principal: Principal, complaint: Complaint, _organisation: Organisation) -> bool:
    return principal.post is not None and principal.post_id == complaint.reviewer_id


def _is_its_reporter(principal: Principal, complaint: Complaint, _organisation: Organisation) -> bool:
    return principal.role == "reporter" and complaint.id in principal.cases


def _reports(principal: Principal, complaint: Complaint, organisation: Organisation) -> bool:
    if principal.role == "reporter":
        return _is_its_reporter(principal, complaint, organisation)
    return _own_door(principal, complaint, organisation) or _holds(principal, complaint, organisation)


_RULES: Mapping[str, Rule] = {
    "reporter": _reports,
    "coordinator": _own_door,
    "liaison_officer": _answers,
    "handler": _holds,
    "supervisor": _supervises,
    "inspector": _is("inspector"),
    "system": _is("system"),
    "arbiter": _arbitrates,
    "approver": _approves,
    "reviewer": _reviews,
}
_BY_WHO_READS: Mapping[str, Rule] = {"coordinator": _reading(_own_door), "liaison_officer": _reading(_answers)}
_OF_MOVE: Mapping[str, Mapping[str, Rule]] = {
    "close": {"coordinator": _closes},
    "reassign": {"coordinator": _keeps},
    "loosen": {"reporter": _is_its_reporter},
    **dict.fromkeys(("split", "link", "unlink"), _BY_WHO_READS),
    "tighten": {"reporter": _reports, "coordinator": _is("coordinator"), "supervisor": _is("supervisor")},
}
