"""How late the system itself is: counted where it happens, shown to whoever watches over it."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from lapor.notices import lag
from lapor.records import LagCount
from tests.integration.town import Town, at
from tests.integration.web import Web


def counted(town: Town) -> dict[tuple[str, int], tuple[int, float]]:
    with town.site.reading() as session:
        return {(row.name, row.seconds): (row.count, row.total_seconds) for row in session.scalars(select(LagCount))}


def test_lags_are_counted_in_buckets_and_a_clock_set_back_makes_nothing_late(town: Town) -> None:
    seconds = (-5, 0, 1, 1.5, 40, 90000)
    for _ in range(2):
        with town.site.writing() as session:
            lag.count(session, lag.RECORDED, [timedelta(seconds=each) for each in seconds])
    assert counted(town) == {
        ("recorded", 1): (6, 2.0),
        ("recorded", 5): (2, 3.0),
        ("recorded", 60): (2, 80.0),
        ("recorded", 0): (2, 180000.0),
    }


def test_a_sweep_tells_how_long_after_its_moment_it_came_to_each_clock(town: Town) -> None:
    town.case_in("disposed")
    assert town.sweep("8 Jul 16:01").lags == (at("8 Jul 16:01") - at("8 Jul 11:12"),)
    assert town.sweep("9 Jul 16:10").lags == (timedelta(minutes=10),)


def test_metrics_show_lags_as_histograms(web: Web) -> None:
    with web.site.writing() as session:
        lag.count(session, lag.DELIVERED, [timedelta(seconds=3), timedelta(days=2)])
    lines = web.client.get("/metrics").text.splitlines()
    assert [line for line in lines if line.startswith("lapor_delivered")] == [
        'lapor_delivered_lag_seconds_bucket{le="1"} 0',
        *(f'lapor_delivered_lag_seconds_bucket{{le="{bound}"}} 1' for bound in lag.BUCKETS[1:]),
        'lapor_delivered_lag_seconds_bucket{le="+Inf"} 2',
        "lapor_delivered_lag_seconds_sum 172803.000",
        "lapor_delivered_lag_seconds_count 2",
    ]
