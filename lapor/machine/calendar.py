"""Working time of an office: when it is open, how much working time has passed, when a budget has run out.

Pure arithmetic on aware moments. No holiday is written here (see `indonesia`), and no clock is kept here.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import MAXYEAR, UTC, date, datetime, time, timedelta
from itertools import accumulate, pairwise
from types import MappingProxyType
from typing import TypeVar
from zoneinfo import ZoneInfo

from lapor.errors import NoWorkingTime
from lapor.machine.budget import Budget, Unit

Pause = tuple[datetime, datetime]
Amount = TypeVar("Amount", int, timedelta)
Found = TypeVar("Found")

_DAY = 24 * 60
_TICK = timedelta.resolution
_FOREVER = datetime.max.replace(tzinfo=UTC)
_HORIZON = 100
_TOO_LITTLE = f"The calendar has too little working time in {_HORIZON} years, so nothing can be due."


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """Office hours on one day, in local minutes after midnight: the opening belongs to them, the closing does not.

    >>> Window.parse("07:30", "16:00")
    Window(open=450, close=960)
    >>> str(Window.parse("00:00", "24:00"))
    '00:00-24:00'

    Raises:
        ValueError: it does not open before it closes, or leaves the day.
    """

    open: int
    close: int

    def __post_init__(self) -> None:
        if not 0 <= self.open < self.close <= _DAY:
            raise ValueError(f"office hours open before they close, within 00:00 and 24:00, not {self}")

    @classmethod
    def parse(cls, opening: str, closing: str) -> Window:
        """Read two local times of day, as "07:30"; "24:00" is the end of the day.

        Raises:
            ValueError: one is no time of day, or the window does not open before it closes.
        """
        return cls(_minutes(opening), _minutes(closing))

    def __str__(self) -> str:
        return "-".join(f"{minutes // 60:02}:{minutes % 60:02}" for minutes in (self.open, self.close))


@dataclass(frozen=True, slots=True)
class Calendar:
    """The working time of one office, in its own zone; every moment given is aware, every moment returned is in UTC.

    A weekday that `week` (0 is Monday) leaves out is no working day. On a date in `special` its windows hold
    instead of the week's; on a date in `closed` (which names the holiday) there is no office at all. A wall time
    that occurs twice is the first of the two; one that the wall clock skips is the moment of the jump.
    Equal calendars have the same rules and version. Several threads may share one.

    Pauses are pairs (from, to) of which the second moment is outside. They may overlap, come in any order, and
    lie on holidays; one that does not end after it begins holds nothing up.

    Raises:
        ValueError: the zone is unknown, a weekday is not 0-6, or windows of a day overlap or are out of order.
            From every method: a moment is naive.
        NoWorkingTime: from every method that seeks, when a hundred years hold too little working time.
    """

    zone: str
    week: Mapping[int, tuple[Window, ...]] = field(hash=False)
    closed: Mapping[date, str] = field(hash=False)
    special: Mapping[date, tuple[Window, ...]] = field(default_factory=dict, hash=False)
    version: int = 0
    _zone: ZoneInfo = field(init=False, repr=False, compare=False)
    # two threads may both build a year: the tables are equal, so the later one does no harm
    _tables: dict[int, _Year] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        week = {weekday: _in_order(windows, f"weekday {weekday}") for weekday, windows in self.week.items() if windows}
        if strange := set(self.week) - set(range(7)):
            raise ValueError(f"a weekday is 0 (Monday) to 6 (Sunday), not {', '.join(map(repr, strange))}")
        special = {day: _in_order(windows, day.isoformat()) for day, windows in self.special.items()}
        for name, value in (("week", week), ("closed", dict(self.closed)), ("special", special)):
            object.__setattr__(self, name, MappingProxyType(value))
        object.__setattr__(self, "_zone", _zone_named(self.zone))

    def day(self, moment: datetime) -> date:
        """The local date of a moment."""
        return _utc(moment).astimezone(self._zone).date()

    def is_working(self, moment: datetime) -> bool:
        """Whether the office is open: at the opening instant it is, at the closing instant no longer."""
        begin = _utc(moment)
        return self._worked(begin, begin + _TICK) == _TICK

    def next_open(self, moment: datetime) -> datetime:
        """The first working instant at or after a moment."""
        begin = _utc(moment)
        for year in self._years(self._ending(begin).year):
            index = bisect_right(year.closes, begin)
            if index < len(year.closes):
                return max(begin, year.opens[index])
        raise NoWorkingTime(_TOO_LITTLE)

    def elapsed(self, start: datetime, end: datetime, pauses: Iterable[Pause] = ()) -> timedelta:
        """The working time from start up to end, less the pauses; zero when the end does not come after the start."""
        return _running(_utc(start), _utc(end), pauses, self._worked)

    def after(self, start: datetime, working: timedelta, pauses: Iterable[Pause] = ()) -> datetime:
        """The first instant at which so much working time has elapsed since start; it may be a closing.

        Raises:
            ValueError: the working time is negative.
        """
        if working < timedelta():
            raise ValueError(f"working time cannot be negative: {working}")
        return _spent(_utc(start), working, pauses, self._worked, self._after_unpaused)

    def add_days(self, day: date, n: int) -> date:
        """The n-th working day after a day (before it, if n is negative), never counting the day itself.

        With n = 0 it is the day itself, working day or not.
        """
        if n == 0:
            return day
        return self._later(day, n) if n > 0 else self._earlier(day, -n)

    def count_days(self, first: date, last: date) -> int:
        """The number of working days from first to last, both included; zero when last comes before first."""
        years = [self._year(year) for year in range(first.year, last.year + 1)]
        return max(0, sum(bisect_right(year.days, last) - bisect_left(year.days, first) for year in years))

    def ends(self, day: date) -> datetime:
        """The instant at which a local day is over."""
        return self._instant(day, _DAY)

    def closing(self, day: date) -> datetime | None:
        """The last closing of a local day; None when it is no working day."""
        return self._year(day.year).closing.get(day)

    def closings_between(self, start: datetime, end: datetime, pauses: Iterable[Pause] = ()) -> int:
        """The number of office closings of days after the local day of start, up to end, that no pause covers.

        A closing at end itself counts.
        """
        return _running(self._day_over(start), _utc(end) + _TICK, pauses, self._closings)

    def due(self, start: datetime, budget: Budget, pauses: Iterable[Pause] = ()) -> datetime:
        """The moment at which a budget that runs from start has run out.

        The local day of start is day 0. Working days: the n-th office closing after day 0 that no pause covers.
        Calendar days: the n-th day after day 0 whose end no pause covers is the last; due is the first office
        closing on that day or later. Working hours and hours stop during pauses.
        """
        begin, pauses = _utc(start), tuple(pauses)
        match budget.unit:
            case Unit.HOURS:
                return _spent(begin, timedelta(hours=budget.amount), pauses, _between, _plus)
            case Unit.WORKING_HOURS:
                return self.after(begin, timedelta(hours=budget.amount), pauses)
            case Unit.WORKING_DAYS:
                return _spent(self._day_over(begin), budget.amount, pauses, self._closings, self._nth_closing)
        last = _spent(self._day_over(begin), budget.amount, pauses, self._midnights, self._nth_day)
        office = self._later(last - timedelta(days=1), 1)
        return self._year(office.year).closing[office]

    def used(self, start: datetime, end: datetime, unit: Unit, pauses: Iterable[Pause] = ()) -> timedelta:
        """How much of a budget in this unit is used up from start to end; `due` is when all of it is.

        Whole days of a budget in days: a working day at its closing, a calendar day at its end.
        """
        match unit:
            case Unit.HOURS:
                return _running(_utc(start), _utc(end), pauses, _between)
            case Unit.WORKING_HOURS:
                return self.elapsed(start, end, pauses)
            case Unit.WORKING_DAYS:
                return timedelta(days=self.closings_between(start, end, pauses))
        return timedelta(days=_running(self._day_over(start), _utc(end) + _TICK, pauses, self._midnights))

    def at_share(self, start: datetime, due: datetime, percent: float, pauses: Iterable[Pause] = ()) -> datetime:
        """The instant at which a percentage of the working time between start and due has elapsed, less pauses.

        Where there is no working time between them, it is the due moment.
        """
        pauses = tuple(pauses)
        whole = self.elapsed(start, due, pauses)
        return self.after(start, whole * percent / 100, pauses) if whole else _utc(due)

    def _later(self, day: date, n: int) -> date:
        for year in self._years(day.year):
            index = bisect_right(year.days, day) + n - 1
            if index < len(year.days):
                return year.days[index]
            n = index - len(year.days) + 1
        raise NoWorkingTime(_TOO_LITTLE)

    def _earlier(self, day: date, n: int) -> date:
        for year in self._years(day.year, step=-1):
            index = bisect_left(year.days, day) - n
            if index >= 0:
                return year.days[index]
            n = -index
        raise NoWorkingTime(_TOO_LITTLE)

    def _worked(self, begin: datetime, end: datetime) -> timedelta:
        return sum((year.worked(end) - year.worked(begin) for year in self._spanned(begin, end)), timedelta())

    def _after_unpaused(self, begin: datetime, working: timedelta) -> datetime:
        if not working:
            return begin
        for year in self._years(self._ending(begin).year):
            sought = year.worked(begin) + working
            index = bisect_left(year.done, sought)
            if index < len(year.done):
                return year.closes[index] - (year.done[index] - sought)
            working = sought - year.total
        raise NoWorkingTime(_TOO_LITTLE)

    def _closings(self, begin: datetime, end: datetime) -> int:
        years = self._spanned(begin, end)
        return sum(bisect_left(year.closings, end) - bisect_left(year.closings, begin) for year in years)

    def _nth_closing(self, begin: datetime, n: int) -> datetime:
        for year in self._years(self._ending(begin).year):
            index = bisect_left(year.closings, begin) + n - 1
            if index < len(year.closings):
                return year.closings[index]
            n = index - len(year.closings) + 1
        raise NoWorkingTime(_TOO_LITTLE)

    def _midnights(self, begin: datetime, end: datetime) -> int:
        return (self._ending(end) - self._ending(begin)).days

    def _nth_day(self, begin: datetime, n: int) -> date:
        return self._ending(begin) + timedelta(days=n - 1)

    def _ending(self, moment: datetime) -> date:
        """The local day that ends at or after a moment: at midnight the day just over, with its closing at 24:00."""
        return (moment - _TICK).astimezone(self._zone).date()

    def _day_over(self, moment: datetime) -> datetime:
        """The first instant that is too late to be an office closing of the local day of a moment."""
        return self._instant(self.day(moment), _DAY) + _TICK

    def _years(self, first: int, step: int = 1) -> Iterator[_Year]:
        for year in range(first, first + step * _HORIZON, step):
            if 1 < year < MAXYEAR:
                yield self._year(year)

    def _spanned(self, begin: datetime, end: datetime) -> list[_Year]:
        return [self._year(year) for year in range(self._ending(begin).year, self._ending(end).year + 1)]

    def _year(self, year: int) -> _Year:
        table = self._tables.get(year)
        if table is None:
            table = self._tables[year] = self._build(year)
        return table

    def _build(self, year: int) -> _Year:
        days = [date.fromordinal(n) for n in range(date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal())]
        hours = [
            (day, self._instant(day, window.open), self._instant(day, window.close))
            for day in days
            for window in self.windows(day)
        ]
        # a window that lies wholly in an hour (or a day) skipped by the wall clock does not exist
        return _Year([(day, opening, closing) for day, opening, closing in hours if opening < closing])

    def windows(self, day: date) -> tuple[Window, ...]:
        """The office hours of a local day; none where it is no working day."""
        if day in self.closed:
            return ()
        return self.special.get(day, self.week.get(day.weekday(), ()))

    def _instant(self, day: date, minutes: int) -> datetime:
        """The first instant at which the wall clock shows this time of this day, or has jumped past it."""
        wall = datetime.combine(day, time(), self._zone) + timedelta(minutes=minutes)
        first, second = wall.astimezone(UTC), wall.replace(fold=1).astimezone(UTC)
        if first <= second:
            return first
        old = second.astimezone(self._zone).utcoffset()
        return _first(first - second, second, lambda moment: moment.astimezone(self._zone).utcoffset() != old)


class _Year:
    """The office hours of the local days of one year, as sorted columns that answer by bisection."""

    __slots__ = ("closes", "closing", "closings", "days", "done", "opens", "total")

    def __init__(self, hours: list[tuple[date, datetime, datetime]]) -> None:
        self.opens = [opening for _, opening, _ in hours]
        self.closes = [closing for _, _, closing in hours]
        self.done = list(accumulate(closing - opening for _, opening, closing in hours))
        self.total = self.done[-1] if hours else timedelta()
        self.closing = {day: closing for day, _, closing in hours}
        self.days = list(self.closing)
        self.closings = list(self.closing.values())

    def worked(self, moment: datetime) -> timedelta:
        """The working time of this year before a moment."""
        index = bisect_right(self.opens, moment) - 1
        if index < 0:
            return timedelta()
        return self.done[index] - max(timedelta(), self.closes[index] - moment)


def _spent(
    begin: datetime,
    amount: Amount,
    pauses: Iterable[Pause],
    measure: Callable[[datetime, datetime], Amount],
    locate: Callable[[datetime, Amount], Found],
) -> Found:
    """Where an amount ends that is used up from begin on, standing still during pauses."""
    for held, resumed in _in_turn(pauses, begin, _FOREVER):
        used = measure(begin, held)
        if used >= amount:
            break
        amount -= used
        begin = resumed
    return locate(begin, amount)


def _running(
    begin: datetime, end: datetime, pauses: Iterable[Pause], measure: Callable[[datetime, datetime], Amount]
) -> Amount:
    """The measure of the time from begin up to end, less that of the pauses."""
    end = max(begin, end)
    amount = measure(begin, end)
    for held, resumed in _in_turn(pauses, begin, end):
        amount -= measure(held, resumed)
    return amount


def _in_turn(pauses: Iterable[Pause], begin: datetime, end: datetime) -> Iterator[Pause]:
    """What of the pauses lies between two moments: in order, none empty, none overlapping."""
    for held, resumed in sorted((_utc(held), min(_utc(resumed), end)) for held, resumed in pauses):
        if max(begin, held) < resumed:
            yield max(begin, held), resumed
            begin = resumed


def _first(within: timedelta, begin: datetime, holds: Callable[[datetime], bool]) -> datetime:
    """The first second after begin for which something holds from then on."""
    seconds = range(int(within.total_seconds()))
    return begin + timedelta(seconds=bisect_left(seconds, x=1, key=lambda s: holds(begin + timedelta(seconds=s))))


def _between(begin: datetime, end: datetime) -> timedelta:
    return end - begin


def _plus(begin: datetime, hours: timedelta) -> datetime:
    return begin + hours


def _utc(moment: datetime) -> datetime:
    if moment.utcoffset() is None:
        raise ValueError(f"a moment needs a zone: {moment.isoformat()}")
    return moment.astimezone(UTC)


def _minutes(text: str) -> int:
    if not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00", text):
        raise ValueError(f"{text!r} is no time of day between 00:00 and 24:00")
    return int(text[:2]) * 60 + int(text[3:])


def _in_order(windows: Iterable[Window], on: str) -> tuple[Window, ...]:
    windows = tuple(windows)
    for earlier, later in pairwise(windows):
        if later.open < earlier.close:
            raise ValueError(f"{on}: the window {later} begins before {earlier} ends")
    return windows


def _zone_named(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"there is no zone {name!r}") from error
