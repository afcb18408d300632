"""The clocks of a case, as `machine.clock.Clock`. Only `handling/clocks.py` writes them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lapor.records.base import Key, OfComplaint, Record
from lapor.records.complaint import Complaint

ALIVE = "state IN ('running', 'paused')"


class ClockRow(Record):
    """One run of one clock; at most one of each name is alive in a case."""

    __tablename__ = "clocks"
    __table_args__ = (
        Index(
            "uq_clocks_alive",
            "complaint_id",
            "name",
            unique=True,
            sqlite_where=text(ALIVE),
            postgresql_where=text(ALIVE),
        ),
        Index(
            "ix_clocks_alive_calendar_version",
            "calendar_version",
            "complaint_id",
            sqlite_where=text(ALIVE),
            postgresql_where=text(ALIVE),
        ),
        CheckConstraint("state IN ('running', 'paused', 'met', 'missed', 'lapsed')", name="state"),
        CheckConstraint("(paused_at IS NULL) = (state <> 'paused')", name="paused"),
    )
    id: Mapped[Key]
    complaint_id: Mapped[OfComplaint]
    complaint: Mapped[Complaint] = relationship(lazy="raise")
    name: Mapped[str]
    term: Mapped[int]
    budget: Mapped[str]
    zone: Mapped[str]
    calendar_version: Mapped[int]
    office: Mapped[str] = mapped_column(server_default=text("''"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    started_at: Mapped[datetime]
    due_at: Mapped[datetime]
    pauses: Mapped[list[Any]]
    paused_at: Mapped[datetime | None]
    extension: Mapped[int]
    restarts: Mapped[int]
    state: Mapped[str]
    stopped_at: Mapped[datetime | None]
    rung: Mapped[int]
    held_until: Mapped[datetime | None]
    next_moment_at: Mapped[datetime | None]
