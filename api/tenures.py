"""Who holds which post: shown to whoever gives it, ended early, and recovered."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from api.auth import Call, policy, site
from api.fields import Moment
from api.invitations import MadeInvitationSchema
from api.openapi import Blueprint, problems
from api.pages import LARGEST_ID, PageQuery, an_id, cut, page_of, read_cursor
from lapor.access import appointing, recovery
from lapor.access.appointing import INVITERS
from lapor.records import Account, Tenure

blueprint = Blueprint("tenures", "Who holds which post, and until when.")


class TenureSchema(Schema):
    """A post that an account holds, or will hold."""

    id = fields.Integer(required=True)
    email = fields.String(required=True)
    post = fields.String(required=True)
    acting = fields.Boolean(required=True)
    since = Moment(required=True)
    until = Moment(required=True, allow_none=True)


@blueprint.get("/tenures")
@policy(*INVITERS)
@blueprint.query(PageQuery)
@blueprint.response(200, page_of(TenureSchema, "TenurePage"))
def index(call: Call, asked: dict[str, Any]) -> dict[str, Any]:
    """List who holds, or will hold, the posts that the caller may invite to, oldest first."""
    after = read_cursor(asked.get("cursor"), an_id) or 0
    shown = appointing.visible(call.engine.organisation, call.principal, now=call.now).where(Tenure.id > after)
    rows = call.session.execute(shown.order_by(Tenure.id).limit(asked["limit"] + 1)).all()
    page = cut(rows, asked["limit"], lambda row: [row.Tenure.id])
    return {**page, "items": [_shown(call, *row) for row in page["items"]]}


@blueprint.delete("/tenures/<int:id>")
@policy(*INVITERS)
@problems(404)
@blueprint.response(204)
def end(call: Call, id: int) -> None:  # noqa: A002
    """End a tenure before its time: what stands on it, sessions and tokens, never works again."""
    tenure, _ = _found(call, id)
    appointing.end(call.session, tenure, now=call.now)


@blueprint.post("/tenures/<int:id>/recovery")
@policy(*INVITERS)
@problems(404)
@blueprint.response(201, MadeInvitationSchema)
def recover(call: Call, id: int) -> dict[str, Any]:  # noqa: A002
    """Invite whoever holds a post, and has lost password or one-time codes, to set both anew.

    The account may hold no post that is not the caller's to give. Nothing is mailed: pass the code on to whom you know
    to be the officer. When it is accepted, all sessions and tokens of the account end.
    """
    tenure, account = _found(call, id)
    days = site().settings.accounts.invitation_days
    to = call.session, call.engine, account, tenure
    code, made = recovery.offer(*to, inviter=call.principal, days=days, now=call.now)
    post = call.engine.organisation.posts[made.post_id].code
    return {"id": made.id, "email": made.email, "post": post, "expires_at": made.expires_at, "code": code}


def _found(call: Call, tenure_id: int) -> tuple[Tenure, Account]:
    to = call.session, call.engine.organisation, call.principal
    return appointing.find(*to, min(tenure_id, LARGEST_ID), now=call.now)


def _shown(call: Call, tenure: Tenure, account: Account) -> dict[str, Any]:
    names = ("id", "acting", "since", "until")
    post = call.engine.organisation.posts[tenure.post_id].code
    return {**{name: getattr(tenure, name) for name in names}, "email": account.email, "post": post}
