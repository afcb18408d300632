"""What has been counted against limits: forgotten when its window is over."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from lapor.records.base import Record


class LimitCount(Record):
    """How often something was done since its window began. The key is a hash of what, and by whom."""

    __tablename__ = "limits"
    key: Mapped[str] = mapped_column(primary_key=True)
    started_at: Mapped[datetime] = mapped_column(index=True)
    count: Mapped[int]
