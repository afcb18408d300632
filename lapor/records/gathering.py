"""Reporters who gather their own cases: a code to an address, then a token for all that were reported with it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from lapor.records.base import Key, Record


class Gathering(Record):
    """A code, then a token, for an address; one at a time. The address stands here as its blind index alone.

    `attempts` counts wrong codes. `token_hash` is None until the code was given, which works once.
    """

    __tablename__ = "gatherings"
    id: Mapped[Key]
    email_index: Mapped[str] = mapped_column(unique=True)
    code_hash: Mapped[str]
    attempts: Mapped[int]
    until: Mapped[datetime]
    token_hash: Mapped[str | None] = mapped_column(unique=True)
