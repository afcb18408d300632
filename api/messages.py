"""Messages beside moves: between reporter and officers, and among officers."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate
from sqlalchemy import select

from api import limiting
from api.auth import HOLDERS_OF_TOKENS, Call, policy
from api.complaints import NUMBER
from api.fields import Moment, Request, Text
from api.openapi import Blueprint, problems
from api.pages import PageQuery, an_id, cut, page_of, read_cursor
from lapor.access import reading
from lapor.access.reading import Seen
from lapor.errors import Forbidden
from lapor.handling import messages
from lapor.privacy import content
from lapor.records import Complaint, Message

blueprint = Blueprint("messages", "What is written about a case beside moves.")


class NewMessageSchema(Request):
    """A message. Reporters write to the reporter's audience only."""

    text = Text(required=True)
    audience = fields.String(load_default="reporter", validate=validate.OneOf(messages.AUDIENCES))


class MessageSchema(Schema):
    """A message as it was written."""

    at = Moment(required=True)
    actor_role = fields.String(attribute="role", required=True)
    audience = fields.String(required=True)
    text = fields.String(required=True)


MessagePageSchema = page_of(MessageSchema, "MessagePage")


@blueprint.route("/complaints/<number>/messages", methods=["GET"], parameters=[NUMBER])
@policy(*HOLDERS_OF_TOKENS)
@problems(404)
@blueprint.query(PageQuery)
@blueprint.response(200, MessagePageSchema)
def index(call: Call, asked: dict[str, Any], number: str) -> dict[str, Any]:
    """List the messages of a case, oldest first; its reporter sees those to the reporter."""
    seen = _read(call, number)
    of_it = select(Message).where(Message.complaint_id == seen.complaint.id).order_by(Message.id)
    if not seen.parts.internal:
        of_it = of_it.where(Message.audience == "reporter")
    after = read_cursor(asked.get("cursor"), an_id)
    if after:
        of_it = of_it.where(Message.id > after)
    rows = call.session.scalars(of_it.limit(asked["limit"] + 1)).all()
    found = cut(rows, asked["limit"], lambda row: [row.id])
    return {**found, "items": [_said(call, seen.complaint, row) for row in found["items"]]}


@blueprint.route("/complaints/<number>/messages", methods=["POST"], parameters=[NUMBER])
@policy(*HOLDERS_OF_TOKENS, limit=limiting.word)
@problems(404)
@blueprint.body(NewMessageSchema)
@blueprint.response(201, MessageSchema)
def write(call: Call, given: dict[str, Any], number: str) -> dict[str, Any]:
    """Write a message; it changes no state."""
    complaint = _read(call, number).complaint
    written = messages.write(call.engine, call.session, complaint.id, **given, actor=call.principal, now=call.now)
    return _said(call, complaint, written)


def _said(call: Call, complaint: Complaint, written: Message) -> dict[str, Any]:
    text = content.message(call.engine.vault.content, complaint, written)
    return {"at": written.at, "role": written.role, "audience": written.audience, "text": text}


def _read(call: Call, number: str) -> Seen:
    seen = reading.find(call.session, call.engine, call.principal, number)
    if not seen.parts.content:
        raise Forbidden
    return seen
