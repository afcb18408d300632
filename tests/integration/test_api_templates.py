"""Answer templates over HTTP: who keeps and sees them, which placeholders there are, and what they become."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.town import DISPOSITION
from tests.integration.web import NOT_FOUND, Web, problem

LIAISON, HEAD, BELOW, ELSEWHERE = "pu.penghubung", "pu.kepala", "jalan.penghubung", "kesehatan.penghubung"
DONE = {"name": "Selesai", "category": None, "text": "Laporan {number} sudah selesai."}
ROADS = {"name": "Jalan", "category": "jalan-rusak", "text": "Terima kasih. {category} ditangani {unit}."}
ALLOWED = "{number}, {title}, {unit}, {category}, {received}, {today}"


def added(web: Web, template: dict[str, Any] = DONE, by: str = LIAISON) -> dict[str, Any]:
    answer = web.post("/templates", template, by)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json
    return made


def listed(web: Web, by: str, query: str = "") -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = web.get(f"/templates{query}", by).json["items"]
    return items


def test_a_template_is_seen_in_the_unit_and_below_it(web: Web) -> None:
    first, second = added(web), added(web, ROADS, HEAD)
    assert first == {**DONE, "id": first["id"], "unit": "pu", "changed_at": "2026-07-06T02:00:00Z"}
    below = added(web, {**DONE, "name": "Bidang"}, BELOW)
    assert listed(web, "pu.petugas") == [first, second]
    assert listed(web, BELOW) == [first, second, below]
    assert listed(web, ELSEWHERE) == []


def test_templates_are_asked_for_by_category_and_come_in_pages(web: Web) -> None:
    first, second = added(web), added(web, ROADS)
    assert listed(web, LIAISON, "?category=jalan-rusak") == [first, second]
    assert listed(web, LIAISON, "?category=antrean-rumah-sakit") == [first]
    page = web.get("/templates?limit=1", LIAISON).json
    assert page["items"] == [first]
    assert web.get(f"/templates?limit=1&cursor={page['next']}", LIAISON).json == {"items": [second], "next": None}


def test_templates_take_as_many_statements_for_one_as_for_three(web: Web) -> None:
    counted = []
    for more in (1, 2):
        for _ in range(more):
            added(web)
        with web.statements() as ran:
            items = listed(web, LIAISON)
        counted.append((len(items), len(ran)))
    # on PostgreSQL the wall around the agency is one more
    number = 3 + (web.site.database.dialect.name == "postgresql")
    assert counted == [(1, number), (3, number)]


def test_a_template_is_replaced_and_removed_in_its_unit(web: Web) -> None:
    path = f"/templates/{added(web)['id']}"
    web.watch.forward(hours=1)
    changed = web.put(path, ROADS, "pu.petugas")
    assert (changed.status_code, changed.json["changed_at"]) == (200, "2026-07-06T03:00:00Z")
    assert listed(web, HEAD) == [changed.json]
    assert web.delete(path, HEAD).status_code == 204
    assert listed(web, HEAD) == []
    assert [web.put(path, ROADS, HEAD).json, web.delete(path, HEAD).json] == [NOT_FOUND, NOT_FOUND]


def test_units_below_see_a_template_but_do_not_change_it(web: Web) -> None:
    path = f"/templates/{added(web)['id']}"
    assert [problem(web.put(path, ROADS, BELOW)), problem(web.delete(path, BELOW))] == [(403, "forbidden", None)] * 2
    assert [web.put(path, ROADS, ELSEWHERE).json, web.delete(path, ELSEWHERE).json] == [NOT_FOUND, NOT_FOUND]
    assert len(listed(web, LIAISON)) == 1


FAULTS: list[tuple[dict[str, Any], dict[str, list[str]]]] = [
    (
        {"text": "{nama} dan {number} dan {nama} dan {}"},
        {
            "text": [
                f"There is no placeholder {{nama}}; there are {ALLOWED}.",
                f"There is no placeholder {{}}; there are {ALLOWED}.",
            ]
        },
    ),
    ({"text": "{number"}, {"text": [f"Every brace must be one of a placeholder; there are {ALLOWED}."]}),
    ({"text": "{{number}}"}, {"text": [f"Every brace must be one of a placeholder; there are {ALLOWED}."]}),
    ({"text": "{number.__class__}"}, {"text": [f"There is no placeholder {{number.__class__}}; there are {ALLOWED}."]}),
    ({"category": "tidak-ada"}, {"category": ["There is none with the code 'tidak-ada'."]}),
    ({"name": "a\nb"}, {"name": ["Must be one line."]}),
    ({"text": "\x00"}, {"text": ["Must not contain NUL or half a surrogate pair."]}),
    ({"unit": "pu"}, {"unit": ["Unknown field."]}),
]


@pytest.mark.parametrize(("said", "errors"), FAULTS)
def test_a_template_that_cannot_be_filled_is_refused(web: Web, said: dict[str, Any], errors: dict[str, Any]) -> None:
    path = f"/templates/{added(web)['id']}"
    assert problem(web.post("/templates", {**DONE, **said}, LIAISON)) == (422, "invalid-fields", errors)
    assert problem(web.put(path, {**DONE, **said}, LIAISON)) == (422, "invalid-fields", errors)
    assert [template["text"] for template in listed(web, LIAISON)] == [DONE["text"]]


ALL = "{number}|{title}|{unit}|{category}|{received}|{today}"


def previewed(web: Web, case: dict[str, Any], by: str, template: dict[str, Any]) -> Any:
    return web.post(f"/templates/{template['id']}/preview", {"number": case["tracking_number"]}, by)


def test_a_preview_fills_every_placeholder_once(web: Web) -> None:
    template = added(web, {**DONE, "text": ALL})
    case = web.disposed(title="Jalan {unit} {x}")
    web.watch.forward(days=2, hours=15)
    before = web.town.dump()
    said = "|Jalan {unit} {x}|Dinas Pekerjaan Umum|Jalan Rusak|Senin, 6 Juli 2026|Kamis, 9 Juli 2026"
    assert previewed(web, case, LIAISON, template).json == {"text": case["tracking_number"] + said}
    assert web.town.dump() == before


def test_a_preview_is_for_those_who_may_see_the_content(web: Web) -> None:
    template = added(web)
    hidden = web.disposed(confidential=True)
    assert problem(previewed(web, hidden, HEAD, template)) == (403, "forbidden", None)
    assert previewed(web, hidden, LIAISON, template).status_code == 200
    assert previewed(web, hidden, BELOW, template).json == NOT_FOUND
    assert previewed(web, {"tracking_number": "x"}, LIAISON, template).json == NOT_FOUND
    assert previewed(web, hidden, LIAISON, {"id": template["id"] + 1}).json == NOT_FOUND


def test_the_unit_of_a_preview_is_the_holder(web: Web) -> None:
    template = added(web, {**DONE, "text": "{unit}: {category}"})
    case = web.submit()
    web.moved(case, "dispose", "kota.koordinator-pengaduan", **{**DISPOSITION, "unit": "jalan"})
    assert previewed(web, case, BELOW, template).json == {"text": "Bidang Jalan: Jalan Rusak"}
