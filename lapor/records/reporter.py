"""Who reported: identity in a table of its own, away from what was reported."""

from __future__ import annotations

from sqlalchemy.orm import Mapped

from lapor.records.base import Key, Record


class Reporter(Record):
    """The identity behind a complaint. Unidentified complaints have none."""

    __tablename__ = "reporters"
    id: Mapped[Key]
    name: Mapped[str | None]
    email: Mapped[str | None]
    phone: Mapped[str | None]
