"""What of a case is public."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from lapor.records.base import Key, Record


class PublicVersion(Record):
    """The edited text of a case that everybody may read, under an id of its own; the original stands beside it.

    One that was taken back keeps no text. `month` is that of the receipt, in the zone of the door.
    """

    __tablename__ = "public_versions"
    __table_args__ = (
        CheckConstraint(
            "(withdrawn_at IS NULL) = (title IS NOT NULL) AND (title IS NULL) = (text IS NULL)", name="has_text"
        ),
        Index("ix_public_versions_published", "published_at", "public_id"),
    )
    id: Mapped[Key]
    complaint_id: Mapped[int] = mapped_column(ForeignKey("complaints.id"), unique=True)
    public_id: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str | None]
    text: Mapped[str | None]
    month: Mapped[str]
    published_at: Mapped[datetime]
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"))
    withdrawn_at: Mapped[datetime | None]
