"""What is to be told to somebody, written with the case and sent afterwards; and who is told how often."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lapor.records.base import Key, OfComplaint, Record
from lapor.records.complaint import Complaint


class Notice(Record):
    """One notice to a post or to the reporter. Its address is looked up when it is sent.

    States: waiting, sent, unaddressed (nobody left an address, or its ladder sends no mail; it stands in the list of the
    post), dead (given up).
    """

    __tablename__ = "outbox"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'sent', 'unaddressed', 'dead')", name="state"),
        Index("ix_outbox_state_next_attempt_at", "state", "next_attempt_at", "id"),
    )
    id: Mapped[Key]
    complaint_id: Mapped[OfComplaint]
    complaint: Mapped[Complaint] = relationship(lazy="raise")
    escalation_id: Mapped[int | None] = mapped_column(ForeignKey("escalations.id"), index=True)
    post_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id"))
    event: Mapped[str]
    facts: Mapped[dict[str, Any]]
    state: Mapped[str]
    created_at: Mapped[datetime]
    next_attempt_at: Mapped[datetime]
    attempts: Mapped[int]
    sent_at: Mapped[datetime | None]
    fault: Mapped[str | None]


class NoticeChoice(Record):
    """How a post is told of what can wait until morning; without one it is told at once.

    `digest_at` is when its next daily mail is due, and of one that was tried when it was first tried: it holds what was
    noted until then. `next_attempt_at` is when to try; `attempts` counts those of this mail.
    """

    __tablename__ = "notice_choices"
    __table_args__ = (
        CheckConstraint("choice IN ('at_once', 'daily')", name="choice"),
        CheckConstraint("(choice = 'daily') = (digest_at IS NOT NULL AND next_attempt_at IS NOT NULL)", name="moments"),
    )
    id: Mapped[Key]
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"), unique=True)
    choice: Mapped[str]
    digest_at: Mapped[datetime | None]
    next_attempt_at: Mapped[datetime | None]
    attempts: Mapped[int]


class WeeklyMail(Record):
    """When a post that oversees others is next mailed how its cases stand; never, where `next_attempt_at` is None.

    `week_of` is the Monday of the week that was tried last; `attempts` counts those of this mail.
    """

    __tablename__ = "weekly_mails"
    id: Mapped[Key]
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"), unique=True)
    week_of: Mapped[date | None]
    next_attempt_at: Mapped[datetime | None]
    attempts: Mapped[int]
    sent_at: Mapped[datetime | None]
