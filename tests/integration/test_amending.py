"""An amended calendar moves open clocks only, once each, with an entry in the trail; the doctor agrees afterwards."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import select, update

from lapor import scheduler
from lapor.directory import editions
from lapor.errors import LaporError
from lapor.machine.calendar import Window
from lapor.machine.edition import Decree, Edition, Hours
from lapor.oversight import amending
from lapor.oversight.amending import Amended
from lapor.privacy import content
from lapor.records import ClockRow, Complaint, Escalation
from lapor.settings import Holiday
from lapor.site import edition_of
from tests.integration.town import COORDINATOR, DISPOSITION, Case, Town, at, shown

SKB = Decree("SKB 5/2026", date(2026, 7, 7))
LEAVE = date(2026, 7, 10)
SHORT = Hours(dict.fromkeys(range(6), (Window.parse("08:00", "11:30"), Window.parse("13:00", "15:00"))))
PILKADA = Holiday(LEAVE, "Pilkada", "Keppres 1/2026")


def decreeing(
    town: Town, *off: date, worked: tuple[date, ...] = (), offices: Mapping[str, Hours] | None = None
) -> Edition:
    base = edition_of(town.site.settings)
    closed = {day: name for day, name in base.national.closed.items() if day not in worked}
    hours = Hours(base.national.week, closed | dict.fromkeys(off, "Cuti bersama"), decrees=dict.fromkeys(off, SKB))
    return Edition(hours, offices or {}, base.decreed, SKB)


def store(town: Town, edition: Edition) -> Town:
    """The town in which an edition is in force."""
    with town.site.writing() as session:
        editions.store(session, edition)
    with town.site.reading() as session:
        return replace(town, engine=town.site.engine(session))


def amend(town: Town, edition: Edition, moment: str, batch: int = 200) -> tuple[Town, Amended]:
    amended = store(town, edition)
    return amended, amending.amend(amended.engine, amended.site.writing, now=at(moment), batch=batch)


def said(case: Case) -> Any:
    """What the last entry of the trail says, and who may see it."""
    with case.town.site.reading() as session:
        entry, row = case.entries(session)[-1], case.row(session)
        _, internal = content.payload(case.town.engine.vault.content, row, entry)
        return entry.move, entry.is_public, entry.calendar_version, json.loads(internal)


def superseded(case: Case) -> list[tuple[str, int, int, str, str | None]]:
    with case.town.site.reading() as session:
        rows = session.scalars(select(Escalation).filter_by(complaint_id=case.id).order_by(Escalation.id))
        return [(row.clock, row.term, row.rung, row.outcome, shown(row.superseded_at)) for row in rows]


def test_a_further_day_off_moves_what_is_due_after_it_and_says_why(town: Town) -> None:
    case = town.case_in("in_follow_up")
    assert case.clocks() == {
        "verification": "met",
        "holding": "met",
        "first_response": "running, 13 Jul 16:00",
        "resolution": "running, 24 Jul 16:30",
    }
    after, done = amend(town, decreeing(town, LEAVE), "7 Jul 12:00")
    assert done == Amended(cases=1, clocks=2, moved=2)
    assert case.clocks() == {
        "verification": "met",
        "holding": "met",
        "first_response": "running, 14 Jul 16:00",
        "resolution": "running, 27 Jul 16:00",
    }
    moved = {"state": "running", "term": 2, "former_term": 1}
    assert said(case) == (
        "amend",
        False,
        2,
        {
            "calendar_version": 2,
            "decree": {"number": "SKB 5/2026", "date": "2026-07-07"},
            "clocks": [
                {**moved, "name": "first_response", "old": "2026-07-13T09:00:00Z", "new": "2026-07-14T09:00:00Z"},
                {**moved, "name": "resolution", "old": "2026-07-24T09:30:00Z", "new": "2026-07-27T09:00:00Z"},
            ],
        },
    )
    with town.site.reading() as session:
        row = case.row(session)
        assert (shown(row.due_at), row.version) == ("14 Jul 16:00", 3)
    assert after.findings("7 Jul 13:00") == []


def test_a_clock_that_is_due_before_the_day_keeps_its_term_and_follows_the_calendar_all_the_same(town: Town) -> None:
    case = town.submit()
    after, done = amend(town, decreeing(town, LEAVE), "7 Jul 12:00")
    assert done == Amended(cases=1, clocks=1, moved=0)
    clock = case.clock("verification")
    assert (clock.term, clock.calendar_version, shown(clock.due_at)) == (1, 2, "9 Jul 16:00")
    assert said(case)[3]["clocks"] == []
    assert after.sweep("15 Jul 12:00").rungs > 0
    # the third working day after the due moment is not over, as the decreed one is none
    assert [(rung, raised) for _, _, rung, *_, raised, _, _ in case.rungs()][-1] == (2, "15 Jul 12:00")
    assert after.findings("15 Jul 12:00") == []


def test_what_ended_never_changes(town: Town) -> None:
    cases = [town.case_in(state) for state in ("closed", "archived", "withdrawn")]
    before = [case.dump() for case in cases]
    after, done = amend(town, decreeing(town, LEAVE, date(2026, 7, 7)), "7 Jul 12:00")
    assert done == Amended()
    assert [case.dump() for case in cases] == before
    assert after.findings("7 Jul 13:00") == []


def test_a_breach_that_is_none_any_more_is_superseded_and_a_second_one_is_told_again(town: Town) -> None:
    case = town.case_in("disposed")
    town.sweep("8 Jul 16:01")
    assert superseded(case) == [("holding", 1, 0, "skipped", None), ("holding", 1, 1, "told", None)]
    after, _ = amend(town, decreeing(town, date(2026, 7, 8)), "8 Jul 18:00")
    assert case.clocks()["holding"] == "running, 9 Jul 16:00"
    # 80 % of the working time is not over either
    late = "8 Jul 18:00"
    assert superseded(case) == [("holding", 1, 0, "skipped", late), ("holding", 1, 1, "told", late)]
    assert after.findings("9 Jul 08:00") == []
    after.sweep("9 Jul 16:01")
    told_again = [("holding", 2, 0, "skipped", None), ("holding", 2, 1, "told", None)]
    assert superseded(case) == [("holding", 1, 0, "skipped", late), ("holding", 1, 1, "told", late), *told_again]
    assert after.findings("9 Jul 16:01") == []


def test_a_rung_whose_new_moment_has_passed_as_well_stays_told(town: Town) -> None:
    case = town.case_in("disposed")
    town.sweep("8 Jul 16:01")
    after, _ = amend(town, decreeing(town, date(2026, 7, 8)), "9 Jul 18:00")
    assert superseded(case) == [("holding", 2, 0, "skipped", None), ("holding", 2, 1, "told", None)]
    after.sweep("9 Jul 18:01")
    assert len(superseded(case)) == 2
    assert after.findings("9 Jul 18:01") == []
    # a post that was told in the former term is not told again
    after.sweep("10 Jul 16:31")
    assert case.told()[1:] == [("holding", 1, "told", "setda.sekda"), ("holding", 2, "told", "kota.wali-kota")]
    assert after.findings("10 Jul 16:31") == []


def test_a_day_off_that_is_worked_after_all_makes_due_earlier_and_the_ladder_goes_on(town: Town) -> None:
    leave = store(town, decreeing(town, LEAVE))
    case = leave.case_in("in_follow_up")
    leave.sweep("13 Jul 17:00")
    assert case.clocks()["first_response"] == "running, 14 Jul 16:00"
    assert superseded(case) == [("first_response", 1, 0, "warned", None)]
    after, done = amend(leave, decreeing(town), "13 Jul 18:00")
    assert done.moved == 2
    assert case.clocks()["first_response"] == "running, 13 Jul 16:00"
    assert superseded(case) == [("first_response", 2, 0, "warned", None)]
    after.sweep("13 Jul 18:01")
    assert [rung[:4] for rung in superseded(case)][1:] == [("first_response", 2, 1, "told")]
    assert after.findings("13 Jul 18:01") == []


def test_a_pause_that_is_open_over_an_amendment_is_kept(town: Town) -> None:
    case = town.case_in("awaiting_reporter", "6 Jul 09:00")
    assert case.clocks()["resolution"] == "paused, 24 Jul 16:30"
    after, _ = amend(town, decreeing(town, LEAVE), "8 Jul 09:00")
    assert case.clocks()["resolution"] == "paused, 27 Jul 16:00"
    assert after.findings("8 Jul 09:00") == []
    later = Case(after, case.id, case.number, case.secret)
    later.attempt("reply", "reporter", "13 Jul 09:00", {"text": "Sejak Mei."})
    # the pause covers the closings of 7 to 9 July; the decreed day has none
    assert case.clocks()["resolution"] == "running, 30 Jul 16:00"
    assert after.findings("13 Jul 09:30") == []


def test_a_breached_clock_that_an_amendment_relieves_pauses_from_then_on(town: Town) -> None:
    case = town.case_in("in_follow_up")
    town.sweep("24 Jul 16:31")
    case.goes("ask_reporter", moment="24 Jul 17:00")
    assert case.clock("resolution").state == "running"
    after, _ = amend(town, decreeing(town, LEAVE), "24 Jul 18:00")
    clock = case.clock("resolution")
    assert (clock.state, shown(clock.paused_at), shown(clock.due_at)) == ("paused", "24 Jul 18:00", "27 Jul 16:00")
    after.sweep("24 Jul 18:01")
    assert after.findings("24 Jul 18:01") == []


def test_a_promise_of_a_rung_that_stays_told_is_kept(town: Town) -> None:
    case = town.case_in("disposed")
    town.sweep("8 Jul 16:01")
    case.acknowledge(1, "setda.sekda", "9 Jul 17:00", promised="13 Jul 09:00")
    after, _ = amend(town, decreeing(town, date(2026, 7, 8)), "9 Jul 18:00")
    assert shown(case.clock("holding").held_until) == "13 Jul 09:00"
    assert after.findings("9 Jul 18:00") == []


def test_a_case_that_moved_between_the_decree_and_its_amendment_follows_too(town: Town) -> None:
    old, moved = town.case_in("disposed"), town.case_in("disposed")
    after = store(town, decreeing(town, LEAVE))
    Case(after, moved.id, moved.number, moved.secret).goes("accept", moment="7 Jul 09:00")
    stale = [town.case_in("in_follow_up", "7 Jul 10:00")]
    done = amending.amend(after.engine, after.site.writing, now=at("7 Jul 12:00"))
    assert (done.cases, done.faults) == (3, ())
    assert {case.clocks()["resolution"] for case in (old, moved)} == {"running, 27 Jul 16:00"}
    assert stale[0].clocks()["resolution"] == "running, 28 Jul 16:00"
    assert after.findings("7 Jul 12:00") == []


class Killed(Exception):
    """The process ends here."""


def test_an_amendment_that_is_killed_half_way_goes_on_where_it_was(town: Town) -> None:
    cases = [town.case_in("in_follow_up") for _ in range(5)]
    after = store(town, decreeing(town, LEAVE))

    def kill(_cases: int) -> None:
        raise Killed

    with pytest.raises(Killed):
        amending.amend(after.engine, after.site.writing, now=at("7 Jul 12:00"), batch=2, seen=kill)
    with after.site.reading() as session:
        assert amending.waiting(after.engine, session) == 3
    assert after.findings("7 Jul 12:00") == []
    seen: list[int] = []
    done = amending.amend(after.engine, after.site.writing, now=at("7 Jul 13:00"), batch=2, seen=seen.append)
    assert (done, seen) == (Amended(cases=3, clocks=6, moved=6), [2, 1])
    again = amending.amend(after.engine, after.site.writing, now=at("7 Jul 14:00"))
    assert again == Amended()
    assert [case.trail().count("amend") for case in cases] == [1] * 5
    assert after.findings("7 Jul 14:00") == []


def test_two_that_amend_side_by_side_do_nothing_twice(town: Town) -> None:
    cases = [town.case_in("in_follow_up") for _ in range(12)]
    after = store(town, decreeing(town, LEAVE))
    with ThreadPoolExecutor(2) as both:
        tries = [both.submit(amending.amend, after.engine, after.site.writing, now=at("7 Jul 12:00"), batch=3)
                 for _ in range(2)]  # fmt: skip
    done = [each.result() for each in tries]
    assert done[0] + done[1] == Amended(cases=12, clocks=24, moved=24)
    assert [case.trail().count("amend") for case in cases] == [1] * 12
    assert after.findings("7 Jul 12:00") == []


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_moves_rungs_and_decrees_come_together_the_doctor_finds_nothing(town: Town, seed: int) -> None:
    chance = Random(seed)
    cases = [
        town.case_in(chance.choice(["received", "disposed", "in_follow_up", "awaiting_reporter"])) for _ in range(6)
    ]
    days = [date(2026, 7, 7) + timedelta(days=n) for n in range(24)]
    for day in (f"{day:%-d %b}" for day in sorted(chance.sample(days, 8))):
        if chance.random() < 0.5:
            town.sweep(f"{day} 07:00")
        town = store(town, decreeing(town, *chance.sample(days, 4), offices=chance.choice([{}, {"pu": SHORT}])))
        name = chance.choice(["ask_reporter", "reply", "note_progress", "extend", "accept"])
        for case in chance.sample(cases, 2):
            with suppress(LaporError):
                Case(town, case.id, case.number, case.secret).goes(name, moment=f"{day} 10:00")
        if chance.random() < 0.5:
            town.sweep(f"{day} 15:00")
        amending.amend(town.engine, town.site.writing, now=at(f"{day} 17:00"))
        town.sweep(f"{day} 18:00")
        assert town.findings(f"{day} 18:00") == []
    assert sum(case.trail().count("amend") for case in cases) > 20


def test_a_case_that_fails_is_named_and_the_others_are_amended(town: Town) -> None:
    sound, poisoned = town.case_in("in_follow_up"), town.case_in("in_follow_up")
    town.execute(update(ClockRow).where(ClockRow.complaint_id == poisoned.id).values(budget="soon"))
    before = poisoned.dump()
    _, done = amend(town, decreeing(town, LEAVE), "7 Jul 12:00")
    assert (done.cases, done.moved, [number for number, _ in done.faults]) == (1, 2, [poisoned.number])
    assert done.faults[0][1].startswith("ValueError: ")
    assert poisoned.dump() == before
    assert sound.clocks()["resolution"] == "running, 27 Jul 16:00"


def test_two_units_of_one_zone_have_hours_of_their_own_and_those_below_inherit_them(town: Town) -> None:
    six_days = dict.fromkeys(range(6), (Window.parse("07:00", "12:00"), Window.parse("13:00", "14:00")))
    after = store(town, decreeing(town, offices={"pu": Hours(six_days)}))
    roads, health = after.submit(), after.submit()
    roads.attempt("dispose", COORDINATOR, "9 Jul 09:00", {**DISPOSITION, "unit": "jalan"})
    health.attempt("dispose", COORDINATOR, "9 Jul 09:00", {**DISPOSITION, "unit": "kesehatan"})
    assert [(case.clock("holding").office, case.clocks()["holding"]) for case in (roads, health)] == [
        ("pu", "running, 11 Jul 14:00"),
        ("", "running, 13 Jul 16:00"),
    ]
    assert roads.clocks()["resolution"] == health.clocks()["resolution"] == "running, 29 Jul 16:00"
    without, done = amend(after, decreeing(town), "9 Jul 10:00")
    assert (done.cases, done.moved) == (2, 1)
    assert (roads.clock("holding").office, roads.clocks()["holding"]) == ("", "running, 13 Jul 16:00")
    assert without.findings("9 Jul 10:00") == []


def test_a_preview_tells_what_will_move_and_changes_nothing(town: Town) -> None:
    town.case_in("in_follow_up")
    town.case_in("disposed")
    town.submit()
    before, edition = town.dump(), decreeing(town, LEAVE)
    day, weekend = timedelta(days=1), timedelta(days=3, minutes=-30)
    with town.site.reading() as session:
        seen = amending.preview(town.engine, session, edition, now=at("7 Jul 12:00"))
    assert (seen.open, sorted(seen.moves)) == (6, [day, day, weekend, weekend])
    assert seen.by_clock == {"first_response": [day, day], "resolution": [weekend, weekend]}
    assert {code: sorted(moves) for code, moves in seen.by_agency.items()} == {"pu": [day, day, weekend, weekend]}
    assert town.dump() == before
    _, done = amend(town, edition, "7 Jul 12:00")
    assert (done.clocks, done.moved) == (seen.open, len(seen.moves))


def test_what_the_settings_change_moves_open_clocks_as_well(town: Town) -> None:
    case = town.case_in("in_follow_up")
    chosen = replace(town.site.settings, calendar=replace(town.site.settings.calendar, holidays=(PILKADA,)))
    site = replace(town.site, settings=chosen)
    site.prepare()
    scheduler.sweep_once(site)
    assert case.clocks()["first_response"] == "running, 14 Jul 16:00"
    with town.site.reading() as session:
        entry = next(each for each in case.entries(session) if each.move == "amend")
        assert (entry.calendar_version, json.loads(entry.internal)["decree"]) == (2, None)


def test_the_worker_amends_before_it_tells_anybody_of_a_breach(town: Town) -> None:
    case = town.case_in("in_follow_up", "6 Jul 2025 09:00")
    far = {date(2025, 7, 7) + timedelta(days=n): "Libur" for n in range(3000)}
    base = edition_of(town.site.settings)
    store(town, Edition(Hours(base.national.week, far), {}, base.decreed, SKB))
    scheduler.sweep_once(town.site)
    assert case.told() == []
    assert case.trail()[-1] == "amend"
    with town.site.reading() as session:
        assert session.get_one(Complaint, case.id).put_off is None
