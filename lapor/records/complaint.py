"""The case itself."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lapor.records.base import Key, OfComplaint, Record


class Complaint(Record):
    """A case of any kind. Only `handling/move.py` changes one; what title and text say never changes.

    `due_at` and `next_moment_at` repeat the earliest of its clocks for lists and sweeps; `handling/clocks.py` keeps them.
    `tally` counts the moves made, and what moves count. With a `content_key` all its texts are sealed, here and elsewhere.
    Since `erased_at` there are none any more, nor a key, and nothing opens the case. A part that was split off has the
    `whole_id` of the case that somebody reported, whose secret is its own. `linked_to_id` is an earlier case about the same matter.
    """

    __tablename__ = "complaints"
    __table_args__ = (
        CheckConstraint("trail_length > 0", name="has_trail"),
        Index("ix_complaints_open_due", "is_open", "due_at", "id"),
        Index("ix_complaints_holder", "holder_id", "received_at", "id"),
        Index("ix_complaints_received", "received_at", "id"),
    )
    id: Mapped[Key]
    number: Mapped[str] = mapped_column(unique=True)
    secret_hash: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    definition_version: Mapped[int]
    classification: Mapped[str | None]
    state: Mapped[str]
    phase: Mapped[str | None]
    is_open: Mapped[bool]
    since: Mapped[datetime]
    previous_state: Mapped[str | None]
    holder_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    door_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id"))
    reviewer_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id"))
    drafter_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id"))
    competent_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    bound: Mapped[bool]
    tally: Mapped[dict[str, Any]]
    took_part: Mapped[list[Any]]
    received_at: Mapped[datetime]
    completed_at: Mapped[datetime]
    title: Mapped[str]
    text: Mapped[str]
    remedy_sought: Mapped[str | None]
    wished_agency: Mapped[str | None]
    channel: Mapped[str]
    incident_date: Mapped[date | None]
    category_id: Mapped[int | None] = mapped_column(ForeignKey("categories.id"))
    region_id: Mapped[int | None] = mapped_column(ForeignKey("regions.id"))
    address: Mapped[str | None]
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    anonymous: Mapped[bool]
    confidential: Mapped[bool]
    content_key: Mapped[str | None]
    reporter_id: Mapped[int | None] = mapped_column(ForeignKey("reporters.id"))
    whole_id: Mapped[int | None] = mapped_column(ForeignKey("complaints.id"), index=True)
    version: Mapped[int]
    trail_length: Mapped[int]
    trail_head: Mapped[str]
    due_at: Mapped[datetime | None]
    next_moment_at: Mapped[datetime | None] = mapped_column(index=True)
    put_off: Mapped[str | None]
    erased_at: Mapped[datetime | None]
    linked_to_id: Mapped[int | None] = mapped_column(ForeignKey("complaints.id"), index=True)


class ReportedParty(Record):
    """A unit or post that a complaint is about: never its holder, recipient or reader where it alleges misconduct."""

    __tablename__ = "reported_parties"
    __table_args__ = (
        UniqueConstraint("complaint_id", "unit_id", "post_id"),
        CheckConstraint("(unit_id IS NULL) != (post_id IS NULL)", name="one_party"),
    )
    id: Mapped[Key]
    complaint_id: Mapped[OfComplaint]
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    post_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id"))
