"""Ids of others in paths, bodies, queries and cursors: what is out of scope is answered as what does not exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from lapor.access.secrets import REPORTER_PREFIX, new_number, new_secret
from tests.files import PDF
from tests.integration.people import OPERATOR, Person
from tests.integration.rehearsal import rehearsed
from tests.integration.town import COORDINATOR, DISPOSITION, Town
from tests.integration.web import BARE, V1, Answer, Web

LIAISON, INSPECTOR, DOOR = "pu.penghubung", "inspektorat.inspektur", "rsud.koordinator-pengaduan"
PELAPOR = {"name": "Pelapor", "email": "pelapor@warga.example"}
WITNESS = {"what": "identity", "reason": "Saksi.", "legal_basis": "Pasal 15 UU 27/2022"}
WRONG = new_secret(REPORTER_PREFIX)
NO_ID, NO_FILE, NO_NUMBER = 999_999, "0" * 32, new_number(2026)


@dataclass(frozen=True)
class Pair:
    """A case of public works and one of the health agency, with a file, a message and an opening each."""

    web: Web
    own: dict[str, Any]
    others: dict[str, Any]


@pytest.fixture(scope="module")
def pair(shared_town: Town) -> Iterator[Pair]:
    with rehearsed(shared_town) as web:
        made = []
        for unit in ("pu", "kesehatan"):
            case = web.submit(anonymous=True, reporter={**PELAPOR, "email": f"{unit}@warga.example"})
            web.moved(case, "dispose", COORDINATOR, **{**DISPOSITION, "unit": unit})
            path, by = f"/complaints/{case['tracking_number']}", f"{unit}.penghubung"
            file = web.upload(f"{path}/attachments", PDF, case["secret"]).json["id"]
            opening = web.post(f"{path}/openings", WITNESS, by).json["id"]
            web.post(f"{path}/messages", {"text": f"Dari {unit}."}, by)
            template = web.post("/templates", {"name": "Selesai", "text": "Sudah."}, by).json["id"]
            made.append({**case, "path": path, "file": file, "opening": opening, "template": template})
        yield Pair(web, *made)


def seen(answer: Answer, named: object) -> tuple[int, bytes, list[tuple[str, str]]]:
    """All that is seen of an answer but what was asked for, which it may repeat."""
    headers = [(name, value) for name, value in answer.headers if name != "Content-Length"]
    said = re.sub(rf"\b{re.escape(str(named))}\b".encode(), b"?", answer.data)
    return answer.status_code, said, sorted(headers)


@pytest.mark.parametrize("suffix", ["", "?original=true"])
def test_the_file_of_another_case_is_not_there_below_the_own_one(pair: Pair, suffix: str) -> None:
    told = [
        seen(pair.web.get(f"{pair.own['path']}/attachments/{file}{suffix}", by), file)
        for file in (pair.others["file"], NO_FILE)
        for by in (pair.own["secret"], LIAISON, INSPECTOR)
    ]
    assert [status for status, *_ in told] == [404] * 6
    assert told[:3] == told[3:]


def test_nobody_consents_to_the_opening_of_another_case(pair: Pair) -> None:
    told = [
        seen(pair.web.post(f"{pair.own['path']}/openings/{id_}/consent", {"consent": True}, pair.own["secret"]), id_)
        for id_ in (pair.others["opening"], NO_ID)
    ]
    assert (told[0], told[0][0]) == (told[1], 404)


def test_a_bulk_tells_of_the_case_of_others_what_it_tells_of_none(pair: Pair) -> None:
    numbers = (pair.others["tracking_number"], NO_NUMBER, "tidak-ada")
    items = [{"number": number, "version": 1, "fields": DISPOSITION} for number in numbers]
    found = pair.web.post("/bulk/dispositions", {"items": items}, DOOR).json["items"]
    told = [{**each, "number": "?"} for each in found]
    assert (told, told[0]["status"]) == ([told[0]] * 3, 404)


def test_no_template_is_filled_from_the_case_of_others(pair: Pair) -> None:
    path = f"/templates/{pair.own['template']}/preview"
    numbers = (pair.others["tracking_number"], NO_NUMBER, "tidak-ada")
    told = [seen(pair.web.post(path, {"number": number}, LIAISON), number) for number in numbers]
    assert (told, told[0][0]) == ([told[0]] * 3, 404)


ROUTES = [
    ("GET", "", None),
    ("GET", "/moves", None),
    ("GET", "/trail", None),
    ("GET", "/messages", None),
    ("GET", "/attachments", None),
    ("GET", "/openings", None),
    ("POST", "/messages", {"text": "Halo."}),
    ("POST", "/moves", {"move": "withdraw", "fields": {}}),
    ("POST", "/openings", WITNESS),
]


@pytest.mark.parametrize(("method", "suffix", "body"), ROUTES)
def test_what_is_out_of_scope_takes_the_statements_of_what_does_not_exist(
    pair: Pair, method: str, suffix: str, body: Any
) -> None:
    """How long an answer takes is measured by `python -m benchmarks.not_found`; this is what it hangs on."""
    web, own, others = pair.web, pair.own["tracking_number"], pair.others["tracking_number"]
    for by, number in ((pair.own["secret"], others), (LIAISON, others), (DOOR, own), (WRONG, own)):
        headers, ran = {"Authorization": f"Bearer {web.token(by)}", "If-Match": '"1"'}, []
        for each in (number, new_number(2026)):
            with web.statements() as statements:
                web.client.open(f"{V1}/complaints/{each}{suffix}", method=method, json=body, headers=headers)
            ran.append([statement for statement in statements if "SAVEPOINT" not in statement])
        assert ran[0] == ran[1] != [], by


def test_nobody_logs_in_at_the_post_of_others(pair: Pair) -> None:
    person = Person(pair.web, "dewi@kota.example")
    person.takes("jalan.petugas", OPERATOR)
    told = [seen(person.log_in(post=post), post) for post in ("kesehatan.petugas", "tidak.ada")]
    assert (told[0], told[0][0]) == (told[1], 422)


@pytest.mark.parametrize("query", ["", "q=pasar", "q=Dari", "holder=kesehatan", "holder=kota", "state=disposed"])
def test_no_filter_or_search_finds_the_case_of_others(pair: Pair, query: str) -> None:
    for path in ("/complaints", "/work"):
        found = pair.web.get(f"{path}?limit=200&{query}", LIAISON)
        assert (found.status_code, pair.others["tracking_number"] in found.text) == (200, False)


def test_searching_for_the_number_of_others_is_answered_as_searching_for_none(pair: Pair) -> None:
    numbers = (pair.others["tracking_number"], NO_NUMBER)
    told = [seen(pair.web.get(f"/complaints?q={number}", LIAISON), number) for number in numbers]
    assert told[0] == told[1]


def cursor(web: Web, path: str, by: str) -> str:
    found = web.get(f"{path}?limit=1", by).json["next"]
    assert found, path
    return str(found)


def test_the_cursor_of_somebody_else_leads_to_nothing_but_the_own(pair: Pair) -> None:
    web = pair.web
    for _ in range(2):
        web.submit()
    lent = cursor(web, "/complaints", INSPECTOR)
    own = {item["tracking_number"] for item in web.get("/complaints?limit=200", LIAISON).json["items"]}
    later = web.get(f"/complaints?limit=200&cursor={lent}", LIAISON).json["items"]
    assert {item["tracking_number"] for item in later} <= own
    own_reporter = web.get(f"/complaints?cursor={lent}", pair.own["secret"]).json["items"]
    assert {item["tracking_number"] for item in own_reporter} <= {pair.own["tracking_number"]}


def test_the_cursor_of_one_case_leads_to_no_message_of_another(pair: Pair) -> None:
    web, texts = pair.web, ("Satu.", "Dua.")
    for text in texts:
        web.post(f"{pair.own['path']}/messages", {"text": text}, pair.own["secret"])
    lent = cursor(web, f"{pair.own['path']}/messages", pair.own["secret"])
    found = web.get(f"{pair.others['path']}/messages?cursor={lent}", pair.others["secret"]).json["items"]
    assert {item["text"] for item in found} <= {"Dari kesehatan."}


def test_cursors_of_tokens_templates_and_invitations_lead_to_nothing_but_the_own(pair: Pair) -> None:
    web = pair.web
    for email, post in (("a@kota.example", "pu.petugas"), ("b@kota.example", "rsud.petugas")):
        Person(web, email).invited(post, OPERATOR)
    web.post("/templates", {"name": "Lain", "text": "Lain."}, "kesehatan.penghubung")
    lent = cursor(web, "/templates", "kesehatan.penghubung")
    assert {item["unit"] for item in web.get(f"/templates?cursor={lent}", "rsud.petugas").json["items"]} == {
        "kesehatan"
    }
    assert "kesehatan" not in web.get(f"/templates?cursor={lent}", LIAISON).text
    lent = cursor(web, "/invitations", OPERATOR)
    assert [item["post"] for item in web.get(f"/invitations?cursor={lent}", DOOR).json["items"]] == ["rsud.petugas"]


def test_what_is_public_is_found_by_no_tracking_number(pair: Pair) -> None:
    numbers = (pair.own["tracking_number"], NO_NUMBER, "P-7QK4-M2ZD")
    told = [seen(pair.web.get(f"/public/complaints/{number}"), number) for number in numbers]
    assert (told, told[0][0]) == ([told[0]] * 3, 404)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/complaints", {**BARE, "duplicate_of": "?"}),
        ("/complaints", {**BARE, "attachments": ["?"]}),
        ("/complaints", {**BARE, "reporter": {"email": "a@warga.example", "id": 1}}),
        ("{own}/messages", {"text": "Halo.", "complaint": "?"}),
        ("{own}/moves", {"move": "withdraw", "fields": {"number": "?"}}),
        ("{own}/moves", {"move": "withdraw", "fields": {}, "number": "?"}),
    ],
)
def test_nothing_that_is_sent_names_a_case_beside_the_one_in_the_path(pair: Pair, path: str, body: Any) -> None:
    """Whether it is there or not: no field takes it."""
    told = []
    for number in (pair.others["tracking_number"], NO_NUMBER):
        said = {name: number if value == "?" else value for name, value in body.items()}
        if body.get("fields"):
            said["fields"] = {"number": number}
        where = V1 + path.format(own=pair.own["path"])
        headers = {"Authorization": f"Bearer {pair.own['secret']}", "If-Match": '"2"'}
        told.append(seen(pair.web.client.post(where, json=said, headers=headers), number))
    assert (told[0], told[0][0]) == (told[1], 422)
