"""What reporter and officers write to each other beside moves, and officers among themselves."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from lapor.records.base import Key, OfComplaint, Record


class Message(Record):
    """A message. `audience` is `reporter` or `internal`."""

    __tablename__ = "messages"
    __table_args__ = (CheckConstraint("audience IN ('reporter', 'internal')", name="audience"),)
    id: Mapped[Key]
    complaint_id: Mapped[OfComplaint]
    at: Mapped[datetime]
    role: Mapped[str]
    post_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id"))
    audience: Mapped[str]
    text: Mapped[str]
