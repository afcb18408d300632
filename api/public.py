"""What everybody may read: cases that were published, under ids of their own, and counts of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, fields, validate

from api.auth import EVERYBODY, Call, policy
from api.complaint_schemas import LONGEST_LINE, HolderSchema, LabelSchema
from api.fields import Code, Moment, Text, any_moment, zulu
from api.openapi import Blueprint, problems
from api.pages import PageQuery, cut, page_of, read_cursor
from lapor.access import public_counts, publicity
from lapor.access.publicity import CLOSED, Mark, Published, Wanted
from lapor.errors import InvalidFields
from lapor.machine.definition import PHASES
from lapor.machine.engine import Engine

blueprint = Blueprint(
    "public", "What was published, without a token. Nothing else is ever told here, not even counted."
)
_PHASES = tuple(phase for phase in PHASES if phase != "intake")
PUBLIC_ID = {
    "in": "path",
    "name": "public_id",
    "description": "Public id, forgiven like a tracking number; none can be told from the other.",
    "example": "P-7QK4-M2ZD",
}


class PublicQuery(PageQuery):
    """Which published cases are asked for."""

    category = Code()
    unit = Code(metadata={"description": "Held by this unit or one below it"})
    phase = fields.String(validate=validate.OneOf((*_PHASES, CLOSED)))
    q = Text(longest=LONGEST_LINE, metadata={"description": "Words of the public title and text, in any order"})
    published_before = Moment()
    published_after = Moment()


class PublicCaseSchema(Schema):
    """A published case. What was answered is not shown: it may hold personal data that nobody has looked through."""

    public_id = fields.String(required=True)
    title = fields.String(required=True)
    text = fields.String(required=True)
    category = fields.String(required=True, allow_none=True)
    holder = fields.Nested(HolderSchema, required=True)
    state = fields.String(required=True)
    phase = fields.String(required=True, validate=validate.OneOf((*_PHASES, CLOSED)))
    label = fields.Nested(LabelSchema, required=True)
    received_month = fields.String(required=True, metadata={"pattern": "^[0-9]{4}-[0-9]{2}$"})
    answered = fields.Boolean(required=True)
    published_at = Moment(required=True)


class RowSchema(Schema):
    """One row of a table; `count` is null where it is kept back."""

    name = fields.String(required=True)
    count = fields.Integer(required=True, allow_none=True)


class StatisticsSchema(Schema):
    """Counts of published cases; null: below 5, or kept back so that one below 5 cannot be computed."""

    published = fields.Integer(required=True, allow_none=True)
    by_category = fields.List(fields.Nested(RowSchema), required=True)
    by_unit = fields.List(fields.Nested(RowSchema), required=True)
    by_phase = fields.List(fields.Nested(RowSchema), required=True)
    by_month = fields.List(fields.Nested(RowSchema), required=True)
    answered = fields.Integer(required=True, allow_none=True)
    by_term = fields.List(fields.Nested(RowSchema), required=True)


@blueprint.get("/public/complaints")
@policy(*EVERYBODY, walled=False)
@blueprint.query(PublicQuery)
@blueprint.response(200, page_of(PublicCaseSchema, "PublicCasePage"))
def index(call: Call, asked: dict[str, Any]) -> dict[str, Any]:
    """List the published cases, the newest publication first."""
    found = publicity.page(call.session, _wanted(call.engine, asked))
    page = cut(found, asked["limit"], lambda each: [zulu(each.version.published_at), each.version.public_id])
    return {**page, "items": [_shown(each, call.engine) for each in page["items"]]}


@blueprint.route("/public/complaints/<public_id>", methods=["GET"], parameters=[PUBLIC_ID])
@policy(*EVERYBODY, walled=False)
@problems(404)
@blueprint.response(200, PublicCaseSchema)
def show(call: Call, public_id: str) -> dict[str, Any]:
    """Read a published case. One that was taken back, or never published, is not there."""
    return _shown(publicity.find(call.session, public_id), call.engine)


@blueprint.get("/public/statistics")
@policy(*EVERYBODY, walled=False)
@blueprint.response(200, StatisticsSchema)
def statistics(call: Call) -> dict[str, Any]:
    """Count the published cases by category, agency, phase and month, and the answered ones by their term.

    A table of which nothing can be shown is empty. Without a category a case is counted under an empty name.
    """
    found = public_counts.count(call.session, call.engine.organisation)
    tables = {name: _rows(counts) for name, counts in found.tables.items()}
    return {"published": found.published, **tables, "answered": found.answered, "by_term": _rows(found.terms)}


def _rows(counts: Mapping[str, int | None]) -> list[dict[str, Any]]:
    return [{"name": name, "count": count} for name, count in counts.items()]


def _wanted(engine: Engine, asked: Mapping[str, Any]) -> Wanted:
    given = {name: value for name, value in asked.items() if name not in ("cursor", "unit")}
    if "unit" in asked:
        unit = engine.organisation.unit_codes.get(asked["unit"])
        if unit is None:
            raise InvalidFields({"unit": [f"There is no unit with the code {asked['unit']!r}."]})
        given["units"] = engine.organisation.subtree(unit.id)
    return Wanted(**given, after=read_cursor(asked.get("cursor"), _mark))


def _mark(at: Any, public_id: Any) -> Mark:
    if not isinstance(public_id, str):
        raise TypeError(public_id)
    return Mark(any_moment(at), public_id)


def _shown(published: Published, engine: Engine) -> dict[str, Any]:
    version, complaint = published.version, published.complaint
    definition = engine.workflow(complaint.kind, complaint.definition_version).definition
    return {
        "public_id": version.public_id,
        "title": version.title,
        "text": version.text,
        "category": published.category,
        "holder": engine.organisation.units[complaint.holder_id],
        "state": complaint.state,
        "phase": complaint.phase or CLOSED,
        "label": definition.states[complaint.state].label,
        "received_month": version.month,
        "answered": published.answered,
        "published_at": version.published_at,
    }
