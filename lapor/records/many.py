"""Many rows at once: PostgreSQL reads them from one text, in one statement whatever their number; SQLite one by one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Table,
    TableValuedAlias,
    bindparam,
    column,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import ARRAY, JSON
from sqlalchemy.orm import InstrumentedAttribute, Session

from lapor.records.base import Json, Record, canonical

Rows = Sequence[Mapping[str, Any]]
"""Values by column, for each row the same columns."""
Ids = dict[tuple[Any, ...], int]
"""The ids of rows by what tells them apart."""
INSERTS: Mapping[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}
"""By database, an insert that knows what to do where a row is there already."""


def add(session: Session, record: type[Record], rows: Rows, *, by: Sequence[str] = ()) -> Ids:
    """Store new rows; return their ids by the columns `by`, if any are asked for."""
    if not rows:
        return {}
    table = _table(record)
    adding = insert(table)
    asked = adding.returning(table.c.id, *(table.c[name] for name in by)) if by else adding
    if _reads_texts(session):
        stored = session.execute(asked.from_select(list(rows[0]), select(_given(session, record, rows))))
    else:
        stored = session.execute(asked, rows)
    return {tuple(key): made for made, *key in stored} if by else {}


def change(session: Session, record: type[Record], rows: Rows) -> None:
    """Change rows that are there, each named by its `id`; what the session holds of them is out of date then."""
    if not rows:
        return
    table = _table(record)
    names = [name for name in rows[0] if name != "id"]
    if _reads_texts(session):
        given = _given(session, record, rows)
        changed = update(table).where(table.c.id == given.c.id).values({name: given.c[name] for name in names})
        session.execute(changed)
    else:
        this = update(table).where(table.c.id == bindparam("_id"))
        changed = this.values({name: bindparam(f"_{name}") for name in names})
        session.execute(changed, [{f"_{name}": value for name, value in row.items()} for row in rows])


def among(session: Session, column: InstrumentedAttribute[int], ids: Sequence[int]) -> ColumnElement[bool]:
    """Whether a column holds one of so many numbers."""
    if _reads_texts(session):
        return column == func.any(literal(ids, ARRAY(BigInteger)))
    return column.in_(ids)


def _table(record: type[Record]) -> Table:
    return cast(Table, record.__table__)


def _reads_texts(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"


def _given(session: Session, record: type[Record], rows: Rows) -> TableValuedAlias:
    types = {name: _table(record).c[name].type for name in rows[0]}
    nested = [name for name, kind in types.items() if isinstance(kind, Json)]
    said = [{**row, **{name: canonical(row[name]) for name in nested}} for row in rows] if nested else rows
    listed = func.json_to_recordset(literal(json.dumps(said, default=datetime.isoformat)).cast(JSON))
    return listed.table_valued(*(column(name, kind) for name, kind in types.items()), name="given").render_derived(
        with_types=True
    )
