"""My work and a supervisor's counts over HTTP: whose turn it is, and counts that are the lengths of lists."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy import select

from lapor.access import counting, reading
from lapor.access.principal import Principal
from lapor.access.reading import Asked
from lapor.handling.duty import responsible
from lapor.handling.move import open_moves
from lapor.records import ClockRow, Complaint
from tests.integration.town import COORDINATOR, DISPOSITION, Town, at, shown
from tests.integration.wandering import POSTS, wander
from tests.integration.web import NOW, Web, problem


def work(web: Web, by: str, query: str = "") -> list[tuple[str, str]]:
    """The titles, or holders where there is none, and states of somebody's work."""
    items = web.get(f"/work{query}", by).json["items"]
    return [(item.get("title", item["holder"]["code"]), item["state"]) for item in items]


def test_my_work_comes_with_what_is_next_and_the_moves_that_are_open(web: Web) -> None:
    case = web.disposed()
    web.submit(title="Lampu mati")
    (item,) = web.get("/work", "pu.penghubung").json["items"]
    shown = web.get(f"/complaints/{case['tracking_number']}", "pu.penghubung").json
    assert item == {**shown, "moves": ["pass_down", "accept", "return", "withdraw", "reassign", "link", "tighten"]}
    assert item["next"] == {
        "text": {"id": "Menunggu tindak lanjut instansi.", "en": "The holder is to act on it."},
        "by": "2026-07-08T09:00:00Z",
    }


def test_everybody_works_on_what_waits_for_them(web: Web) -> None:
    cases = {title: web.submit(title=title) for title in ("Satu", "Dua", "Tiga", "Empat", "Lima")}
    for title in ("Dua", "Tiga", "Empat", "Lima"):
        web.moved(cases[title], "dispose", COORDINATOR, **DISPOSITION)
    web.moved(cases["Tiga"], "return", "pu.penghubung", reason="Bukan kami.")
    for title in ("Empat", "Lima"):
        web.moved(cases[title], "accept", "pu.penghubung")
    web.moved(cases["Empat"], "propose_answer", "pu.petugas", text="Sudah.")
    web.moved(cases["Lima"], "reassign", "pu.kepala", post="pu.petugas")
    found = {by: work(web, by) for by in (COORDINATOR, "pu.penghubung", "pu.petugas", "pu.kepala", "setda.sekda")}
    assert found == {
        COORDINATOR: [("Tiga", "contested"), ("Satu", "received")],
        "pu.penghubung": [("Dua", "disposed"), ("Empat", "awaiting_approval")],
        "pu.petugas": [("Lima", "in_follow_up")],
        "pu.kepala": [("Empat", "awaiting_approval")],
        "setda.sekda": [],
    }
    assert work(web, "pu.penghubung", "?state=disposed&q=dua") == [("Dua", "disposed")]


def test_an_arbiter_who_is_asked_in_follow_up_has_it_to_do(web: Web) -> None:
    case = web.disposed()
    web.moved(case, "accept", "pu.penghubung")
    assert work(web, COORDINATOR) == []
    web.moved(case, "ask_arbitration", "pu.penghubung", reason="Bukan kami.")
    assert work(web, COORDINATOR) == [("Jalan berlubang", "in_follow_up")]


def test_work_comes_in_pages(web: Web) -> None:
    for title in ("Satu", "Dua", "Tiga"):
        web.submit(title=title)
        web.watch.forward(hours=1)
    first = web.get("/work?limit=2", COORDINATOR).json
    second = web.get(f"/work?limit=2&cursor={first['next']}", COORDINATOR).json
    assert [item["title"] for item in first["items"] + second["items"]] == ["Satu", "Dua", "Tiga"]
    assert second["next"] is None


def test_work_and_summary_take_as_many_statements_for_one_as_for_three(web: Web) -> None:
    counted = []
    for cases in (1, 2):
        for _ in range(cases):
            web.submit(reporter={"name": "Pelapor"})
        web.token(COORDINATOR)
        for path in ("/work", "/work/summary"):
            with web.statements() as ran:
                web.get(path, COORDINATOR)
            counted.append((path, len(ran)))
    assert counted == [("/work", 7), ("/work/summary", 3)] * 2


def test_the_reporter_has_no_work(web: Web) -> None:
    case = web.submit()
    assert problem(web.get("/work", case["secret"])) == (403, "forbidden", None)
    assert problem(web.get("/work/summary", "pu.penghubung")) == (403, "forbidden", None)


def test_a_reporter_does_not_learn_from_filters_who_was_told(web: Web) -> None:
    case = web.disposed()
    web.sweep(days=4, hours=7)
    both = ("warned=true", "unacknowledged=true")
    assert [len(web.get(f"/complaints?{each}", case["secret"]).json["items"]) for each in both] == [0, 0]
    assert [len(web.get(f"/complaints?{each}", "setda.sekda").json["items"]) for each in both] == [1, 1]


NONE: dict[str, Any] = {
    "open": 0,
    "warned": 0,
    "overdue": 0,
    "overdue_days": {"0-1": 0, "2-3": 0, "4-7": 0, "more": 0},
    "waiting_for_reporter": 0,
    "unacknowledged": 0,
    "promised": 0,
}


def test_a_supervisor_sees_the_own_units_by_state(web: Web) -> None:
    assert web.get("/work/summary", "pu.kepala").json == {"units": [], "total": NONE}
    web.disposed()
    web.disposed(confidential=True)
    web.answered()
    web.submit(door="rsud")
    web.sweep(days=4, hours=7)
    pu = {"code": "pu", "name": "Dinas Pekerjaan Umum"}
    late = {**NONE, "open": 2, "overdue": 2, "overdue_days": {**NONE["overdue_days"], "0-1": 2}}
    assert web.get("/work/summary", "pu.kepala").json == {
        "units": [
            {**NONE, "holder": pu, "state": "answered", "open": 1, "waiting_for_reporter": 1},
            {**late, "holder": pu, "state": "disposed", "warned": 2, "unacknowledged": 2},
        ],
        "total": {**late, "open": 3, "warned": 2, "waiting_for_reporter": 1, "unacknowledged": 2},
    }


def test_a_promised_date_is_counted_until_it_has_come(web: Web) -> None:
    web.disposed()
    web.sweep(days=2, hours=9)
    rung = web.get("/escalations", "setda.sekda").json["items"][0]
    promised = {"note": "Senin selesai.", "promised_at": "2026-07-10T09:00:00Z"}
    assert web.post(f"/escalations/{rung['id']}/acknowledgement", promised, "setda.sekda").status_code == 200
    counts = []
    for moment in ("10 Jul 16:00", "10 Jul 16:01"):
        web.watch.at = at(moment)
        counts.append(web.get("/work/summary", "setda.sekda").json["total"]["promised"])
    assert counts == [1, 0]


def promises(web: Web, moment: str) -> tuple[int, int]:
    """How many cases with a promised date a supervisor has in the counts, and how many in the list."""
    web.watch.at = at(moment)
    counts, listed = (web.get(path, "pu.kepala").json for path in ("/work/summary", "/complaints?promised=true"))
    return counts["total"]["promised"], len(listed["items"])


def test_a_time_out_that_waits_for_a_late_reminder_is_no_promise(web: Web) -> None:
    case = web.town.case_in("answered")
    web.town.sweep("21 Jul 09:00")
    assert shown(case.clock("confirmation").held_until) == "22 Jul 16:00"
    assert (case.state, promises(web, "21 Jul 09:01")) == ("answered", (0, 0))


def test_a_promise_is_counted_no_more_once_its_clock_was_extended_or_has_ended(web: Web) -> None:
    extended, ended = (web.town.case_in("in_follow_up") for _ in range(2))
    web.town.sweep("23 Jul 16:01")
    for case in (extended, ended):
        warning = case.told().index(("resolution", 0, "warned", "pu.penghubung"))
        case.acknowledge(warning, "pu.penghubung", "24 Jul 09:00", promised="28 Jul 12:00")
    before = promises(web, "24 Jul 10:00")
    extended.goes("extend", moment="24 Jul 10:00")
    ended.goes("answer", moment="24 Jul 10:00")
    assert (before, promises(web, "24 Jul 10:01")) == ((2, 2), (0, 0))


def lists(tally: dict[str, Any]) -> Iterator[tuple[int, dict[str, str]]]:
    """Each count, and the filters of its list."""
    where = {"open": "true", "limit": "200"}
    if "holder" in tally:
        where |= {"holder": tally["holder"]["code"], "state": tally["state"]}
    yield tally["open"], where
    yield tally["waiting_for_reporter"], {**where, "waiting_for": "reporter"}
    for name in ("warned", "overdue", "unacknowledged", "promised"):
        yield tally[name], {**where, name: "true"}
    for band, count in tally["overdue_days"].items():
        yield count, {**where, "overdue_days": band}


OVERSEERS = (COORDINATOR, "rsud.koordinator-pengaduan", "pu.kepala", "setda.sekda", "inspektorat.inspektur")


@pytest.mark.parametrize("seed", range(2))
def test_each_count_is_the_length_of_its_list(web: Web, seed: int) -> None:
    wander(web.town, seed)
    web.watch.at = at("21 Jul 08:00")
    for by in OVERSEERS:
        told = web.get("/work/summary", by).json
        scope = web.get("/complaints?limit=200&open=true", by).json["items"]
        assert told["total"]["open"] == len(scope)
        assert sum(told["total"]["overdue_days"].values()) == told["total"]["overdue"]
        for tally in [*told["units"], told["total"]]:
            for count, query in lists(tally):
                assert count == len(web.get(f"/complaints?{urlencode(query)}", by).json["items"]), (by, query)


@pytest.mark.parametrize("seed", range(3))
def test_counts_are_those_of_the_lists_for_every_role(town: Town, seed: int) -> None:
    wander(town, seed)
    now = at("21 Jul 08:00")
    for post in POSTS:
        principal = town.who(post)
        with town.site.reading() as session:
            for tally in counting.tallies(session, town.engine, principal, now=now):
                found = {}
                for name, asked in counting.COUNTED.items():
                    narrowed = replace(asked, holder=tally.holder_id, state=tally.state, limit=200)
                    page = reading.page(session, town.engine, principal, narrowed, now=now)
                    found[name] = len(page.items)
                assert tally.counts == found, post


@pytest.mark.parametrize("seed", range(3))
def test_work_is_what_the_organisation_says_must_be_done_now(town: Town, seed: int) -> None:
    wander(town, seed)
    now, whole = at("21 Jul 08:00"), Asked(open=True, limit=200)
    done = set()
    for post in POSTS:
        principal = town.who(post)
        with town.site.reading() as session:
            scope = reading.page(session, town.engine, principal, whole, now=now).items
            mine = reading.page(session, town.engine, principal, Asked(to_act=True, limit=200), now=now).items
            expected = {seen.complaint.id for seen in scope if _turn(town, session, principal, seen.complaint)}
            assert {seen.complaint.id for seen in mine} == expected, post
            for seen in mine:
                assert open_moves(town.engine, session, seen.complaint, actor=principal, now=now), post
        done |= expected
    assert done


def _turn(town: Town, session: Any, who: Principal, case: Complaint) -> bool:
    """Whether somebody must act, told anew from the state, the clocks and the organisation."""
    organisation = town.engine.organisation
    acts = town.engine.workflow(case.kind).definition.states[case.state].acts
    asked = select(ClockRow.id).filter_by(complaint_id=case.id, name="arbitration", state="running")
    turns = {acts, "arbiter"} if case.state == "in_follow_up" and session.scalar(asked) else {acts}
    holds = case.holder_id == who.unit_id
    answers = holds and who.role in ("liaison_officer", "coordinator")
    arbiter = responsible(organisation, case, "arbiter")
    door = organisation.coordinator(case.door_id)
    whose = {
        "coordinator": who.role == "coordinator" and door is not None and door.unit_id == who.unit_id,
        "liaison_officer": (answers and case.owner_id in (None, who.post_id))
        or (holds and who.role == "handler" and case.owner_id == who.post_id),
        "arbiter": who.role == "coordinator" and arbiter.unit_id == who.unit_id,
        "approver": (answers or (who.role == "supervisor" and holds)) and case.drafter_id != who.post_id,
        "reviewer": case.reviewer_id == who.post_id,
    }
    return any(whose.get(role or "", False) for role in turns)


def test_overdue_days_are_counted_from_the_due_moment(web: Web) -> None:
    web.disposed()
    due = at("8 Jul 16:00")
    found = {}
    for days in (0, 1, 2, 3, 4, 7, 8, 30):
        web.watch.at = due + timedelta(days=days, seconds=1)
        found[days] = [
            band
            for band in ("0-1", "2-3", "4-7", "more")
            if web.get(f"/complaints?overdue_days={band}", COORDINATOR).json["items"]
        ]
    web.watch.at = NOW
    assert found == {0: ["0-1"], 1: ["0-1"], 2: ["2-3"], 3: ["2-3"], 4: ["4-7"], 7: ["4-7"], 8: ["more"], 30: ["more"]}
    assert web.get("/complaints?overdue_days=0-1", COORDINATOR).json["items"] == []
