"""Splitting over the API: what officers and the reporter see of a whole and its parts, and what nobody else does."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.conftest import founded, plainly_connected
from tests.integration.town import COORDINATOR, DISPOSITION
from tests.integration.web import Answer, Web, problem

LIAISON, INSPECTOR = "pu.penghubung", "inspektorat.inspektur"
SAID = {"title": "Lampu jalan mati", "text": "Di jalan yang sama."}
PELAPOR = {"name": "Pelapor", "email": "pelapor@warga.example"}


def split(web: Web, case: dict[str, Any], by: str = COORDINATOR) -> str:
    """Split a part off; its number."""
    web.moved(case, "split", by, **SAID)
    trail = web.get(f"/complaints/{case['tracking_number']}/trail", by).json
    part: str = trail[-1]["detail"]["part"]
    return part


def listed(web: Web, by: str, query: str = "sort=received") -> dict[str, str | None]:
    """The cases of a list, each with that of which it is a part."""
    items = web.get(f"/complaints?{query}", by).json["items"]
    return {each["tracking_number"]: each.get("part_of") for each in items}


def in_follow_up(web: Web, **said: Any) -> dict[str, Any]:
    case = web.disposed(**said)
    web.moved(case, "accept", LIAISON)
    return case


def test_a_reporter_sees_the_whole_and_its_part_with_one_secret(web: Web) -> None:
    case = web.submit(reporter=PELAPOR)
    web.watch.forward(hours=1)
    whole, part = case["tracking_number"], split(web, case)
    assert listed(web, case["secret"]) == {whole: None, part: whole}
    shown = web.get(f"/complaints/{part}", case["secret"]).json
    assert {name: shown[name] for name in (*SAID, "received_at", "state", "part_of", "version")} == {
        **SAID,
        "received_at": case["received_at"],
        "state": "received",
        "part_of": whole,
        "version": 1,
    }
    assert (shown["reporter"], shown["clocks"]) == (PELAPOR, case["clocks"])
    (entry,) = web.get(f"/complaints/{part}/trail", case["secret"]).json
    assert entry == {
        "sequence": 1,
        "at": "2026-07-06T03:00:00Z",
        "actor_role": "coordinator",
        "move": "split_off",
        "from": None,
        "to": "received",
        "detail": {"received_at": case["received_at"]},
        "label": {"id": "Dipisahkan dari laporan lain", "en": "Split off from another case"},
    }
    told = web.get(f"/complaints/{whole}/trail", case["secret"]).json[-1]
    assert (told["move"], told["detail"]) == ("split", {})
    # what may be done with the part is done with the same secret
    assert web.moved({"tracking_number": part}, "withdraw", case["secret"])["state"] == "withdrawn"
    assert web.get(f"/complaints/{whole}", case["secret"]).json["state"] == "received"


def test_no_other_secret_opens_a_part(web: Web) -> None:
    case, other = web.submit(), web.submit()
    part = split(web, case)
    assert web.get(f"/complaints/{part}", other["secret"]).status_code == 404
    assert listed(web, other["secret"], f"part_of={case['tracking_number']}") == {}


def test_parts_are_listed_by_the_number_of_their_whole_as_far_as_both_are_there(web: Web) -> None:
    case, other = in_follow_up(web), web.disposed()
    whole, parts = case["tracking_number"], [split(web, case), split(web, case, LIAISON)]
    split(web, web.submit())
    query = f"part_of={whole.lower()}&sort=received"
    for by in (COORDINATOR, LIAISON, INSPECTOR, case["secret"]):
        assert listed(web, by, query) == dict.fromkeys(parts, whole)
    # one part goes elsewhere: there nobody knows of the whole, and the number leads nowhere
    web.moved({"tracking_number": parts[0]}, "arbitrate", COORDINATOR, unit="kesehatan", reason="Milik kesehatan.")
    there = "kesehatan.penghubung"
    assert listed(web, there) == {parts[0]: None}
    assert "part_of" not in web.get(f"/complaints/{parts[0]}", there).json
    nowhere = [listed(web, there, f"part_of={number}") for number in (whole, other["tracking_number"], "2026")]
    assert nowhere == [{}, {}, {}]
    assert listed(web, COORDINATOR, query) == dict.fromkeys(parts, whole)
    assert listed(web, LIAISON, query) == {parts[1]: whole}


def statements(web: Web, path: str, by: str) -> int:
    with web.statements() as ran:
        assert web.get(path, by).status_code == 200
    return len(ran)


@pytest.mark.parametrize("by", [COORDINATOR, LIAISON, "reporter"])
def test_reading_costs_one_query_more_where_there_are_parts_however_many(web: Web, by: str) -> None:
    case = in_follow_up(web)
    caller, path = case["secret"] if by == "reporter" else by, f"/complaints/{case['tracking_number']}"
    before, alone = statements(web, "/complaints", caller), statements(web, path, caller)
    split(web, case)
    part = split(web, case)
    assert statements(web, "/complaints", caller) == before + 1
    assert statements(web, path, caller) == alone
    assert statements(web, f"/complaints/{part}", caller) == alone + 1


def test_a_part_has_no_secret_of_its_own(web: Web) -> None:
    case = web.submit()
    part = split(web, case)
    answer = web.post(f"/complaints/{part}/secret", {}, case["secret"], Accept_Language="en")
    assert problem(answer) == (409, "not-open", None)
    assert "a part has the secret of its whole" in answer.json["detail"]
    renewed = web.post(f"/complaints/{case['tracking_number']}/secret", {}, case["secret"]).json["secret"]
    assert web.get(f"/complaints/{part}", renewed).status_code == 200
    assert web.get(f"/complaints/{part}", case["secret"]).status_code == 401


def test_a_whole_outlasts_its_parts(web: Web) -> None:
    case = web.submit()
    part = split(web, case)
    web.moved(case, "withdraw", case["secret"])
    answer = web.post(f"/complaints/{case['tracking_number']}/erasure", {}, case["secret"], Accept_Language="en")
    assert problem(answer) == (409, "not-open", None)
    assert "parts that were split off from it are not erased" in answer.json["detail"]
    web.moved({"tracking_number": part}, "withdraw", case["secret"])
    assert web.post(f"/complaints/{part}/erasure", {}, case["secret"]).status_code == 201


def test_explanation_and_copy_of_a_part_are_there_for_its_reporter(web: Web) -> None:
    case = in_follow_up(web, reporter=PELAPOR)
    web.watch.forward(hours=5)
    part = split(web, case)
    (told,) = web.get(f"/complaints/{part}/clocks/resolution", case["secret"]).json
    assert [(each["party"], each["ran"]) for each in told["shares"]] == [("whole", 5 * 3600.0)]
    copy = web.get(f"/complaints/{part}/export", case["secret"]).json
    assert copy["case"]["part_of"] == case["tracking_number"]
    assert [each["event"] for each in copy["notices"]] == ["split_off"]


def test_fields_are_checked_like_those_of_every_move(web: Web) -> None:
    case = web.submit()
    refused = web.move(case, "split", COORDINATOR, title=" ")
    assert problem(refused) == (422, "invalid-fields", {"title": ["Must not be blank."], "text": ["Required: a text."]})


@pytest.mark.parametrize("by", [LIAISON, "rsud.koordinator-pengaduan"])
def test_behind_the_wall_a_case_is_split_all_the_same(tmp_path: Any, by: str) -> None:
    with founded("postgresql", tmp_path) as town, plainly_connected(town):
        web = Web(town)
        door = "rsud" if by.startswith("rsud") else "kota"
        case = web.submit(door=door, confidential=True, reporter=PELAPOR)
        keeper = by if door == "rsud" else COORDINATOR
        if by == LIAISON:
            web.moved(case, "dispose", keeper, **DISPOSITION)
            web.moved(case, "accept", LIAISON)
        part = split(web, case, by)
        assert listed(web, by, f"part_of={case['tracking_number']}") == {part: case["tracking_number"]}
        assert town.findings("6 Jul 10:00") == []


def test_an_answer_to_a_split_is_the_whole(web: Web) -> None:
    case = web.submit()
    answer: Answer = web.move(case, "split", COORDINATOR, **SAID)
    assert (answer.status_code, answer.json["tracking_number"], answer.headers["ETag"]) == (
        200,
        case["tracking_number"],
        '"2"',
    )
