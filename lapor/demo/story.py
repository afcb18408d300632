"""The story: which complaint comes in when, and who does what with it. The plan is data, in `story.yaml` beside this."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from lapor.directory.demo import Sample
from lapor.machine.calendar import Calendar
from lapor.machine.definition import Label

FILE = Path(__file__).with_name("story.yaml")
SUBMIT = "submit"
CONFIDENTIAL = "(rahasia / confidential)"


@dataclass(frozen=True, slots=True)
class Role:
    """One complaint's part in the story. `number`: its place among all, from 0."""

    sample: Sample
    course: str
    number: int

    @property
    def shown(self) -> str:
        """Its title, as everybody may read it."""
        return CONFIDENTIAL if self.sample.submission.get("confidential") else str(self.sample.submission["title"])


@dataclass(frozen=True, slots=True, order=True)
class Step:
    """Something that somebody does. Steps of one moment come in the order of the story."""

    at: datetime
    order: tuple[int, int]
    role: Role = field(compare=False)
    actor: str = field(compare=False)
    move: str = field(compare=False)
    fields: Mapping[str, Any] = field(compare=False)


@dataclass(frozen=True, slots=True)
class Story:
    """The days from `first` to `last`, and all steps in their order."""

    first: date
    last: date
    courses: Mapping[str, Label]
    steps: Sequence[Step]


def read(calendar: Calendar, samples: Iterable[Sample]) -> Story:
    """Read the plan, and lay it over a calendar.

    Raises:
        KeyError: the plan names a course or a complaint that is not there.
    """
    plan = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    titled = {sample.submission["title"]: sample for sample in samples}
    last = plan["begins"] + timedelta(days=plan["days"] - 1)
    steps = []
    for number, (came, course, title, *keyed) in enumerate(plan["complaints"]):
        days, _, clock = came.partition(" ")
        day = plan["begins"] + timedelta(days=int(days) - 1)
        role = Role(titled[title], course, number)
        steps.append(_submission(role, _moment(calendar, day, clock), *keyed))
        steps.extend(_steps(role, day, calendar, plan))
    courses = {name: Label(**course["label"]) for name, course in plan["courses"].items()}
    return Story(plan["begins"], last, courses, sorted(step for step in steps if calendar.day(step.at) <= last))


def _submission(role: Role, at: datetime, keyed: Mapping[str, Any] | None = None) -> Step:
    fields = {**role.sample.submission, **(keyed or {})}
    return Step(at, (role.number, 0), role, "coordinator" if keyed else "reporter", SUBMIT, fields)


def _steps(role: Role, day: date, calendar: Calendar, plan: Mapping[str, Any]) -> Iterator[Step]:
    for index, (when, actor, move, *given) in enumerate(plan["courses"][role.course]["steps"], start=1):
        days, _, clock = when.partition(" ")
        # nobody does everything at the same minute
        at = _moment(calendar, calendar.add_days(day, int(days)), clock) + timedelta(minutes=role.number)
        yield Step(at, (role.number, index), role, actor, move, _fields(role.sample, move, plan["texts"], *given))


def _fields(
    sample: Sample, move: str, texts: Mapping[str, str], given: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    found: dict[str, Any] = {"text": texts[move]} if move in texts else {}
    if move == "dispose":
        found = {"unit": sample.competent_unit, "category": sample.submission["category"]}
        named = {"classification": sample.classification, "reported": sample.reported}
        found |= {name: value for name, value in named.items() if value}
    return found | dict(given or {})


def _moment(calendar: Calendar, day: date, clock: str) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), ZoneInfo(calendar.zone))
