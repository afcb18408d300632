"""Compare the calendar with a file of published questions and answers about working time.

A vector is one question (`op`), the calendar it is put to, and the expected answer. No file is read here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from lapor.errors import LaporError
from lapor.machine.calendar import Calendar, Pause, Window
from lapor.machine.indonesia import holidays_of

Vector = Mapping[str, Any]
Answer = datetime | date | timedelta | int | bool

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONDAY_TO_FRIDAY = _WEEKDAYS[:5]
_WHOLE_DAY = [["00:00", "24:00"]]


@dataclass(frozen=True, slots=True)
class Difference:
    """A vector that did not come out as expected; `got` says why where it could not be asked at all."""

    id: str
    op: str
    expected: str
    got: str

    def __str__(self) -> str:
        return f"{self.id} ({self.op}): expected {self.expected}, got {self.got}"


class Outcome(NamedTuple):
    """How many vectors were checked, and which of them came out otherwise."""

    checked: int
    differences: list[Difference]


def check(vectors: Mapping[str, Any]) -> Outcome:
    """Put every vector of a file to the calendar.

    Read are the lists `vectors`, `indonesia` (put to the national holidays with joint leave) and
    `calendar_amendments`, of which each is two vectors: before and after the day was added that its id ends with.
    A vector that is malformed or asks something unknown is a difference.
    """
    asked = [*_listed(vectors, "vectors"), *_listed(vectors, "indonesia")]
    for amendment in _listed(vectors, "calendar_amendments"):
        asked.extend(_before_and_after(amendment))
    return Outcome(len(asked), [difference for vector in asked for difference in _compare(vector)])


def _listed(vectors: Mapping[str, Any], name: str) -> list[object]:
    found = vectors.get(name, [])
    return found if isinstance(found, list) else [found]


def _before_and_after(amendment: object) -> Iterator[object]:
    if not isinstance(amendment, Mapping) or not isinstance(case := amendment.get("case"), Mapping):
        yield amendment
        return
    name = str(amendment.get("id"))
    added = re.search(r"\d{4}-\d{2}-\d{2}$", name)
    common = {"calendar": "ID", "workdays": _MONDAY_TO_FRIDAY, "amended": added[0] if added else None, **case}
    yield {**common, "id": f"{name} before", "expected": case.get("before"), "in_force": False}
    yield {**common, "id": f"{name} after", "expected": case.get("after"), "in_force": True}


def _compare(vector: object) -> Iterator[Difference]:
    if not isinstance(vector, Mapping):
        yield Difference("?", "?", "?", f"malformed: {vector!r} is no vector")
        return
    name, op = str(vector.get("id", "?")), str(vector.get("op", "?"))
    try:
        expected, got = _asked(op)(vector)
    except KeyError as missing:
        yield Difference(name, op, _shown(vector.get("expected")), f"malformed: {missing} is missing")
    except (LaporError, ValueError, TypeError, AttributeError, OverflowError) as fault:
        yield Difference(name, op, _shown(vector.get("expected")), f"malformed: {fault}")
    else:
        if expected != got:
            yield Difference(name, op, _shown(expected), _shown(got))


def _asked(op: str) -> Callable[[Vector], tuple[Answer, Answer]]:
    if op not in _QUESTIONS:
        raise ValueError(f"the op is none of {', '.join(_QUESTIONS)}")
    return _QUESTIONS[op]


def _due(vector: Vector) -> tuple[Answer, Answer]:
    start, working = _moment(vector, "start"), _duration(vector, "minutes")
    return _moment(vector, "expected"), _calendar(vector).after(start, working, _pauses(vector))


def _elapsed(vector: Vector) -> tuple[Answer, Answer]:
    start, end = _moment(vector, "start"), _moment(vector, "end")
    return _duration(vector, "expected"), _calendar(vector).elapsed(start, end, _pauses(vector))


def _next_open(vector: Vector) -> tuple[Answer, Answer]:
    return _moment(vector, "expected"), _calendar(vector).next_open(_moment(vector, "start"))


def _is_working(vector: Vector) -> tuple[Answer, Answer]:
    expected = vector["expected"]
    if not isinstance(expected, bool):
        raise ValueError(f"expected is neither true nor false: {expected!r}")
    return expected, _calendar(vector).is_working(_moment(vector, "start"))


def _add_days(vector: Vector) -> tuple[Answer, Answer]:
    return _day(vector, "expected"), _day_calendar(vector).add_days(_day(vector, "start"), _whole(vector, "n"))


def _count_days(vector: Vector) -> tuple[Answer, Answer]:
    if vector["count_mode"] != "inclusive_both":
        raise ValueError(f"count_mode {vector['count_mode']!r} is unknown")
    days = _day_calendar(vector).count_days(_day(vector, "start"), _day(vector, "end"))
    return _whole(vector, "expected"), days


_QUESTIONS: Mapping[str, Callable[[Vector], tuple[Answer, Answer]]] = {
    "due": _due,
    "elapsed": _elapsed,
    "next_open": _next_open,
    "is_working": _is_working,
    "add_days_date": _add_days,
    "count_days": _count_days,
}


def _calendar(vector: Vector) -> Calendar:
    special = {date.fromisoformat(day): _windows(hours) for day, hours in vector.get("special_hours", {}).items()}
    closed = {date.fromisoformat(day): "holiday" for day in vector["holidays"]}
    return Calendar(vector["tz"], _week(vector["hours"]), closed, special)


def _day_calendar(vector: Vector) -> Calendar:
    """A calendar of which only the days matter: each working day is one whole day in UTC."""
    return Calendar("UTC", _week(dict.fromkeys(vector["workdays"], _WHOLE_DAY)), _closed(vector))


def _closed(vector: Vector) -> dict[date, str]:
    if "calendar" not in vector:
        return {date.fromisoformat(day): "holiday" for day in vector["holidays"]}
    if vector["calendar"] != "ID":
        raise ValueError(f"calendar {vector['calendar']!r} is unknown")
    year, reach = _day(vector, "start").year, min(100, 1 + abs(_whole(vector, "n")) // 200)
    closed = holidays_of(range(year - reach, year + reach + 1))
    if "amended" in vector:
        amended = _day(vector, "amended")
        closed = {day: name for day, name in closed.items() if day != amended}
        closed |= {amended: "amended"} if vector["in_force"] else {}
    return closed


def _week(hours: Mapping[str, Any]) -> dict[int, tuple[Window, ...]]:
    if not isinstance(hours, Mapping):
        raise ValueError(f"the hours are no table of weekdays: {hours!r}")
    if strange := set(hours) - set(_WEEKDAYS):
        raise ValueError(f"{', '.join(sorted(strange))}: a weekday is one of {', '.join(_WEEKDAYS)}")
    return {_WEEKDAYS.index(weekday): _windows(windows) for weekday, windows in hours.items()}


def _windows(hours: list[list[str]]) -> tuple[Window, ...]:
    return tuple(Window.parse(opening, closing) for opening, closing in hours)


def _pauses(vector: Vector) -> list[Pause]:
    return [(datetime.fromisoformat(held), datetime.fromisoformat(resumed)) for held, resumed in vector["pauses"]]


def _moment(vector: Vector, key: str) -> datetime:
    moment = datetime.fromisoformat(_text(vector, key))
    if moment.tzinfo is None:
        raise ValueError(f"{key} needs a zone: {vector[key]}")
    return moment


def _duration(vector: Vector, key: str) -> timedelta:
    try:
        return timedelta(minutes=vector[key])
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"{key} is no number of minutes: {vector[key]!r}") from error


def _day(vector: Vector, key: str) -> date:
    return date.fromisoformat(_text(vector, key))


def _text(vector: Vector, key: str) -> str:
    value = vector[key]
    if not isinstance(value, str):
        raise ValueError(f"{key} is no text: {value!r}")
    return value


def _whole(vector: Vector, key: str) -> int:
    value = vector[key]
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"{key} is no whole number: {value!r}")
    return value


def _shown(value: object) -> str:
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat()
        case timedelta():
            return f"{value / timedelta(minutes=1)} minutes"
        case _:
            return str(value)
