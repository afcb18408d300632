"""Lists of cases over HTTP: what is in scope, filtered, in pages, at a fixed number of queries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.town import COORDINATOR, DISPOSITION
from tests.integration.web import Web, problem

HEALTH = {"unit": "kesehatan", "category": "antrean-rumah-sakit", "classification": "not_oversight"}


def titles(web: Web, query: str, by: str) -> list[str]:
    """The titles that a list shows; the number of letters "?" tells the rows without."""
    answer = web.get(f"/complaints?{query}", by)
    assert answer.status_code == 200, answer.text
    return [case.get("title", "?") for case in answer.json["items"]]


def fill(web: Web) -> dict[str, dict[str, Any]]:
    """Five cases, an hour apart: two at the door, two with public works, one with health."""
    cases = {}
    reports: dict[str, dict[str, Any]] = {
        "Lampu 100% mati": {"category": "jalan-rusak", "text": "Gelap_gulita."},
        "Trotoar rusak": {"kind": "aspiration"},
        "Jalan berlubang": {"reporter": {"name": "Pelapor"}},
        "Jembatan retak": {"confidential": True},
        "Antrean panjang": {"door": "rsud"},
    }
    for title, said in reports.items():
        cases[title] = web.submit(title=title, **said)
        web.watch.forward(hours=1)
    web.moved(cases["Jalan berlubang"], "dispose", COORDINATOR, **DISPOSITION)
    web.moved(cases["Jembatan retak"], "dispose", COORDINATOR, **DISPOSITION)
    web.moved(cases["Jembatan retak"], "accept", "pu.penghubung")
    web.moved(cases["Antrean panjang"], "dispose", "rsud.koordinator-pengaduan", **HEALTH)
    return cases


ALL = ["Lampu 100% mati", "Trotoar rusak", "Jalan berlubang", "?", "Antrean panjang"]


@pytest.mark.parametrize(
    ("by", "seen"),
    [
        (COORDINATOR, ALL),
        ("rsud.koordinator-pengaduan", ["Antrean panjang"]),
        ("pu.penghubung", ["Jalan berlubang", "Jembatan retak"]),
        ("pu.petugas", ["Jalan berlubang", "Jembatan retak"]),
        ("pu.kepala", ["Jalan berlubang", "?"]),
        ("jalan.penghubung", []),
        ("kesehatan.kepala", ["Antrean panjang"]),
        ("inspektorat.inspektur", ALL),
    ],
)
def test_everybody_lists_their_scope(web: Web, by: str, seen: list[str]) -> None:
    fill(web)
    assert titles(web, "sort=received", by) == seen


def test_a_reporter_lists_the_one_case(web: Web) -> None:
    cases = fill(web)
    assert titles(web, "", cases["Jembatan retak"]["secret"]) == ["Jembatan retak"]


def test_a_list_shows_what_reading_one_by_one_shows(web: Web) -> None:
    fill(web)
    listed = web.get("/complaints", COORDINATOR).json
    single = [web.get(f"/complaints/{case['tracking_number']}", COORDINATOR).json for case in listed["items"]]
    assert listed == {"items": single, "next": None}
    assert len(single) == 5


FILTERS = [
    ("state=received", COORDINATOR, ["Lampu 100% mati", "Trotoar rusak"]),
    ("phase=follow_up", COORDINATOR, ["?"]),
    ("holder=pu", COORDINATOR, ["Jalan berlubang", "?"]),
    ("holder=pu&state=disposed", COORDINATOR, ["Jalan berlubang"]),
    ("kind=aspiration", COORDINATOR, ["Trotoar rusak"]),
    ("category=jalan-rusak", COORDINATOR, ["Lampu 100% mati", "Jalan berlubang"]),
    ("category=jalan-rusak", "pu.penghubung", ["Jalan berlubang", "Jembatan retak"]),
    ("category=tidak-ada", COORDINATOR, []),
    ("due_before=2026-07-09T09:00:00Z", COORDINATOR, ["Jalan berlubang", "Antrean panjang"]),
    ("overdue=true", COORDINATOR, []),
    ("overdue=false", COORDINATOR, ALL),
    ("q=RUSAK", COORDINATOR, ["Trotoar rusak"]),
    ("q=depan%20pasar", COORDINATOR, ["Trotoar rusak", "Jalan berlubang", "Antrean panjang"]),
    ("q=100%25", COORDINATOR, ["Lampu 100% mati"]),
    ("q=0%25m", COORDINATOR, []),
    ("q=gelap_gulita", COORDINATOR, ["Lampu 100% mati"]),
    ("q=a_a", COORDINATOR, []),
    ("q=jembatan", COORDINATOR, []),
    ("q=jembatan", "pu.penghubung", []),
    ("q=antrean", "pu.penghubung", []),
]


@pytest.mark.parametrize(("query", "by", "seen"), FILTERS)
def test_a_filter_leaves_what_was_asked_for(web: Web, query: str, by: str, seen: list[str]) -> None:
    fill(web)
    assert titles(web, f"{query}&sort=received", by) == seen


def test_what_is_late_is_overdue_until_it_is_closed(web: Web) -> None:
    cases = fill(web)
    web.watch.forward(days=30)
    assert titles(web, "overdue=true&sort=received", COORDINATOR) == ALL
    web.moved(cases["Jalan berlubang"], "withdraw", cases["Jalan berlubang"]["secret"])
    assert titles(web, "overdue=false", COORDINATOR) == ["Jalan berlubang"]


def test_what_is_due_first_comes_first_and_what_is_never_due_last(web: Web) -> None:
    cases = fill(web)
    web.moved(cases["Antrean panjang"], "withdraw", cases["Antrean panjang"]["secret"])
    listed = web.get("/complaints", COORDINATOR).json["items"]
    due = [case["next"]["by"] for case in listed]
    assert due == [*sorted(due[:4]), None]


@pytest.mark.parametrize("sort", ["due", "received"])
@pytest.mark.parametrize("limit", [1, 2, 5])
def test_pages_together_are_the_whole_list(web: Web, sort: str, limit: int) -> None:
    cases = fill(web)
    web.moved(cases["Trotoar rusak"], "withdraw", cases["Trotoar rusak"]["secret"])
    web.moved(cases["Lampu 100% mati"], "withdraw", cases["Lampu 100% mati"]["secret"])
    whole = web.get(f"/complaints?sort={sort}", COORDINATOR).json["items"]
    found: list[Any] = []
    cursor = ""
    while True:
        page = web.get(f"/complaints?sort={sort}&limit={limit}{cursor}", COORDINATOR).json
        found += page["items"]
        if page["next"] is None:
            break
        assert len(page["items"]) == limit
        cursor = f"&cursor={page['next']}"
    assert found == whole
    assert len(whole) == 5


def test_a_page_goes_on_where_it_ended_though_cases_came_meanwhile(web: Web) -> None:
    fill(web)
    first = web.get("/complaints?sort=received&limit=2", COORDINATOR).json
    web.submit(title="Baru")
    assert titles(web, f"sort=received&limit=2&cursor={first['next']}", COORDINATOR) == ["Jalan berlubang", "?"]


WRONG = [
    ("colour=red", {"colour": ["Unknown field."]}),
    ("limit=0", {"limit": ["Must be from 1 to 200."]}),
    ("limit=201", {"limit": ["Must be from 1 to 200."]}),
    ("limit=many", {"limit": ["Must be a whole number from 1 to 200."]}),
    ("sort=title", {"sort": ["Must be one of: due, received."]}),
    ("phase=x", {"phase": ["Must be one of: intake, disposition, follow_up, closure."]}),
    ("holder=tidak-ada", {"holder": ["There is no unit with the code 'tidak-ada'."]}),
    ("overdue=1", {"overdue": ["Not a valid boolean."]}),
    ("due_before=besok", {"due_before": ["Must be a moment such as 2026-03-17T02:00:00Z."]}),
    ("q=%20", {"q": ["Must not be blank."]}),
    ("q=a%00", {"q": ["Must not contain NUL or half a surrogate pair."]}),
    ("state=a&state=b", {"state": ["Must be given once."]}),
]


@pytest.mark.parametrize(("query", "errors"), WRONG)
def test_a_parameter_that_cannot_be_is_named(web: Web, query: str, errors: dict[str, list[str]]) -> None:
    assert problem(web.get(f"/complaints?{query}", COORDINATOR)) == (422, "invalid-fields", errors)


CURSORS: list[Callable[[str], str]] = [
    lambda cursor: "x",
    lambda cursor: "é",
    lambda cursor: "W10",
    lambda cursor: cursor[:-4],
    lambda cursor: cursor * 40,
    lambda cursor: "WyJkdWUiLCAiMjAyNi0wNy0wNlQwMjowMDowMFoiLCAxZTk5XQ",
    lambda cursor: "WyJkdWUiLCAxLCAxXQ",
    lambda cursor: "WyJkdWUiLCAiMjAyNi0wNy0wNlQwMjowMDowMFoiLCA5MjIzMzcyMDM2ODU0Nzc1ODA4XQ",
]


@pytest.mark.parametrize("bend", CURSORS)
def test_a_cursor_that_is_none_is_refused(web: Web, bend: Callable[[str], str]) -> None:
    fill(web)
    cursor = web.get("/complaints?limit=1", COORDINATOR).json["next"]
    answer = web.get(f"/complaints?limit=1&cursor={bend(cursor)}", COORDINATOR)
    errors = {"cursor": ["Must be the `next` of the page before, asked for in the same way."]}
    assert problem(answer) == (422, "invalid-fields", errors)


def test_a_cursor_of_another_order_is_refused(web: Web) -> None:
    fill(web)
    cursor = web.get("/complaints?limit=1", COORDINATOR).json["next"]
    answer = web.get(f"/complaints?limit=1&sort=received&cursor={cursor}", COORDINATOR)
    assert problem(answer)[:2] == (422, "invalid-fields")


def test_a_list_takes_as_many_statements_for_one_as_for_three(web: Web) -> None:
    counted = []
    for cases in (1, 2):
        for _ in range(cases):
            web.submit(reporter={"name": "Pelapor"})
        web.token(COORDINATOR)
        with web.statements() as ran:
            listed = web.get("/complaints", COORDINATOR).json["items"]
        counted.append((len(listed), len(ran)))
    assert counted == [(1, 5), (3, 5)]
