"""Bulk: many cases disposed with one request, each by itself."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from api import cases
from api.auth import Call, opened, policy
from api.complaint_schemas import CaseSchema
from api.errors import ProblemSchema, told_of
from api.fields import Code, Request
from api.openapi import Blueprint
from api.pages import LARGEST_ID
from lapor.access import reading
from lapor.access.secrets import read_number
from lapor.handling.move import move

blueprint = Blueprint("bulk", "Many cases at once.")
MOST = 100
DISPOSERS = ("coordinator",)


class DispositionSchema(Request):
    """A case to be disposed: its number, the version that was read, and the fields of the move `dispose`."""

    number = Code(required=True)
    version = fields.Integer(
        required=True, strict=True, validate=validate.Range(0, LARGEST_ID, error="Must be from {min} to {max}.")
    )
    fields_ = fields.Dict(keys=fields.String(), data_key="fields", attribute="fields", required=True)


class DispositionsSchema(Request):
    """Up to 100 cases, disposed in this order."""

    items = fields.List(
        fields.Nested(DispositionSchema), required=True, validate=validate.Length(1, MOST, error="Give 1 to {max}.")
    )


class DispositionResultSchema(Schema):
    """What became of one case: `status` as a single move would have answered, with the case or the problem."""

    number = fields.String(required=True)
    status = fields.Integer(required=True)
    case = fields.Nested(CaseSchema)
    problem = fields.Nested(ProblemSchema)


class DispositionResultsSchema(Schema):
    """One result for each item, in their order."""

    items = fields.List(fields.Nested(DispositionResultSchema), required=True)


@blueprint.post("/bulk/dispositions")
@policy(*DISPOSERS, one_transaction=False)
@blueprint.body(DispositionsSchema)
@blueprint.response(200, DispositionResultsSchema)
def dispose(call: Call, given: dict[str, Any]) -> dict[str, Any]:
    """Dispose up to 100 cases, each in a transaction of its own: what fails leaves the others as they are."""
    # nothing must be held open while others are written
    call.session.close()
    return {"items": [_result(item) for item in given["items"]]}


def _result(item: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"number": item["number"], "status": 200, "case": _disposed(item)}
    except Exception as error:  # also of the commit: each case is told its own problem
        told = told_of(error)
        return {"number": item["number"], "status": told["status"], "problem": told}


def _disposed(item: dict[str, Any]) -> dict[str, Any]:
    with opened(DISPOSERS, writes=True) as call:
        number = read_number(item["number"]) or ""
        with call.session.no_autoflush:
            complaint = move(
                call.engine,
                call.session,
                number,
                "dispose",
                actor=call.principal,
                fields=item["fields"],
                now=call.now,
                version=item["version"],
            )
        return cases.shown(reading.after(call.session, call.engine, call.principal, complaint), call.engine)
