"""Officers' accounts: who somebody is, by e-mail address, password and one-time code, and which posts are theirs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from argon2 import PasswordHasher
from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lapor.access import passwords, tokens, totp
from lapor.access.principal import Principal
from lapor.errors import Forbidden, InvalidFields, NotRecognised, Unauthenticated
from lapor.records import Account, Tenure, Token


@dataclass(frozen=True, slots=True)
class Proof:
    """That somebody has just named the secrets of an account: what they were held against, and what is to be kept.

    `step` is the time step that the one-time code used up, None for an account without codes.
    """

    account_id: int
    password_hash: str
    kept_hash: str
    step: int | None


def find(session: Session, email: str) -> Account | None:
    """The account of an e-mail address, in whatever case."""
    return session.scalars(select(Account).filter_by(email=email.lower())).one_or_none()


def prove(
    account: Account | None, *, hasher: PasswordHasher, pepper: bytes, password: str, code: str | None, now: datetime
) -> Proof:
    """Hold password and one-time code against an account, slowly: no session should be open meanwhile.

    Raises:
        NotRecognised: something is wrong; what, is not told, nor by how long it took.
    """
    right = passwords.is_right(hasher, account.password_hash if account else None, password)
    if account is None or not right or account.disabled_at is not None:
        raise NotRecognised
    step = _step(account, code or "", pepper, now) if account.totp_secret else None
    stored = account.password_hash
    kept = hasher.hash(password) if hasher.check_needs_rehash(stored) else stored
    return Proof(account.id, stored, kept, step)


def _step(account: Account, code: str, pepper: bytes, now: datetime) -> int:
    secret = totp.unseal(account.totp_secret or b"", pepper=pepper, email=account.email)
    step = totp.step(secret, code, after=account.totp_step, now=now)
    if step is None:
        raise NotRecognised
    return step


def admit(session: Session, proof: Proof) -> Account:
    """The account that was proven, locked. Its one-time code is used up.

    Raises:
        NotRecognised: it was disabled, or its secrets changed or were used up meanwhile.
    """
    account = locked(session, proof.account_id)
    has_codes = account.totp_secret is not None
    changed = account.password_hash != proof.password_hash or has_codes != (proof.step is not None)
    used_up = proof.step is not None and proof.step <= account.totp_step
    if changed or used_up or account.disabled_at is not None:
        raise NotRecognised
    account.password_hash = proof.kept_hash
    account.totp_step = proof.step or account.totp_step
    return account


def add(session: Session, email: str, password_hash: str, *, now: datetime) -> Account:
    """Make an account.

    Raises:
        NotRecognised: the e-mail address has got one meanwhile.
    """
    account = Account(email=email.lower(), password_hash=password_hash, totp_step=0, created_at=now)
    session.add(account)
    try:
        session.flush()
    except IntegrityError:
        raise NotRecognised from None
    return account


def own(session: Session, principal: Principal) -> Account:
    """The caller's account, locked: whoever makes or ends its tokens waits here for whoever else does.

    Raises:
        Forbidden: the token is of no account.
        Unauthenticated: the token was revoked, or the account disabled, while waiting.
    """
    if principal.token is None or not principal.account_id:
        raise Forbidden("This token belongs to no account.")
    account = locked(session, principal.account_id)
    session.refresh(principal.token)
    if principal.token.revoked_at is not None or account.disabled_at is not None:
        raise Unauthenticated
    return account


def locked(session: Session, account_id: int) -> Account:
    """An account as it is now; whoever else locks it waits."""
    alone = select(Account).filter_by(id=account_id).with_for_update()
    return session.scalars(alone, execution_options={"populate_existing": True}).one()


def change_password(session: Session, principal: Principal, *, present: str, new: str, now: datetime) -> None:
    """Replace the hash of the caller's password; all other tokens of the account end.

    Raises:
        InvalidFields: `present` is not the hash any more that the password was held against.
    """
    account = own(session, principal)
    if account.password_hash != present:
        raise wrong_password()
    account.password_hash = new
    others = Token.id != (principal.token.id if principal.token else 0)
    tokens.revoke(session, tokens.of_account(account.id), others, now=now)


def wrong_password() -> InvalidFields:
    """The refusal of a password that somebody who is logged in gave as the present one."""
    return InvalidFields({"present": ["Is not the password of this account."]})


def set_up_totp(account: Account, *, pepper: bytes) -> str:
    """Have an account log in with one-time codes from now on; returns their secret, shown this once."""
    secret = totp.new_secret()
    account.totp_secret = totp.seal(secret, pepper=pepper, email=account.email)
    return secret


def tenures(session: Session, account_id: int, *, now: datetime) -> Sequence[Tenure]:
    """The tenures of an account that last, the one that ends last at the end."""
    lasting = select(Tenure).where(Tenure.since <= now, or_(Tenure.until.is_(None), Tenure.until > now))
    return session.scalars(
        lasting.filter_by(account_id=account_id).order_by(Tenure.until.nulls_last(), Tenure.id)
    ).all()


def disable(session: Session, account: Account, *, now: datetime) -> None:
    """Let an account do nothing: its tokens stop working with the commit."""
    held = locked(session, account.id)
    held.disabled_at = held.disabled_at or now


def enable(session: Session, account: Account, *, now: datetime) -> None:
    """Let an account log in again. What ended when it was disabled stays ended."""
    held = locked(session, account.id)
    if held.disabled_at is not None:
        tokens.revoke(session, tokens.of_account(account.id), now=now)
        held.disabled_at = None
