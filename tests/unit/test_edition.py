"""Editions: which hours hold for which office on which day, and whether a due moment may yet move."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lapor.machine.budget import Budget
from lapor.machine.calendar import Calendar, Window
from lapor.machine.clock import CalendarKey
from lapor.machine.edition import Decree, Edition, Hours, Period
from lapor.machine.engine import Engine
from lapor.machine.organisation import Organisation, Unit
from tests.unit.test_calendar import calendars, moments


def hours(*windows: str) -> tuple[Window, ...]:
    return tuple(Window.parse(*window.split("-")) for window in windows)


SKB = Decree("SKB 1/2026", date(2026, 9, 14))
OFFICE, SHORT, HALF = hours("07:30-16:00"), hours("08:00-15:00"), hours("07:30-12:00")
FIVE_DAYS, SIX_DAYS = dict.fromkeys(range(5), OFFICE), dict.fromkeys(range(6), hours("07:00-12:00", "13:00-14:00"))
FEAST, EVE, ELECTION, LOCAL = date(2026, 8, 17), date(2026, 12, 31), date(2026, 6, 1), date(2026, 4, 6)
RAMADAN = Period("Ramadan", date(2026, 2, 18), date(2026, 2, 20), dict.fromkeys(range(5), SHORT))
EDITION = Edition(
    Hours(FIVE_DAYS, {FEAST: "Kemerdekaan", ELECTION: "Pilkada"}, {EVE: HALF}, (RAMADAN,), {ELECTION: SKB}),
    {"rsud": Hours(SIX_DAYS, {LOCAL: "Hari jadi kota"}, {FEAST: HALF}, (), {LOCAL: SKB})},
    frozenset({2025, 2026}),
    SKB,
)


def test_the_national_office_has_the_national_days_and_hours() -> None:
    ramadan = dict.fromkeys(RAMADAN.days(), SHORT)
    closed = {FEAST: "Kemerdekaan", ELECTION: "Pilkada"}
    expected = Calendar("Asia/Jakarta", FIVE_DAYS, closed, {**ramadan, EVE: HALF}, 3)
    assert EDITION.calendar("Asia/Jakarta", version=3) == expected


def test_an_office_with_hours_of_its_own_has_the_national_days_but_for_what_it_says_itself() -> None:
    closed = {ELECTION: "Pilkada", LOCAL: "Hari jadi kota"}
    expected = Calendar("Asia/Makassar", SIX_DAYS, closed, {EVE: HALF, FEAST: HALF}, 3)
    assert EDITION.calendar("Asia/Makassar", "rsud", 3) == expected
    assert EDITION.hours("rsud").decrees == {ELECTION: SKB, LOCAL: SKB}


def test_a_day_of_a_period_that_its_week_leaves_out_is_closed() -> None:
    sunday = Period("Ramadan", date(2026, 2, 21), date(2026, 2, 22), {6: SHORT})
    office = Edition(Hours(SIX_DAYS, periods=(sunday,))).calendar("Asia/Jakarta")
    assert office.closing(date(2026, 2, 21)) is None
    assert office.closing(date(2026, 2, 22)) == datetime(2026, 2, 22, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "due", "zone", "answer"),
    [
        ("2026-01-02T03:00", "2026-12-30T03:00", "Asia/Jakarta", False),
        ("2026-12-30T03:00", "2027-01-04T03:00", "Asia/Jakarta", True),
        ("2026-12-31T16:59", "2026-12-31T16:59", "Asia/Jakarta", False),
        ("2026-12-31T16:59", "2026-12-31T17:00", "Asia/Jakarta", True),
        ("2026-12-31T16:59", "2026-12-31T16:59", "Asia/Makassar", True),
        ("2024-12-30T03:00", "2026-01-04T03:00", "Asia/Jakarta", True),
    ],
)
def test_what_is_due_may_move_where_a_year_on_the_way_is_not_decreed(
    start: str, due: str, zone: str, answer: bool
) -> None:
    begin, end = (datetime.fromisoformat(each).replace(tzinfo=UTC) for each in (start, due))
    assert EDITION.is_provisional(begin, end, zone) is answer


def test_a_decree_reads_as_its_number_and_date() -> None:
    assert str(SKB) == "SKB 1/2026, 2026-09-14"


def _unit(key: int, code: str, *path: int) -> Unit:
    return Unit(key, code, code, "agency", "Asia/Jakarta", (*path, key))


CITY = {1: _unit(1, "kota"), 2: _unit(2, "pu", 1), 3: _unit(3, "rsud", 1), 4: _unit(4, "ugd", 1, 3)}
NATIONAL = Edition(Hours(FIVE_DAYS))
ENGINE = Engine({}, {}, {CalendarKey("Asia/Jakarta", 1): NATIONAL.calendar("Asia/Jakarta", version=1)}, 1,
                Organisation(CITY, {}), editions={1: NATIONAL})  # fmt: skip


def test_a_unit_has_the_hours_of_the_nearest_unit_that_has_its_own() -> None:
    amended = ENGINE.amended(EDITION)
    assert [amended.key(unit_id).office for unit_id in CITY] == ["", "", "rsud", "rsud"]
    assert [amended.key(unit_id, 1).office for unit_id in CITY] == ["", "", "", ""]
    nearer = ENGINE.amended(replace(EDITION, offices={**EDITION.offices, "kota": Hours(SIX_DAYS)}))
    assert [nearer.key(unit_id).office for unit_id in CITY] == ["kota", "kota", "rsud", "rsud"]


def test_an_engine_with_a_further_edition_keeps_the_calendars_before_it() -> None:
    amended = ENGINE.amended(EDITION)
    assert amended.calendars == {
        **ENGINE.calendars,
        CalendarKey("Asia/Jakarta", 2): EDITION.calendar("Asia/Jakarta", version=2),
        CalendarKey("Asia/Jakarta", 2, "rsud"): EDITION.calendar("Asia/Jakarta", "rsud", 2),
    }
    assert (amended.calendar_version, amended.editions) == (2, {1: NATIONAL, 2: EDITION})
    assert ENGINE.calendar_version == 1


@settings(max_examples=40, deadline=None)
@given(calendars, moments, st.integers(1, 60), st.integers(0, 90), st.sampled_from(("working days", "working hours")))
def test_a_further_day_off_never_makes_anything_due_earlier(
    calendar: Calendar, start: datetime, amount: int, later: int, unit: str
) -> None:
    day, budget = calendar.day(start) + timedelta(days=later), Budget.parse(f"{amount} {unit}")
    decreed = replace(calendar, closed={**calendar.closed, day: "Cuti bersama"})
    assert calendar.due(start, budget) <= decreed.due(start, budget)
