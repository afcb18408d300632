"""The trail. Only `handling/trail.py` writes it; the database itself refuses to change or delete an entry."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lapor.records.base import Key, Record
from lapor.records.complaint import Complaint


class TrailEntry(Record):
    """One entry of the chain of one complaint. Posts and units stand by code, so that a chain verifies alone.

    `public` and `internal` are canonical JSON, sealed where the case is confidential; with `salt` they make the
    `commitment` that `hash` covers. The database lets them be replaced by what is sealed, and emptied with
    the salt where the case is erased, and nothing else.
    """

    __tablename__ = "trail"
    __table_args__ = (UniqueConstraint("complaint_id", "sequence"),)
    id: Mapped[Key]
    complaint_id: Mapped[int] = mapped_column(ForeignKey("complaints.id"))
    complaint: Mapped[Complaint] = relationship(lazy="raise")
    sequence: Mapped[int]
    at: Mapped[datetime]
    role: Mapped[str]
    post: Mapped[str | None]
    move: Mapped[str]
    source: Mapped[str | None]
    target: Mapped[str]
    holder: Mapped[str]
    calendar_version: Mapped[int]
    is_public: Mapped[bool]
    public: Mapped[str]
    internal: Mapped[str]
    salt: Mapped[str]
    commitment: Mapped[str] = mapped_column(server_default=text("''"))
    previous: Mapped[str]
    hash: Mapped[str]
