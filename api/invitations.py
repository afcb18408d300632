"""Invitations of officers to posts, and what becomes of the codes."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from api.auth import EVERYBODY, Call, hasher, opened, policy, site
from api.fields import Code, EmailAddress, Flag, Moment, NewPassword, Request
from api.openapi import Blueprint, problems
from api.pages import LARGEST_ID, PageQuery, an_id, cut, page_of, read_cursor
from api.sessions import OneTimeCode, proven
from lapor.access import accounts, invitations, passwords, recovery, totp
from lapor.access.accounts import Proof
from lapor.access.appointing import INVITERS
from lapor.errors import InvalidFields
from lapor.machine.organisation import Organisation, Post
from lapor.records import Invitation

blueprint = Blueprint("invitations", "How officers get their accounts and posts: by a code that the inviter passes on.")


class NewInvitationSchema(Request):
    """Who is to hold which post: from when it is accepted unless `since` says otherwise, and open unless `until` does."""

    email = EmailAddress(required=True)
    post = Code(required=True)
    acting = Flag(load_default=False, metadata={"description": "Plt. or Plh."})
    since = Moment(allow_none=True, load_default=None)
    until = Moment(allow_none=True, load_default=None)


class InvitationSchema(Schema):
    """An open invitation. `invited_by` is a post, null where the command invites.

    One that `recovers` is worth a new password and new one-time codes, and no further post.
    """

    id = fields.Integer(required=True)
    email = fields.String(required=True)
    post = fields.String(required=True)
    acting = fields.Boolean(required=True)
    since = Moment(required=True, allow_none=True)
    until = Moment(required=True, allow_none=True)
    recovers = fields.Boolean(required=True)
    invited_by = fields.String(required=True, allow_none=True)
    created_at = Moment(required=True)
    expires_at = Moment(required=True)


class MadeInvitationSchema(Schema):
    """An invitation that was just made: `code` is shown this once."""

    id = fields.Integer(required=True)
    email = fields.String(required=True)
    post = fields.String(required=True)
    expires_at = Moment(required=True)
    code = fields.String(required=True)


class AcceptanceSchema(Request):
    """The code, and a password: a new one, or that of the account which the e-mail address has already, with its `totp`.

    A code that recovers an account takes a new password, and no `totp`.
    """

    code = Code(required=True)
    password = NewPassword(required=True)
    totp = OneTimeCode()


class TotpSchema(Schema):
    """The secret of one-time codes, shown this once: to type, and as an app reads it from a QR code."""

    secret = fields.String(required=True)
    uri = fields.String(required=True)


class AcceptedSchema(Schema):
    """What somebody got. `totp` is there if one-time codes were set up with it."""

    email = fields.String(required=True)
    post = fields.String(required=True)
    totp = fields.Nested(TotpSchema)


@blueprint.get("/invitations")
@policy(*INVITERS)
@blueprint.query(PageQuery)
@blueprint.response(200, page_of(InvitationSchema, "InvitationPage"))
def index(call: Call, asked: dict[str, Any]) -> dict[str, Any]:
    """List the open invitations to posts that the caller may invite to, oldest first."""
    after = read_cursor(asked.get("cursor"), an_id) or 0
    shown = invitations.visible(call.engine, call.principal, now=call.now).where(Invitation.id > after)
    rows = call.session.scalars(shown.order_by(Invitation.id).limit(asked["limit"] + 1)).all()
    page = cut(rows, asked["limit"], lambda row: [row.id])
    return {**page, "items": [_shown(row, call.engine.organisation) for row in page["items"]]}


@blueprint.post("/invitations")
@policy(*INVITERS)
@blueprint.body(NewInvitationSchema)
@blueprint.response(201, MadeInvitationSchema)
def add(call: Call, given: dict[str, Any]) -> dict[str, Any]:
    """Invite somebody to a post. Nothing is mailed: pass the code on to whom you know to be the officer."""
    post = _post(call, given.pop("post"))
    days = site().settings.accounts.invitation_days
    code, made = invitations.invite(
        call.session, call.engine, post, inviter=call.principal, days=days, now=call.now, **given
    )
    return {"id": made.id, "email": made.email, "post": post.code, "expires_at": made.expires_at, "code": code}


@blueprint.delete("/invitations/<int:id>")
@policy(*INVITERS)
@problems(404)
@blueprint.response(204)
def revoke(call: Call, id: int) -> None:  # noqa: A002
    """Revoke an open invitation."""
    invitations.revoke(call.session, call.engine, call.principal, min(id, LARGEST_ID), now=call.now)


@blueprint.post("/invitations/acceptance")
@policy(*EVERYBODY, one_transaction=False)
@blueprint.body(AcceptanceSchema)
@blueprint.response(201, AcceptedSchema)
def accept(call: Call, given: dict[str, Any]) -> dict[str, Any]:
    """Accept an invitation: it makes the account, gives a further post to the one that there is, or recovers it.

    An account that is recovered has its former password and one-time codes no more, and is logged out everywhere.
    """
    invitation = invitations.find(call.session, call.engine, given["code"], now=call.now)
    account = accounts.find(call.session, invitation.email)
    # argon2 takes its time, and nothing must be held open meanwhile
    call.session.close()
    known = account and not invitation.recovers
    secrets = proven(call, account, given) if known else _new_hash(invitation.email, given["password"])
    with opened(EVERYBODY, writes=True) as then:
        return _accepted(then, invitation, secrets)


def _new_hash(email: str, password: str) -> str:
    return passwords.hashed(hasher(), password, email=email, field="password")


def _accepted(call: Call, invitation: Invitation, secrets: Proof | str) -> dict[str, Any]:
    invitations.take(call.session, invitation, now=call.now)
    secret = _honoured(call, invitation, secrets)
    shown = {"totp": {"secret": secret, "uri": totp.uri(secret, invitation.email)}} if secret else {}
    return {"email": invitation.email, "post": call.engine.organisation.posts[invitation.post_id].code, **shown}


def _honoured(call: Call, invitation: Invitation, secrets: Proof | str) -> str | None:
    """The secret of one-time codes, where some were set up."""
    to = call.session, call.engine, invitation
    settings = site().settings.accounts
    if not isinstance(secrets, str):
        return invitations.honour(*to, accounts.admit(call.session, secrets), settings=settings, now=call.now)
    if invitation.recovers:
        return recovery.carry_out(*to, secrets, settings=settings, now=call.now)
    account = accounts.add(call.session, invitation.email, secrets, now=call.now)
    return invitations.honour(*to, account, settings=settings, now=call.now)


def _post(call: Call, code: str) -> Post:
    post = call.engine.organisation.post_codes.get(code)
    if post is None:
        raise InvalidFields({"post": [f"There is no post with the code {code!r}."]})
    return post


def _shown(invitation: Invitation, organisation: Organisation) -> dict[str, Any]:
    names = ("id", "email", "acting", "since", "until", "recovers", "created_at", "expires_at")
    inviter = organisation.posts[invitation.inviter_id].code if invitation.inviter_id else None
    post = organisation.posts[invitation.post_id].code
    return {**{name: getattr(invitation, name) for name in names}, "post": post, "invited_by": inviter}
