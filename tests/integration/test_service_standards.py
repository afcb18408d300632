"""Service standards: drafted, signed by the head of the agency, superseded and withdrawn; clocks keep what they ran under."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import delete, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from lapor.directory import revision, standards
from lapor.directory.standards import Draft
from lapor.machine.budget import Budget
from lapor.records import StandardRow, schema
from lapor.site import connect
from tests.integration.town import COORDINATOR, DISPOSITION, Case, Town, at, shown
from tests.integration.web import Web, problem

HEAD = "pu.kepala"
SAID = {
    "unit": "pu",
    "kind": "complaint",
    "class": "not_oversight",
    "category": "jalan-rusak",
    "budget": "7 working days",
    "valid_from": "2026-07-06",
}


def drafted(web: Web, by: str = "pu.kepala", **other: Any) -> dict[str, Any]:
    answer = web.post("/service-standards", {**SAID, **other}, by)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json
    return made


def published(web: Web) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = web.get("/service-standards").json["items"]
    return [item for item in items if item["unit"] != "kesehatan"]


def test_a_draft_is_published_and_sets_clocks_once_the_head_of_the_agency_has_signed_it(web: Web) -> None:
    draft = drafted(web, COORDINATOR)
    assert draft == {**SAID, "id": draft["id"], "signed_by": None, "signed_at": None}
    listed = [web.get("/service-standards/drafts", by).json["items"] for by in (HEAD, COORDINATOR, "kesehatan.kepala")]
    assert (listed, published(web)) == ([[draft], [draft], []], [])
    before = budgets(web, web.disposed())
    signed = web.post(f"/service-standards/{draft['id']}/signature", {}, HEAD)
    told = {**draft, "signed_by": HEAD, "signed_at": "2026-07-06T02:00:00Z"}
    assert (signed.status_code, signed.json, published(web)) == (200, told, [told])
    assert web.get("/service-standards/drafts", HEAD).json["items"] == []
    assert (before, budgets(web, web.disposed())) == ([], ["7 working days"])


def budgets(web: Web, case: dict[str, Any]) -> list[str]:
    shown = web.get(f"/complaints/{case['tracking_number']}", case["secret"]).json
    return [clock["budget"] for clock in shown["clocks"] if clock["name"] == "standard"]


def test_nobody_signs_but_the_head_of_the_agency_and_nobody_twice(web: Web) -> None:
    path = f"/service-standards/{drafted(web, unit='jalan')['id']}/signature"
    others = ("jalan.kepala", "setda.sekda", "kota.wali-kota", "kesehatan.kepala", "pu.sekretaris")
    assert [web.post(path, {}, by).status_code for by in others] == [403, 404, 403, 404, 403]
    assert problem(web.post(path, {}, "jalan.kepala"))[:2] == (403, "forbidden")
    assert [web.post(path, {}, HEAD).status_code for _ in range(2)] == [200, 409]
    assert problem(web.post("/service-standards/99/signature", {}, HEAD))[:2] == (404, "not-found")


def test_the_head_of_the_government_signs_for_the_government_itself(web: Web) -> None:
    path = f"/service-standards/{drafted(web, 'kota.wali-kota', unit='kota', category=None)['id']}/signature"
    assert [web.post(path, {}, by).status_code for by in ("pu.kepala", "kota.wali-kota")] == [404, 200]


@pytest.mark.parametrize(
    ("other", "errors"),
    [
        ({"unit": "x"}, {"unit": ["There is none with the code 'x'."]}),
        ({"kind": "x", "category": "y"}, {name: [f"There is none with the code {code!r}."] for name, code in
                                          (("kind", "x"), ("category", "y"))}),
        ({"valid_from": "2026-07-05"}, {"valid_from": ["Must not be in the past."]}),
        ({"budget": "1001 hours"}, {"budget": ["Must be at most 1000 hours."]}),
        ({"budget": "7 days"}, {"budget": ["'7 days' is not a whole number from 1 and one of: hours, working hours, "
                                           "calendar days, working days."]}),
    ],
)  # fmt: skip
def test_a_draft_that_says_nothing_is_refused(web: Web, other: dict[str, Any], errors: dict[str, list[str]]) -> None:
    assert problem(web.post("/service-standards", {**SAID, **other}, HEAD)) == (422, "invalid-fields", errors)


def test_a_unit_of_another_tree_is_nobody_elses_to_draft_for(web: Web) -> None:
    assert problem(web.post("/service-standards", SAID, "kesehatan.kepala"))[:2] == (403, "forbidden")


def test_a_draft_whose_date_has_passed_is_not_signed(web: Web) -> None:
    path = f"/service-standards/{drafted(web)['id']}/signature"
    web.watch.forward(days=1)
    late = problem(web.post(path, {}, HEAD))
    assert late == (422, "invalid-fields", {"valid_from": ["Must not be in the past."]})


# What a standard does to clocks


def sign(town: Town, budget: str | None, valid_from: str, moment: str, **other: Any) -> Town:
    """The town with a standard that its agency drafted and signed at a moment."""
    said = {"unit": "pu", "kind": "complaint", "classification": None, "category": None, **other}
    head = town.engine.organisation.post_codes[HEAD]
    with town.site.writing() as session:
        draft = Draft(**said, budget=budget, valid_from=date.fromisoformat(f"2026-{valid_from}"))
        row = standards.draft(town.engine, session, draft, post=head, now=at(moment))
        before = revision.number(session)
        standards.sign(town.engine, session, row.id, post=head, now=at(moment))
        assert revision.number(session) == before + 1
        return replace(town, engine=replace(town.engine, standards=standards.signed(session)))


def standard_of(case: Case) -> tuple[str, str | None, str]:
    clock = case.clock("standard")
    return clock.budget, shown(clock.due_at), clock.state


def test_a_changed_standard_leaves_running_and_past_clocks_alone(town: Town) -> None:
    signed = sign(town, "7 working days", "07-06", "6 Jul 08:00")
    running, past = signed.case_in("in_follow_up"), signed.case_in("answered")
    told = standard_of(running), standard_of(past)
    assert told == (("7 working days", "15 Jul 16:00", "running"), ("7 working days", "15 Jul 16:00", "met"))
    changed = sign(signed, "3 working days", "07-07", "6 Jul 10:00")
    replace(running, town=changed).goes("note_progress", moment="7 Jul 09:00")
    assert (standard_of(running), standard_of(past)) == told
    assert standard_of(changed.case_in("in_follow_up", "7 Jul 09:00"))[0] == "3 working days"
    assert changed.findings("7 Jul 10:00") == []


def test_a_standard_holds_from_its_day_and_never_before_it_was_signed(town: Town) -> None:
    early = town.case_in("disposed", "6 Jul 08:00")
    signed = sign(town, "7 working days", "07-06", "6 Jul 09:00")
    later = sign(signed, "3 working days", "07-08", "6 Jul 10:00")
    found = [case.clocks().get("standard") for case in (early, later.case_in("disposed", "7 Jul 09:00"))]
    assert found == [None, "running, 16 Jul 16:00"]
    assert later.case_in("disposed", "8 Jul 09:00").clocks()["standard"] == "running, 13 Jul 16:00"
    assert later.findings("8 Jul 10:00") == []


def test_a_withdrawn_standard_sets_no_clock_any_more(town: Town) -> None:
    signed = sign(town, "7 working days", "07-06", "6 Jul 08:00")
    case = signed.case_in("in_follow_up")
    withdrawn = sign(signed, None, "07-07", "6 Jul 10:00")
    assert standard_of(case)[2] == "running"
    assert "standard" not in withdrawn.case_in("disposed", "7 Jul 09:00").clocks()


def test_the_most_specific_standard_wins(town: Town) -> None:
    for other, budget in (
        ({}, "9 working days"),
        ({"classification": "not_oversight"}, "8 working days"),
        ({"category": "jalan-rusak"}, "7 working days"),
        ({"category": "jalan-rusak", "unit": "jalan"}, "5 working days"),
    ):
        town = sign(town, budget, "07-06", "6 Jul 08:00", **other)
    case = town.case_in("disposed")
    assert standard_of(case)[0] == "7 working days"
    case.goes("pass_down", moment="6 Jul 10:00")
    assert standard_of(case)[0] == "5 working days"
    elsewhere = town.submit()
    elsewhere.attempt("dispose", COORDINATOR, "6 Jul 10:00", {**DISPOSITION, "category": "antrean-rumah-sakit"})
    assert standard_of(elsewhere)[0] == "8 working days"


@pytest.mark.parametrize(("budget", "due"), [("7 working days", "15 Jul 16:00"), ("20 working days", "24 Jul 16:30")])
def test_the_citizen_is_shown_the_earlier_of_resolution_and_standard(web: Web, budget: str, due: str) -> None:
    web.post(f"/service-standards/{drafted(web, budget=budget)['id']}/signature", {}, HEAD)
    case = web.submit()
    path, secret = f"/complaints/{case['tracking_number']}", case["secret"]
    assert "answer_by" not in web.get(path, secret).json
    web.moved(case, "dispose", COORDINATOR, **DISPOSITION)
    assert shown(web.get(path, secret).json["answer_by"]) == due
    web.moved(case, "accept", "pu.penghubung")
    web.moved(case, "answer", "pu.penghubung", text="Sudah.")
    assert "answer_by" not in web.get(path, secret).json


@pytest.mark.parametrize(
    "change", [update(StandardRow).values(budget="1 hour"), delete(StandardRow)], ids=["UPDATE", "DELETE"]
)
def test_the_database_itself_refuses_to_change_what_is_signed(shared_town: Town, change: Any) -> None:
    with pytest.raises(DBAPIError, match="a signed service standard does not change"):
        shared_town.execute(change)


def test_what_was_in_force_before_signatures_stays_so_and_drafts_are_lost_on_the_way_back(database_url: str) -> None:
    database = connect(database_url)
    schema.migrate(database, "0017")
    unit = "INSERT INTO units (id, code, name, kind, zone) VALUES (1, 'pu', 'PU', 'agency', 'Asia/Jakarta')"
    row = "INSERT INTO service_standards (unit_id, kind, budget, valid_from) VALUES (1, 'complaint', {}, '2026-01-02')"
    with database.begin() as connection:
        connection.execute(text(unit))
        connection.execute(text(row.format("'4 working days'")))
    schema.migrate(database)
    with database.begin() as connection:
        connection.execute(text(row.format("NULL")))
    with Session(database) as session:
        in_force = [(each.budget, each.valid_from, each.signed_at) for each in standards.signed(session)]
    assert in_force == [(Budget.parse("4 working days"), date(2026, 1, 2), datetime(2026, 1, 1, tzinfo=UTC))]
    schema.migrate(database, "0017")
    with database.connect() as connection:
        assert connection.execute(text("SELECT budget FROM service_standards")).all() == [("4 working days",)]
    database.dispose()
