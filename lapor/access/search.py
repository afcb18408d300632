"""Full-text search: how words that somebody looks for become a condition on cases or public versions, on either database.

Confidential texts are in no index; whose content may be found is for `reading` to say.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, column, false, func, literal_column, or_, select, table
from sqlalchemy.orm import Session
from sqlalchemy.sql.expression import SQLColumnExpression

from lapor.records import Complaint, PublicVersion

_WORDS = re.compile(r"[^\W_]+")
_CONFIGURATION: ColumnElement[Any] = literal_column("'indonesian'")


@dataclass(frozen=True, slots=True)
class _Index:
    """The columns of title and text, their FTS5 table, and word for word what PostgreSQL has indexed of them."""

    id: SQLColumnExpression[int]
    title: SQLColumnExpression[Any]
    fts5: str
    indexed: str

    def says(self, session: Session, words: list[str]) -> ColumnElement[bool]:
        """The condition that a row holds all words."""
        on_postgres = session.get_bind().dialect.name == "postgresql"
        return self._on_postgres(words) if on_postgres else self._on_sqlite(words)

    def _on_postgres(self, words: list[str]) -> ColumnElement[bool]:
        indexed: ColumnElement[Any] = literal_column(self.indexed)
        found = indexed.bool_op("@@")(func.plainto_tsquery(_CONFIGURATION, " ".join(words)))
        return or_(found, and_(*(self.title.bool_op("%>")(word) for word in words)))

    def _on_sqlite(self, words: list[str]) -> ColumnElement[bool]:
        # quoted, so that AND, OR, NEAR and * are words and signs like any other
        phrases = " ".join(f'"{word}"' for word in words)
        fts5 = table(self.fts5, column("rowid"), column(self.fts5))
        return self.id.in_(select(fts5.c.rowid).where(fts5.c[self.fts5].bool_op("MATCH")(phrases)))


def _indexed(of: str) -> str:
    return f"to_tsvector('indonesian', regexp_replace({of}.title || ' ' || {of}.text, '[[:punct:]]+', ' ', 'g'))"


# see migrations 0004 and 0009
_CASES = _Index(Complaint.id, Complaint.title, "complaint_search", _indexed("complaints"))
_PUBLIC = _Index(PublicVersion.id, PublicVersion.title, "public_search", _indexed("public_versions"))


def says(session: Session, asked: str) -> ColumnElement[bool]:
    """The condition that title and text hold all words of `asked`, in any order; nothing holds what has no word.

    PostgreSQL knows the forms of Indonesian words, and forgives misspellings of what stands in the title.
    """
    words = _WORDS.findall(asked)
    return and_(~Complaint.confidential, _CASES.says(session, words)) if words else false()


def says_publicly(session: Session, asked: str) -> ColumnElement[bool]:
    """The same of a public version: what only the original says is not found."""
    words = _WORDS.findall(asked)
    return and_(PublicVersion.withdrawn_at.is_(None), _PUBLIC.says(session, words)) if words else false()
