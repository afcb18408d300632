"""Reporters who gather their own cases: a code to an address, then a token for all that were reported with it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from lapor.records.base import Key, Record


class Gathering(Record):
    """A code for an address, good until `until`, and the token that the last one given was exchanged for; one of each.

    The address stands here as its blind index alone. `code_hash` is empty once the code was given, which works once.
    `attempts` counts wrong codes. `token_hash` and `token_until` are None until then.
    """

    __tablename__ = "gatherings"
    id: Mapped[Key]
    email_index: Mapped[str] = mapped_column(unique=True)
    code_hash: Mapped[str]
    attempts: Mapped[int]
    until: Mapped[datetime]
    token_hash: Mapped[str | None] = mapped_column(unique=True)
    token_until: Mapped[datetime | None]
