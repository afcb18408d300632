"""When rungs are told: at times at which somebody is there to read them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from lapor.machine.clock import rung_moments
from tests.unit.test_clock import CALENDARS, WEST, at, submitted

OFFICE = CALENDARS[WEST]
STARTS = ["08-04T10:00", "08-04T23:59", "08-09T12:00", "08-15T15:59", "08-17T00:00", "12-31T23:59"]


@pytest.mark.parametrize("start", STARTS)
def test_no_rung_comes_at_night_at_the_weekend_or_on_a_holiday(start: str) -> None:
    for name in ("disposed", "received"):
        case = submitted(start) if name == "received" else submitted(start).after("dispose", start, 10)
        for clock in case.clocks:
            ladder = case.definition.ladders[case.definition.clocks[clock.name].ladder or ""]
            moments = rung_moments(clock, ladder, OFFICE)
            # the closing itself still belongs to the day
            there = [OFFICE.is_working(moment - timedelta.resolution) for moment in moments]
            assert there == [True] * len(moments), (clock.name, moments)
            assert moments == sorted(moments)
            assert moments[0] >= at(start)
