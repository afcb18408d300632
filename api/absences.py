"""Who is absent, and who deputises meanwhile."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from api.auth import READERS, Call, policy
from api.fields import Code, Moment, Request
from api.openapi import Blueprint, problems
from api.pages import PageQuery, an_id, cut, page_of, read_cursor
from lapor.access import absences
from lapor.errors import InvalidFields
from lapor.machine.organisation import Post

blueprint = Blueprint("absences", "Posts that are absent for a time, and their deputies, who are told in their place.")


class NewAbsenceSchema(Request):
    """A post that is absent, and its deputy: another post of the same agency. Without `since` it begins now."""

    post = Code(required=True)
    deputy = Code(required=True, metadata={"description": "Pelaksana harian (Plh.)"})
    since = Moment(allow_none=True, load_default=None)
    until = Moment(required=True)


class AbsenceSchema(Schema):
    """An absence that lasts, or is still to come."""

    id = fields.Integer(required=True)
    post = fields.String(required=True)
    deputy = fields.String(required=True)
    since = Moment(required=True)
    until = Moment(required=True)


@blueprint.get("/absences")
@policy(*READERS)
@blueprint.query(PageQuery)
@blueprint.response(200, page_of(AbsenceSchema, "AbsencePage"))
def index(call: Call, asked: dict[str, Any]) -> dict[str, Any]:
    """List the absences of the caller's own post, of those that it deputises for, and of those below it, oldest first.

    Coordinators and supervisors see those of the working posts of their subtree.
    """
    after = read_cursor(asked.get("cursor"), an_id) or 0
    seen = absences.visible(call.engine.organisation, call.principal, now=call.now)
    later = [_shown(call, absence, post.id) for post, absence in seen if absence.id > after]
    return cut(later[: asked["limit"] + 1], asked["limit"], lambda item: [item["id"]])


@blueprint.post("/absences")
@policy(*READERS)
@blueprint.body(NewAbsenceSchema)
@blueprint.response(201, AbsenceSchema)
def add(call: Call, given: dict[str, Any]) -> dict[str, Any]:
    """Say that a post is absent: its deputy is told of what climbs to it meanwhile, and of its new work.

    A post does so for itself, a coordinator or supervisor also for the working posts of the own subtree. A deputy who is
    vacant, reported or absent as well is passed over, and the climb goes on above the absent post.
    """
    post, deputy = _posts(call, given)
    when = {"since": given["since"], "until": given["until"], "now": call.now}
    made = absences.record(call.session, call.engine.organisation, call.principal, post, deputy, **when)
    return _shown(call, made, post.id)


@blueprint.delete("/absences/<int:id>")
@policy(*READERS)
@problems(404)
@blueprint.response(204)
def end(call: Call, id: int) -> None:
    """End an absence before its time, or before it begins: from now on the post itself is told again."""
    absences.end(call.session, call.engine.organisation, call.principal, id, now=call.now)


def _posts(call: Call, given: dict[str, Any]) -> list[Post]:
    posts = {name: call.engine.organisation.post_codes.get(given[name]) for name in ("post", "deputy")}
    unknown = [name for name, post in posts.items() if post is None]
    if unknown:
        raise InvalidFields({name: [f"There is no post with the code {given[name]!r}."] for name in unknown})
    return [post for post in posts.values() if post]


def _shown(call: Call, absence: Any, post_id: int) -> dict[str, Any]:
    posts = call.engine.organisation.posts
    named = {"post": posts[post_id].code, "deputy": posts[absence.deputy_id].code}
    return {**named, **{name: getattr(absence, name) for name in ("id", "since", "until")}}
