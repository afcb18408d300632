"""Officers' bearer tokens, stored as hashes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from lapor.records.base import Key, Record


class Token(Record):
    """A token of a post in one role. `revoked_at` is set once and never cleared.

    One of an account has a tenure, and works no longer than that; one made by command has none. A session has no name,
    a token for a program has one. `last_used_at` is coarse, and kept for accounts only.
    """

    __tablename__ = "tokens"
    __table_args__ = (CheckConstraint("scope IN ('all', 'read')", name="scope"),)
    id: Mapped[Key]
    hash: Mapped[str] = mapped_column(unique=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"))
    role: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    tenure_id: Mapped[int | None] = mapped_column(ForeignKey("tenures.id"), index=True)
    name: Mapped[str | None]
    scope: Mapped[str] = mapped_column(server_default="all")
    last_used_at: Mapped[datetime | None]
