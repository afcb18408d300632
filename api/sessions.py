"""Sessions: an officer's e-mail address, password and one-time code become a token for some hours."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from api import limiting
from api.auth import EVERYBODY, Call, hasher, opened, policy, site
from api.fields import LONGEST_EMAIL, Code, Line, Moment, Request, Text
from api.openapi import Blueprint
from lapor.access import accounts, sessions, tokens, totp
from lapor.access.accounts import Proof
from lapor.machine.definition import OFFICES
from lapor.records import Account, Token

blueprint = Blueprint("sessions", "Logging in and out.")


class OneTimeCode(Line):
    """Six digits of an app."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(longest=6, pattern=totp.PATTERN, example="six digits", **kwargs)


class NewSessionSchema(Request):
    """Who somebody is. `post` is needed by those who hold several; `totp` by those who have one-time codes."""

    email = Line(longest=LONGEST_EMAIL, required=True)
    password = Text(required=True, metadata={"format": "password"})
    totp = OneTimeCode()
    post = Code()


class SessionSchema(Schema):
    """A session: `token` is shown this once. `posts` are all that could have been chosen."""

    token = fields.String(required=True)
    expires_at = Moment(required=True)
    post = fields.String(required=True)
    role = fields.String(required=True)
    posts = fields.List(fields.String(), required=True)


@blueprint.post("/sessions")
@policy(*EVERYBODY, one_transaction=False)
@blueprint.body(NewSessionSchema)
@blueprint.response(201, SessionSchema)
def start(call: Call, given: dict[str, Any]) -> dict[str, Any]:
    """Log in.

    An e-mail address that nobody has, a wrong password, a wrong or missing one-time code and a disabled account are
    answered alike. A one-time code is taken once.
    """
    account = accounts.find(call.session, given["email"])
    # argon2 takes its time, and nothing must be held open meanwhile
    call.session.close()
    with limiting.log_in(site(), given["email"], call.now):
        proof = proven(call, account, given)
        started = _started(proof, given.get("post"))
    token = started.token
    return {
        "token": started.secret,
        "expires_at": token.expires_at,
        "post": started.post.code,
        "role": token.role,
        "posts": started.posts,
    }


def _started(proof: Proof, post: str | None) -> sessions.Started:
    with opened(EVERYBODY, writes=True) as then:
        return sessions.start(
            then.session, then.engine, proof, post=post, settings=site().settings.accounts, now=then.now
        )


def proven(call: Call, account: Account | None, given: dict[str, Any]) -> Proof:
    """The proof of an account that a body with `password` and `totp` gives."""
    return accounts.prove(
        account,
        hasher=hasher(),
        pepper=call.engine.pepper,
        password=given["password"],
        code=given.get("totp"),
        now=call.now,
    )


@blueprint.delete("/sessions/current")
@policy(*OFFICES)
@blueprint.response(204)
def end(call: Call) -> None:
    """Log out: the token of this call never works again."""
    if call.principal.token:
        tokens.revoke(call.session, Token.id == call.principal.token.id, now=call.now)
