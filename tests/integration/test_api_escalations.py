"""Escalations over HTTP: each post sees what it was told, and says that it has seen it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from lapor.oversight import amending
from tests.integration.test_amending import decreeing, store
from tests.integration.town import COORDINATOR, DISPOSITION
from tests.integration.web import NOT_FOUND, NOW, Web, problem

HEAD, LIAISON = "pu.kepala", "pu.penghubung"


def late(web: Web) -> dict[str, Any]:
    """A case that nobody accepts: its holding clock warned on 7 July and was due on 8 July at 16:00."""
    case = web.disposed()
    web.sweep(days=1, hours=10)
    web.sweep(days=1)
    return case


def rung(case: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": found["id"],
        "number": case["tracking_number"],
        "clock": "holding",
        "term": 1,
        "rung": 1,
        "told": found["told"],
        "raised_at": "2026-07-08T12:00:00Z",
        "next_rung_at": "2026-07-09T09:00:00Z",
        "acknowledged": False,
    }


def told(web: Web) -> tuple[str, dict[str, Any]]:
    """Who was told that the case is due, and what that post lists."""
    for post in (LIAISON, HEAD, "setda.sekda"):
        found = [each for each in web.get("/escalations", post).json["items"] if each["rung"] == 1]
        if found:
            return post, found[0]
    raise AssertionError("nobody was told")


def test_a_post_lists_what_it_was_told(web: Web) -> None:
    case = late(web)
    post, found = told(web)
    assert found == rung(case, {**found, "told": post})


def test_a_told_post_acknowledges_once(web: Web) -> None:
    case = late(web)
    post, found = told(web)
    path = f"/escalations/{found['id']}/acknowledgement"
    answer = web.post(path, {"note": "Saya urus."}, post)
    done = {**rung(case, {**found, "told": post}), "acknowledged": True}
    assert (answer.status_code, answer.json) == (200, done)
    assert problem(web.post(path, {}, post)) == (409, "not-open", None)
    acknowledged = web.get("/escalations?acknowledged=true", post).json["items"]
    assert acknowledged == [done]
    assert done not in web.get("/escalations?acknowledged=false", post).json["items"]


def test_a_promised_date_holds_the_next_rung(web: Web) -> None:
    late(web)
    post, found = told(web)
    body = {"note": "Jumat.", "promised_at": "2026-07-10T15:00:00+07:00"}
    answer = web.post(f"/escalations/{found['id']}/acknowledgement", body, post)
    assert answer.json["next_rung_at"] == "2026-07-10T08:00:00Z"


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({"promised_at": "2026-07-01T00:00:00Z"}, {"promised_at": ["Must be later than now."]}),
        ({"promised_at": "besok"}, {"promised_at": ["Must be a moment such as 2026-03-17T02:00:00Z."]}),
        ({"note": ""}, {"note": ["Must not be blank."]}),
        ({"text": "x"}, {"text": ["Unknown field."]}),
    ],
)
def test_what_cannot_be_acknowledged_changes_nothing(web: Web, body: object, errors: object) -> None:
    late(web)
    post, found = told(web)
    before = web.town.dump()
    answer = web.post(f"/escalations/{found['id']}/acknowledgement", body, post)
    assert problem(answer) == (422, "invalid-fields", errors)
    assert web.town.dump() == before


def test_what_an_amended_calendar_put_off_says_so_and_waits_for_nobody(web: Web) -> None:
    case = late(web)
    post, found = told(web)
    after = store(web.town, decreeing(web.town, date(2026, 7, 8)))
    amending.amend(after.engine, web.site.writing, now=web.watch.at)
    put_off = {**rung(case, {**found, "told": post}), "superseded_at": "2026-07-08T12:00:00Z"}
    assert web.get("/escalations", post).json["items"] == [put_off]
    assert web.get("/escalations?acknowledged=false", post).json["items"] == []


def test_others_cannot_acknowledge(web: Web) -> None:
    late(web)
    _, found = told(web)
    for by in ("inspektorat.inspektur", COORDINATOR):
        foreign = web.post(f"/escalations/{found['id']}/acknowledgement", {}, by)
        absent = web.post("/escalations/9223372036854775807/acknowledgement", {}, by)
        assert (foreign.status_code, foreign.data) == (absent.status_code, absent.data)
        assert foreign.json == NOT_FOUND


def test_a_case_that_went_elsewhere_is_no_longer_theirs(web: Web) -> None:
    case = late(web)
    post, _ = told(web)
    web.moved(case, "return", LIAISON, reason="Bukan kami.")
    web.moved(case, "dispose", COORDINATOR, **{**DISPOSITION, "unit": "kesehatan"})
    assert web.get("/escalations", post).json == {"items": [], "next": None}


def test_rungs_come_newest_first_in_pages(web: Web) -> None:
    cases = [web.submit() for _ in range(3)]
    web.sweep(days=4)
    superior = "setda.sekda"
    found, cursor = [], ""
    while True:
        page = web.get(f"/escalations?limit=2{cursor}", superior).json
        found += page["items"]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert found == web.get("/escalations", superior).json["items"]
    assert [each["id"] for each in found] == sorted((each["id"] for each in found), reverse=True)
    assert sorted(each["number"] for each in found) == sorted(case["tracking_number"] for case in cases)


def test_a_list_takes_as_many_statements_for_one_as_for_three(web: Web) -> None:
    counted = []
    for cases in (1, 2):
        web.watch.at = NOW
        for _ in range(cases):
            web.submit()
        web.sweep(days=4)
        web.token("setda.sekda")
        with web.statements() as ran:
            listed = web.get("/escalations", "setda.sekda").json["items"]
        counted.append((len(listed), len(ran)))
    # on PostgreSQL the wall around the agency is one more
    number = 3 + (web.site.database.dialect.name == "postgresql")
    assert counted == [(1, number), (3, number)]
