"""Indonesia: holidays with joint leave, zones and office hours."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from lapor.machine.budget import Budget
from lapor.machine.calendar import Calendar, Window
from lapor.machine.indonesia import ZONES, calendar, decreed, estimated, holidays_of, office_hours


def test_the_holidays_of_a_month_include_the_joint_leave_of_lebaran() -> None:
    april = {day: name for day, name in holidays_of(range(2025, 2026)).items() if day.month == 4}
    assert april == {
        date(2025, 4, 1): "Hari kedua dari Hari Raya Idul Fitri",
        date(2025, 4, 2): "Cuti Bersama Hari Raya Idul Fitri",
        date(2025, 4, 3): "Cuti Bersama Hari Raya Idul Fitri",
        date(2025, 4, 4): "Cuti Bersama Hari Raya Idul Fitri",
        date(2025, 4, 7): "Cuti Bersama Hari Raya Idul Fitri",
        date(2025, 4, 18): "Wafat Yesus Kristus",
        date(2025, 4, 20): "Kebangkitan Yesus Kristus",
    }


def test_the_day_added_by_decree_in_the_middle_of_2025_is_known() -> None:
    assert holidays_of(range(2025, 2026))[date(2025, 8, 18)] == "Cuti Bersama Hari Kemerdekaan Republik Indonesia"


def test_holidays_come_in_order_and_only_of_the_years_asked_for() -> None:
    days = list(holidays_of(range(2023, 2026)))
    assert days == sorted(days)
    assert {day.year for day in days} == {2023, 2024, 2025}
    assert holidays_of(range(2025, 2025)) == {}


def test_holidays_are_named_in_english_on_request() -> None:
    named = holidays_of(range(2025, 2026), language="en_US")
    assert named.keys() == holidays_of(range(2025, 2026)).keys()
    assert named[date(2025, 8, 17)] == "Independence Day"


def test_a_language_without_names_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^holidays are named in one of id, en_US, not 'nl'$"):
        holidays_of(range(2025, 2026), language="nl")


@pytest.mark.parametrize(("year", "known"), [(1999, False), (2023, True), (2025, True), (2026, True), (2090, False)])
def test_a_year_is_decreed_when_its_joint_leave_is_known(year: int, known: bool) -> None:
    assert decreed(year) is known


def test_calculated_dates_are_told_from_decreed_ones() -> None:
    assert estimated(range(2023, 2027)) == ()
    far = estimated(range(2060, 2061))
    assert far
    assert all("(perkiraan)" in holidays_of(range(2060, 2061))[day] for day in far)


def test_the_zones_are_the_three_of_indonesia() -> None:
    noon = datetime(2025, 7, 7, 5, tzinfo=UTC)
    assert [noon.astimezone(ZoneInfo(zone)).utcoffset() for zone in ZONES] == [timedelta(hours=n) for n in (7, 8, 9)]


def test_the_usual_week_has_a_longer_friday_and_no_weekend() -> None:
    usual = (Window(450, 960),)
    assert office_hours() == {0: usual, 1: usual, 2: usual, 3: usual, 4: (Window(450, 990),)}


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("Asia/Jakarta", datetime(2025, 4, 14, 9, tzinfo=UTC)),
        ("Asia/Makassar", datetime(2025, 4, 14, 8, tzinfo=UTC)),
        ("Asia/Jayapura", datetime(2025, 4, 14, 7, tzinfo=UTC)),
    ],
)
def test_a_calendar_of_a_government_knows_zone_hours_and_holidays(zone: str, expected: datetime) -> None:
    eve_of_lebaran = datetime(2025, 3, 27, 10, tzinfo=ZoneInfo(zone))
    assert calendar(zone, years=range(2025, 2026)).due(eve_of_lebaran, Budget.parse("5 working days")) == expected


def test_an_agency_may_have_a_week_of_its_own() -> None:
    six_days = {weekday: (Window(480, 840),) for weekday in range(6)}
    made = calendar("Asia/Makassar", week=six_days, years=range(2025, 2026))
    assert made == Calendar("Asia/Makassar", six_days, holidays_of(range(2025, 2026)))


def test_outside_its_years_a_calendar_knows_only_its_week() -> None:
    made = calendar("Asia/Jakarta", years=range(2025, 2026))
    assert made.closing(date(2026, 1, 1)) == datetime(2026, 1, 1, 9, tzinfo=UTC)


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="there is no zone 'Asia/Bandung'"):
        calendar("Asia/Bandung", years=range(2025, 2026))
