"""Webhooks of agencies' own apps, and what is to be told to each: written with the case, sent afterwards."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from lapor.records.base import Key, OfComplaint, Record


class Webhook(Record):
    """Where a unit's app listens; an empty list of `events` means all of them.

    The secret is not stored: it is made of the site's pepper and `salt`, so that a stolen database signs nothing.
    """

    __tablename__ = "webhooks"
    id: Mapped[Key]
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    url: Mapped[str]
    salt: Mapped[str]
    events: Mapped[list[Any]]
    active: Mapped[bool]
    created_at: Mapped[datetime]


class WebhookDelivery(Record):
    """One message to one webhook. `attempts` counts how often its turn came.

    States: waiting, sent, dead (given up; it stays until it is sent again by command).
    """

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'sent', 'dead')", name="state"),
        Index("ix_webhook_deliveries_state_next_attempt_at", "state", "next_attempt_at", "id"),
    )
    id: Mapped[Key]
    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhooks.id"), index=True)
    complaint_id: Mapped[OfComplaint]
    message_id: Mapped[str] = mapped_column(unique=True)
    event: Mapped[str]
    payload: Mapped[dict[str, Any]]
    state: Mapped[str]
    created_at: Mapped[datetime]
    next_attempt_at: Mapped[datetime]
    attempts: Mapped[int]
    sent_at: Mapped[datetime | None]
    fault: Mapped[str | None]
