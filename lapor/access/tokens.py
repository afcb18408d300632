"""Bearer tokens: officers' for a post in a role, the reporter's secret for one case and its parts."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, or_, select, update
from sqlalchemy.orm import Session, aliased

from lapor.access import gathering
from lapor.access.principal import Principal
from lapor.access.secrets import OFFICER_PREFIX, REPORTER_PREFIX, hashed, is_same, new_secret
from lapor.errors import InvalidFields, Unauthenticated
from lapor.machine.definition import OFFICES
from lapor.machine.engine import Engine
from lapor.machine.organisation import Post
from lapor.records import Account, Complaint, Gathering, Opening, Reporter, Tenure, Token

SCOPES = ("all", "read")
# that a token is used is written down no more often
NOTED_EVERY = timedelta(hours=1)
_WHOLE = aliased(Complaint)


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


def issue(
    session: Session,
    engine: Engine,
    tenure: Tenure,
    *,
    lasts: timedelta,
    name: str | None = None,
    scope: str = "all",
    now: datetime,
) -> tuple[str, Token]:
    """Make a token of an account, no longer good than its tenure: the secret, shown this once, and the record."""
    secret, post = new_secret(OFFICER_PREFIX), engine.organisation.posts[tenure.post_id]
    expires = min(now + lasts, tenure.until or now + lasts)
    token = Token(
        hash=hashed(secret, engine.pepper),
        post_id=post.id,
        role=post.role,
        created_at=now,
        expires_at=expires,
        tenure_id=tenure.id,
        name=name,
        scope=scope,
    )
    session.add(token)
    session.flush()
    return secret, token


def of_account(account_id: int) -> ColumnElement[bool]:
    """The tokens of an account."""
    return Token.tenure_id.in_(select(Tenure.id).where(Tenure.account_id == account_id))


def revoke(session: Session, *which: ColumnElement[bool], now: datetime) -> None:
    """End tokens for good. One that is revoked already keeps its moment."""
    session.execute(update(Token).where(*which, Token.revoked_at.is_(None)).values(revoked_at=now))


def principal_of(session: Session, engine: Engine, secret: str, *, now: datetime) -> Principal:
    """The principal behind a bearer token. A hash is computed and looked up also for what can be no token.

    Raises:
        Unauthenticated: the token is unknown, expired or revoked; or its tenure is over, or its account disabled.
    """
    digest = hashed(secret, engine.pepper)
    if secret.startswith(REPORTER_PREFIX):
        cases = _reported(session, digest) or gathering.gathered(session, digest, now=now)
        if cases is None:
            raise Unauthenticated
        return Principal("reporter", cases=cases)
    known = select(Token, Tenure, Account.disabled_at, Opening.complaint_id, Opening.what)
    known = known.outerjoin(Tenure, Tenure.id == Token.tenure_id).outerjoin(Account, Account.id == Tenure.account_id)
    rows = session.execute(known.outerjoin(Opening, _is_open(now)).where(Token.hash == digest)).all()
    if not rows or rows[0].disabled_at is not None:
        raise Unauthenticated
    token, tenure = rows[0].Token, rows[0].Tenure
    post = engine.organisation.posts[token.post_id]
    if token.revoked_at is not None or token.expires_at <= now or (tenure and not _stands(token, tenure, post, now)):
        raise Unauthenticated
    opened: dict[int, frozenset[str]] = {}
    for each in rows:
        if each.complaint_id:
            opened[each.complaint_id] = opened.get(each.complaint_id, frozenset()) | {each.what}
    return Principal(token.role, post, token=token, tenure=tenure, opened=opened)


def _reported(session: Session, digest: str) -> frozenset[int] | None:
    """The case that a secret opens and its parts, by the hash of it; None where it is none."""
    opened = select(Complaint.id, _WHOLE.secret_hash).join(_WHOLE, _is_of_whole())
    rows = session.execute(opened.where(_WHOLE.secret_hash == digest)).all()
    if not rows or not is_same(rows[0].secret_hash, digest):
        return None
    return frozenset(row.id for row in rows)


def _is_of_whole() -> ColumnElement[bool]:
    # the parts of a part name the same whole as the part itself
    return or_(Complaint.id == _WHOLE.id, Complaint.whole_id == _WHOLE.id)


def _is_open(now: datetime) -> ColumnElement[bool]:
    mine = and_(Opening.post_id == Token.post_id, Opening.role == Token.role)
    return and_(mine, Opening.state == "granted", Opening.until > now)


def opens(session: Session, pepper: bytes, secret: str, number: str, *, now: datetime) -> bool:
    """Whether a reporter's secret or token opens the case with this number."""
    digest = hashed(secret, pepper)
    gathers = exists().where(
        Reporter.id == Complaint.reporter_id,
        Gathering.email_index == Reporter.email_index,
        Gathering.token_hash == digest,
        Gathering.token_until > now,
    )
    own = exists().where(_WHOLE.secret_hash == digest, _is_of_whole())
    opened = select(Complaint.id).where(Complaint.number == number, or_(own, gathers))
    return session.scalar(opened) is not None


def keeper_of(session: Session, pepper: bytes, secret: str, *, now: datetime) -> str | None:
    """Under whom what is done with an officer's token is counted: the account, else the post. None: it is no token."""
    good = (Token.hash == hashed(secret, pepper), Token.revoked_at.is_(None), Token.expires_at > now)
    whose = select(Token.post_id, Tenure.account_id).outerjoin(Tenure, Tenure.id == Token.tenure_id)
    row = session.execute(whose.where(*good)).one_or_none()
    if row is None:
        return None
    return f"account {row.account_id}" if row.account_id else f"post {row.post_id}"


def _stands(token: Token, tenure: Tenure, post: Post, now: datetime) -> bool:
    # a post that was given another role asks for another log-in, perhaps with a one-time code
    lasts = tenure.since <= now and (tenure.until is None or now < tenure.until)
    return lasts and post.role == token.role


def is_to_be_noted(principal: Principal, now: datetime) -> bool:
    """Whether this use of a token of an account is worth a write."""
    token = principal.token
    if token is None or token.tenure_id is None:
        return False
    return token.last_used_at is None or token.last_used_at <= now - NOTED_EVERY


def note_use(session: Session, token_id: int, *, now: datetime) -> None:
    """Write down that a token is used, unless somebody else just did, or it was revoked."""
    lately = or_(Token.last_used_at.is_(None), Token.last_used_at <= now - NOTED_EVERY)
    unnoted = update(Token).where(Token.id == token_id, Token.revoked_at.is_(None), lately)
    session.execute(unnoted.values(last_used_at=now).execution_options(synchronize_session=False))
