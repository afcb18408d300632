"""The engine of one moment: workflows by version, calendars by zone and version, standards by how well they fit."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from lapor.machine.budget import Budget
from lapor.machine.calendar import Calendar, Window
from lapor.machine.clock import CalendarKey
from lapor.machine.engine import Engine, Standard
from lapor.machine.organisation import Organisation, Unit
from lapor.machine.reader import load
from lapor.machine.workflow import Workflow

CITY, ROADS, BRIDGES = 1, 2, 3
WEEK = dict.fromkeys(range(5), (Window.parse("07:30", "16:00"),))
FIRST, SECOND = (Workflow(load(Path(__file__).parent / "definitions" / "sound.yaml")) for _ in range(2))
KEYS = [CalendarKey(zone, version) for zone in ("Asia/Jakarta", "Asia/Makassar") for version in (1, 2)]
UNITS = {
    CITY: Unit(CITY, "city", "City", "government", "Asia/Jakarta", (CITY,)),
    ROADS: Unit(ROADS, "roads", "Roads", "agency", "Asia/Jakarta", (CITY, ROADS)),
    BRIDGES: Unit(BRIDGES, "bridges", "Bridges", "work unit", "Asia/Makassar", (CITY, ROADS, BRIDGES)),
}
ENGINE = Engine(
    workflows={("complaint", 1): FIRST, ("complaint", 2): SECOND},
    current={"complaint": 2},
    calendars={key: Calendar(key.zone, WEEK, {}, version=key.version) for key in KEYS},
    calendar_version=2,
    organisation=Organisation(UNITS, {}),
)
TODAY = date(2025, 8, 5)
NOW = datetime(2025, 8, 5, 3, tzinfo=UTC)


def standard(
    unit_id: int,
    days: int,
    *,
    kind: str = "complaint",
    classification: str | None = None,
    category_id: int | None = None,
    valid_from: date = date(2025, 1, 1),
    signed_at: datetime = NOW - timedelta(days=300),
) -> Standard:
    budget = Budget.parse(f"{days} working days") if days else None
    return Standard(unit_id, kind, classification, category_id, budget, valid_from, signed_at)


def found(*standards: Standard, unit_id: int = BRIDGES) -> Budget | None:
    engine = replace(ENGINE, standards=standards)
    asked = (unit_id, "complaint", "oversight", 7)
    budgets = {engine.standard(*asked, on=TODAY, at=NOW)}
    budgets.add(replace(engine, standards=standards[::-1]).standard(*asked, on=TODAY, at=NOW))
    assert len(budgets) == 1
    return budgets.pop()


def test_a_case_keeps_the_version_that_it_started_with_and_a_new_one_gets_the_newest() -> None:
    assert ENGINE.workflow("complaint", 1) is FIRST
    assert ENGINE.workflow("complaint") is SECOND


def test_the_calendar_of_a_unit_is_that_of_its_zone_in_the_version_in_force() -> None:
    assert ENGINE.key(ROADS) == CalendarKey("Asia/Jakarta", 2)
    assert ENGINE.key(BRIDGES) == CalendarKey("Asia/Makassar", 2)
    assert ENGINE.key(BRIDGES, 1) == CalendarKey("Asia/Makassar", 1)


@pytest.mark.parametrize("key", KEYS)
def test_every_version_of_a_calendar_stays_at_hand(key: CalendarKey) -> None:
    assert ENGINE.calendar(key) == Calendar(key.zone, WEEK, {}, version=key.version)


def test_an_engine_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        ENGINE.calendar_version = 3  # type: ignore[misc]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(standard(BRIDGES, 2, kind="aspiration"), id="another kind"),
        pytest.param(standard(BRIDGES, 2, classification="not_oversight"), id="another class"),
        pytest.param(standard(BRIDGES, 2, category_id=8), id="another category"),
        pytest.param(standard(BRIDGES, 2, valid_from=date(2025, 8, 6)), id="from tomorrow on"),
        pytest.param(standard(9, 2), id="another unit"),
        pytest.param(standard(BRIDGES, 2, signed_at=NOW + timedelta(seconds=1)), id="signed later"),
        pytest.param(standard(BRIDGES, 0, category_id=7), id="a withdrawal"),
    ],
)
def test_a_standard_for_something_else_does_not_count(other: Standard) -> None:
    assert found(other) is None
    assert found(other, standard(BRIDGES, 5)) == Budget.parse("5 working days")


def test_the_standard_of_a_lower_unit_does_not_bind_the_one_above() -> None:
    assert found(standard(BRIDGES, 2), unit_id=ROADS) is None


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        pytest.param(standard(ROADS, 2), standard(CITY, 3), id="the nearer unit"),
        pytest.param(standard(BRIDGES, 2, category_id=7), standard(BRIDGES, 3), id="the category"),
        pytest.param(standard(BRIDGES, 2, classification="oversight"), standard(BRIDGES, 3), id="the class"),
        pytest.param(
            standard(BRIDGES, 2, category_id=7),
            standard(BRIDGES, 3, classification="oversight"),
            id="the category before the class",
        ),
        pytest.param(
            standard(BRIDGES, 2, category_id=7, classification="oversight"),
            standard(BRIDGES, 3, category_id=7),
            id="both before one",
        ),
        pytest.param(
            standard(BRIDGES, 2, valid_from=TODAY), standard(BRIDGES, 3, valid_from=date(2025, 8, 4)), id="the newer"
        ),
        pytest.param(
            standard(BRIDGES, 2, category_id=7, valid_from=date(2020, 1, 1)),
            standard(BRIDGES, 3, valid_from=TODAY),
            id="the more specific before the newer",
        ),
        pytest.param(
            standard(BRIDGES, 2, valid_from=date(2020, 1, 1)),
            standard(ROADS, 3, valid_from=TODAY),
            id="the nearer before the newer",
        ),
    ],
)
def test_of_several_standards_the_one_that_fits_best_binds(better: Standard, worse: Standard) -> None:
    assert found(better, worse) == Budget.parse("2 working days")


def test_a_withdrawal_ends_the_version_before_it_and_what_is_less_specific_binds_again() -> None:
    versions = [standard(BRIDGES, 2, valid_from=date(2020, 1, 1)), standard(BRIDGES, 0, valid_from=TODAY)]
    assert found(*versions) is None
    assert found(*versions, standard(ROADS, 5)) == Budget.parse("5 working days")


def test_of_two_versions_from_the_same_day_the_one_signed_later_binds() -> None:
    earlier = standard(BRIDGES, 3, signed_at=NOW - timedelta(days=2))
    assert found(standard(BRIDGES, 2, signed_at=NOW), earlier) == Budget.parse("2 working days")


def test_without_any_standard_there_is_no_budget() -> None:
    assert found() is None


def test_a_case_without_class_and_category_has_the_standard_for_all() -> None:
    engine = replace(
        ENGINE,
        standards=(
            standard(ROADS, 5),
            standard(ROADS, 2, classification="oversight"),
            standard(ROADS, 3, category_id=7),
        ),
    )
    assert engine.standard(ROADS, "complaint", None, None, on=TODAY, at=NOW) == Budget.parse("5 working days")
