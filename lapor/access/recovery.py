"""What is done for whoever has lost password or telephone: an invitation that has both set anew."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lapor.access import accounts, appointing, invitations, tokens
from lapor.access.principal import Principal
from lapor.errors import Forbidden
from lapor.machine.engine import Engine
from lapor.machine.organisation import Post
from lapor.records import Account, Invitation, Tenure
from lapor.settings import Accounts


def offer(
    session: Session,
    engine: Engine,
    account: Account,
    tenure: Tenure,
    *,
    inviter: Principal | None,
    days: int,
    now: datetime,
) -> tuple[str, Invitation]:
    """Invite somebody to recover the account that holds a post. `inviter` None: the command.

    Raises:
        Forbidden: the account is disabled, or holds a post that is not the inviter's to give.
    """
    if account.disabled_at is not None:
        raise Forbidden("This account is disabled.")
    if not _may(session, engine, inviter, account, now):
        raise Forbidden("Whoever recovers an account must be entitled to give each post that it holds.")
    invitation = Invitation(
        email=account.email,
        post_id=tenure.post_id,
        acting=tenure.acting,
        recovers=True,
        inviter_id=inviter.post_id if inviter else None,
    )
    return invitations.write(session, engine, invitation, days=days, now=now), invitation


def _may(session: Session, engine: Engine, inviter: Principal | Post | None, account: Account, now: datetime) -> bool:
    # a code for one of the posts opens all of them
    posts = {tenure.post_id for tenure in _held(session, account, now)}
    return inviter is None or appointing.gives(session, engine.organisation, inviter.role, inviter.unit_id, posts)


def _held(session: Session, account: Account, now: datetime) -> Iterable[Tenure]:
    return session.scalars(select(Tenure).where(appointing.not_over(now), Tenure.account_id == account.id)).all()


def carry_out(
    session: Session, engine: Engine, invitation: Invitation, password_hash: str, *, settings: Accounts, now: datetime
) -> str | None:
    """Give an account a new password, and new one-time codes where it had any or needs them: their secret.

    All its tokens end. The invitation must have been taken.

    Raises:
        InvalidFields: the account was disabled, lost the post, or came to others, since it was invited.
    """
    found = accounts.find(session, invitation.email)
    account = accounts.locked(session, found.id) if found else None
    if account is None or account.disabled_at is not None or not _still(session, engine, invitation, account, now):
        raise invitations.worthless()
    roles = {engine.organisation.posts[tenure.post_id].role for tenure in _held(session, account, now)}
    needs_codes = account.totp_secret is not None or bool(roles & {*settings.totp_roles})
    account.password_hash, account.totp_secret, account.totp_step = password_hash, None, 0
    tokens.revoke(session, tokens.of_account(account.id), now=now)
    return accounts.set_up_totp(account, pepper=engine.pepper) if needs_codes else None


def _still(session: Session, engine: Engine, invitation: Invitation, account: Account, now: datetime) -> bool:
    inviter = engine.organisation.posts[invitation.inviter_id] if invitation.inviter_id else None
    holds = invitation.post_id in {tenure.post_id for tenure in _held(session, account, now)}
    return holds and _may(session, engine, inviter, account, now)
