"""What reporters ask for about their own data: that it is erased, and a copy of it."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from lapor.records.base import Key, OfComplaint, Record

_ASKED = text("state = 'asked'")


class Erasure(Record):
    """A reporter's wish that the data of a case be erased. States: asked, taken_back, refused, done.

    `post_id` is who refused, on `legal_basis`, which is sealed like the texts of the case; `ended_at` is when it left `asked`.
    """

    __tablename__ = "erasures"
    __table_args__ = (
        CheckConstraint("state IN ('asked', 'taken_back', 'refused', 'done')", name="state"),
        CheckConstraint("(state = 'asked') = (ended_at IS NULL)", name="ended"),
        Index("uq_erasures_asked", "complaint_id", unique=True, sqlite_where=_ASKED, postgresql_where=_ASKED),
        Index("ix_erasures_state_asked_at", "state", "asked_at", "id"),
    )
    id: Mapped[Key]
    complaint_id: Mapped[OfComplaint]
    asked_at: Mapped[datetime]
    due_at: Mapped[datetime]
    state: Mapped[str]
    ended_at: Mapped[datetime | None]
    post_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id"))
    legal_basis: Mapped[str | None]


class Export(Record):
    """A copy of everything about a case was handed out to its reporter, on a day in UTC."""

    __tablename__ = "exports"
    __table_args__ = (UniqueConstraint("complaint_id", "day"),)
    id: Mapped[Key]
    complaint_id: Mapped[OfComplaint]
    day: Mapped[date]
