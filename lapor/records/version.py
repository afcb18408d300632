"""Immutable versions of what cases run under, and the signs of life of what runs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lapor.records.base import Key, Record


class DefinitionVersion(Record):
    """A workflow definition as it was when first used."""

    __tablename__ = "definitions"
    __table_args__ = (UniqueConstraint("name", "version"),)
    id: Mapped[Key]
    name: Mapped[str]
    version: Mapped[int]
    fingerprint: Mapped[str]
    source: Mapped[str]


class CalendarVersion(Record):
    """Office hours and days off as they were when first used: {"week": ..., "closed": ..., "special": ...}."""

    __tablename__ = "calendars"
    id: Mapped[Key]
    fingerprint: Mapped[str]
    content: Mapped[dict[str, Any]]


class Revision(Record):
    """Grows with every change of what an engine is built from, so that all others build theirs anew."""

    __tablename__ = "revisions"
    id: Mapped[Key]
    number: Mapped[int]


class Heartbeat(Record):
    """When a part last did its work."""

    __tablename__ = "heartbeats"
    name: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
