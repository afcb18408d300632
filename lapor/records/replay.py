"""How far a replay has come: which line became which case."""

from __future__ import annotations

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lapor.records.base import Key, Record


class ReplayLine(Record):
    """A line of a replayed file that was submitted. `file` is the file's SHA-256."""

    __tablename__ = "replay_lines"
    __table_args__ = (UniqueConstraint("file", "n"),)
    id: Mapped[Key]
    file: Mapped[str]
    n: Mapped[int]
    complaint_id: Mapped[int] = mapped_column(ForeignKey("complaints.id"))
