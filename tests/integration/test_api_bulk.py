"""Bulk disposition over HTTP: each case by itself, as if it were the only one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.town import COORDINATOR, DISPOSITION
from tests.integration.web import NOT_FOUND, Web, problem

PATH = "/bulk/dispositions"


def item(case: dict[str, Any], version: int = 1, **fields: Any) -> dict[str, Any]:
    return {"number": case["tracking_number"], "version": version, "fields": {**DISPOSITION, **fields}}


def disposed(web: Web, *items: dict[str, Any], by: str = COORDINATOR) -> list[dict[str, Any]]:
    answer = web.post(PATH, {"items": list(items)}, by)
    assert answer.status_code == 200, answer.text
    results: list[dict[str, Any]] = answer.json["items"]
    return results


def test_each_case_is_disposed_and_shown(web: Web) -> None:
    cases = [web.submit(title=title) for title in ("Satu", "Dua", "Tiga")]
    results = disposed(web, *(item(case) for case in cases))
    shown = [web.get(f"/complaints/{case['tracking_number']}", COORDINATOR).json for case in cases]
    assert results == [{"number": case["tracking_number"], "status": 200, "case": case} for case in shown]
    assert [(case["state"], case["holder"]["code"], case["version"]) for case in shown] == [("disposed", "pu", 2)] * 3


def test_what_fails_is_told_as_for_a_single_move_and_leaves_the_others(web: Web) -> None:
    good, wrong, stale, closed, elsewhere = (web.submit(**said) for said in ({}, {}, {}, {}, {"door": "rsud"}))
    web.moved(closed, "archive", COORDINATOR, reason="unclear", text="Tidak jelas.")
    items = [
        item(wrong, unit="tidak-ada", colour="red"),
        item(stale, version=7),
        item(closed, version=2),
        item(elsewhere),
        item({"tracking_number": "2026-0000-0000-0"}),
        item(good),
        item(good),
    ]
    single = [
        web.post(
            f"/complaints/{each['number']}/moves",
            {"move": "dispose", "fields": each["fields"]},
            COORDINATOR,
            If_Match=f'"{each["version"]}"',
        )
        for each in items[:5]
    ]
    results = disposed(web, *items)
    assert [result["problem"] for result in results[:5]] == [answer.json for answer in single]
    assert [result["status"] for result in results] == [422, 412, 409, 403, 404, 200, 412]
    assert results[4]["problem"] == NOT_FOUND
    assert [result["number"] for result in results] == [each["number"] for each in items]
    states = [web.get(f"/complaints/{case['tracking_number']}", COORDINATOR).json["state"] for case in (good, wrong)]
    assert states == ["disposed", "received"]


def test_a_hundred_cases_are_enough(web: Web) -> None:
    one = item({"tracking_number": "2026-0000-0000-0"})
    assert len(disposed(web, *[one] * 100)) == 100
    for items in ([one] * 101, []):
        errors = {"items": ["Give 1 to 100."]}
        assert problem(web.post(PATH, {"items": items}, COORDINATOR)) == (422, "invalid-fields", errors)


FAULTS: list[tuple[dict[str, Any], dict[str, list[str]]]] = [
    ({"version": "1"}, {"items.0.version": ["Not a valid integer."]}),
    ({"number": "\x00"}, {"items.0.number": ["Must not contain NUL or half a surrogate pair."]}),
    ({"fields": []}, {"items.0.fields": ["Not a valid mapping type."]}),
    ({"move": "archive"}, {"items.0.move": ["Unknown field."]}),
]


@pytest.mark.parametrize(("said", "errors"), FAULTS)
def test_an_item_that_cannot_be_read_refuses_them_all(web: Web, said: dict[str, Any], errors: dict[str, Any]) -> None:
    case = web.submit()
    body = {"items": [{**item(case), **said}, item(case)]}
    web.token(COORDINATOR)
    before = web.town.dump()
    assert problem(web.post(PATH, body, COORDINATOR)) == (422, "invalid-fields", errors)
    assert web.town.dump() == before


@pytest.mark.parametrize("by", ["pu.penghubung", "pu.kepala", "inspektorat.inspektur"])
def test_who_may_not_dispose_one_may_not_dispose_many(web: Web, by: str) -> None:
    case = web.submit()
    assert problem(web.post(PATH, {"items": [item(case)]}, by)) == (403, "forbidden", None)


def test_each_case_takes_the_same_number_of_statements(web: Web) -> None:
    counted = []
    for more in (1, 3):
        items = [item(web.submit()) for _ in range(more)]
        web.token(COORDINATOR)
        with web.statements() as ran:
            disposed(web, *items)
        counted.append(len(ran))
    assert (counted[1] - 2) == 3 * (counted[0] - 2)
