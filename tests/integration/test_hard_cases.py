"""Cases that have caught others, and are met nowhere else: `docs/why/hard-cases.md` lists them all."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from lapor.oversight import escalation
from lapor.oversight.escalation import Sweep
from lapor.records import ClockRow, Notice
from tests.integration.town import COORDINATOR, REPORTER, Case, Town, at, shown
from tests.integration.web import Web


def clock_rows(case: Case) -> list[str]:
    with case.town.site.reading() as session:
        of_it = select(*ClockRow.__table__.c).where(ClockRow.complaint_id == case.id).order_by(ClockRow.id)
        return [repr(row) for row in session.execute(of_it)]


@pytest.mark.parametrize("audience", ["internal", "reporter"])
def test_a_comment_neither_stops_nor_restarts_nor_moves_any_clock(town: Town, audience: str) -> None:
    case = town.case_in("in_follow_up", reporter=REPORTER)
    town.sweep("13 Jul 16:01")
    before = clock_rows(case)
    case.write("Sudah saya lihat.", "pu.penghubung", "14 Jul 09:00", audience=audience)
    assert clock_rows(case) == before
    assert [name for name, *_ in case.told()] == ["first_response"] * 2


def test_a_breach_is_told_once_however_often_one_looks_and_over_midnight_too(town: Town) -> None:
    case = town.case_in("disposed")
    town.sweep("8 Jul 16:01")
    told, hour = case.notices(), at("8 Jul 16:30")
    while hour < at("9 Jul 16:00"):
        done = escalation.sweep(town.engine, town.site.writing, now=hour)
        assert (done, case.notices()) == (Sweep(), told), shown(hour)
        hour += timedelta(minutes=30)
    assert (town.sweep("9 Jul 16:01").rungs, len(case.notices())) == (1, len(told) + 1)


def test_old_cases_that_are_keyed_in_at_once_cause_one_message_each_and_no_storm(town: Town) -> None:
    moment = "30 Sep 10:00"
    cases = [town.submit("6 Jul 09:00", by=COORDINATOR, now=moment, channel="letter") for _ in range(3)]
    assert town.sweep(moment) == Sweep(cases=3, rungs=18)
    assert [[note for note in case.notices() if "escalation" in note] for case in cases] == [
        ["inspektorat.inspektur: escalation"]
    ] * 3
    assert (town.sweep(moment), town.findings(moment)) == (Sweep(), [])


def test_whoever_gets_an_overdue_case_is_told_how_late_it_is(town: Town) -> None:
    punctual, late = town.case_in("disposed"), town.case_in("disposed")
    punctual.make("pass_down", "pu.penghubung", "7 Jul 09:00", unit="jalan")
    town.sweep("13 Jul 16:01")
    late.make("pass_down", "pu.penghubung", "14 Jul 09:00", unit="jalan")
    with town.site.reading() as session:
        asked = select(Notice.complaint_id, Notice.facts)
        told = session.execute(asked.where(Notice.event == "work").order_by(Notice.id)).all()
    # first response was due on 13 July at 16:00; the new holder's own clock has begun anew
    since = {"tell": "late", "due_at": "2026-07-13T09:00:00Z"}
    assert [(row.complaint_id, row.facts) for row in told[2:]] == [(punctual.id, {}), (late.id, since)]


def test_a_case_that_is_looked_at_is_still_overdue_and_its_rungs_still_stand(web: Web) -> None:
    made = web.disposed()
    web.sweep(days=1, hours=10)
    web.sweep(days=1)

    def listed() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = web.get("/escalations", "setda.sekda").json["items"]
        return found

    before = listed()
    assert [(rung["clock"], rung["rung"], rung["acknowledged"]) for rung in before] == [("holding", 1, False)]
    assert web.get(f"/complaints/{made['tracking_number']}", "setda.sekda").status_code == 200
    assert listed() == before
    assert escalation.sweep(web.town.engine, web.site.writing, now=web.watch.at) == Sweep()
    assert escalation.sweep(web.town.engine, web.site.writing, now=at("9 Jul 16:01")) == Sweep(cases=1, rungs=1)
