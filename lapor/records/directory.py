"""Units, posts and their absences, categories, regions and service standards."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from lapor.records.base import Key, Record


class UnitRow(Record):
    """A unit of the tree of government."""

    __tablename__ = "units"
    id: Mapped[Key]
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    kind: Mapped[str]
    zone: Mapped[str]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"), index=True)


class PostRow(Record):
    """A post of a unit; the one with the lowest position is its head."""

    __tablename__ = "posts"
    id: Mapped[Key]
    code: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"), index=True)
    position: Mapped[int]
    reports_to_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id"))
    vacant: Mapped[bool]
    acting: Mapped[bool]
    role: Mapped[str]
    email: Mapped[str | None]


class AbsenceRow(Record):
    """A post that is absent from `since` until before `until`, and its deputy (Plh.), as `organisation.Absence`.

    `ended_at` is None while it lasts or is still to come; what has ended is left out of the organisation.
    """

    __tablename__ = "absences"
    id: Mapped[Key]
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"), index=True)
    deputy_id: Mapped[int] = mapped_column(ForeignKey("posts.id"))
    since: Mapped[datetime]
    until: Mapped[datetime]
    ended_at: Mapped[datetime | None] = mapped_column(index=True)


class CategoryRow(Record):
    """A topic that complaints are about."""

    __tablename__ = "categories"
    id: Mapped[Key]
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]


class RegionRow(Record):
    """A region by its official code (Kemendagri)."""

    __tablename__ = "regions"
    id: Mapped[Key]
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    parent_code: Mapped[str | None]


class StandardRow(Record):
    """A version of a service standard, as `engine.Standard`; None leaves class or category open.

    Until the head of the agency has signed it, it is a draft that sets no clock; afterwards the database itself
    refuses to change it.
    A version without a budget withdraws the one before. What was stored before signatures has a moment and no signer.
    """

    __tablename__ = "service_standards"
    __table_args__ = (CheckConstraint("signer_id IS NULL OR signed_at IS NOT NULL", name="signed"),)
    id: Mapped[Key]
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    kind: Mapped[str]
    classification: Mapped[str | None]
    category_id: Mapped[int | None] = mapped_column(ForeignKey("categories.id"))
    budget: Mapped[str | None]
    valid_from: Mapped[date]
    drafter_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id"))
    signer_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id"))
    signed_at: Mapped[datetime | None]
