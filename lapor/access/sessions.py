"""Sessions: a token for the hours of a day, for one of the posts that an account holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from lapor.access import accounts, tokens
from lapor.access.accounts import Proof
from lapor.errors import InvalidFields, NotRecognised
from lapor.machine.engine import Engine
from lapor.machine.organisation import Post
from lapor.records import Token
from lapor.settings import Accounts


@dataclass(frozen=True, slots=True)
class Started:
    """A session: its secret, shown this once, the token of it, and all posts that could have been chosen, by code."""

    secret: str
    token: Token
    post: Post
    posts: Sequence[str]


def start(
    session: Session, engine: Engine, proof: Proof, *, post: str | None, settings: Accounts, now: datetime
) -> Started:
    """Start a session of the account that was proven; the post need be named only where it holds several.

    Raises:
        NotRecognised: it holds none now, or this one asks for one-time codes, which the account does not have.
        InvalidFields: the post is none of those that it holds, or not named.
    """
    account = accounts.admit(session, proof)
    held = accounts.tenures(session, account.id, now=now)
    if not held:
        raise NotRecognised
    by_code = {engine.organisation.posts[tenure.post_id].code: tenure for tenure in held}
    tenure = by_code.get(_chosen(post, sorted(by_code)))
    if tenure is None:
        raise InvalidFields({"post": ["Must be one of: " + ", ".join(sorted(by_code)) + "."]})
    chosen = engine.organisation.posts[tenure.post_id]
    if chosen.role in settings.totp_roles and account.totp_secret is None:
        raise NotRecognised
    hours = timedelta(hours=settings.session_hours)
    secret, token = tokens.issue(session, engine, tenure, lasts=hours, now=now)
    return Started(secret, token, chosen, sorted(by_code))


def _chosen(named: str | None, codes: Sequence[str]) -> str:
    return named or (codes[0] if len(codes) == 1 else "")
