"""Erasures: a reporter's wish that the data of a case be erased, and what custodians say to it."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate
from sqlalchemy import select

from api import limiting
from api.auth import REPORTER, Call, policy
from api.complaints import NUMBER
from api.fields import Moment, Request, Text
from api.openapi import Blueprint, problems
from api.openings import CUSTODIAN, ID
from api.pages import PageQuery, by_id, page_of
from lapor.access import reading
from lapor.errors import NotFound
from lapor.handling import erasing
from lapor.machine.definition import CLASSES
from lapor.records import Complaint, Erasure

ONE = "/complaints/<number>/erasure"
blueprint = Blueprint("erasures", "The right of reporters to have their data erased.")


class RefusalSchema(Request):
    """The legal basis on which the data stays."""

    legal_basis = Text(required=True)


class ErasureSchema(Schema):
    """A wish to have the data of a case erased. `due_at` is 72 hours after `asked_at`; `legal_basis` is that of a refusal."""

    id = fields.Integer(required=True)
    number = fields.String(required=True)
    asked_at = Moment(required=True)
    due_at = Moment(required=True)
    state = fields.String(required=True, validate=validate.OneOf(("asked", "taken_back", "refused", "done")))
    legal_basis = fields.String(required=True, allow_none=True)


class WaitingErasureSchema(ErasureSchema):
    """An erasure that a custodian may still refuse, with the class of the case."""

    class_ = fields.String(
        data_key="class",
        attribute="class",
        required=True,
        allow_none=True,
        validate=validate.OneOf((*CLASSES, None)),
    )


ErasurePageSchema = page_of(WaitingErasureSchema, "ErasurePage")


@blueprint.route(ONE, methods=["POST"], parameters=[NUMBER])
@policy(*REPORTER, limit=limiting.word)
@problems(404, 409)
@blueprint.response(201, ErasureSchema)
def ask(call: Call, number: str) -> dict[str, Any]:
    """Ask that all data of a case which is no longer open be erased; an open one is withdrawn first.

    Until it is carried out it can be taken back. Afterwards the secret opens nothing any more.
    """
    complaint = reading.find(call.session, call.engine, call.principal, number).complaint
    asked = erasing.ask(call.engine, call.session, complaint.number, actor=call.principal, now=call.now)
    return shown(call, asked, complaint)


@blueprint.route(ONE, methods=["GET"], parameters=[NUMBER])
@policy(*REPORTER)
@problems(404)
@blueprint.response(200, ErasureSchema)
def show(call: Call, number: str) -> dict[str, Any]:
    """Read what became of the newest wish to have a case erased."""
    complaint = reading.find(call.session, call.engine, call.principal, number).complaint
    newest = erasing.newest(call.session, complaint)
    if newest is None:
        raise NotFound
    return shown(call, newest, complaint)


@blueprint.route(ONE, methods=["DELETE"], parameters=[NUMBER])
@policy(*REPORTER)
@problems(404, 409)
@blueprint.response(204)
def take_back(call: Call, number: str) -> None:
    """Take back the wish: nothing is erased."""
    complaint = reading.find(call.session, call.engine, call.principal, number).complaint
    erasing.take_back(call.engine, call.session, complaint.number, actor=call.principal, now=call.now)


@blueprint.get("/erasures")
@policy(*CUSTODIAN)
@blueprint.query(PageQuery)
@blueprint.response(200, ErasurePageSchema)
def index(call: Call, asked: dict[str, Any]) -> dict[str, Any]:
    """List the erasures that can still be refused, oldest first."""
    waiting = select(Erasure, Complaint).join(Complaint, Complaint.id == Erasure.complaint_id)
    page = by_id(call.session, waiting.where(Erasure.state == "asked"), Erasure.id, asked)
    items = [{**shown(call, each, complaint), "class": complaint.classification} for each, complaint in page["items"]]
    return {**page, "items": items}


@blueprint.post(f"/erasures/{ID}/refusal")
@policy(*CUSTODIAN)
@problems(404, 409)
@blueprint.body(RefusalSchema)
@blueprint.response(200, ErasureSchema)
def refuse(call: Call, given: dict[str, Any], id: int) -> dict[str, Any]:
    """Refuse an erasure on a legal basis, such as an inspection that is under way; the reporter is told."""
    refused = erasing.refuse(call.engine, call.session, id, **given, actor=call.principal, now=call.now)
    return shown(call, refused, call.session.get_one(Complaint, refused.complaint_id))


def shown(call: Call, erasure: Erasure, complaint: Complaint) -> dict[str, Any]:
    """An erasure of a case, its legal basis opened."""
    members = {name: getattr(erasure, name) for name in ("id", "asked_at", "due_at", "state")}
    return {**members, "number": complaint.number, "legal_basis": erasing.basis(call.engine, complaint, erasure)}
