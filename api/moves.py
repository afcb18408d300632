"""Moves: which are open to the caller now, and making one."""

from __future__ import annotations

import re
from typing import Any

from flask import Response, request
from marshmallow import Schema, fields

from api import limiting
from api.auth import HOLDERS_OF_TOKENS, Call, policy
from api.complaint_schemas import CaseSchema, LabelSchema
from api.complaints import ETAG, NUMBER, of_case
from api.errors import IfMatchMissing
from api.fields import Request
from api.openapi import Blueprint, header, problems
from lapor.access import reading
from lapor.access.secrets import read_number
from lapor.errors import Stale
from lapor.handling.move import move, open_moves
from lapor.machine.fields import schema

_VERSION = re.compile("[0-9]{1,18}")
blueprint = Blueprint("moves", "What may be done with a case, by whom and when.")


class OpenMoveSchema(Schema):
    """A move that is open to the caller now; `needs` is the JSON Schema of its fields."""

    move = fields.String(required=True)
    label = fields.Nested(LabelSchema, required=True)
    needs = fields.Dict(required=True)


class MakingSchema(Request):
    """A move to be made, and its fields as its `needs` say."""

    move = fields.String(required=True, metadata={"example": "dispose"})
    fields_ = fields.Dict(
        keys=fields.String(),
        data_key="fields",
        attribute="fields",
        load_default=dict,
        metadata={"example": {"text": "…"}},
    )


@blueprint.route("/complaints/<number>/moves", methods=["GET"], parameters=[NUMBER])
@policy(*HOLDERS_OF_TOKENS)
@problems(404)
@blueprint.response(200, OpenMoveSchema(many=True))
def index(call: Call, number: str) -> list[dict[str, Any]]:
    """List the moves that the caller may make of a case now."""
    complaint = reading.find(call.session, call.engine, call.principal, number).complaint
    found = open_moves(call.engine, call.session, complaint, actor=call.principal, now=call.now)
    return [{"move": each.name, "label": each.label, "needs": schema(each)} for each in found]


@blueprint.route("/complaints/<number>/moves", methods=["POST"], parameters=[NUMBER])
@policy(*HOLDERS_OF_TOKENS, limit=limiting.word)
@problems(404, 409, 412, 428)
@blueprint.doc(parameters=[header("If-Match", "The ETag of the case as it was read.", required=True)])
@blueprint.body(MakingSchema)
@blueprint.response(200, CaseSchema, headers=ETAG)
def make(call: Call, asked: dict[str, Any], number: str) -> Response:
    """Make a move, whole or not at all."""
    # what a move changes is written once, at its end
    with call.session.no_autoflush:
        complaint = move(
            call.engine,
            call.session,
            read_number(number) or "",
            asked["move"],
            actor=call.principal,
            fields=asked["fields"],
            now=call.now,
            version=asked_version(),
        )
    return of_case(reading.after(call.session, call.engine, call.principal, complaint), call.engine)


def asked_version() -> int | None:
    """The version that the caller has read; None where any will do.

    Raises:
        IfMatchMissing: the caller does not say.
        Stale: it is none that a case can have.
    """
    if not request.headers.get("If-Match"):
        raise IfMatchMissing
    if request.if_match.star_tag:
        return None
    tags = request.if_match.as_set()
    tag = tags.pop() if len(tags) == 1 else None
    if not tag or not _VERSION.fullmatch(tag):
        raise Stale
    return int(tag)
