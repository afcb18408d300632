"""Service standards: drafted by officers, signed by the head of the agency, and from then on read by everybody."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate
from sqlalchemy import Select, select

from api.auth import EVERYBODY, Call, policy
from api.fields import Code, Day, Moment, Request, Text
from api.openapi import Blueprint, problems
from api.openings import ID
from api.pages import PageQuery, an_id, cut, page_of, read_cursor
from lapor.directory import standards
from lapor.directory.standards import Draft
from lapor.machine.definition import CLASSES
from lapor.machine.organisation import Post
from lapor.records import CategoryRow, StandardRow

blueprint = Blueprint("standards", "How long an agency promises to take (standar pelayanan).")
DRAFTERS = ("coordinator", "supervisor")
# the head of an inspectorate is an inspector
HEADS = ("supervisor", "inspector")
_A_CLASS = validate.OneOf((*CLASSES, None))


class NewStandardSchema(Request):
    """A draft. Without class or category it is for any; with budget null it withdraws what was signed for the same."""

    unit = Code(required=True)
    kind = Code(required=True)
    class_ = fields.String(data_key="class", attribute="class", load_default=None, allow_none=True, validate=_A_CLASS)
    category = Code(load_default=None, allow_none=True)
    budget = Text(longest=30, required=True, allow_none=True, metadata={"example": "7 working days"})
    valid_from = Day(required=True)


class StandardSchema(Schema):
    """A version of a service standard; null leaves class or category open.

    It supersedes the version for the same before it, and without a budget withdraws it. A draft has no `signed_at` yet;
    `signed_by` is null, too, where it was in force before there were signatures.
    """

    id = fields.Integer(required=True)
    unit = fields.String(required=True)
    kind = fields.String(required=True)
    class_ = fields.String(
        data_key="class", attribute="class", required=True, allow_none=True, metadata={"enum": [*CLASSES, None]}
    )
    category = fields.String(required=True, allow_none=True)
    budget = fields.String(required=True, allow_none=True)
    valid_from = fields.Date(required=True)
    signed_by = fields.String(required=True, allow_none=True)
    signed_at = Moment(required=True, allow_none=True)


StandardPageSchema = page_of(StandardSchema, "StandardPage")
Chosen = Select[StandardRow, str | None]


@blueprint.get("/service-standards")
@policy(*EVERYBODY)
@blueprint.query(PageQuery)
@blueprint.response(200, StandardPageSchema)
def index(call: Call, asked: dict[str, Any]) -> dict[str, Any]:
    """List the service standards that are signed, superseded ones included, oldest first."""
    return _page(call, _chosen().where(StandardRow.signed_at.is_not(None)), asked)


@blueprint.get("/service-standards/drafts")
@policy(*DRAFTERS, "inspector")
@blueprint.query(PageQuery)
@blueprint.response(200, StandardPageSchema)
def drafts(call: Call, asked: dict[str, Any]) -> dict[str, Any]:
    """List the drafts of the caller's own tree and agency, oldest first."""
    units = standards.concerning(call.engine.organisation, _post(call))
    return _page(call, _chosen().where(StandardRow.signed_at.is_(None), StandardRow.unit_id.in_(units)), asked)


@blueprint.post("/service-standards")
@policy(*DRAFTERS)
@blueprint.body(NewStandardSchema)
@blueprint.response(201, StandardSchema)
def draft(call: Call, given: dict[str, Any]) -> dict[str, Any]:
    """Draft a service standard for a unit of the own tree; it sets no clock until it is signed."""
    said = Draft(classification=given.pop("class"), **given)
    return _shown(call, standards.draft(call.engine, call.session, said, post=_post(call), now=call.now), said.category)


@blueprint.post(f"/service-standards/{ID}/signature")
@policy(*HEADS)
@problems(404, 409, 422)
@blueprint.response(200, StandardSchema)
def sign(call: Call, id: int) -> dict[str, Any]:
    """Sign a draft as the head of the agency. Nothing of it changes afterwards; clocks that run keep their budgets."""
    row = standards.sign(call.engine, call.session, id, post=_post(call), now=call.now)
    category = call.session.get(CategoryRow, row.category_id) if row.category_id else None
    return _shown(call, row, category.code if category else None)


def _post(call: Call) -> Post:
    return call.engine.organisation.posts[call.principal.post_id]


def _chosen() -> Chosen:
    chosen = select(StandardRow, CategoryRow.code)
    return chosen.outerjoin(CategoryRow, CategoryRow.id == StandardRow.category_id).order_by(StandardRow.id)


def _page(call: Call, chosen: Chosen, asked: dict[str, Any]) -> dict[str, Any]:
    after = read_cursor(asked.get("cursor"), an_id)
    rows = call.session.execute(chosen.where(StandardRow.id > (after or 0)).limit(asked["limit"] + 1)).all()
    page = cut(rows, asked["limit"], lambda row: [row[0].id])
    return {**page, "items": [_shown(call, row, category) for row, category in page["items"]]}


def _shown(call: Call, row: StandardRow, category: str | None) -> dict[str, Any]:
    organisation = call.engine.organisation
    return {
        **{name: getattr(row, name) for name in ("id", "kind", "budget", "valid_from", "signed_at")},
        "unit": organisation.units[row.unit_id].code,
        "class": row.classification,
        "category": category,
        "signed_by": organisation.posts[row.signer_id].code if row.signer_id else None,
    }
