"""Answers to requests that carried an idempotency key, kept for a day."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from lapor.records.base import Key, Record


class IdempotencyKey(Record):
    """A key by its hash. `answer` is None while the request is under way, then sealed under the key itself.

    `complaint_id` is the case that was submitted with it.
    """

    __tablename__ = "idempotency_keys"
    id: Mapped[Key]
    hash: Mapped[str] = mapped_column(unique=True)
    request_hash: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(index=True)
    answer: Mapped[bytes | None] = mapped_column(LargeBinary)
    complaint_id: Mapped[int | None] = mapped_column(ForeignKey("complaints.id"), index=True)
