"""Bearer tokens: officers' for a post in a role, the reporter's secret for one case."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from lapor.access.principal import Principal
from lapor.access.secrets import OFFICER_PREFIX, REPORTER_PREFIX, hashed, is_same, new_secret
from lapor.errors import InvalidFields, Unauthenticated
from lapor.machine.engine import Engine
from lapor.machine.organisation import Post
from lapor.records import Complaint, Token

OFFICES = ("coordinator", "liaison_officer", "handler", "supervisor", "inspector", "custodian", "operator")


def create(session: Session, engine: Engine, post: Post, *, role: str | None, days: int, now: datetime) -> str:
    """Make a token of a post and return it, shown this once. `role` None: the role that the post has.

    Raises:
        InvalidFields: the role is none of an officer, or the days are fewer than one.
    """
    role = role or post.role
    if role not in OFFICES:
        raise InvalidFields({"role": ["Must be one of: " + ", ".join(OFFICES) + "."]})
    if days < 1:
        raise InvalidFields({"days": ["Must be at least 1."]})
    secret = new_secret(OFFICER_PREFIX)
    expires = now + timedelta(days=days)
    session.add(
        Token(hash=hashed(secret, engine.pepper), post_id=post.id, role=role, created_at=now, expires_at=expires)
    )
    return secret


def principal_of(session: Session, engine: Engine, secret: str, *, now: datetime) -> Principal:
    """The principal behind a bearer token. A hash is computed and looked up also for what can be no token.

    Raises:
        Unauthenticated: the token is unknown, expired or revoked.
    """
    digest = hashed(secret, engine.pepper)
    if secret.startswith(REPORTER_PREFIX):
        row = session.execute(select(Complaint.id, Complaint.secret_hash).filter_by(secret_hash=digest)).one_or_none()
        if row is not None and is_same(row.secret_hash, digest):
            return Principal("reporter", complaint_id=row.id)
        raise Unauthenticated
    token = session.scalars(select(Token).filter_by(hash=digest)).one_or_none()
    if token is None or token.revoked_at is not None or token.expires_at <= now:
        raise Unauthenticated
    return Principal(token.role, engine.organisation.posts[token.post_id])
