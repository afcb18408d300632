"""Lists come in pages: a cursor says after which item the next one starts, so that nothing is skipped or repeated."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from marshmallow import Schema, fields, validate
from sqlalchemy import Select
from sqlalchemy.orm import InstrumentedAttribute, Session

from api.fields import Request
from lapor.errors import InvalidFields
from lapor.records import Complaint

DEFAULT, MOST = 50, 200
LARGEST_ID = 2**63 - 1
_LONGEST_CURSOR = 1000

Item = TypeVar("Item")


class PageQuery(Request):
    """Where a page starts and how long it is."""

    limit = fields.Integer(
        load_default=DEFAULT,
        validate=validate.Range(1, MOST, error="Must be from {min} to {max}."),
        error_messages={"invalid": f"Must be a whole number from 1 to {MOST}."},
    )
    cursor = fields.String(metadata={"description": "The `next` of the page before."})


def page_of(item: type[Schema], name: str) -> type[Schema]:
    """The schema of a page of these items."""
    cursor = fields.String(required=True, allow_none=True, metadata={"description": "Cursor; null on the last page"})
    items = fields.List(fields.Nested(item), required=True)
    made: type[Schema] = type(f"{name}Schema", (Schema,), {"items": items, "next": cursor})
    return made


def write_cursor(*mark: Any) -> str:
    """The opaque form of the place after which the next page starts."""
    return base64.urlsafe_b64encode(json.dumps(mark).encode()).decode().rstrip("=")


def read_cursor(cursor: str | None, read: Callable[..., Item]) -> Item | None:
    """What `read` makes of the place that a cursor marks; None without a cursor.

    Raises:
        InvalidFields: it is none, or one of another list: `read` takes other arguments or raises ValueError.
    """
    if cursor is None:
        return None
    try:
        if len(cursor) > _LONGEST_CURSOR:
            raise ValueError(cursor)
        padded = cursor + "=" * (-len(cursor) % 4)
        return read(*json.loads(base64.b64decode(padded, altchars=b"-_", validate=True)))
    except (ValueError, TypeError, OverflowError, RecursionError):
        raise InvalidFields({"cursor": ["Must be the `next` of the page before, asked for in the same way."]}) from None


def an_id(value: Any) -> int:
    """Return an id as the database has them.

    Raises:
        ValueError: it is none.
    """
    if type(value) is not int or not 0 < value <= LARGEST_ID:
        raise ValueError(value)
    return value


def cut(rows: Sequence[Item], limit: int, mark: Callable[[Item], Sequence[Any]]) -> dict[str, Any]:
    """A page of rows that were read with one more than `limit`: that one shows whether there is a next page."""
    shown = list(rows[:limit])
    return {"items": shown, "next": write_cursor(*mark(shown[-1])) if len(rows) > limit else None}


def by_id(
    session: Session, rows: Select[Any, Complaint], id: InstrumentedAttribute[int], asked: Mapping[str, Any]
) -> dict[str, Any]:
    """The page that is asked for of rows that begin with the record of this id, oldest first."""
    after = read_cursor(asked.get("cursor"), an_id)
    if after:
        rows = rows.where(id > after)
    found = session.execute(rows.order_by(id).limit(asked["limit"] + 1)).all()
    return cut(found, asked["limit"], lambda row: [row[0].id])
