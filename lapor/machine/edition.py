"""One version of the calendar: national days off, the hours of each office that has its own, and the decrees behind them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from lapor.machine.calendar import Calendar, Window

Week = Mapping[int, tuple[Window, ...]]
Days = Mapping[date, tuple[Window, ...]]


@dataclass(frozen=True, slots=True)
class Decree:
    """What says so: its number and its date."""

    number: str
    date: date

    def __str__(self) -> str:
        return f"{self.number}, {self.date.isoformat()}"

    @property
    def written(self) -> dict[str, str]:
        """As it is stored, and as programs read it."""
        return {"number": self.number, "date": self.date.isoformat()}


@dataclass(frozen=True, slots=True)
class Period:
    """Days, the first and the last included, on which another week holds, as in Ramadan."""

    name: str
    first: date
    last: date
    week: Week

    def days(self) -> Iterator[date]:
        """Each of its days."""
        for n in range((self.last - self.first).days + 1):
            yield self.first + timedelta(days=n)


@dataclass(frozen=True, slots=True)
class Hours:
    """When an office works: its week, weeks of periods, its days off by name, and days with hours of their own.

    Hours of a day win over a period, and a period over the week. `decrees` are those of days off and of such days.
    """

    week: Week
    closed: Mapping[date, str] = field(default_factory=dict)
    special: Days = field(default_factory=dict)
    periods: tuple[Period, ...] = ()
    decrees: Mapping[date, Decree] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Edition:
    """A version of the calendar. `offices` are hours by the code of the unit that has its own, for all below it.

    The national days hold for every office that says nothing else of a day; the national week for none that has its own.
    `decreed` are the years whose days off are known. `decree` is None for what the settings say.
    """

    national: Hours
    offices: Mapping[str, Hours] = field(default_factory=dict)
    decreed: frozenset[int] = frozenset()
    decree: Decree | None = None

    def office(self, codes: Iterable[str]) -> str:
        """The first of some units that has hours of its own; "" for the national hours."""
        return next((code for code in codes if code in self.offices), "")

    def hours(self, office: str) -> Hours:
        """The hours of an office with the national days that hold for it as well."""
        own = self.offices.get(office)
        if own is None:
            return self.national
        said = own.closed.keys() | own.special.keys()
        return Hours(
            own.week,
            {day: name for day, name in self.national.closed.items() if day not in said} | {**own.closed},
            {day: windows for day, windows in self.national.special.items() if day not in said} | {**own.special},
            own.periods,
            {**self.national.decrees, **own.decrees},
        )

    def calendar(self, zone: str, office: str = "", version: int = 0) -> Calendar:
        """The calendar of an office in a zone."""
        hours = self.hours(office)
        in_periods = {day: period.week.get(day.weekday(), ()) for period in hours.periods for day in period.days()}
        return Calendar(zone, hours.week, hours.closed, {**in_periods, **hours.special}, version)

    def is_provisional(self, start: datetime, due: datetime, zone: str) -> bool:
        """Whether a due moment may yet move: a year between start and due is not decreed."""
        first, last = (moment.astimezone(ZoneInfo(zone)).year for moment in (start, due))
        return not self.decreed.issuperset(range(first, last + 1))
