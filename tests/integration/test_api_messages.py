"""Messages over HTTP: the reporter sees what is for the reporter, officers see what they may read the case for."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.town import COORDINATOR
from tests.integration.web import NOT_FOUND, Web, problem

AT = "2026-07-06T02:00:00Z"
QUESTION = {"at": AT, "actor_role": "liaison_officer", "audience": "reporter", "text": "Sejak kapan?"}
REPLY = {"at": AT, "actor_role": "reporter", "audience": "reporter", "text": "Sejak Mei."}
NOTE = {"at": AT, "actor_role": "handler", "audience": "internal", "text": "Tanya bidang jalan."}


def talked(web: Web) -> tuple[str, str]:
    """A case with three messages; its path and its secret."""
    case = web.disposed()
    path = f"/complaints/{case['tracking_number']}/messages"
    for by, said in (("pu.penghubung", QUESTION), (case["secret"], REPLY), ("pu.petugas", NOTE)):
        answer = web.post(path, {"text": said["text"], "audience": said["audience"]}, by)
        assert (answer.status_code, answer.json) == (201, said)
    return path, case["secret"]


def test_officers_read_all_messages_and_the_reporter_those_to_the_reporter(web: Web) -> None:
    path, secret = talked(web)
    assert web.get(path, "pu.penghubung").json == {"items": [QUESTION, REPLY, NOTE], "next": None}
    assert web.get(path, COORDINATOR).json == {"items": [QUESTION, REPLY, NOTE], "next": None}
    assert web.get(path, secret).json == {"items": [QUESTION, REPLY], "next": None}


def test_messages_come_in_pages(web: Web) -> None:
    path, _ = talked(web)
    first = web.get(f"{path}?limit=2", "pu.penghubung").json
    assert first["items"] == [QUESTION, REPLY]
    second = web.get(f"{path}?limit=2&cursor={first['next']}", "pu.penghubung").json
    assert second == {"items": [NOTE], "next": None}


@pytest.mark.parametrize("cursor", ["WzBd", "WyIxIl0", "WzEsIDFd", "W3RydWVd", "{}"])
def test_a_cursor_that_is_none_is_refused(web: Web, cursor: str) -> None:
    path, _ = talked(web)
    assert problem(web.get(f"{path}?cursor={cursor}", "pu.penghubung"))[:2] == (422, "invalid-fields")


def test_out_of_scope_there_is_nothing_to_write_to(web: Web) -> None:
    path, _ = talked(web)
    answer = web.post(path, {"text": "Halo."}, "jalan.penghubung")
    assert (answer.status_code, answer.json) == (404, NOT_FOUND)


def test_whoever_may_not_read_the_content_neither_reads_nor_writes(web: Web) -> None:
    case = web.disposed(confidential=True)
    path = f"/complaints/{case['tracking_number']}/messages"
    assert problem(web.get(path, "pu.kepala")) == (403, "forbidden", None)
    assert problem(web.post(path, {"text": "Halo."}, "pu.kepala")) == (403, "forbidden", None)


REFUSED: list[tuple[dict[str, Any], tuple[int, str, Any]]] = [
    ({"text": "Halo.", "audience": "internal"}, (403, "forbidden", None)),
    ({}, (422, "invalid-fields", {"text": ["Missing data for required field."]})),
    ({"text": " "}, (422, "invalid-fields", {"text": ["Must not be blank."]})),
    ({"text": "a", "to": "x"}, (422, "invalid-fields", {"to": ["Unknown field."]})),
    (
        {"text": "a", "audience": "public"},
        (422, "invalid-fields", {"audience": ["Must be one of: reporter, internal."]}),
    ),
    (
        {"text": "Ini lapor_r_abcdefghijklmnopqrstuv"},
        (422, "invalid-fields", {"text": ["Must not contain a secret: take it out and send the rest."]}),
    ),
]


@pytest.mark.parametrize(("body", "told"), REFUSED)
def test_a_message_that_cannot_be_is_refused(web: Web, body: dict[str, Any], told: tuple[int, str, Any]) -> None:
    case = web.disposed()
    before = web.town.kept()
    assert problem(web.post(f"/complaints/{case['tracking_number']}/messages", body, case["secret"])) == told
    assert web.town.kept() == before


def test_a_word_of_the_reporter_starts_the_waiting_anew(web: Web) -> None:
    case = web.answered()
    web.watch.forward(days=2)
    web.post(f"/complaints/{case['tracking_number']}/messages", {"text": "Saya periksa dulu."}, case["secret"])
    clock = web.get(f"/complaints/{case['tracking_number']}", case["secret"]).json["clocks"][-1]
    assert (clock["name"], clock["term"], clock["started_at"]) == ("confirmation", 2, "2026-07-08T02:00:00Z")
