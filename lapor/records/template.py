"""Texts that a unit keeps ready for its answers."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from lapor.records.base import Key, Record


class AnswerTemplate(Record):
    """A text with placeholders. Without a category it is for any; `post_id` is who changed it last."""

    __tablename__ = "answer_templates"
    id: Mapped[Key]
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"), index=True)
    category_id: Mapped[int | None] = mapped_column(ForeignKey("categories.id"))
    name: Mapped[str]
    text: Mapped[str]
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"))
    changed_at: Mapped[datetime]
