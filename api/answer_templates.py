"""Answer templates: texts that a unit keeps ready, with placeholders that a case fills."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields
from sqlalchemy import or_, select

from api.auth import Call, policy
from api.complaint_schemas import LONGEST_LINE
from api.fields import Code, Line, Moment, Request, Text
from api.openapi import Blueprint, problems
from api.pages import LARGEST_ID, PageQuery, an_id, cut, page_of, read_cursor
from lapor.errors import InvalidFields, NotFound
from lapor.handling import templates
from lapor.machine.organisation import Organisation
from lapor.records import AnswerTemplate, CategoryRow

blueprint = Blueprint("templates", "Texts for answers, kept by units and seen by the units below them.")
WRITERS = ("liaison_officer", "handler", "supervisor")
# without min and max: werkzeug calls it 405 where another method has the same path
_ONE = "/templates/<int:id>"


class TemplatesQuery(PageQuery):
    """Which templates are asked for."""

    category = Code(metadata={"description": "Only those for this category, and those for any"})


class NewTemplateSchema(Request):
    """A template of the caller's unit. Without a category it is for any."""

    name = Line(longest=LONGEST_LINE, required=True)
    category = Code(allow_none=True, load_default=None)
    text = Text(
        required=True,
        metadata={
            "description": "May hold " + ", ".join(f"{{{name}}}" for name in templates.PLACEHOLDERS),
            "example": "Laporan {number} tentang {title} sudah kami tindak lanjuti.",
        },
    )


class TemplateSchema(Schema):
    """A template. `unit` is whose it is: only there it can be changed."""

    id = fields.Integer(required=True)
    unit = fields.String(required=True)
    category = fields.String(required=True, allow_none=True)
    name = fields.String(required=True)
    text = fields.String(required=True)
    changed_at = Moment(required=True)


class PreviewOfSchema(Request):
    """The case that the placeholders are filled from."""

    number = Code(required=True, metadata={"description": "Tracking number", "example": "2026-7QK4-M2ZD-5"})


class PreviewSchema(Schema):
    """What the template says of the case: nothing was sent."""

    text = fields.String(required=True)


@blueprint.get("/templates")
@policy(*WRITERS)
@blueprint.query(TemplatesQuery)
@blueprint.response(200, page_of(TemplateSchema, "TemplatePage"))
def index(call: Call, asked: dict[str, Any]) -> dict[str, Any]:
    """List the templates of the caller's unit and of the units above it, oldest first."""
    shown = templates.visible(call.engine, call.principal).add_columns(CategoryRow.code)
    shown = shown.outerjoin(CategoryRow, CategoryRow.id == AnswerTemplate.category_id).order_by(AnswerTemplate.id)
    if "category" in asked:
        shown = shown.where(or_(CategoryRow.code == asked["category"], AnswerTemplate.category_id.is_(None)))
    after = read_cursor(asked.get("cursor"), an_id)
    rows = call.session.execute(shown.where(AnswerTemplate.id > (after or 0)).limit(asked["limit"] + 1)).all()
    page = cut(rows, asked["limit"], lambda row: [row[0].id])
    organisation = call.engine.organisation
    return {**page, "items": [_shown(template, code, organisation) for template, code in page["items"]]}


@blueprint.post("/templates")
@policy(*WRITERS)
@blueprint.body(NewTemplateSchema)
@blueprint.response(201, TemplateSchema)
def add(call: Call, given: dict[str, Any]) -> dict[str, Any]:
    """Add a template to the caller's unit."""
    return _stored(call, AnswerTemplate(unit_id=call.principal.unit_id), given)


@blueprint.put(_ONE)
@policy(*WRITERS)
@problems(404)
@blueprint.body(NewTemplateSchema)
@blueprint.response(200, TemplateSchema)
def replace(call: Call, given: dict[str, Any], id: int) -> dict[str, Any]:
    """Replace a template of the caller's unit."""
    return _stored(call, templates.own(call.engine, call.session, call.principal, _known(id)), given)


@blueprint.delete(_ONE)
@policy(*WRITERS)
@problems(404)
@blueprint.response(204)
def remove(call: Call, id: int) -> None:
    """Remove a template of the caller's unit."""
    call.session.delete(templates.own(call.engine, call.session, call.principal, _known(id)))


@blueprint.post(f"{_ONE}/preview")
@policy(*WRITERS)
@problems(404)
@blueprint.body(PreviewOfSchema)
@blueprint.response(200, PreviewSchema)
def preview(call: Call, given: dict[str, Any], id: int) -> dict[str, Any]:
    """Fill a template from a case whose content the caller may see."""
    there = templates.visible(call.engine, call.principal).where(AnswerTemplate.id == _known(id))
    template = call.session.scalars(there).one_or_none()
    if template is None:
        raise NotFound
    filled = templates.preview(
        call.engine, call.session, template, given["number"], principal=call.principal, now=call.now
    )
    return {"text": filled}


def _known(number: int) -> int:
    """The id, if a database can have it."""
    if number > LARGEST_ID:
        raise NotFound
    return number


def _stored(call: Call, template: AnswerTemplate, given: dict[str, Any]) -> dict[str, Any]:
    templates.check(given["text"])
    category = call.session.scalars(select(CategoryRow).filter_by(code=given["category"])).one_or_none()
    if given["category"] is not None and category is None:
        raise InvalidFields({"category": [f"There is none with the code {given['category']!r}."]})
    template.name, template.text, template.category_id = given["name"], given["text"], category.id if category else None
    template.post_id, template.changed_at = call.principal.post_id, call.now
    call.session.add(template)
    call.session.flush()
    return _shown(template, given["category"], call.engine.organisation)


def _shown(template: AnswerTemplate, category: str | None, organisation: Organisation) -> dict[str, Any]:
    shown = {name: getattr(template, name) for name in ("id", "name", "text", "changed_at")}
    return {**shown, "unit": organisation.units[template.unit_id].code, "category": category}
