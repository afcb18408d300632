"""Who wished to see what is hidden, who let them, and who looked."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lapor.records.base import Key, OfComplaint, Record

_WHAT = "what IN ('identity', 'content')"


class Opening(Record):
    """A reasoned wish of a post to see who reported, or a confidential content. States: asked, granted, refused.

    `consent` is the reporter's, None while nothing was said. `until` is when what was granted closes again. `reason`
    and `legal_basis` are sealed like the texts of the case.
    """

    __tablename__ = "openings"
    __table_args__ = (
        CheckConstraint(_WHAT, name="what"),
        CheckConstraint("state IN ('asked', 'granted', 'refused')", name="state"),
        CheckConstraint("(state = 'granted') = (until IS NOT NULL)", name="until"),
        Index("ix_openings_state_id", "state", "id"),
    )
    id: Mapped[Key]
    complaint_id: Mapped[OfComplaint]
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"))
    role: Mapped[str]
    what: Mapped[str]
    reason: Mapped[str]
    legal_basis: Mapped[str | None]
    asked_at: Mapped[datetime]
    consent: Mapped[bool | None]
    state: Mapped[str]
    until: Mapped[datetime | None]


class OpeningDecision(Record):
    """What one custodian decided of an opening."""

    __tablename__ = "opening_decisions"
    __table_args__ = (UniqueConstraint("opening_id", "post_id"),)
    id: Mapped[Key]
    opening_id: Mapped[int] = mapped_column(ForeignKey("openings.id"))
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"))
    granted: Mapped[bool]
    at: Mapped[datetime]


class Look(Record):
    """A post was shown a confidential content or an opened identity, on a day in UTC."""

    __tablename__ = "looks"
    __table_args__ = (
        UniqueConstraint("complaint_id", "post_id", "role", "what", "day"),
        CheckConstraint(_WHAT, name="what"),
    )
    id: Mapped[Key]
    complaint_id: Mapped[OfComplaint]
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"))
    role: Mapped[str]
    what: Mapped[str]
    day: Mapped[date]
