"""Invitations: the only way to an account, and to a post. Whoever invites passes the code on."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, select, update
from sqlalchemy.orm import Session

from lapor.access import accounts, appointing
from lapor.access.principal import Principal
from lapor.access.secrets import INVITATION_PREFIX, hashed, new_secret
from lapor.errors import Forbidden, InvalidFields, NotFound
from lapor.machine.engine import Engine
from lapor.machine.organisation import Post
from lapor.records import Account, Invitation, Tenure
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
        Forbidden: the post is not the inviter's to give, or the e-mail address is the inviter's own.
        InvalidFields: `until` is over before it begins.
    """
    if inviter is not None:
        _require_another(session, inviter, email)
        _require_own_gift(session, engine, inviter, post)
    if until is not None and until <= max(now, since or now):
        raise InvalidFields({"until": ["Must be later than now, and than since."]})
    invitation = Invitation(
        email=email.lower(),
        post_id=post.id,
        acting=acting,
        since=since,
        until=until,
        inviter_id=inviter.post_id if inviter else None,
    )
    return write(session, engine, invitation, days=days, now=now), invitation


def _require_another(session: Session, inviter: Principal, email: str) -> None:
    own = session.get(Account, inviter.account_id)
    if own is not None and own.email == email.lower():
        raise Forbidden("Nobody invites themselves.")


def _require_own_gift(session: Session, engine: Engine, inviter: Principal, post: Post) -> None:
    if not appointing.gives(session, engine.organisation, inviter.role, inviter.unit_id, (post.id,)):
        raise Forbidden(
            "A coordinator invites liaison officers, handlers and supervisors of the own tree, and coordinators below;"
            " an operator invites all others."
        )


def write(session: Session, engine: Engine, invitation: Invitation, *, days: int, now: datetime) -> str:
    """Write down an invitation, good for some days, and for no longer than what it is worth; returns its code."""
    code, expires = new_secret(INVITATION_PREFIX), now + timedelta(days=days)
    invitation.hash, invitation.created_at = hashed(code, engine.pepper), now
    invitation.expires_at = min(expires, invitation.until or expires)
    session.add(invitation)
    session.flush()
    return code


def visible(engine: Engine, principal: Principal, *, now: datetime) -> Select[Invitation]:
    """The open invitations to posts that the caller may invite to."""
    given = appointing.given_by(engine.organisation, principal.role, principal.unit_id)
    return select(Invitation).where(*_open(now), Invitation.post_id.in_(given))


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
        raise worthless()
    return found


def take(session: Session, invitation: Invitation, *, now: datetime) -> None:
    """Use up an invitation.

    Raises:
        InvalidFields: somebody used or revoked it meanwhile.
    """
    using = update(Invitation).where(Invitation.id == invitation.id, *_open(now)).values(accepted_at=now)
    if session.scalar(using.returning(Invitation.id)) is None:
        raise worthless()


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


def worthless() -> InvalidFields:
    """The refusal of a code, whatever is wrong with it."""
    return InvalidFields({"code": ["Is unknown, used, expired or revoked."]})
