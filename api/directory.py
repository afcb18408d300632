"""The directory: units, categories and regions for whoever submits, posts for officers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from marshmallow import Schema, fields
from sqlalchemy import select

from api.auth import EVERYBODY, Call, policy
from api.fields import Code
from api.openapi import Blueprint
from api.pages import PageQuery, cut, page_of, read_cursor
from lapor.machine.definition import OFFICES
from lapor.machine.organisation import Organisation, Post, Unit
from lapor.records import CategoryRow, RegionRow

blueprint = Blueprint("directory", "Who there is, and what there is to choose from. Lists are in the order of codes.")


class RegionsQuery(PageQuery):
    """Which regions are asked for."""

    parent = Code(metadata={"description": "Only the regions directly below this one"})


class UnitSchema(Schema):
    """A unit; `parent` is null for the government as a whole."""

    code = fields.String(required=True)
    name = fields.String(required=True)
    kind = fields.String(required=True)
    parent = fields.String(required=True, allow_none=True)
    zone = fields.String(required=True)


class PostSchema(Schema):
    """A post; who holds it is nobody's business here."""

    code = fields.String(required=True)
    title = fields.String(required=True)
    unit = fields.String(required=True)
    reports_to = fields.String(required=True, allow_none=True)
    vacant = fields.Boolean(required=True)
    role = fields.String(required=True)


class CategorySchema(Schema):
    """A topic."""

    code = fields.String(required=True)
    name = fields.String(required=True)


class RegionSchema(Schema):
    """A region by its official code; `parent` is null for a province."""

    code = fields.String(required=True)
    name = fields.String(required=True)
    parent = fields.String(attribute="parent_code", required=True, allow_none=True)


@blueprint.get("/units")
@policy(*EVERYBODY)
@blueprint.query(PageQuery)
@blueprint.response(200, page_of(UnitSchema, "UnitPage"))
def units(call: Call, asked: dict[str, Any]) -> dict[str, Any]:
    """List the units."""
    organisation = call.engine.organisation
    return _by_code((_unit(unit, organisation) for unit in organisation.units.values()), asked)


@blueprint.get("/posts")
@policy(*OFFICES)
@blueprint.query(PageQuery)
@blueprint.response(200, page_of(PostSchema, "PostPage"))
def posts(call: Call, asked: dict[str, Any]) -> dict[str, Any]:
    """List the posts."""
    organisation = call.engine.organisation
    return _by_code((_post(post, organisation) for post in organisation.posts.values()), asked)


@blueprint.get("/categories")
@policy(*EVERYBODY)
@blueprint.query(PageQuery)
@blueprint.response(200, page_of(CategorySchema, "CategoryPage"))
def categories(call: Call, asked: dict[str, Any]) -> dict[str, Any]:
    """List the categories."""
    return _stored(call, CategoryRow, asked)


@blueprint.get("/regions")
@policy(*EVERYBODY)
@blueprint.query(RegionsQuery)
@blueprint.response(200, page_of(RegionSchema, "RegionPage"))
def regions(call: Call, asked: dict[str, Any]) -> dict[str, Any]:
    """List the regions, or those below one."""
    below = [RegionRow.parent_code == asked["parent"]] if "parent" in asked else []
    return _stored(call, RegionRow, asked, *below)


def _stored(call: Call, record: Any, asked: dict[str, Any], *conditions: Any) -> dict[str, Any]:
    after = read_cursor(asked.get("cursor"), _code)
    later = [record.code > after] if after else []
    chosen = select(record).where(*conditions, *later).order_by(record.code).limit(asked["limit"] + 1)
    return cut(call.session.scalars(chosen).all(), asked["limit"], lambda row: [row.code])


def _by_code(items: Iterable[dict[str, Any]], asked: dict[str, Any]) -> dict[str, Any]:
    after = read_cursor(asked.get("cursor"), _code) or ""
    later = sorted((item for item in items if item["code"] > after), key=lambda item: str(item["code"]))
    return cut(later, asked["limit"], lambda item: [item["code"]])


def _code(value: Any) -> str:
    code: str = Code().deserialize(value)
    return code


def _unit(unit: Unit, organisation: Organisation) -> dict[str, Any]:
    parent = organisation.units[unit.path[-2]].code if len(unit.path) > 1 else None
    return {"code": unit.code, "name": unit.name, "kind": unit.kind, "parent": parent, "zone": unit.zone}


def _post(post: Post, organisation: Organisation) -> dict[str, Any]:
    return {
        "code": post.code,
        "title": post.title,
        "unit": organisation.units[post.unit_id].code,
        "reports_to": organisation.posts[post.reports_to].code if post.reports_to else None,
        "vacant": post.vacant,
        "role": post.role,
    }
