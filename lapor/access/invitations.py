"""Invitations: the only way to an account, and to a post. Whoever invites passes the code on."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, select, update
from sqlalchemy.orm import Session

from lapor.access import accounts
from lapor.access.principal import Principal
from lapor.access.secrets import INVITATION_PREFIX, hashed, new_secret
from lapor.errors import Forbidden, InvalidFields, NotFound
from lapor.machine.engine import Engine
from lapor.machine.organisation import Post
from lapor.records import Account, Invitation, PostRow, Tenure
from lapor.settings import Accounts


def invite(
    session: Session,
    engine: Engine,
    post: Post,
    email: str,
    *,
    inviter: Principal | None,
    days: int,
    acting: bool = False,
    since: datetime | None = None,
    until: datetime | None = None,
    now: datetime,
) -> tuple[str, Invitation]:
    """Invite somebody to a post: the code, shown this once, and the record. `inviter` None: the command.

    Raises:
        Forbidden: the inviter is a coordinator, and the post not in the own tree.
        InvalidFields: `until` is over before it begins.
    """
    if inviter is not None and not _invites_to(inviter, post, engine):
        raise Forbidden("A coordinator invites to the posts of the own unit and of those below it.")
    if until is not None and until <= max(now, since or now):
        raise InvalidFields({"until": ["Must be later than now, and than since."]})
    code, expires = new_secret(INVITATION_PREFIX), now + timedelta(days=days)
    invitation = Invitation(
        hash=hashed(code, engine.pepper),
        email=email.lower(),
        post_id=post.id,
        acting=acting,
        since=since,
        until=until,
        inviter_id=inviter.post_id if inviter else None,
        created_at=now,
        expires_at=min(expires, until or expires),
    )
    session.add(invitation)
    session.flush()
    return code, invitation


def _invites_to(inviter: Principal, post: Post, engine: Engine) -> bool:
    return inviter.role == "operator" or engine.organisation.is_within(post.unit_id, inviter.unit_id)


def visible(engine: Engine, principal: Principal, *, now: datetime) -> Select[Invitation]:
    """The open invitations to posts that the caller may invite to."""
    chosen = select(Invitation).where(*_open(now))
    if principal.role == "operator":
        return chosen
    below = engine.organisation.subtree(principal.unit_id)
    return chosen.where(Invitation.post_id.in_(select(PostRow.id).where(PostRow.unit_id.in_(below))))


def _open(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None), Invitation.expires_at > now


def revoke(session: Session, engine: Engine, principal: Principal, invitation_id: int, *, now: datetime) -> None:
    """Make the code of an invitation worth nothing.

    Raises:
        NotFound: there is no open one that the caller sees.
    """
    there = visible(engine, principal, now=now).where(Invitation.id == invitation_id).with_for_update()
    found = session.scalars(there).one_or_none()
    if found is None:
        raise NotFound
    found.revoked_at = now


def find(session: Session, engine: Engine, code: str, *, now: datetime) -> Invitation:
    """The open invitation of a code.

    Raises:
        InvalidFields: the code is wrong, used, expired or revoked.
    """
    named = select(Invitation).where(Invitation.hash == hashed(code, engine.pepper), *_open(now))
    found = session.scalars(named).one_or_none()
    if found is None:
        raise _worthless()
    return found


def take(session: Session, invitation: Invitation, *, now: datetime) -> None:
    """Use up an invitation.

    Raises:
        InvalidFields: somebody used or revoked it meanwhile.
    """
    using = update(Invitation).where(Invitation.id == invitation.id, *_open(now)).values(accepted_at=now)
    if session.scalar(using.returning(Invitation.id)) is None:
        raise _worthless()


def honour(
    session: Session, engine: Engine, invitation: Invitation, account: Account, *, settings: Accounts, now: datetime
) -> str | None:
    """Give an account the tenure that an invitation is worth; the secret of one-time codes where it needs them now."""
    session.add(
        Tenure(
            account_id=account.id,
            post_id=invitation.post_id,
            acting=invitation.acting,
            since=invitation.since or now,
            until=invitation.until,
        )
    )
    needs_codes = engine.organisation.posts[invitation.post_id].role in settings.totp_roles
    return accounts.set_up_totp(account, pepper=engine.pepper) if needs_codes and not account.totp_secret else None


def _worthless() -> InvalidFields:
    return InvalidFields({"code": ["Is unknown, used, expired or revoked."]})
