"""Escalations: the rungs that the caller's own post was told, until somebody acknowledges them."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields
from sqlalchemy import or_, select

from api.auth import READERS, Call, policy
from api.fields import Moment, Request, Text
from api.openapi import Blueprint, problems
from api.pages import LARGEST_ID, PageQuery, an_id, cut, page_of, read_cursor
from lapor.access.scope import scope
from lapor.machine.engine import Engine
from lapor.oversight.acknowledgement import acknowledge
from lapor.records import Complaint, Escalation

blueprint = Blueprint("escalations", "What is or will be late, told to posts one above the other.")


class EscalationsQuery(PageQuery):
    """Which rungs are asked for."""

    acknowledged = fields.Boolean(truthy={"true"}, falsy={"false"})


class AcknowledgementSchema(Request):
    """A word to it, and the date that is promised: the next rung waits for that, once."""

    note = Text()
    promised_at = Moment()


class EscalationSchema(Schema):
    """One rung: of which case and clock, when it was raised, when the next one is."""

    id = fields.Integer(required=True)
    number = fields.String(required=True)
    clock = fields.String(required=True)
    term = fields.Integer(required=True)
    rung = fields.Integer(required=True)
    told = fields.String(required=True, metadata={"description": "Code of the post"})
    raised_at = Moment(required=True)
    next_rung_at = Moment(required=True, allow_none=True)
    acknowledged = fields.Boolean(required=True)
    superseded_at = Moment(
        metadata={"description": "There where an amended calendar put off the moment: the rung will be told again"}
    )


EscalationPageSchema = page_of(EscalationSchema, "EscalationPage")


@blueprint.get("/escalations")
@policy(*READERS)
@blueprint.query(EscalationsQuery)
@blueprint.response(200, EscalationPageSchema)
def index(call: Call, asked: dict[str, Any]) -> dict[str, Any]:
    """List what the caller's post was told and may still read, newest first."""
    told = (
        select(Escalation, Complaint.number)
        .join(Complaint, Complaint.id == Escalation.complaint_id)
        .where(Escalation.post_id == call.principal.post_id, Escalation.outcome.in_(("told", "warned")))
        .where(scope(call.principal, call.engine.organisation))
        .order_by(Escalation.id.desc())
    )
    if "acknowledged" in asked:
        told = told.where(Escalation.acknowledged_at.is_not(None) == asked["acknowledged"])
        # nobody waits for a word on what was put off
        told = told.where(or_(asked["acknowledged"], Escalation.superseded_at.is_(None)))
    after = read_cursor(asked.get("cursor"), an_id)
    if after:
        told = told.where(Escalation.id < after)
    rows = call.session.execute(told.limit(asked["limit"] + 1)).all()
    page = cut(rows, asked["limit"], lambda row: [row[0].id])
    return {**page, "items": [_shown(rung, number, call.engine) for rung, number in page["items"]]}


@blueprint.post(f"/escalations/<int(min=1,max={LARGEST_ID}):id>/acknowledgement")
@policy(*READERS)
@problems(404, 409)
@blueprint.body(AcknowledgementSchema)
@blueprint.response(200, EscalationSchema)
def take_note(call: Call, given: dict[str, Any], id: int) -> dict[str, Any]:
    """Acknowledge a rung, and promise a date where there is one."""
    rung = acknowledge(
        call.engine,
        call.session,
        id,
        note=given.get("note"),
        promised_at=given.get("promised_at"),
        actor=call.principal,
        now=call.now,
    )
    complaint = call.session.get_one(Complaint, rung.complaint_id)
    return _shown(rung, complaint.number, call.engine)


def _shown(rung: Escalation, number: str, engine: Engine) -> dict[str, Any]:
    post = engine.organisation.posts[rung.post_id or 0]
    names = ("id", "clock", "term", "rung", "raised_at", "next_rung_at")
    shown = {name: getattr(rung, name) for name in names}
    superseded = {"superseded_at": rung.superseded_at} if rung.superseded_at else {}
    acknowledged = rung.acknowledged_at is not None
    return {**shown, "number": number, "told": post.code, "acknowledged": acknowledged, **superseded}
