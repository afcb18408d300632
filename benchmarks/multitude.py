"""Databases with very many cases: real ones that the product made, and copies of their rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, cast

from sqlalchemy import BigInteger, ColumnElement, Table, Text, func, insert, literal, select, text
from sqlalchemy.orm import Session

from lapor.records import ClockRow, Complaint, Escalation, Notice, Record, TrailEntry
from tests.integration.town import Case

# in an order in which each finds what it points to
TABLES: tuple[type[Record], ...] = (Complaint, ClockRow, TrailEntry, Escalation, Notice)
# no model has rows with ids as large as this, so that copies find each other by arithmetic
SPACE = 1000


def multiply(case: Case, copies: int, *, first: int, later: timedelta = timedelta()) -> None:
    """Store so many more cases like this one, with ids from `first` on, and all that belongs to it.

    All that is due of the copies is due so much later than of the model.
    """
    with case.town.site.writing() as session:
        for record in TABLES:
            _copy(session, record, case, first, copies, later)
        for record in TABLES:
            name = record.__tablename__
            newest = select(func.max(_table(record).c.id)).scalar_subquery()
            session.execute(select(func.setval(func.pg_get_serial_sequence(name, "id"), newest)))


def settle(case: Case) -> None:
    """Have the database know what it holds, as it does after a while by itself."""
    with case.town.site.database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


def _copy(session: Session, record: type[Record], case: Case, first: int, copies: int, later: timedelta) -> None:
    model = _table(record).alias("model")
    last = literal(first + copies - 1, BigInteger)
    copy = func.generate_series(literal(first, BigInteger), last).column_valued("copy")
    own = _own(record, model.c, copy, later)
    values = [own.get(column.name, column) for column in model.c]
    key = model.c.id if record is Complaint else model.c.complaint_id
    session.execute(
        insert(record).from_select([column.name for column in model.c], select(*values).where(key == case.id))
    )


def _own(record: type[Record], model: Any, copy: ColumnElement[int], later: timedelta) -> Mapping[str, Any]:
    """What a copy does not share with its model."""
    own: dict[str, Any] = {name: model[name] + later for name in ("due_at", "next_moment_at") if name in model}
    if record is Complaint:
        told = copy.cast(Text)
        secret = func.md5(told).concat(func.md5(literal("secret ").concat(told)))
        return {**own, "id": copy, "number": literal("2026-").concat(func.lpad(told, 9, "0")), "secret_hash": secret}
    moved = {name: model[name] + SPACE * copy for name in ("id", "clock_id", "escalation_id") if name in model}
    return {**own, **moved, "complaint_id": copy}


def _table(record: type[Record]) -> Table:
    return cast(Table, record.__table__)
