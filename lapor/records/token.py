"""Officers' bearer tokens, stored as hashes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from lapor.records.base import Key, Record


class Token(Record):
    """A token of a post in one role."""

    __tablename__ = "tokens"
    id: Mapped[Key]
    hash: Mapped[str] = mapped_column(unique=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"))
    role: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
