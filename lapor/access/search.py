"""Full-text search: how words that somebody looks for become a condition on cases, on either database.

Confidential texts are in neither index; whose content may be found is for `reading` to say.
"""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import ColumnElement, and_, column, false, func, literal_column, or_, select, table
from sqlalchemy.orm import Session

from lapor.records import Complaint

_WORDS = re.compile(r"[^\W_]+")
# word for word what is indexed, see migration 0004
_INDEXED: ColumnElement[Any] = literal_column(
    "to_tsvector('indonesian', regexp_replace(complaints.title || ' ' || complaints.text, '[[:punct:]]+', ' ', 'g'))"
)
_CONFIGURATION: ColumnElement[Any] = literal_column("'indonesian'")
_FTS5 = table("complaint_search", column("rowid"), column("complaint_search"))


def says(session: Session, asked: str) -> ColumnElement[bool]:
    """The condition that title and text hold all words of `asked`, in any order; nothing holds what has no word.

    PostgreSQL knows the forms of Indonesian words, and forgives misspellings of what stands in the title.
    """
    words = _WORDS.findall(asked)
    if not words:
        return false()
    on_postgres = session.get_bind().dialect.name == "postgresql"
    return and_(~Complaint.confidential, _on_postgres(words) if on_postgres else _on_sqlite(words))


def _on_postgres(words: list[str]) -> ColumnElement[bool]:
    found = _INDEXED.bool_op("@@")(func.plainto_tsquery(_CONFIGURATION, " ".join(words)))
    return or_(found, and_(*(Complaint.title.bool_op("%>")(word) for word in words)))


def _on_sqlite(words: list[str]) -> ColumnElement[bool]:
    # quoted, so that AND, OR, NEAR and * are words and signs like any other
    phrases = " ".join(f'"{word}"' for word in words)
    return Complaint.id.in_(select(_FTS5.c.rowid).where(_FTS5.c.complaint_search.bool_op("MATCH")(phrases)))
