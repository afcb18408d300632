"""The lines of a file that can be replayed, and those that cannot, with the reason."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lapor.directory import categories
from lapor.errors import CannotRun
from lapor.machine.fields import text as checked

TITLE = 80


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the file that can be replayed. Moments are in UTC."""

    n: int
    title: str
    text: str
    topic: str
    address: str | None
    unit: str
    received_at: datetime
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class Rejected:
    """One line that cannot, and why."""

    n: int
    why: str


def read(path: Path, units: Mapping[str, str]) -> tuple[list[Line], list[Rejected]]:
    """Read the file. `units` are codes by name.

    Raises:
        CannotRun: the file cannot be read.
    """
    lines: list[Line] = []
    rejected: list[Rejected] = []
    try:
        raw = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as fault:
        raise CannotRun(f"{path} cannot be read: {fault}") from None
    seen: set[int] = set()
    for number, content in enumerate(raw, 1):
        if content.strip():
            found = _line(number, content, units, seen)
            (lines if isinstance(found, Line) else rejected).append(found)  # type: ignore[arg-type]
    return lines, rejected


def _line(number: int, content: str, units: Mapping[str, str], seen: set[int]) -> Line | Rejected:
    n = number
    try:
        said = json.loads(content)
        n = said["n"] if type(said["n"]) is int else number
        line = _parsed(n, said, units)
        if n in seen:
            raise ValueError("this number stands twice")
    except (KeyError, TypeError, ValueError, AttributeError) as fault:
        missing = f"{fault} is missing" if isinstance(fault, KeyError) else str(fault)
        return Rejected(n, missing)
    seen.add(n)
    return line


def _parsed(n: int, said: Mapping[str, Any], units: Mapping[str, str]) -> Line:
    text, topic = checked(said["text"]), said["topic"]
    if said["unit"] not in units:
        raise ValueError(f"unknown unit {said['unit']!r}")
    received, answer = _moment(said["submitted_utc"]), said["first_response_utc"]
    answered = _moment(answer) if answer is not None else None
    if answered is not None and answered < received:
        raise ValueError("answered before it was received")
    title = checked(topic) if topic is not None else text[:TITLE]
    name = topic if topic is not None else categories.OTHER
    return Line(n, title, text, name, said["address"], units[said["unit"]], received, answered)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def fingerprint(path: Path) -> str:
    """What tells one file from another, so that a replay only goes on with its own."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
