"""Accounts of officers, the posts that they hold over time, and the invitations that lead to both."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, false
from sqlalchemy.orm import Mapped, mapped_column

from lapor.records.base import Key, Record


class Account(Record):
    """A person by e-mail address, in lower case. `totp_step` is the last time step whose one-time code was taken."""

    __tablename__ = "accounts"
    id: Mapped[Key]
    email: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    totp_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    totp_step: Mapped[int]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class Tenure(Record):
    """A post held by an account from `since` until before `until`; None: until further notice. `acting`: Plt. or Plh."""

    __tablename__ = "tenures"
    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"))
    acting: Mapped[bool]
    since: Mapped[datetime]
    until: Mapped[datetime | None]


class Invitation(Record):
    """A code by its hash, and the tenure that it is worth; without `since` from when it is accepted.

    One that `recovers` is worth no tenure: the account that holds the post gets a new password and new one-time codes.
    `inviter_id` is the post that invited, None for the command.
    """

    __tablename__ = "invitations"
    id: Mapped[Key]
    hash: Mapped[str] = mapped_column(unique=True)
    email: Mapped[str]
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"), index=True)
    acting: Mapped[bool]
    since: Mapped[datetime | None]
    until: Mapped[datetime | None]
    recovers: Mapped[bool] = mapped_column(server_default=false())
    inviter_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
