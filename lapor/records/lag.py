"""How late the system itself was: what was due is recorded a little later, and delivered a little later still."""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from lapor.records.base import Record


class LagCount(Record):
    """How often something of this name was late by up to `seconds`, and more than the bucket before; 0 is any more."""

    __tablename__ = "lags"
    name: Mapped[str] = mapped_column(primary_key=True)
    seconds: Mapped[int] = mapped_column(primary_key=True)
    count: Mapped[int]
    total_seconds: Mapped[float]
