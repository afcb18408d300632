"""Rungs that were told, skipped or lapsed: each once for a clock and term, held by the database."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lapor.records.base import Key, OfComplaint, Record


class Escalation(Record):
    """One rung. `post_id` is None where the reporter was told, or where the rung was skipped.

    `instead_of_id` is the absent post for which a deputy was told, `superseded_at` when an amended calendar put off the
    moment for which it was told.
    """

    __tablename__ = "escalations"
    __table_args__ = (
        UniqueConstraint("clock_id", "term", "rung"),
        CheckConstraint("outcome IN ('warned', 'told', 'skipped', 'lapsed')", name="outcome"),
        Index("ix_escalations_post_id_id", "post_id", "id"),
    )
    id: Mapped[Key]
    complaint_id: Mapped[OfComplaint]
    clock_id: Mapped[int] = mapped_column(ForeignKey("clocks.id"))
    clock: Mapped[str]
    term: Mapped[int]
    rung: Mapped[int]
    outcome: Mapped[str]
    tell: Mapped[str]
    post_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id"))
    instead_of_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id"))
    why: Mapped[str]
    due_at: Mapped[datetime]
    raised_at: Mapped[datetime]
    next_rung_at: Mapped[datetime | None]
    acknowledged_at: Mapped[datetime | None]
    promised_at: Mapped[datetime | None]
    superseded_at: Mapped[datetime | None]
