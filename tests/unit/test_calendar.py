"""The calendar: working time, closings and budgets, in tables of cases and as properties."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lapor.errors import NoWorkingTime
from lapor.machine.budget import Budget, Unit
from lapor.machine.calendar import Calendar, Pause, Window

WIB = ZoneInfo("Asia/Jakarta")


def hours(*windows: str) -> tuple[Window, ...]:
    return tuple(Window.parse(*window.split("-")) for window in windows)


OFFICE = hours("07:30-16:00")
FIVE_DAYS = dict.fromkeys(range(5), OFFICE)
SIX_DAYS = dict.fromkeys(range(5), hours("07:30-14:30")) | {5: hours("07:30-12:30")}
FRIDAY_BREAK = dict.fromkeys(range(4), hours("08:00-12:00", "13:00-16:00")) | {4: hours("08:00-11:30", "13:30-16:00")}
ALWAYS = dict.fromkeys(range(7), hours("00:00-24:00"))
# Lebaran 2025, from Nyepi to the last day of joint leave
LEBARAN = {date(2025, 3, 28) + timedelta(days=n): "Lebaran" for n in range(11)}


def of(
    week: Mapping[int, tuple[Window, ...]] = FIVE_DAYS,
    closed: Mapping[date, str] | None = None,
    special: Mapping[date, tuple[Window, ...]] | None = None,
    zone: str = "Asia/Jakarta",
) -> Calendar:
    return Calendar(zone, week, closed or {}, special or {})


def at(text: str, zone: str = "Asia/Jakarta") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def pause(begin: str, end: str) -> Pause:
    return at(begin), at(end)


def due(calendar: Calendar, start: str, budget: str, *pauses: Pause) -> datetime:
    return calendar.due(at(start, calendar.zone), Budget.parse(budget), pauses)


def exactly(message: str) -> str:
    return f"^{re.escape(message)}$"


# Windows and construction


@pytest.mark.parametrize(
    ("opening", "closing", "window"),
    [
        ("07:30", "16:00", Window(450, 960)),
        ("00:00", "24:00", Window(0, 1440)),
        ("23:59", "24:00", Window(1439, 1440)),
    ],
)
def test_a_window_is_read_from_two_times_of_day(opening: str, closing: str, window: Window) -> None:
    assert Window.parse(opening, closing) == window
    assert str(window) == f"{opening}-{closing}"


@pytest.mark.parametrize(
    ("opening", "closing", "complaint"),
    [
        ("7:30", "16:00", "'7:30' is no time of day between 00:00 and 24:00"),
        ("07:30", "24:01", "'24:01' is no time of day between 00:00 and 24:00"),
        ("07:60", "16:00", "'07:60' is no time of day between 00:00 and 24:00"),
        ("16:00", "07:30", "office hours open before they close, within 00:00 and 24:00, not 16:00-07:30"),
        ("16:00", "16:00", "office hours open before they close, within 00:00 and 24:00, not 16:00-16:00"),
    ],
)
def test_a_faulty_window_is_refused_with_what_is_wrong(opening: str, closing: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=exactly(complaint)):
        Window.parse(opening, closing)


@pytest.mark.parametrize(("opening", "closing"), [(-1, 5), (0, 1441)])
def test_a_window_outside_the_day_is_refused(opening: int, closing: int) -> None:
    with pytest.raises(ValueError, match="within 00:00 and 24:00"):
        Window(opening, closing)


@pytest.mark.parametrize("zone", ["Asia/Bandung", "", "../etc", "Asia"])
def test_an_unknown_zone_is_refused(zone: str) -> None:
    with pytest.raises(ValueError, match=exactly(f"there is no zone {zone!r}")):
        of(zone=zone)


@pytest.mark.parametrize(
    ("week", "special", "complaint"),
    [
        ({7: OFFICE}, {}, "a weekday is 0 (Monday) to 6 (Sunday), not 7"),
        (
            {0: hours("08:00-12:00", "11:00-16:00")},
            {},
            "weekday 0: the window 11:00-16:00 begins before 08:00-12:00 ends",
        ),
        (
            {0: hours("13:00-16:00", "08:00-12:00")},
            {},
            "weekday 0: the window 08:00-12:00 begins before 13:00-16:00 ends",
        ),
        (
            {},
            {date(2025, 3, 3): hours("08:00-12:00", "08:00-09:00")},
            "2025-03-03: the window 08:00-09:00 begins before 08:00-12:00 ends",
        ),
    ],
)
def test_a_faulty_week_is_refused_with_what_is_wrong(
    week: dict[int, tuple[Window, ...]], special: dict[date, tuple[Window, ...]], complaint: str
) -> None:
    with pytest.raises(ValueError, match=exactly(complaint)):
        of(week, special=special)


def test_windows_may_touch() -> None:
    touching = of({0: hours("08:00-12:00", "12:00-16:00")})
    assert touching.is_working(at("2025-07-07T12:00"))
    assert touching.elapsed(at("2025-07-07T00:00"), at("2025-07-08T00:00")) == timedelta(hours=8)
    assert due(touching, "2025-07-07T11:00", "1 working hour") == at("2025-07-07T12:00")


def test_calendars_with_the_same_rules_are_equal() -> None:
    assert of() == of(FIVE_DAYS | {5: (), 6: ()})
    assert hash(of()) == hash(of())
    assert of() != of(closed=LEBARAN)
    assert of() != replace(of(), version=1)
    used = of()
    used.is_working(at("2025-07-07T10:00"))
    assert used == of()


def test_a_calendar_cannot_be_changed_from_outside() -> None:
    closed = {date(2025, 8, 18): "cuti bersama"}
    calendar = of(closed=closed)
    closed.clear()
    assert calendar.closed == {date(2025, 8, 18): "cuti bersama"}
    with pytest.raises(TypeError):
        calendar.week[6] = OFFICE  # type: ignore[index]
    with pytest.raises(FrozenInstanceError):
        calendar.version = 1  # type: ignore[misc]


def test_several_threads_share_one_calendar() -> None:
    shared, starts = of(closed=LEBARAN), [f"{year}-12-30T10:00" for year in range(2000, 2025)] * 4
    expected = [due(of(closed=LEBARAN), start, "14 working days") for start in starts]
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(lambda start: due(shared, start, "14 working days"), starts)) == expected


def test_naive_moments_are_refused_by_every_method() -> None:
    calendar, naive, aware = of(), datetime.fromisoformat("2025-07-07T10:00"), at("2025-07-07T10:00")
    questions: list[Callable[[], object]] = [
        lambda: calendar.day(naive),
        lambda: calendar.is_working(naive),
        lambda: calendar.next_open(naive),
        lambda: calendar.elapsed(naive, aware),
        lambda: calendar.elapsed(aware, naive),
        lambda: calendar.after(naive, timedelta(hours=1)),
        lambda: calendar.after(aware, timedelta(hours=1), [(naive, aware)]),
        lambda: calendar.closings_between(aware, naive),
        lambda: calendar.due(naive, Budget.parse("1 hour")),
        lambda: calendar.at_share(aware, naive, 50),
    ]
    for ask in questions:
        with pytest.raises(ValueError, match="a moment needs a zone: 2025-07-07T10:00:00"):
            ask()


# Open, closed, elapsed


@pytest.mark.parametrize(
    ("moment", "working"),
    [
        ("2025-07-07T07:29:59.999999", False),
        ("2025-07-07T07:30", True),
        ("2025-07-07T15:59:59.999999", True),
        ("2025-07-07T16:00", False),
        ("2025-07-06T10:00", False),
        ("2025-04-01T10:00", False),
    ],
)
def test_the_office_is_open_from_the_opening_to_just_before_the_closing(moment: str, working: bool) -> None:
    assert of(closed=LEBARAN).is_working(at(moment)) is working


@pytest.mark.parametrize("moment", ["2024-12-31T23:59:59.999999", "2025-01-01T00:00", "2025-06-03T12:00"])
def test_an_office_that_never_closes_loses_no_instant_at_midnight(moment: str) -> None:
    assert of(ALWAYS).is_working(at(moment)) is True
    assert of(ALWAYS).next_open(at(moment)) == at(moment)
    assert of(ALWAYS).elapsed(at(moment), at(moment) + timedelta(days=9)) == timedelta(days=9)


@pytest.mark.parametrize(
    ("moment", "opening"),
    [
        ("2025-07-07T07:00", "2025-07-07T07:30"),
        ("2025-07-07T07:30", "2025-07-07T07:30"),
        ("2025-07-07T10:11:12", "2025-07-07T10:11:12"),
        ("2025-07-07T16:00", "2025-07-08T07:30"),
        ("2025-07-11T16:00", "2025-07-14T07:30"),
        ("2025-03-28T10:00", "2025-04-08T07:30"),
        ("2024-12-31T16:00", "2025-01-01T07:30"),
    ],
)
def test_the_next_opening_is_the_first_working_instant(moment: str, opening: str) -> None:
    assert of(closed=LEBARAN).next_open(at(moment)) == at(opening)


def test_moments_come_back_in_utc() -> None:
    assert str(of().next_open(at("2025-07-07T07:00"))) == "2025-07-07 00:30:00+00:00"
    assert str(of().due(at("2025-07-07T07:00"), Budget.parse("1 hour"))) == "2025-07-07 01:00:00+00:00"


def test_the_day_of_a_moment_is_its_date_in_the_zone_of_the_calendar() -> None:
    late = datetime(2025, 7, 7, 16, 30, tzinfo=UTC)
    zones = ("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura")
    assert [of(zone=zone).day(late) for zone in zones] == [date(2025, 7, 7), date(2025, 7, 8), date(2025, 7, 8)]


ELAPSED = [
    ("within a day", FIVE_DAYS, "2025-07-07T09:00", "2025-07-07T11:00", 120),
    ("from before opening", FIVE_DAYS, "2025-07-07T05:00", "2025-07-07T08:00", 30),
    ("over a night", FIVE_DAYS, "2025-07-07T15:00", "2025-07-08T08:30", 120),
    ("over a weekend", FIVE_DAYS, "2025-07-11T15:00", "2025-07-14T08:30", 120),
    ("at night", FIVE_DAYS, "2025-07-07T17:00", "2025-07-08T07:30", 0),
    ("over Lebaran", FIVE_DAYS, "2025-03-27T15:00", "2025-04-08T08:30", 120),
    ("over the new year", FIVE_DAYS, "2024-12-31T15:00", "2025-01-01T08:30", 120),
    ("over a midday break", FRIDAY_BREAK, "2025-07-10T11:30", "2025-07-10T13:30", 60),
    ("over the Friday break", FRIDAY_BREAK, "2025-07-11T11:00", "2025-07-11T14:00", 60),
    ("on the Saturday of a six-day week", SIX_DAYS, "2025-07-11T14:00", "2025-07-12T08:00", 60),
    ("nothing", FIVE_DAYS, "2025-07-07T09:00", "2025-07-07T09:00", 0),
    ("backwards", FIVE_DAYS, "2025-07-07T11:00", "2025-07-07T09:00", 0),
]


@pytest.mark.parametrize(("week", "start", "end", "minutes"), [c[1:] for c in ELAPSED], ids=[c[0] for c in ELAPSED])
def test_elapsed_counts_working_time_only(
    week: Mapping[int, tuple[Window, ...]], start: str, end: str, minutes: int
) -> None:
    assert of(week, LEBARAN).elapsed(at(start), at(end)) == timedelta(minutes=minutes)


def test_a_receipt_outside_office_hours_has_used_nothing_until_the_opening() -> None:
    calendar = of(closed=LEBARAN)
    for start in ("2025-03-28T10:00", "2025-04-05T23:59", "2025-04-07T12:00"):
        assert calendar.elapsed(at(start), at("2025-04-08T07:30")) == timedelta()
        assert calendar.elapsed(at(start), at("2025-04-08T07:30:01")) == timedelta(seconds=1)


def test_special_hours_replace_the_week_and_a_holiday_wins_over_both() -> None:
    ramadan = {date(2025, 3, day): hours("08:00-15:00") for day in (3, 4)}
    sunday = {date(2025, 3, 9): hours("09:00-10:00")}
    none = {date(2025, 3, 5): ()}
    calendar = of(closed={date(2025, 3, 4): "holiday"}, special=ramadan | sunday | none)
    assert calendar.closing(date(2025, 3, 3)) == at("2025-03-03T15:00")
    assert calendar.closing(date(2025, 3, 4)) is None
    assert calendar.closing(date(2025, 3, 5)) is None
    assert calendar.closing(date(2025, 3, 6)) == at("2025-03-06T16:00")
    assert calendar.closing(date(2025, 3, 9)) == at("2025-03-09T10:00")
    assert calendar.elapsed(at("2025-03-03T00:00"), at("2025-03-10T00:00")) == timedelta(hours=7 + 2 * 8.5 + 1)


# Working time that runs out


@pytest.mark.parametrize(
    ("start", "worked", "expected"),
    [
        ("2025-07-07T14:00", 2, "2025-07-07T16:00"),
        ("2025-07-07T14:00", 2.5, "2025-07-08T08:00"),
        ("2025-07-06T23:59", 1, "2025-07-07T08:30"),
        ("2025-07-06T23:59", 0, "2025-07-06T23:59"),
        ("2025-03-27T15:00", 2, "2025-04-08T08:30"),
        ("2024-12-31T15:59:30", 1, "2025-01-01T08:29:30"),
    ],
)
def test_working_time_runs_out_at_the_first_possible_instant(start: str, worked: float, expected: str) -> None:
    assert of(closed=LEBARAN).after(at(start), timedelta(hours=worked)) == at(expected)


def test_working_time_cannot_be_negative() -> None:
    with pytest.raises(ValueError, match="working time cannot be negative"):
        of().after(at("2025-07-07T10:00"), -timedelta(hours=1))


PAUSED = [
    ("a pause within the day", ["2025-07-07T09:00/2025-07-07T10:00"], "2025-07-07T13:00"),
    ("a pause in effect at the start", ["2025-07-07T06:00/2025-07-07T10:00"], "2025-07-07T14:00"),
    ("a pause over before the start", ["2025-07-06T06:00/2025-07-06T10:00"], "2025-07-07T12:00"),
    ("a pause that begins when the time has run out", ["2025-07-07T12:00/2025-07-07T13:00"], "2025-07-07T12:00"),
    ("two pauses", ["2025-07-07T09:00/2025-07-07T10:00", "2025-07-07T11:00/2025-07-07T11:30"], "2025-07-07T13:30"),
    ("two overlapping", ["2025-07-07T09:00/2025-07-07T10:00", "2025-07-07T09:30/2025-07-07T10:30"], "2025-07-07T13:30"),
    ("one in another", ["2025-07-07T09:00/2025-07-07T11:00", "2025-07-07T09:30/2025-07-07T10:00"], "2025-07-07T14:00"),
    ("two that touch", ["2025-07-07T09:00/2025-07-07T10:00", "2025-07-07T10:00/2025-07-07T10:30"], "2025-07-07T13:30"),
    ("an empty pause", ["2025-07-07T09:00/2025-07-07T09:00"], "2025-07-07T12:00"),
    ("a pause that ends before it begins", ["2025-07-07T10:00/2025-07-07T09:00"], "2025-07-07T12:00"),
    ("a pause over a night", ["2025-07-07T11:00/2025-07-08T08:00"], "2025-07-08T09:00"),
    ("a pause from a night into a weekend", ["2025-07-07T11:00/2025-07-13T11:00"], "2025-07-14T08:30"),
]


@pytest.mark.parametrize(("pauses", "expected"), [case[1:] for case in PAUSED], ids=[case[0] for case in PAUSED])
def test_pauses_stop_working_hours(pauses: list[str], expected: str) -> None:
    held = [pause(*text.split("/")) for text in pauses]
    assert due(of(), "2025-07-07T08:00", "4 working hours", *held) == at(expected)
    assert due(of(), "2025-07-07T08:00", "4 working hours", *reversed(held)) == at(expected)
    assert of().elapsed(at("2025-07-07T08:00"), at(expected), held) == timedelta(hours=4)


def test_pauses_may_be_given_as_an_iterator() -> None:
    held = [pause("2025-07-07T09:00", "2025-07-07T10:00")]
    assert of().due(at("2025-07-07T08:00"), Budget.parse("4 working hours"), iter(held)) == at("2025-07-07T13:00")
    assert of().at_share(at("2025-07-07T08:00"), at("2025-07-07T13:00"), 50, iter(held)) == at("2025-07-07T11:00")


# Days


@pytest.mark.parametrize(
    ("day", "n", "expected"),
    [
        ("2025-07-07", 0, "2025-07-07"),
        ("2025-07-06", 0, "2025-07-06"),
        ("2025-07-07", 5, "2025-07-14"),
        ("2025-07-05", 1, "2025-07-07"),
        ("2025-03-27", 1, "2025-04-08"),
        ("2025-03-31", 1, "2025-04-08"),
        ("2024-12-31", 3, "2025-01-03"),
        ("2024-12-31", 600, "2027-04-29"),
        ("2025-04-08", -1, "2025-03-27"),
        ("2025-01-01", -1, "2024-12-31"),
        ("2027-04-29", -600, "2024-12-31"),
        ("2025-07-06", -1, "2025-07-04"),
    ],
)
def test_working_days_are_counted_from_the_day_after(day: str, n: int, expected: str) -> None:
    assert of(closed=LEBARAN).add_days(date.fromisoformat(day), n) == date.fromisoformat(expected)


@pytest.mark.parametrize(
    ("first", "last", "days"),
    [
        ("2025-07-07", "2025-07-07", 1),
        ("2025-07-05", "2025-07-06", 0),
        ("2025-03-24", "2025-04-11", 8),
        ("2024-12-30", "2025-01-03", 5),
        ("2025-07-11", "2025-07-07", 0),
        ("2026-07-11", "2025-07-07", 0),
    ],
)
def test_working_days_are_counted_with_both_ends(first: str, last: str, days: int) -> None:
    assert of(closed=LEBARAN).count_days(date.fromisoformat(first), date.fromisoformat(last)) == days


def test_the_closing_of_a_day_is_its_last_one() -> None:
    calendar = of(FRIDAY_BREAK)
    assert calendar.closing(date(2025, 7, 11)) == at("2025-07-11T16:00")
    assert calendar.closing(date(2025, 7, 12)) is None
    assert of(ALWAYS).closing(date(2024, 12, 31)) == at("2025-01-01T00:00")


@pytest.mark.parametrize(
    ("start", "end", "pauses", "closings"),
    [
        ("2025-07-07T08:00", "2025-07-07T20:00", [], 0),
        ("2025-07-07T08:00", "2025-07-08T15:59", [], 0),
        ("2025-07-07T08:00", "2025-07-08T16:00", [], 1),
        ("2025-07-07T23:59", "2025-07-14T16:00", [], 5),
        ("2025-07-07T08:00", "2025-07-10T16:00", [("2025-07-08T15:59", "2025-07-08T16:01")], 2),
        ("2025-07-07T08:00", "2025-07-10T16:00", [("2025-07-08T16:00", "2025-07-08T16:01")], 2),
        ("2025-07-07T08:00", "2025-07-10T16:00", [("2025-07-08T15:00", "2025-07-08T16:00")], 3),
        ("2025-07-07T08:00", "2025-07-10T16:00", [("2025-07-01T15:00", "2025-08-08T16:00")], 0),
        ("2025-12-31T08:00", "2026-01-02T16:00", [], 2),
        ("2025-07-14T08:00", "2025-07-07T16:00", [], 0),
    ],
)
def test_closings_are_counted_after_the_day_of_receipt_and_outside_pauses(
    start: str, end: str, pauses: list[tuple[str, str]], closings: int
) -> None:
    assert of().closings_between(at(start), at(end), [pause(*ends) for ends in pauses]) == closings


# Budgets

DUE = [
    ("from the morning", FIVE_DAYS, "2025-07-07T08:00", "3 working days", "2025-07-10T16:00"),
    ("from 23:59", FIVE_DAYS, "2025-07-07T23:59", "3 working days", "2025-07-10T16:00"),
    ("from midnight, a new day 0", FIVE_DAYS, "2025-07-08T00:00", "3 working days", "2025-07-11T16:00"),
    ("from a Saturday", FIVE_DAYS, "2025-07-05T08:00", "1 working day", "2025-07-07T16:00"),
    ("on a holiday", FIVE_DAYS, "2025-04-01T10:00", "1 working day", "2025-04-08T16:00"),
    ("on the eve of Lebaran", FIVE_DAYS, "2025-03-27T23:59", "5 working days", "2025-04-14T16:00"),
    ("on 31 December", FIVE_DAYS, "2024-12-31T23:59", "1 working day", "2025-01-01T16:00"),
    ("over the end of a year", FIVE_DAYS, "2024-12-20T10:00", "60 working days", "2025-03-14T16:00"),
    ("over several years", FIVE_DAYS, "2024-12-31T10:00", "600 working days", "2027-04-29T16:00"),
    ("in a six-day week", SIX_DAYS, "2025-07-10T10:00", "2 working days", "2025-07-12T12:30"),
    ("with a Friday break", FRIDAY_BREAK, "2025-07-10T10:00", "1 working day", "2025-07-11T16:00"),
    ("of an office that never closes", ALWAYS, "2025-07-10T10:00", "1 working day", "2025-07-12T00:00"),
    ("of one that never closes, at midnight", ALWAYS, "2024-12-31T00:00", "1 working day", "2025-01-02T00:00"),
    ("calendar days", FIVE_DAYS, "2025-07-07T10:00", "1 calendar day", "2025-07-08T16:00"),
    ("calendar days that end on a Sunday", FIVE_DAYS, "2025-07-07T10:00", "6 calendar days", "2025-07-14T16:00"),
    ("calendar days that end in Lebaran", FIVE_DAYS, "2025-03-27T10:00", "3 calendar days", "2025-04-08T16:00"),
    ("thirty calendar days", FIVE_DAYS, "2025-12-15T23:59", "30 calendar days", "2026-01-14T16:00"),
    ("calendar days, never closing", ALWAYS, "2025-07-07T10:00", "2 calendar days", "2025-07-10T00:00"),
    ("working hours", FIVE_DAYS, "2025-07-07T15:00", "2 working hours", "2025-07-08T08:30"),
    ("working hours to the closing", FIVE_DAYS, "2025-07-07T14:00", "2 working hours", "2025-07-07T16:00"),
    ("working hours over a break", FRIDAY_BREAK, "2025-07-11T11:00", "1 working hour", "2025-07-11T14:00"),
    ("hours do not sleep", FIVE_DAYS, "2025-07-11T15:00", "24 hours", "2025-07-12T15:00"),
]


@pytest.mark.parametrize(("week", "start", "budget", "expected"), [case[1:] for case in DUE], ids=[c[0] for c in DUE])
def test_a_budget_runs_out(week: Mapping[int, tuple[Window, ...]], start: str, budget: str, expected: str) -> None:
    assert due(of(week, LEBARAN), start, budget) == at(expected)


def test_a_day_of_fewer_hours_is_a_whole_day() -> None:
    ramadan = {date(2025, 3, day): hours("08:00-12:00", "12:30-14:30") for day in range(3, 8)}
    calendar = of(special=ramadan)
    assert due(calendar, "2025-03-03T10:00", "2 working days") == at("2025-03-05T14:30")
    assert due(calendar, "2025-03-03T13:30", "2 working hours") == at("2025-03-04T09:00")


PAUSED_DAYS = [
    ("between two closings", "3 working days", ["2025-07-08T08:00/2025-07-08T15:59"], "2025-07-10T16:00"),
    ("from closing time on, over it", "3 working days", ["2025-07-08T16:00/2025-07-08T16:01"], "2025-07-11T16:00"),
    ("ended at closing time", "3 working days", ["2025-07-08T08:00/2025-07-08T16:00"], "2025-07-10T16:00"),
    ("over a night", "3 working days", ["2025-07-08T17:00/2025-07-09T07:00"], "2025-07-10T16:00"),
    ("over one closing", "3 working days", ["2025-07-08T15:00/2025-07-09T07:00"], "2025-07-11T16:00"),
    ("over the closing of day 0", "3 working days", ["2025-07-07T08:00/2025-07-08T07:00"], "2025-07-10T16:00"),
    ("over a weekend", "3 working days", ["2025-07-10T15:00/2025-07-13T07:00"], "2025-07-14T16:00"),
    ("over the last closing", "3 working days", ["2025-07-10T15:59:59/2025-07-10T16:00:01"], "2025-07-11T16:00"),
    (
        "twice",
        "3 working days",
        ["2025-07-08T15:00/2025-07-08T17:00", "2025-07-11T15:00/2025-07-14T17:00"],
        "2025-07-15T16:00",
    ),
    ("over a year", "3 working days", ["2025-07-08T15:00/2026-07-08T17:00"], "2026-07-13T16:00"),
    ("over no midnight", "3 calendar days", ["2025-07-08T08:00/2025-07-08T23:59"], "2025-07-10T16:00"),
    ("ended at midnight", "3 calendar days", ["2025-07-08T08:00/2025-07-09T00:00"], "2025-07-10T16:00"),
    ("over one midnight", "3 calendar days", ["2025-07-08T08:00/2025-07-09T00:01"], "2025-07-11T16:00"),
    ("from midnight on", "3 calendar days", ["2025-07-09T00:00/2025-07-09T00:01"], "2025-07-11T16:00"),
    ("over the midnight of day 0", "3 calendar days", ["2025-07-07T12:00/2025-07-08T12:00"], "2025-07-10T16:00"),
    ("over two midnights", "3 calendar days", ["2025-07-08T08:00/2025-07-10T08:00"], "2025-07-14T16:00"),
    ("in hours", "24 hours", ["2025-07-07T20:00/2025-07-08T08:00"], "2025-07-08T22:00"),
    (
        "twice in hours",
        "24 hours",
        ["2025-07-07T20:00/2025-07-08T08:00", "2025-07-08T07:00/2025-07-08T09:00"],
        "2025-07-08T23:00",
    ),
    ("in hours, too late", "24 hours", ["2025-07-08T10:00/2025-07-08T20:00"], "2025-07-08T10:00"),
]


@pytest.mark.parametrize(
    ("budget", "pauses", "expected"), [case[1:] for case in PAUSED_DAYS], ids=[case[0] for case in PAUSED_DAYS]
)
def test_pauses_move_what_is_due(budget: str, pauses: list[str], expected: str) -> None:
    held = [pause(*text.split("/")) for text in pauses]
    assert due(of(), "2025-07-07T10:00", budget, *held) == at(expected)
    assert due(of(), "2025-07-07T10:00", budget, *reversed(held)) == at(expected)


@pytest.mark.parametrize(
    ("budget", "running", "paused"),
    [
        ("5 working days", "2025-04-11T16:00", "2025-04-14T16:00"),
        ("16 working hours", "2025-04-08T12:00", "2025-04-09T12:00"),
    ],
)
def test_a_pause_begun_before_opening_and_ended_on_a_holiday_moves_it_by_the_one_working_day_it_covers(
    budget: str, running: str, paused: str
) -> None:
    calendar, start = of(closed=LEBARAN), "2025-03-26T13:00"
    assert due(calendar, start, budget) == at(running)
    assert due(calendar, start, budget, pause("2025-03-27T06:00", "2025-04-01T12:00")) == at(paused)


@pytest.mark.parametrize(
    ("start", "end", "percent", "pauses", "expected"),
    [
        ("2025-07-07T08:00", "2025-07-07T16:00", 80, [], "2025-07-07T14:24"),
        ("2025-07-07T08:00", "2025-07-07T16:00", 0, [], "2025-07-07T08:00"),
        ("2025-07-07T08:00", "2025-07-07T16:00", 100, [], "2025-07-07T16:00"),
        ("2025-07-07T14:00", "2025-07-08T09:30", 50, [], "2025-07-07T16:00"),
        ("2025-07-07T14:00", "2025-07-08T09:30", 75, [], "2025-07-08T08:30"),
        ("2025-07-07T08:00", "2025-07-07T16:00", 50, [("2025-07-07T10:00", "2025-07-07T14:00")], "2025-07-07T10:00"),
        ("2025-07-07T08:00", "2025-07-07T16:00", 75, [("2025-07-07T10:00", "2025-07-07T14:00")], "2025-07-07T15:00"),
        ("2025-07-05T08:00", "2025-07-06T08:00", 80, [], "2025-07-06T08:00"),
        ("2025-07-07T08:00", "2025-07-07T16:00", 80, [("2025-07-07T08:00", "2025-07-07T16:00")], "2025-07-07T16:00"),
    ],
)
def test_a_share_is_reached_in_working_time(
    start: str, end: str, percent: int, pauses: list[tuple[str, str]], expected: str
) -> None:
    assert of().at_share(at(start), at(end), percent, [pause(*ends) for ends in pauses]) == at(expected)


def test_an_amended_calendar_moves_what_is_due() -> None:
    before, after = of(), of(closed={date(2025, 8, 18): "cuti bersama"})
    assert due(before, "2025-08-13T10:00", "5 working days") == at("2025-08-20T16:00")
    assert due(after, "2025-08-13T10:00", "5 working days") == at("2025-08-21T16:00")
    held = pause("2025-08-15T10:00", "2025-08-18T17:00")
    assert due(before, "2025-08-13T10:00", "5 working days", held) == at("2025-08-22T16:00")
    assert due(after, "2025-08-13T10:00", "5 working days", held) == at("2025-08-22T16:00")


# No working time

EMPTY = [
    ("no week", of({})),
    ("a week that is all closed", of(dict.fromkeys(range(7), ()))),
    ("holidays for centuries", of(closed={date(2000, 1, 1) + timedelta(days=n): "closed" for n in range(366 * 200)})),
    ("nothing left after the last special day", of({}, special={date(2020, 1, 1): OFFICE})),
]


@pytest.mark.parametrize("calendar", [case[1] for case in EMPTY], ids=[case[0] for case in EMPTY])
def test_a_calendar_without_working_time_is_an_error_and_never_a_loop(calendar: Calendar) -> None:
    start = at("2025-07-07T10:00")
    questions: list[Callable[[], object]] = [
        lambda: calendar.next_open(start),
        lambda: calendar.after(start, timedelta(hours=1)),
        lambda: calendar.add_days(start.date(), 1),
        lambda: calendar.due(start, Budget.parse("1 working day")),
        lambda: calendar.due(start, Budget.parse("1 working hour")),
        lambda: calendar.due(start, Budget.parse("1 calendar day")),
    ]
    for ask in questions:
        with pytest.raises(NoWorkingTime, match="The calendar has too little working time in 100 years"):
            ask()


@pytest.mark.parametrize("calendar", [case[1] for case in EMPTY], ids=[case[0] for case in EMPTY])
def test_what_does_not_seek_has_an_answer_even_without_working_time(calendar: Calendar) -> None:
    start, end = at("2025-07-07T10:00"), at("2025-07-09T10:00")
    assert calendar.is_working(start) is False
    assert calendar.elapsed(start, end) == timedelta()
    assert calendar.after(start, timedelta()) == start
    assert calendar.count_days(start.date(), end.date()) == 0
    assert calendar.closing(start.date()) is None
    assert calendar.closings_between(start, end) == 0
    assert calendar.at_share(start, end, 80) == end
    assert calendar.due(start, Budget.parse("3 hours")) == at("2025-07-07T13:00")


def test_seeking_backwards_ends_too() -> None:
    with pytest.raises(NoWorkingTime):
        of({}).add_days(date(2025, 7, 7), -1)
    with pytest.raises(NoWorkingTime):
        of({}).add_days(date(50, 7, 7), -1)


def test_seeking_ends_before_the_last_year_there_is() -> None:
    with pytest.raises(NoWorkingTime):
        of().add_days(date(9998, 12, 30), 5)


def test_years_without_office_are_skipped_where_work_goes_on_afterwards() -> None:
    calendar = of(closed={date(2025, 1, 1) + timedelta(days=n): "closed" for n in range(365 * 3 + 1)})
    assert due(calendar, "2024-12-31T10:00", "1 working day") == at("2028-01-03T16:00")
    assert due(calendar, "2024-12-31T15:00", "2 working hours") == at("2028-01-03T08:30")


# Zones


def test_the_same_receipt_is_due_in_the_zone_of_each_calendar() -> None:
    late = datetime(2025, 7, 7, 15, 30, tzinfo=UTC)  # 22:30 WIB, 23:30 WITA, 00:30 WIT on the next day
    zones = ("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura")
    assert [of(zone=zone).due(late, Budget.parse("1 working day")) for zone in zones] == [
        datetime(2025, 7, 8, 9, tzinfo=UTC),
        datetime(2025, 7, 8, 8, tzinfo=UTC),
        datetime(2025, 7, 9, 7, tzinfo=UTC),
    ]


def test_office_hours_keep_their_wall_time_when_the_offset_changes() -> None:
    berlin = of(zone="Europe/Berlin")
    assert due(berlin, "2024-03-29T10:00", "1 working day") == datetime(2024, 4, 1, 14, tzinfo=UTC)
    assert due(berlin, "2024-10-25T10:00", "1 working day") == datetime(2024, 10, 28, 15, tzinfo=UTC)
    assert due(berlin, "2024-03-29T15:00", "2 working hours") == at("2024-04-01T08:30", "Europe/Berlin")
    assert due(berlin, "2024-03-30T12:00", "24 hours") == at("2024-03-31T13:00", "Europe/Berlin")


NIGHTS = [
    # the wall clock jumps from 02:00 to 03:00
    ("opens inside the jump", "2024-03-31", "02:30-04:00", "2024-03-31T01:00", "2024-03-31T02:00"),
    ("closes inside the jump", "2024-03-31", "01:00-02:30", "2024-03-31T00:00", "2024-03-31T01:00"),
    ("spans the jump", "2024-03-31", "01:00-04:00", "2024-03-31T00:00", "2024-03-31T02:00"),
    # the wall clock shows 02:00-03:00 twice
    ("opens in the hour that comes twice", "2024-10-27", "02:30-04:00", "2024-10-27T00:30", "2024-10-27T03:00"),
    ("closes in the hour that comes twice", "2024-10-27", "01:00-02:30", "2024-10-26T23:00", "2024-10-27T00:30"),
    ("spans the hour that comes twice", "2024-10-27", "01:00-04:00", "2024-10-26T23:00", "2024-10-27T03:00"),
]


@pytest.mark.parametrize(("day", "window", "opening", "closing"), [n[1:] for n in NIGHTS], ids=[n[0] for n in NIGHTS])
def test_a_night_shift_on_the_night_of_a_change(day: str, window: str, opening: str, closing: str) -> None:
    night = of({}, special={date.fromisoformat(day): hours(window)}, zone="Europe/Berlin")
    begin, end = at(opening, "UTC"), at(closing, "UTC")
    assert night.next_open(begin - timedelta(days=3)) == begin
    assert night.closing(date.fromisoformat(day)) == end
    assert night.elapsed(begin - timedelta(days=3), end + timedelta(days=3)) == end - begin


def test_a_window_that_the_wall_clock_skips_does_not_exist() -> None:
    night = of({6: hours("02:10-02:50")}, zone="Europe/Berlin")
    assert night.closing(date(2024, 3, 31)) is None
    assert night.add_days(date(2024, 3, 24), 1) == date(2024, 4, 7)


def test_a_day_that_a_zone_skipped_is_no_working_day() -> None:
    samoa = of(dict.fromkeys(range(7), OFFICE), zone="Pacific/Apia")
    assert samoa.count_days(date(2011, 12, 29), date(2011, 12, 31)) == 2
    assert due(samoa, "2011-12-29T10:00", "1 working day") == at("2011-12-31T16:00", "Pacific/Apia")


def test_a_day_whose_midnight_is_skipped_ends_at_the_jump() -> None:
    # on 8 September 2024 the clocks of Santiago went from 00:00 to 01:00
    santiago = of(ALWAYS, zone="America/Santiago")
    assert santiago.closing(date(2024, 9, 7)) == datetime(2024, 9, 8, 4, tzinfo=UTC)
    assert santiago.elapsed(at("2024-09-08T12:00", "UTC"), at("2024-09-09T12:00", "UTC")) == timedelta(days=1)
    assert due(santiago, "2024-09-06T12:00", "1 calendar day") == datetime(2024, 9, 8, 4, tzinfo=UTC)


# Properties

ZONES = ("Asia/Jakarta", "Asia/Jayapura", "Europe/Berlin", "America/Santiago", "Australia/Lord_Howe")
FIRST = datetime(2023, 11, 1, tzinfo=UTC)
minutes_of_day = st.lists(st.integers(0, 48), min_size=2, max_size=6, unique=True).map(sorted)
windows = minutes_of_day.map(
    lambda marks: tuple(Window(a * 30, b * 30) for a, b in zip(marks[::2], marks[1::2], strict=False))
)
days = st.integers(0, 500).map(lambda n: FIRST.date() + timedelta(days=n))
moments = st.integers(0, 500 * 24 * 60 * 60).map(lambda seconds: FIRST + timedelta(seconds=seconds))
pauses = st.lists(
    st.tuples(moments, st.integers(0, 20 * 24 * 60)).map(lambda p: (p[0], p[0] + timedelta(minutes=p[1]))), max_size=4
)
calendars = st.builds(
    Calendar,
    zone=st.sampled_from(ZONES),
    week=st.dictionaries(st.integers(0, 6), windows, min_size=1),
    closed=st.dictionaries(days, st.just("holiday"), max_size=30),
    special=st.dictionaries(days, windows, max_size=10),
)
budgets = st.builds(
    Budget.parse,
    st.builds("{} {}".format, st.integers(1, 70), st.sampled_from(list(Unit))),
)
modest = settings(max_examples=40, deadline=None)


def plainly_open(calendar: Calendar, begin: datetime, end: datetime) -> Iterator[Pause]:
    """The office hours between two moments, looked up a day at a time."""
    zone = ZoneInfo(calendar.zone)
    for n in range(-1, (end - begin).days + 2):
        day = begin.astimezone(zone).date() + timedelta(days=n)
        usual = calendar.special.get(day, calendar.week.get(day.weekday(), ()))
        for window in () if day in calendar.closed else usual:
            midnight = datetime.combine(day, time(), zone)
            opening, closing = midnight + timedelta(minutes=window.open), midnight + timedelta(minutes=window.close)
            yield max(begin, opening.astimezone(UTC)), min(end, closing.astimezone(UTC))


@modest
@given(calendars.filter(lambda calendar: calendar.zone.startswith("Asia")), moments, st.integers(0, 40 * 24 * 60))
def test_elapsed_agrees_with_looking_up_every_day(calendar: Calendar, start: datetime, length: int) -> None:
    end = start + timedelta(minutes=length)
    plain = sum((max(b - a, timedelta()) for a, b in plainly_open(calendar, start, end)), timedelta())
    assert calendar.elapsed(start, end) == plain


@modest
@given(calendars, moments, st.integers(0, 90 * 60), pauses)
def test_the_working_time_asked_for_has_elapsed_when_it_runs_out(
    calendar: Calendar, start: datetime, minutes: int, held: list[Pause]
) -> None:
    working = timedelta(minutes=minutes)
    end = calendar.after(start, working, held)
    assert calendar.elapsed(start, end, held) == working
    if working:
        assert calendar.elapsed(start, end - timedelta.resolution, held) < working


@modest
@given(calendars, moments, st.integers(1, 70), pauses)
def test_a_budget_of_working_days_is_that_many_closings(
    calendar: Calendar, start: datetime, n: int, held: list[Pause]
) -> None:
    end = calendar.due(start, Budget.parse(f"{n} working days"), held)
    assert calendar.closings_between(start, end, held) == n
    assert calendar.closings_between(start, end - timedelta.resolution, held) == n - 1
    assert end in (calendar.closing(calendar.day(end)), calendar.closing(calendar.day(end - timedelta.resolution)))
    assert not any(begin <= end < resumed for begin, resumed in held)


@modest
@given(calendars, moments, st.integers(0, 30 * 24 * 60), budgets, pauses)
def test_a_later_start_is_never_due_earlier(
    calendar: Calendar, start: datetime, minutes: int, budget: Budget, held: list[Pause]
) -> None:
    assert calendar.due(start, budget, held) <= calendar.due(start + timedelta(minutes=minutes), budget, held)


@modest
@given(calendars, moments, budgets, st.integers(1, 30), pauses)
def test_a_larger_budget_is_never_due_earlier(
    calendar: Calendar, start: datetime, budget: Budget, more: int, held: list[Pause]
) -> None:
    assert calendar.due(start, budget, held) <= calendar.due(start, replace(budget, amount=budget.amount + more), held)


@modest
@given(calendars, moments, budgets, pauses, st.tuples(moments, moments).map(sorted))
def test_a_further_pause_never_makes_it_due_earlier(
    calendar: Calendar, start: datetime, budget: Budget, held: list[Pause], further: list[datetime]
) -> None:
    begin, end = further
    assert calendar.due(start, budget, held) <= calendar.due(start, budget, [*held, (begin, end)])


@modest
@given(calendars, moments, st.integers(1, 40), st.integers(0, 60), st.floats(0, 1), st.floats(0, 1))
def test_a_pause_between_two_closings_changes_nothing_for_working_days(
    calendar: Calendar, start: datetime, n: int, later: int, one: float, other: float
) -> None:
    budget = Budget.parse(f"{n} working days")
    closing = calendar.due(start, Budget.parse(f"{later + 1} working days"))
    following = calendar.due(start, Budget.parse(f"{later + 2} working days"))
    span = following - closing - timedelta(microseconds=1)
    begin, end = sorted(closing + timedelta(microseconds=1) + span * share for share in (one, other))
    assert calendar.due(start, budget, [(begin, min(end, following))]) == calendar.due(start, budget)


@modest
@given(calendars, moments, budgets, pauses.flatmap(lambda held: st.tuples(st.just(held), st.permutations(held))))
def test_the_order_of_pauses_does_not_matter(
    calendar: Calendar, start: datetime, budget: Budget, both: tuple[list[Pause], list[Pause]]
) -> None:
    held, shuffled = both
    end = calendar.due(start, budget, held)
    assert calendar.due(start, budget, shuffled) == end
    assert calendar.due(start, budget, held + shuffled) == end
    assert calendar.elapsed(start, end, shuffled) == calendar.elapsed(start, end, held)


@modest
@given(calendars, moments, st.integers(1, 90), days, st.floats(0, 1), st.floats(0, 1))
def test_pausing_on_a_holiday_changes_nothing_for_working_time(
    calendar: Calendar, start: datetime, n: int, holiday: date, one: float, other: float
) -> None:
    closed = replace(calendar, closed={**calendar.closed, holiday: "holiday"})
    midnight = datetime.combine(holiday, time(), ZoneInfo(calendar.zone)).astimezone(UTC)
    begin, end = sorted(midnight + timedelta(hours=22) * share for share in (one, other))
    for unit in ("working hours", "working days"):
        budget = Budget.parse(f"{n} {unit}")
        if unit == "working hours" or not closes_at_midnight_before(closed, holiday):
            assert closed.due(start, budget, [(begin, end)]) == closed.due(start, budget)


def closes_at_midnight_before(calendar: Calendar, day: date) -> bool:
    """Whether the day before closes at 24:00, which is an instant of this day."""
    closing = calendar.closing(day - timedelta(days=1))
    return closing is not None and calendar.day(closing) == day


@modest
@given(calendars, moments, budgets, st.integers(0, 100), pauses)
def test_a_share_lies_between_start_and_due(
    calendar: Calendar, start: datetime, budget: Budget, percent: int, held: list[Pause]
) -> None:
    end = calendar.due(start, budget, held)
    assert start <= calendar.at_share(start, end, percent, held) <= end


@modest
@given(calendars, moments)
def test_the_next_opening_is_open_and_nothing_is_before_it(calendar: Calendar, moment: datetime) -> None:
    opening = calendar.next_open(moment)
    assert calendar.is_working(opening)
    assert calendar.is_working(moment) is (opening == moment)
    assert calendar.elapsed(moment, opening) == timedelta()


@modest
@given(calendars, days, st.integers(1, 300))
def test_adding_working_days_and_counting_them_agree(calendar: Calendar, day: date, n: int) -> None:
    later = calendar.add_days(day, n)
    assert calendar.count_days(day + timedelta(days=1), later) == n
    assert calendar.add_days(later, -n) <= day
    assert calendar.count_days(calendar.add_days(day, -n), day - timedelta(days=1)) == n
