"""Tokens of the caller's account: sessions, and those that officers make for their programs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from marshmallow import Schema, fields, validate
from sqlalchemy import select

from api.auth import Call, policy
from api.complaint_schemas import LONGEST_LINE
from api.fields import Line, Moment, Request
from api.openapi import Blueprint, problems
from api.pages import LARGEST_ID, PageQuery, an_id, cut, page_of, read_cursor
from lapor.access import accounts, tokens
from lapor.errors import Forbidden, NotFound
from lapor.machine.definition import OFFICES
from lapor.machine.organisation import Organisation
from lapor.records import Token

blueprint = Blueprint("tokens", "Tokens of the caller's account.")
MOST_DAYS = 365


class NewTokenSchema(Request):
    """A token for a program, in the caller's post. The scope `read` is good for GET only."""

    name = Line(longest=LONGEST_LINE, required=True)
    days = fields.Integer(
        required=True, strict=True, validate=validate.Range(1, MOST_DAYS, error="Must be from {min} to {max}.")
    )
    scope = fields.String(required=True, validate=validate.OneOf(tokens.SCOPES))


class TokenSchema(Schema):
    """A token; a session has no name. `last_used_at` is written down once an hour at most."""

    id = fields.Integer(required=True)
    name = fields.String(required=True, allow_none=True)
    post = fields.String(required=True)
    role = fields.String(required=True)
    scope = fields.String(required=True, metadata={"enum": list(tokens.SCOPES)})
    created_at = Moment(required=True)
    last_used_at = Moment(required=True, allow_none=True)
    expires_at = Moment(required=True)
    revoked_at = Moment(required=True, allow_none=True)


class MadeTokenSchema(TokenSchema):
    """A token that was just made: `token` is shown this once."""

    token = fields.String(required=True)


@blueprint.get("/tokens")
@policy(*OFFICES)
@blueprint.query(PageQuery)
@blueprint.response(200, page_of(TokenSchema, "TokenPage"))
def index(call: Call, asked: dict[str, Any]) -> dict[str, Any]:
    """List the tokens of the caller's account, oldest first, with those that ended."""
    after = read_cursor(asked.get("cursor"), an_id) or 0
    own = select(Token).where(tokens.of_account(call.principal.account_id), Token.id > after).order_by(Token.id)
    page = cut(call.session.scalars(own.limit(asked["limit"] + 1)).all(), asked["limit"], lambda token: [token.id])
    return {**page, "items": [_shown(token, call.engine.organisation) for token in page["items"]]}


@blueprint.post("/tokens")
@policy(*OFFICES)
@blueprint.body(NewTokenSchema)
@blueprint.response(201, MadeTokenSchema)
def add(call: Call, given: dict[str, Any]) -> dict[str, Any]:
    """Make a token for a program, in a session. It ends with the tenure of the post at the latest."""
    accounts.own(call.session, call.principal)
    principal = call.principal
    if principal.tenure is None or (principal.token and principal.token.name):
        raise Forbidden("Tokens are made in a session: log in first.")
    lasts = timedelta(days=given["days"])
    secret, token = tokens.issue(
        call.session,
        call.engine,
        principal.tenure,
        lasts=lasts,
        name=given["name"],
        scope=given["scope"],
        now=call.now,
    )
    return {**_shown(token, call.engine.organisation), "token": secret}


@blueprint.delete("/tokens/<int:id>")
@policy(*OFFICES)
@problems(404)
@blueprint.response(204)
def revoke(call: Call, id: int) -> None:
    """Revoke a token of the caller's account: it never works again."""
    own = tokens.of_account(call.principal.account_id), Token.id == min(id, LARGEST_ID)
    if call.session.scalar(select(Token.id).where(*own)) is None:
        raise NotFound
    tokens.revoke(call.session, *own, now=call.now)


def _shown(token: Token, organisation: Organisation) -> dict[str, Any]:
    names = ("id", "name", "role", "scope", "created_at", "last_used_at", "expires_at", "revoked_at")
    return {**{name: getattr(token, name) for name in names}, "post": organisation.posts[token.post_id].code}
