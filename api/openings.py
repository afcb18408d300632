"""Openings: a reasoned wish to see what is hidden of a case, its way to custodians, and who looked."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate
from sqlalchemy import select

from api import auth
from api.auth import READERS, REPORTER, Call, policy
from api.complaints import NUMBER
from api.fields import Moment, Request, Text
from api.openapi import Blueprint, problems
from api.pages import LARGEST_ID, PageQuery, by_id, page_of
from lapor.access import openings, reading
from lapor.handling import opening as handling
from lapor.machine.engine import Engine
from lapor.records import Complaint, Opening

CUSTODIAN = ("custodian",)
ID = f"<int(min=1,max={LARGEST_ID}):id>"
blueprint = Blueprint("openings", "What is hidden, opened for a time, and who looked.")


class AskingSchema(Request):
    """What somebody wishes to see, and why. Without the reporter's consent an identity is opened on a legal basis only."""

    what = fields.String(required=True, validate=validate.OneOf(openings.WHATS), metadata={"example": "identity"})
    reason = Text(required=True)
    legal_basis = Text()


class ConsentSchema(Request):
    """The reporter's word."""

    consent = fields.Boolean(required=True, truthy={True}, falsy={False})


class DecisionSchema(Request):
    """A custodian's word."""

    granted = fields.Boolean(required=True, truthy={True}, falsy={False})


class OpeningSchema(Schema):
    """A wish to see what is hidden. `consent` is null while the reporter has said nothing, `until` while it is closed."""

    id = fields.Integer(required=True)
    number = fields.String(required=True)
    what = fields.String(required=True)
    role = fields.String(required=True)
    post = fields.String(metadata={"description": "Code of the post; its reporter does not see it"})
    reason = fields.String(required=True)
    legal_basis = fields.String(required=True, allow_none=True)
    asked_at = Moment(required=True)
    consent = fields.Boolean(required=True, allow_none=True)
    state = fields.String(required=True, validate=validate.OneOf(("asked", "granted", "refused")))
    until = Moment(required=True, allow_none=True)


class LookSchema(Schema):
    """Who was shown what is hidden of a case, on how many days. Its reporter sees roles alone."""

    role = fields.String(required=True)
    post = fields.String()
    what = fields.String(required=True)
    days = fields.Integer(required=True)


OpeningPageSchema = page_of(OpeningSchema, "OpeningPage")


@blueprint.route("/complaints/<number>/openings", methods=["POST"], parameters=[NUMBER])
@policy(*READERS)
@problems(404, 409)
@blueprint.body(AskingSchema)
@blueprint.response(201, OpeningSchema)
def ask(call: Call, given: dict[str, Any], number: str) -> dict[str, Any]:
    """Ask to see a hidden identity or a confidential content; whoever may open it alone sees it from now.

    An identity is opened by a custodian where its reporter consents, by two on a legal basis where not.
    """
    complaint = reading.find(call.session, call.engine, call.principal, number).complaint
    made = handling.ask(
        call.engine,
        call.session,
        complaint.number,
        given["what"],
        reason=given["reason"],
        legal_basis=given.get("legal_basis"),
        hours=auth.site().settings.privacy.opening_hours,
        actor=call.principal,
        now=call.now,
    )
    call.session.flush()
    return _shown(call, made, complaint)


@blueprint.route("/complaints/<number>/openings", methods=["GET"], parameters=[NUMBER])
@policy(*REPORTER, *READERS)
@problems(404)
@blueprint.response(200, OpeningSchema(many=True))
def of_case(call: Call, number: str) -> list[dict[str, Any]]:
    """List the openings of a case: all for its reporter and the inspector, their own for others."""
    return told(call, reading.find(call.session, call.engine, call.principal, number).complaint)


def told(call: Call, complaint: Complaint) -> list[dict[str, Any]]:
    """The openings of a case that the caller knows of."""
    chosen = select(Opening).where(Opening.complaint_id == complaint.id).order_by(Opening.id)
    if call.principal.role not in ("reporter", "inspector"):
        chosen = chosen.where(Opening.post_id == call.principal.post_id)
    return [_shown(call, each, complaint) for each in call.session.scalars(chosen)]


@blueprint.route(f"/complaints/<number>/openings/{ID}/consent", methods=["POST"], parameters=[NUMBER])
@policy(*REPORTER)
@problems(404, 409)
@blueprint.body(ConsentSchema)
@blueprint.response(200, OpeningSchema)
def consent(call: Call, given: dict[str, Any], number: str, id: int) -> dict[str, Any]:
    """Consent to an opening of the own case, or do not."""
    complaint = reading.find(call.session, call.engine, call.principal, number).complaint
    said = handling.consent(
        call.engine,
        call.session,
        complaint.number,
        id,
        given=given["consent"],
        actor=call.principal,
        now=call.now,
    )
    return _shown(call, said, complaint)


@blueprint.get("/openings")
@policy(*CUSTODIAN)
@blueprint.query(PageQuery)
@blueprint.response(200, OpeningPageSchema)
def index(call: Call, asked: dict[str, Any]) -> dict[str, Any]:
    """List the openings of identities that wait for a custodian, oldest first."""
    waiting = select(Opening, Complaint).join(Complaint, Complaint.id == Opening.complaint_id)
    page = by_id(call.session, waiting.where(Opening.state == "asked"), Opening.id, asked)
    return {**page, "items": [_shown(call, each, complaint) for each, complaint in page["items"]]}


@blueprint.post(f"/openings/{ID}/decision")
@policy(*CUSTODIAN)
@problems(404, 409)
@blueprint.body(DecisionSchema)
@blueprint.response(200, OpeningSchema)
def decide(call: Call, given: dict[str, Any], id: int) -> dict[str, Any]:
    """Grant an opening or refuse it; the second custodian's word counts where the reporter does not consent."""
    decided = handling.decide(
        call.engine,
        call.session,
        id,
        granted=given["granted"],
        hours=auth.site().settings.privacy.opening_hours,
        actor=call.principal,
        now=call.now,
    )
    return _shown(call, decided, call.session.get_one(Complaint, decided.complaint_id))


@blueprint.route("/complaints/<number>/looks", methods=["GET"], parameters=[NUMBER])
@policy(*REPORTER, "inspector")
@problems(404)
@blueprint.response(200, LookSchema(many=True))
def looks(call: Call, number: str) -> list[dict[str, Any]]:
    """Count who was shown what is hidden of a case."""
    return looked(call, reading.find(call.session, call.engine, call.principal, number).complaint)


def looked(call: Call, complaint: Complaint) -> list[dict[str, Any]]:
    """Who looked, as far as the caller is to know: posts for the inspector, roles for the reporter."""
    found = openings.looks(call.session, complaint.id)
    if call.principal.role == "inspector":
        return [
            {"role": role, "post": _post(call.engine, post), "what": what, "days": n} for post, role, what, n in found
        ]
    counted: dict[tuple[str, str], int] = {}
    for _, role, what, days in found:
        counted[role, what] = counted.get((role, what), 0) + days
    return [{"role": role, "what": what, "days": days} for (role, what), days in sorted(counted.items())]


def _post(engine: Engine, post_id: int) -> str:
    return engine.organisation.posts[post_id].code


def _shown(call: Call, opening: Opening, complaint: Complaint) -> dict[str, Any]:
    names = ("id", "what", "role", "asked_at", "consent", "state", "until")
    reason, basis = handling.words(call.engine, complaint, opening)
    shown = {name: getattr(opening, name) for name in names}
    who = {} if call.principal.role == "reporter" else {"post": _post(call.engine, opening.post_id)}
    return {**shown, **who, "number": complaint.number, "reason": reason, "legal_basis": basis}
