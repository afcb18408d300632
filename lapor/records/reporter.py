"""Who reported: identity in a table of its own, away from what was reported."""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from lapor.records.base import Key, Record


class Reporter(Record):
    """The identity behind a complaint, each field sealed under `data_key`. Unidentified complaints have none.

    `email_index` is equal for equal addresses. Without a key the row was written before there were keys.
    """

    __tablename__ = "reporters"
    id: Mapped[Key]
    name: Mapped[str | None]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    data_key: Mapped[str | None]
    email_index: Mapped[str | None] = mapped_column(index=True)
