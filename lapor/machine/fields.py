"""The types of the fields that moves take, checked alike for people, clocks and importers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from lapor.errors import InvalidFields
from lapor.machine.definition import CATALOGUES, CLASSES, Move, Need

LONGEST_TEXT = 10_000
LONGEST_CODE = 200
# no NUL, which PostgreSQL cannot store, and not only white space
TEXT_PATTERN = r"^[^\x00]*[^\s\x00][^\x00]*$"

Find = Callable[[str, str], object | None]


def check(move: Move, fields: Mapping[str, Any], *, now: datetime, find: Find) -> dict[str, Any]:
    """Return the fields as values: codes become what `find(type, code)` returns, dates and moments are parsed.

    Raises:
        InvalidFields: every fault at once, by field; nothing was changed.
    """
    needs = {need.name: need for need in move.needs}
    errors = {name: ["Unknown field; allowed: " + (", ".join(needs) or "none") + "."] for name in fields.keys() - needs}
    values: dict[str, Any] = {}
    for need in move.needs:
        given = fields.get(need.name)
        if given is None:
            if not need.optional:
                errors[need.name] = [f"Required: {describe(need, move)}."]
            continue
        try:
            values[need.name] = _CHECKS[need.type](given, move, now, find)
        except ValueError as fault:
            errors[need.name] = [str(fault)]
    if errors:
        raise InvalidFields(errors)
    return values


def text(value: Any, longest: int = LONGEST_TEXT) -> str:
    """Return the text unchanged.

    Raises:
        ValueError: no string, blank, longer than `longest` characters, or with NUL or half a surrogate pair.
    """
    if not isinstance(value, str):
        raise ValueError("Must be a text.")
    if not value.strip():
        raise ValueError("Must not be blank.")
    if len(value) > longest:
        raise ValueError(f"Must have at most {longest} characters, has {len(value)}.")
    if "\x00" in value or any("\ud800" <= char <= "\udfff" for char in value):
        raise ValueError("Must not contain NUL or half a surrogate pair.")
    return value


def moment(value: Any, now: datetime) -> datetime:
    """Return an RFC 3339 moment in UTC.

    Raises:
        ValueError: not a moment with an offset, or later than `now`.
    """
    try:
        parsed = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        utc = parsed.astimezone(UTC) if parsed.tzinfo else None
    except (TypeError, ValueError, OverflowError):
        raise ValueError("Must be a moment such as 2026-03-17T02:00:00Z.") from None
    if utc is None:
        raise ValueError("Must have an offset, such as Z or +07:00.")
    if utc > now:
        raise ValueError("Must not be in the future.")
    return utc


def day(value: Any) -> date:
    """Return a date.

    Raises:
        ValueError: not of the form 2026-03-17.
    """
    try:
        parsed = date.fromisoformat(value)
    except (TypeError, ValueError):
        parsed = None
    # fromisoformat also reads 20260317 and 2026-W12-2
    if parsed is None or parsed.isoformat() != value:
        raise ValueError("Must be a date such as 2026-03-17.")
    return parsed


def point(value: Any) -> dict[str, float]:
    """Return {"lat", "lon"} in degrees (WGS 84).

    Raises:
        ValueError: other keys, no numbers, or out of range.
    """
    if not isinstance(value, Mapping) or set(value) != {"lat", "lon"}:
        raise ValueError("Must be {lat, lon} in degrees.")
    lat, lon = value["lat"], value["lon"]
    numbers = all(isinstance(part, int | float) and not isinstance(part, bool) for part in (lat, lon))
    if not numbers or not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise ValueError("lat must be from -90 to 90 and lon from -180 to 180.")
    return {"lat": float(lat), "lon": float(lon)}


def describe(need: Need, move: Move) -> str:
    """Say in words what a field must be."""
    if need.type == "reason":
        return "one of " + ", ".join(CATALOGUES[move.reason or ""])
    if need.type == "classification":
        return "one of " + ", ".join(CLASSES)
    return _WORDS.get(need.type, f"a {need.type}")


def schema(move: Move) -> dict[str, Any]:
    """Return the JSON Schema of a move's fields, good enough to draw a form from."""
    return {
        "type": "object",
        "properties": {need.name: _property(need, move) for need in move.needs},
        "required": [need.name for need in move.needs if not need.optional],
        "additionalProperties": False,
    }


def _property(need: Need, move: Move) -> dict[str, Any]:
    if need.type == "reason":
        return {"type": "string", "enum": list(CATALOGUES[move.reason or ""])}
    return dict(_SCHEMAS[need.type])


def _code(kind: str) -> Callable[..., object]:
    def check_code(value: Any, _move: Move, _now: datetime, find: Find) -> object:
        found = find(kind, text(value, LONGEST_CODE))
        if found is None:
            raise ValueError(f"There is no {kind} with the code {value!r}.")
        return found

    return check_code


def _case(value: Any, _move: Move, _now: datetime, find: Find) -> object:
    found = find("case", text(value, LONGEST_CODE))
    if found is None:
        raise ValueError(f"There is no case with the number {value!r}.")
    return found


def _one_of(value: Any, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise ValueError("Must be one of: " + ", ".join(allowed) + ".")
    return str(value)


def _exactly(kind: type, words: str) -> Callable[..., Any]:
    def check_kind(value: Any, *_rest: object) -> Any:
        if type(value) is not kind:
            raise ValueError(words)
        return value

    return check_kind


_CHECKS: Mapping[str, Callable[..., Any]] = {
    "text": lambda value, *_: text(value),
    "date": lambda value, *_: day(value),
    "moment": lambda value, _move, now, _find: moment(value, now),
    "unit": _code("unit"),
    "post": _code("post"),
    "category": _code("category"),
    "case": _case,
    "classification": lambda value, *_: _one_of(value, CLASSES),
    "reason": lambda value, move, *_: _one_of(value, CATALOGUES[move.reason or ""]),
    "integer": _exactly(int, "Must be a whole number."),
    "boolean": _exactly(bool, "Must be true or false."),
    "point": lambda value, *_: point(value),
}
TYPES = frozenset(_CHECKS)
_WORDS = {
    **{kind: f"the code of a {kind}" for kind in ("unit", "post", "category")},
    "case": "the tracking number of a case",
    "integer": "a whole number",
    "boolean": "true or false",
}
_CODE_SCHEMA = {"type": "string", "minLength": 1, "maxLength": LONGEST_CODE}
_SCHEMAS: Mapping[str, dict[str, Any]] = {
    "text": {"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT, "pattern": TEXT_PATTERN},
    "date": {"type": "string", "format": "date"},
    "moment": {"type": "string", "format": "date-time"},
    "unit": {**_CODE_SCHEMA, "x-code": "unit"},
    "post": {**_CODE_SCHEMA, "x-code": "post"},
    "category": {**_CODE_SCHEMA, "x-code": "category"},
    "case": {**_CODE_SCHEMA, "x-code": "case"},
    "classification": {"type": "string", "enum": list(CLASSES)},
    "integer": {"type": "integer"},
    "boolean": {"type": "boolean"},
    "point": {
        "type": "object",
        "properties": {
            "lat": {"type": "number", "minimum": -90, "maximum": 90},
            "lon": {"type": "number", "minimum": -180, "maximum": 180},
        },
        "required": ["lat", "lon"],
        "additionalProperties": False,
    },
}
