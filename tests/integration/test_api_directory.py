"""The directory and the workflows over HTTP: what forms are built from."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.town import COORDINATOR
from tests.integration.web import NOT_FOUND, Web, problem

OPEN = ("/units", "/categories", "/regions", "/workflows", "/workflows/complaint", "/service-standards")


@pytest.mark.parametrize("path", OPEN)
def test_whoever_wants_to_submit_may_look(web: Web, path: str) -> None:
    assert web.get(path).json == web.get(path, COORDINATOR).json == web.get(path, web.submit()["secret"]).json


def test_units_tell_where_they_stand(web: Web) -> None:
    listed = web.get("/units").json
    assert [unit["code"] for unit in listed["items"]] == [
        "inspektorat",
        "jalan",
        "kesehatan",
        "kota",
        "pu",
        "rsud",
        "setda",
    ]
    assert listed["items"][2:4] == [
        {
            "code": "kesehatan",
            "name": "Dinas Kesehatan",
            "kind": "agency",
            "parent": "kota",
            "zone": "Asia/Makassar",
        },
        {"code": "kota", "name": "Pemerintah Kota", "kind": "government", "parent": None, "zone": "Asia/Jakarta"},
    ]


def test_posts_are_for_officers(web: Web) -> None:
    listed = web.get("/posts?limit=2&cursor=WyJwdS5rZXBhbGEiXQ", "kota.pengelola-sistem").json
    assert listed["items"] == [
        {
            "code": "pu.penghubung",
            "title": "Pejabat Penghubung",
            "unit": "pu",
            "reports_to": "pu.sekretaris",
            "vacant": False,
            "role": "liaison_officer",
        },
        {
            "code": "pu.petugas",
            "title": "Petugas Pengaduan",
            "unit": "pu",
            "reports_to": "pu.penghubung",
            "vacant": False,
            "role": "handler",
        },
    ]
    assert problem(web.get("/posts")) == (401, "unauthenticated", None)
    assert problem(web.get("/posts", web.submit()["secret"])) == (403, "forbidden", None)


def test_categories_regions_and_standards(web: Web) -> None:
    assert web.get("/categories").json == {
        "items": [
            {"code": "antrean-rumah-sakit", "name": "Antrean Rumah Sakit"},
            {"code": "jalan-rusak", "name": "Jalan Rusak"},
        ],
        "next": None,
    }
    province = {"code": "71", "name": "Provinsi", "parent": None}
    city = {"code": "71.01", "name": "Kota", "parent": "71"}
    assert web.get("/regions").json == {"items": [province, city], "next": None}
    assert web.get("/regions?parent=71").json == {"items": [city], "next": None}
    assert web.get("/service-standards").json == {
        "items": [
            {
                "id": 1,
                "unit": "kesehatan",
                "kind": "complaint",
                "class": None,
                "category": None,
                "budget": "4 working days",
                "valid_from": "2026-01-01",
                "signed_by": "kesehatan.kepala",
                "signed_at": "2025-12-01T00:00:00Z",
            }
        ],
        "next": None,
    }


@pytest.mark.parametrize("path", ["/units", "/posts", "/categories", "/regions"])
def test_pages_together_are_the_whole_list(web: Web, path: str) -> None:
    whole = web.get(path, COORDINATOR).json["items"]
    found: list[Any] = []
    cursor = ""
    while True:
        page = web.get(f"{path}?limit=1{cursor}", COORDINATOR).json
        found += page["items"]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert found == whole


@pytest.mark.parametrize("path", ["/units", "/categories", "/service-standards"])
def test_a_cursor_of_another_list_is_refused(web: Web, path: str) -> None:
    assert problem(web.get(f"{path}?cursor=W251bGwsIG51bGxd"))[:2] == (422, "invalid-fields")


def test_workflows_are_listed_with_their_versions(web: Web) -> None:
    listed = web.get("/workflows").json
    assert [each["name"] for each in listed["items"]] == ["aspiration", "complaint", "information_request"]
    assert listed["items"][1] == {"name": "complaint", "version": 4, "label": {"id": "Pengaduan", "en": "Complaint"}}


def test_a_workflow_tells_states_moves_and_clocks(web: Web) -> None:
    told = web.get("/workflows/complaint").json
    definition = web.town.engine.workflow("complaint").definition
    assert {name: told[name] for name in ("name", "version", "initial")} == {
        "name": "complaint",
        "version": 4,
        "initial": "received",
    }
    assert [each["name"] for each in told["states"]] == list(definition.states)
    assert told["states"][0] == {
        "name": "received",
        "phase": "intake",
        "acts": "coordinator",
        "closed": None,
        "label": {"id": "Belum terverifikasi", "en": "Not yet verified"},
    }
    assert [each["name"] for each in told["moves"]] == list(definition.moves)
    accept = next(each for each in told["moves"] if each["name"] == "accept")
    assert accept == {
        "name": "accept",
        "from": ["disposed"],
        "to": "in_follow_up",
        "by": ["liaison_officer"],
        "label": {"id": "Terima disposisi", "en": "Accept"},
        "public": True,
        "needs": {"type": "object", "properties": {}, "required": [], "additionalProperties": False},
    }
    assert [each["name"] for each in told["clocks"]] == list(definition.clocks)
    budgets = {each["name"]: each["budget"] for each in told["clocks"]}
    assert (budgets["verification"], budgets["resolution"], budgets["standard"]) == (
        "3 working days",
        {"not_oversight": "14 working days", "oversight": "60 working days"},
        "standard",
    )


def test_an_unknown_workflow_is_not_there(web: Web) -> None:
    answer = web.get("/workflows/tidak-ada")
    assert (answer.status_code, answer.json) == (404, NOT_FOUND)
