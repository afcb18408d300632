"""Categories and regions: find them by code, add those that are not there yet."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from lapor.records import CategoryRow, RegionRow

OTHER = "Topik Lainnya"


def code_of(name: str) -> str:
    """The code that a name gets: lower case, ASCII, words joined by hyphens; never empty.

    >>> code_of("KTP (Kartu Tanda Penduduk)")
    'ktp-kartu-tanda-penduduk'
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "x"


def find_or_add(session: Session, names: Iterable[str]) -> Mapping[str, CategoryRow]:
    """The categories of these names, those that are not there added; names that differ only in form share one."""
    rows = {row.code: row for row in session.scalars(select(CategoryRow))}
    found = {}
    for name in names:
        code = code_of(name)
        if code not in rows:
            rows[code] = CategoryRow(code=code, name=name)
            session.add(rows[code])
        found[name] = rows[code]
    session.flush()
    return found


def add_regions(session: Session, regions: Iterable[tuple[str, str, str | None]]) -> None:
    """Add regions (code, name, code of the one around it) that are not there yet."""
    known = set(session.scalars(select(RegionRow.code)))
    session.add_all(
        RegionRow(code=code, name=name, parent_code=parent) for code, name, parent in regions if code not in known
    )
    session.flush()
