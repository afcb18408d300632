"""How a due moment came about: every day with its reason, pauses, extension, and shares that add up to the whole."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lapor.machine.budget import Budget
from lapor.machine.calendar import Calendar, Pause, Window
from lapor.machine.clock import CalendarKey, Clock
from lapor.machine.explaining import IN_DAYS, Granted, Held, Share, Turn, days, granted, held, shares
from tests.unit.test_calendar import budgets, calendars, moments, pauses
from tests.unit.test_clock import at

OFFICE = (Window.parse("07:30", "16:00"),)
WEEK = Calendar("Asia/Jakarta", dict.fromkeys(range(5), OFFICE), {date(2025, 8, 18): "Cuti bersama"}, version=3)
FOUR_DAYS = Calendar("Asia/Jakarta", dict.fromkeys(range(4), OFFICE), {})


def clock(calendar: Calendar, start: datetime, budget: Budget, *held: Pause, extension: int = 0) -> Clock:
    key = CalendarKey(calendar.zone, calendar.version)
    whole = Budget(budget.amount + extension, budget.unit)
    due = calendar.due(start, whole, held)
    return Clock("resolution", 1, budget, key, 1, start, due, pauses=tuple(held), extension=extension)


def told(calendar: Calendar, start: str, budget: str, *held: str) -> list[str]:
    stops = [(at(begin), at(end)) for begin, end in (each.split("/") for each in held)]
    found = days(clock(calendar, at(start), Budget.parse(budget), *stops), calendar)
    return [f"{day.day:%d} {day.holiday or day.why} {day.total.days or day.total}" for day in found]


@pytest.mark.parametrize(
    ("start", "budget", "expected"),
    [
        # Thursday 14 August 2025; Monday the 18th is joint leave
        (
            "08-14T10:00",
            "2 working days",
            ["14 day_0 0:00:00", "15 counted 1", "16 weekend 1", "17 weekend 1", "18 Cuti bersama 1", "19 counted 2"],
        ),
        (
            "08-14T10:00",
            "2 calendar days",
            ["14 day_0 0:00:00", "15 counted 1", "16 counted 2", "17 weekend 2", "18 Cuti bersama 2", "19 rolled 2"],
        ),
        (
            "08-15T16:30",
            "1 working hour",
            [f"{day} 0:00:00" for day in ("15 after_hours", "16 weekend", "17 weekend", "18 Cuti bersama")]
            + ["19 counted 1:00:00"],
        ),
        ("08-16T20:00", "6 hours", ["16 counted 4:00:00", "17 counted 6:00:00"]),
    ],
)  # fmt: skip
def test_every_day_until_the_due_moment_counts_or_says_why_not(start: str, budget: str, expected: list[str]) -> None:
    assert told(WEEK, start, budget) == expected


def test_a_day_that_a_pause_covers_is_named_so() -> None:
    assert told(WEEK, "08-04T10:00", "2 working days", "08-05T12:00/08-06T09:00") == [
        "04 day_0 0:00:00",
        "05 paused 0:00:00",
        "06 counted 1",
        "07 counted 2",
    ]
    assert told(WEEK, "08-04T10:00", "1 calendar day", "08-05T12:00/08-06T09:00")[1] == "05 paused 0:00:00"
    assert told(WEEK, "08-04T15:00", "2 working hours", "08-05T07:00/08-05T18:00") == [
        "04 counted 1:00:00",
        "05 paused 1:00:00",
        "06 counted 2:00:00",
    ]


def test_a_friday_outside_the_week_of_an_office_is_no_weekend() -> None:
    assert told(FOUR_DAYS, "08-07T10:00", "1 working day") == [
        "07 day_0 0:00:00",
        "08 outside 0:00:00",
        "09 weekend 0:00:00",
        "10 weekend 0:00:00",
        "11 counted 1",
    ]


def test_each_pause_says_what_it_changed_and_an_extension_what_it_gave() -> None:
    short, long = (at("08-05T09:00"), at("08-05T10:00")), (at("08-06T15:00"), at("08-07T08:00"))
    paused = clock(WEEK, at("08-04T10:00"), Budget.parse("3 working days"), short, long, extension=2)
    first, second = at("08-11T16:00").astimezone(UTC), at("08-12T16:00").astimezone(UTC)
    assert held(paused, WEEK) == [Held(*short, first, first), Held(*long, first, second)]
    assert granted(paused, WEEK) == Granted(Budget.parse("2 working days"), at("08-08T16:00"), second)
    plain = clock(WEEK, at("08-04T10:00"), Budget.parse("3 working days"))
    assert (held(plain, WEEK), granted(plain, WEEK)) == ([], None)


def test_a_pause_that_is_still_open_has_changed_nothing_yet() -> None:
    plain = clock(WEEK, at("08-04T10:00"), Budget.parse("3 working days"))
    paused = replace(plain, state="paused", paused_at=at("08-05T09:00"))
    assert held(paused, WEEK) == [Held(at("08-05T09:00"), None, plain.due_at, None)]
    assert shares(paused, WEEK, [Turn(at("08-04T10:00"), "reporter")], at("08-05T11:00")) == [
        Share("reporter", None, timedelta(hours=7.5), timedelta(hours=2))
    ]


def test_time_is_charged_to_whoever_had_to_act_and_a_pause_stands_beside() -> None:
    stopped = (at("08-06T09:00"), at("08-06T12:00"))
    running = clock(WEEK, at("08-05T09:00"), Budget.parse("14 working days"), stopped)
    turns = [
        Turn(at("08-04T09:00"), "door"),
        Turn(at("08-05T09:00"), "unit", "pu"),
        Turn(at("08-06T09:00"), "reporter"),
        Turn(at("08-06T12:00"), "unit", "pu"),
    ]
    assert shares(running, WEEK, turns, at("08-06T13:00")) == [
        Share("unit", "pu", timedelta(hours=9.5), timedelta()),
        Share("reporter", None, timedelta(), timedelta(hours=3)),
    ]


modest = settings(max_examples=60, deadline=None)


@modest
@given(calendars, moments, budgets, pauses)
def test_the_last_explained_day_ends_at_the_due_moment(
    calendar: Calendar, start: datetime, budget: Budget, stops: list[Pause]
) -> None:
    explained = clock(calendar, start, budget, *stops)
    found = days(explained, calendar)
    whole = timedelta(days=budget.amount) if budget.unit in IN_DAYS else timedelta(hours=budget.amount)
    assert (found[-1].ends, found[-1].total) == (explained.due_at, whole)
    assert sum((day.used for day in found), timedelta()) == whole
    assert [day.day for day in found] == [found[0].day + timedelta(days=n) for n in range(len(found))]
    assert all(earlier.ends <= later.ends for earlier, later in pairwise(found))
    assert all((day.why in ("counted", "rolled")) >= bool(day.used) for day in found)


@modest
@given(calendars, moments, budgets, pauses, st.lists(moments, max_size=6), moments)
def test_the_shares_add_up_to_the_time_that_passed(
    calendar: Calendar, start: datetime, budget: Budget, stops: list[Pause], marks: list[datetime], now: datetime
) -> None:
    running = clock(calendar, start, budget, *stops)
    turns = [Turn(min([start, *marks]), "door")]
    turns += [Turn(mark, "unit", f"unit {n % 3}") for n, mark in enumerate(sorted(marks))]
    parts = shares(running, calendar, turns, now)
    assert sum((part.ran for part in parts), timedelta()) == calendar.elapsed(start, now, stops)
    assert sum((part.ran + part.stood for part in parts), timedelta()) == calendar.elapsed(start, now)
