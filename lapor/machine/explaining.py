"""How a due moment came about, day by day, and whose time it was: what a clock and its calendar say together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from lapor.machine.budget import Budget, Unit
from lapor.machine.calendar import Calendar, Window
from lapor.machine.clock import Clock

# why a day counts, or does not
REASONS = ("day_0", "counted", "holiday", "weekend", "outside", "after_hours", "paused", "rolled")
IN_DAYS = (Unit.WORKING_DAYS, Unit.CALENDAR_DAYS)
# what runs on while the office is closed
_ALWAYS = (Unit.HOURS, Unit.CALENDAR_DAYS)


@dataclass(frozen=True, slots=True)
class Day:
    """A local day between start and due: what of the budget it used up, and all that is used up when it is over.

    `ends` is its end, on the last day the due moment. `rolled`: all is used up, and the office closes for the first time.
    """

    day: date
    why: str
    used: timedelta
    total: timedelta
    ends: datetime
    windows: tuple[Window, ...] = ()
    holiday: str | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A pause, and the due moment without it and with it; one that is still open has neither end nor new moment."""

    begin: datetime
    end: datetime | None
    before: datetime
    after: datetime | None


@dataclass(frozen=True, slots=True)
class Granted:
    """An extension: so much more, and the due moment without it and with it."""

    budget: Budget
    before: datetime
    after: datetime


@dataclass(frozen=True, slots=True)
class Turn:
    """From when on who had to act; `unit` is the code of the unit."""

    since: datetime
    party: str
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """The working time in which somebody had to act: while the clock ran, and while it stood still."""

    party: str
    unit: str | None
    ran: timedelta
    stood: timedelta


def days(clock: Clock, calendar: Calendar) -> list[Day]:
    """Every local day from the start of a clock until its budget is used up; the last one ends with the due moment."""
    told: list[Day] = []
    day, whole, unit, last = calendar.day(clock.started_at), _whole(clock.allowed), clock.budget.unit, False
    while not last:
        before = told[-1].total if told else timedelta()
        total = min(whole, calendar.used(clock.started_at, calendar.ends(day), unit, clock.pauses))
        last = total == whole and (unit not in IN_DAYS or calendar.closing(day) is not None)
        told.append(_day(clock, calendar, day, before, total, last=last))
        day += timedelta(days=1)
    return told


def _day(clock: Clock, calendar: Calendar, day: date, before: timedelta, total: timedelta, *, last: bool) -> Day:
    due = calendar.closing(day) if clock.budget.unit in IN_DAYS else clock.due_at
    why = "counted" if total > before else _skipped(clock, calendar, day, rolled=before == _whole(clock.allowed))
    holiday = calendar.closed.get(day) if why == "holiday" else None
    ends = due if last and due else calendar.ends(day)
    return Day(day, why, total - before, total, ends, calendar.windows(day), holiday)


def _skipped(clock: Clock, calendar: Calendar, day: date, *, rolled: bool) -> str:
    first = day == calendar.day(clock.started_at)
    if first and clock.budget.unit in IN_DAYS:
        return "day_0"
    if clock.budget.unit in _ALWAYS and not rolled:
        return "paused"
    if calendar.closing(day) is None:
        return "holiday" if day in calendar.closed else "weekend" if day.weekday() in (5, 6) else "outside"
    if rolled:
        return "rolled"
    return "paused" if calendar.elapsed(clock.started_at, calendar.ends(day)) else "after_hours"


def held(clock: Clock, calendar: Calendar) -> list[Held]:
    """The pauses of a clock in their order, each with what it changed of the budget that the clock has now."""
    dues = [calendar.due(clock.started_at, clock.allowed, clock.pauses[:n]) for n in range(len(clock.pauses) + 1)]
    over = [Held(*pause, *moments) for pause, moments in zip(clock.pauses, pairwise(dues), strict=True)]
    return [*over, *([Held(clock.paused_at, None, clock.due_at, None)] if clock.paused_at else [])]


def granted(clock: Clock, calendar: Calendar) -> Granted | None:
    """What an extension gave, None without one."""
    more = clock.allowed.amount - clock.budget.amount
    if not more:
        return None
    before, after = (calendar.due(clock.started_at, each, clock.pauses) for each in (clock.budget, clock.allowed))
    return Granted(Budget(more, clock.budget.unit), before, after)


def shares(clock: Clock, calendar: Calendar, turns: Sequence[Turn], now: datetime) -> list[Share]:
    """Who had to act how long between the start of a clock and its stop, or now: together all the working time of it.

    `turns` come in order, the first of them no later than the clock.
    """
    end = clock.stopped_at or max(now, clock.started_at)
    pauses = (*clock.pauses, *([(clock.paused_at, end)] if clock.paused_at else []))
    sums: dict[tuple[str, str | None], Share] = {}
    for turn, begin, until in _spans(turns, clock.started_at, end):
        key = turn.party, turn.unit
        whole, ran = calendar.elapsed(begin, until), calendar.elapsed(begin, until, pauses)
        had = sums.get(key) or Share(*key, timedelta(), timedelta())
        sums[key] = Share(*key, had.ran + ran, had.stood + whole - ran)
    return list(sums.values())


def _spans(turns: Sequence[Turn], start: datetime, end: datetime) -> Iterator[tuple[Turn, datetime, datetime]]:
    following: Iterable[datetime] = [*(turn.since for turn in turns[1:]), end]
    for turn, over in zip(turns, following, strict=True):
        begin, until = max(turn.since, start), min(over, end)
        if begin < until:
            yield turn, begin, until


def _whole(budget: Budget) -> timedelta:
    return timedelta(days=budget.amount) if budget.unit in IN_DAYS else timedelta(hours=budget.amount)
