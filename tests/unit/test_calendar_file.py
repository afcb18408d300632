"""A calendar's file: what it changes of the settings' calendar, and every fault with its place."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from lapor.directory import calendar_file, editions
from lapor.errors import CalendarFaulty
from lapor.machine.calendar import Window
from lapor.machine.edition import Decree, Edition, Hours, Period

OFFICE, MORNING, SHORT = Window.parse("07:30", "16:00"), Window.parse("07:30", "12:00"), Window.parse("08:00", "15:00")
WEEK = dict.fromkeys(range(5), (OFFICE,))
ESTIMATED = date(2040, 1, 15)
BASE = Edition(
    Hours(WEEK, {date(2026, 8, 17): "Kemerdekaan", date(2026, 12, 25): "Natal", date(2040, 1, 1): "Tahun Baru"}),
    decreed=frozenset({2025, 2026}),
)
WHOLE = """
decree: {number: SKB 1/2026, date: 2026-09-14}
decreed: [2040]
days_off:
  - {date: 2026-12-24, name: Cuti bersama Natal}
  - {date: 2040-06-01, name: Hari Lahir Pancasila, decree: {number: SKB 9/2039, date: 2039-10-02}}
worked:
  - {date: 2026-08-17}
overrides:
  - {date: 2026-12-31, hours: ["07:30-12:00"]}
periods:
  - {name: Ramadan, from: 2027-02-08, to: 2027-03-09, week: {monday: ["08:00-15:00"]}}
units:
  rsud:
    week: {monday: ["07:30-12:00", "13:00-24:00"], saturday: ["07:30-12:00"]}
    days_off: [{date: 2026-04-06, name: Hari jadi kota}]
    overrides: [{date: 2026-12-25, hours: ["07:30-12:00"]}]
"""
SKB, LATER = Decree("SKB 1/2026", date(2026, 9, 14)), Decree("SKB 9/2039", date(2039, 10, 2))


def load(text: str, folder: Path, base: Edition = BASE) -> Edition:
    file = folder / "calendar.yaml"
    file.write_text(text, encoding="utf-8")
    return calendar_file.load(file, base=base, units=["kota", "rsud"])


def test_a_file_changes_the_calendar_of_the_settings_and_names_its_decrees(tmp_path: Path) -> None:
    assert load(WHOLE, tmp_path) == Edition(
        Hours(
            WEEK,
            {
                date(2026, 12, 25): "Natal",
                date(2040, 1, 1): "Tahun Baru",
                date(2026, 12, 24): "Cuti bersama Natal",
                date(2040, 6, 1): "Hari Lahir Pancasila",
            },
            {date(2026, 12, 31): (MORNING,)},
            (Period("Ramadan", date(2027, 2, 8), date(2027, 3, 9), {0: (SHORT,)}),),
            {date(2026, 12, 24): SKB, date(2040, 6, 1): LATER, date(2026, 12, 31): SKB, date(2026, 8, 17): SKB},
        ),
        {
            "rsud": Hours(
                {0: (MORNING, Window.parse("13:00", "24:00")), 5: (MORNING,)},
                {date(2026, 4, 6): "Hari jadi kota"},
                {date(2026, 12, 25): (MORNING,)},
                (),
                {date(2026, 4, 6): SKB, date(2026, 12, 25): SKB},
            )
        },
        frozenset({2025, 2026, 2040}),
        SKB,
    )


def test_a_file_that_names_a_decree_alone_changes_nothing_else(tmp_path: Path) -> None:
    made = load("decree: {number: SKB 1/2026, date: 2026-09-14}", tmp_path)
    assert made == Edition(BASE.national, {}, BASE.decreed, SKB)


def test_the_estimates_of_a_year_give_way_to_its_decree(tmp_path: Path) -> None:
    national = Hours(WEEK, {date(2040, 1, 1): "Tahun Baru", date(2040, 10, 7): "Idulfitri (perkiraan)"})
    text = "decree: {number: S, date: 2039-10-02}\ndecreed: [2040]\ndays_off: [{date: 2040-10-08, name: Idulfitri}]"
    made = load(text, tmp_path, Edition(national))
    assert made.national.closed == {date(2040, 1, 1): "Tahun Baru", date(2040, 10, 8): "Idulfitri"}


def test_what_is_stored_is_read_back(tmp_path: Path) -> None:
    for edition in (BASE, load(WHOLE, tmp_path)):
        assert editions.edition_of(editions.written(edition)) == edition


FAULTS = {
    "decree: {number: ' ', date: 2026}": [
        "decree.number: must be as in SKB 3 Menteri 1/2026",
        "decree.date: must be a day, as in 2026-08-17",
    ],
    "decreed: [1999]": ["decreed[0]: must be from 2002 to 2040", "decree: is needed"],
    "decree: {number: S}\ndays_off: [{date: 2026-01-01, name: A, decree: {date: 2026-01-01}}]\nholidays: []": [
        "decree.date: is needed",
        "days_off[0].decree.number: is needed",
        "holidays: unknown",
    ],
}
HEAD = "decree: {number: S, date: 2026-01-01}\n"
PERIODS = """
periods:
  - {name: A, from: 2026-03-02, to: 2026-03-01, week: {monday: ["08:00-12:00"]}}
  - {name: B, from: 2026-04-01, to: 2026-04-05, week: {monday: ["08:00-12:00"]}}
  - {name: C, from: 2026-04-05, to: 2026-04-06, week: {monday: ["08:00-12:00"]}}
"""
MEANT = {
    'week: {monday: ["08:00-12:00", "11:00-16:00"]}': [
        "week.monday: must be in order, none reaching into the next",
    ],
    "week: {monday: []}\nunits: {rsut: {week: {}}, kota: {}}": ["units.kota.week: is needed"],
    "week: {monday: []}\nunits: {rsut: {week: {}}}": [
        f"week: {calendar_file.NO_HOURS}",
        "units.rsut: there is no such unit; did you mean rsud?",
        f"units.rsut.week: {calendar_file.NO_HOURS}",
    ],
    "decreed: [2026, 2031]\nworked: [{date: 2026-01-05}, {date: 2026-12-25}]\noverrides: "
    "[{date: 2026-12-25, hours: []}]": [
        "worked[0].date: 2026-01-05 is no day off",
        "decreed: 2031 needs its days off, and days_off has none",
        "overrides[0].hours: must not be empty; a day off stands in days_off",
        "days_off, worked, overrides: 2026-12-25 stands there twice",
    ],
    "periods: [ramadan]": ["periods[0]: must be names with values"],
    PERIODS: ["periods[0].to: must not be before 2026-03-02", "periods: B and C have days in common"],
}


@pytest.mark.parametrize(("text", "faults"), [*FAULTS.items(), *((HEAD + text, told) for text, told in MEANT.items())])
def test_every_fault_is_told_with_its_place_and_what_is_allowed(text: str, faults: list[str], tmp_path: Path) -> None:
    with pytest.raises(CalendarFaulty) as refused:
        load(text, tmp_path)
    assert sorted(refused.value.faults) == sorted(faults)


def test_a_file_that_is_not_there_or_no_yaml_is_told(tmp_path: Path) -> None:
    with pytest.raises(CalendarFaulty) as unread:
        load("decree: [", tmp_path)
    assert str(unread.value).startswith(f"{tmp_path}/calendar.yaml:1: cannot be read as YAML: ")
    with pytest.raises(CalendarFaulty) as missing:
        calendar_file.load(tmp_path / "none.yaml", base=BASE, units=[])
    assert "none.yaml: cannot be read: " in str(missing.value)
