"""A calendar as people write it, in YAML: what decrees change of the settings' calendar. Read whole, or refused whole."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import Any

from lapor import settings_fields, settings_file
from lapor.errors import CalendarFaulty
from lapor.machine import indonesia
from lapor.machine.calendar import Window
from lapor.machine.edition import Decree, Edition, Hours, Period, Week
from lapor.settings_fields import Opening, day, in_order, like, listed, named, needed, nested, text, whole

NO_HOURS = "must be open on one day at least, as in monday: ['07:30-12:00', '13:00-16:00']"
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _part(field: Any, default: object = dataclasses.MISSING) -> Any:
    return dataclasses.field(default=default, metadata={"field": field})


def _list(kind: type) -> Any:
    return _part(listed(nested(kind)), ())


def _named(example: str) -> Any:
    return _part(text(like(r"[\s\S]*\S[\s\S]*", example)))


@dataclass(frozen=True, slots=True)
class _Decree:
    number: str = _named("SKB 3 Menteri 1/2026")
    day: date = _part(day(key="date"))

    @property
    def meant(self) -> Decree:
        return Decree(self.number, self.day)


@dataclass(frozen=True, slots=True)
class _Week:
    monday: tuple[Window, ...] = _part(listed(Opening(), in_order), ())
    tuesday: tuple[Window, ...] = _part(listed(Opening(), in_order), ())
    wednesday: tuple[Window, ...] = _part(listed(Opening(), in_order), ())
    thursday: tuple[Window, ...] = _part(listed(Opening(), in_order), ())
    friday: tuple[Window, ...] = _part(listed(Opening(), in_order), ())
    saturday: tuple[Window, ...] = _part(listed(Opening(), in_order), ())
    sunday: tuple[Window, ...] = _part(listed(Opening(), in_order), ())

    @property
    def meant(self) -> Week:
        days = ((weekday, getattr(self, name)) for weekday, name in enumerate(WEEKDAYS))
        return {weekday: windows for weekday, windows in days if windows}


@dataclass(frozen=True, slots=True)
class _DayOff:
    day: date = _part(day(key="date"))
    name: str = _named("Hari Kemerdekaan")
    decree: _Decree | None = _part(nested(_Decree), None)


@dataclass(frozen=True, slots=True)
class _Worked:
    day: date = _part(day(key="date"))
    decree: _Decree | None = _part(nested(_Decree), None)


@dataclass(frozen=True, slots=True)
class _Override:
    day: date = _part(day(key="date"))
    hours: tuple[Window, ...] = _part(needed(listed(Opening(), in_order)))
    decree: _Decree | None = _part(nested(_Decree), None)


@dataclass(frozen=True, slots=True)
class _Period:
    first: date = _part(day(key="from"))
    last: date = _part(day(key="to"))
    name: str = _named("Ramadan")
    week: _Week = _part(needed(nested(_Week)))

    @property
    def meant(self) -> Period:
        return Period(self.name, self.first, self.last, self.week.meant)


@dataclass(frozen=True, slots=True)
class _Office:
    week: _Week = _part(needed(nested(_Week)))
    periods: tuple[_Period, ...] = _list(_Period)
    days_off: tuple[_DayOff, ...] = _list(_DayOff)
    overrides: tuple[_Override, ...] = _list(_Override)


@dataclass(frozen=True, slots=True)
class _File:
    decree: _Decree = _part(needed(nested(_Decree)))
    decreed: tuple[int, ...] = _part(listed(whole(indonesia.YEARS.start, indonesia.YEARS.stop - 1)), ())
    days_off: tuple[_DayOff, ...] = _list(_DayOff)
    worked: tuple[_Worked, ...] = _list(_Worked)
    overrides: tuple[_Override, ...] = _list(_Override)
    week: _Week | None = _part(nested(_Week), None)
    periods: tuple[_Period, ...] = _list(_Period)
    units: Mapping[str, _Office] = dataclasses.field(default_factory=dict, metadata={"field": named(nested(_Office))})


def load(path: Path, *, base: Edition, units: Collection[str]) -> Edition:
    """The calendar that a file makes of `base`, that of the settings; nothing is stored. `units` are the codes there are.

    Raises:
        CalendarFaulty: with all faults of shape, or else all of meaning.
    """
    faults: list[str] = []
    values = settings_file.read(path, str(path), faults)
    if faults:
        raise CalendarFaulty(faults)
    said, faults = settings_fields.read(_File, values)
    if faults := faults or list(_faults(said, base, units)):
        raise CalendarFaulty(faults)
    return _edition(said, base)


def _faults(said: _File, base: Edition, units: Collection[str]) -> Iterator[str]:
    off = {each.day for each in said.days_off}
    for n, worked in enumerate(said.worked):
        if worked.day not in base.national.closed.keys() | off:
            yield f"worked[{n}].date: {worked.day} is no day off"
    for year in sorted({*said.decreed} - base.decreed - {each.year for each in off}):
        yield f"decreed: {year} needs its days off, and days_off has none"
    yield from _faults_of_hours("", said, said.worked)
    for code, office in said.units.items():
        if code not in units:
            yield f"units.{code}: there is no such unit{settings_file.nearest(code, units)}"
        yield from _faults_of_hours(f"units.{code}.", office)


def _faults_of_hours(above: str, said: _File | _Office, worked: Iterable[_Worked] = ()) -> Iterator[str]:
    weeks = {"week": said.week} | {f"periods[{n}].week": period.week for n, period in enumerate(said.periods)}
    for place, week in weeks.items():
        if week and not week.meant:
            yield f"{above}{place}: {NO_HOURS}"
    for n, override in enumerate(said.overrides):
        if not override.hours:
            yield f"{above}overrides[{n}].hours: must not be empty; a day off stands in days_off"
    listed_days: list[_DayOff | _Override | _Worked] = [*said.days_off, *said.overrides, *worked]
    days = Counter(each.day for each in listed_days)
    for twice in (each for each, times in days.items() if times > 1):
        yield f"{above}days_off, worked, overrides: {twice} stands there twice"
    yield from _faults_of_periods(above, said.periods)


def _faults_of_periods(above: str, periods: Sequence[_Period]) -> Iterator[str]:
    for n, period in enumerate(periods):
        if period.last < period.first:
            yield f"{above}periods[{n}].to: must not be before {period.first}"
    for one, other in combinations(periods, 2):
        if one.first <= other.last and other.first <= one.last:
            yield f"{above}periods: {one.name} and {other.name} have days in common"


def _edition(said: _File, base: Edition) -> Edition:
    decree, added = said.decree.meant, _hours(said, said.decree.meant)
    gone = {each.day for each in said.worked} | added.special.keys() | _estimates(said, base)
    closed = {day: name for day, name in base.national.closed.items() if day not in gone} | {**added.closed}
    worked = _decrees(said.worked, decree)
    national = dataclasses.replace(
        added,
        week=said.week.meant if said.week else base.national.week,
        closed={day: name for day, name in closed.items() if day not in worked},
        decrees={**added.decrees, **worked},
    )
    offices = {code: _hours(office, decree) for code, office in said.units.items()}
    return Edition(national, offices, base.decreed | {*said.decreed}, decree)


def _estimates(said: _File, base: Edition) -> set[date]:
    """Days off whose dates were calculated, of years that are decreed now."""
    fresh = {*said.decreed} - base.decreed
    return {day for day, name in base.national.closed.items() if day.year in fresh and indonesia.is_estimated(name)}


def _hours(said: _File | _Office, decree: Decree) -> Hours:
    return Hours(
        said.week.meant if said.week else {},
        {each.day: each.name for each in said.days_off},
        {each.day: each.hours for each in said.overrides},
        tuple(period.meant for period in said.periods),
        _decrees([*said.days_off, *said.overrides], decree),
    )


def _decrees(days: Iterable[_DayOff | _Worked | _Override], decree: Decree) -> dict[date, Decree]:
    return {each.day: each.decree.meant if each.decree else decree for each in days}
