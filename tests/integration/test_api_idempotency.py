"""A submission sent again with its key: made once, answered alike, and nothing of the key is kept."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import g
from sqlalchemy import func, select

from api import idempotency
from lapor.access.secrets import hashed
from lapor.errors import KeyInFlight
from lapor.records import Complaint, IdempotencyKey, Token
from tests.integration.town import COORDINATOR
from tests.integration.web import BARE, NOW, V1, Web, problem

KEY = "Vt4Yc0gqTQWm8nFh2sJ9xA"


def cases(web: Web) -> int:
    with web.site.reading() as session:
        return session.scalars(select(func.count()).select_from(Complaint)).one()


def keys(web: Web) -> list[IdempotencyKey]:
    with web.site.reading() as session:
        return list(session.scalars(select(IdempotencyKey)))


def leave_in_flight(web: Web, body: object, **ago: float) -> None:
    """What a process leaves that died in the middle of a submission."""
    with web.app.test_request_context(json=body):
        request_hash = idempotency._request_hash()
    with web.site.writing() as session:
        digest = hashed(KEY, web.site.pepper)
        session.add(IdempotencyKey(hash=digest, request_hash=request_hash, created_at=NOW - timedelta(**ago)))


def test_the_same_submission_is_made_once_and_answered_alike(web: Web) -> None:
    first = web.post("/complaints", BARE, Idempotency_Key=KEY)
    web.watch.forward(hours=23)
    again = web.post("/complaints", BARE, Idempotency_Key=KEY)
    assert (again.status_code, again.data) == (201, first.data)
    for name in ("Location", "ETag", "Content-Type", "Cache-Control"):
        assert again.headers[name] == first.headers[name]
    assert cases(web) == 1


def test_another_key_or_none_is_another_submission(web: Web) -> None:
    for key in (KEY, KEY.lower()):
        web.post("/complaints", BARE, Idempotency_Key=key)
    web.post("/complaints", BARE)
    web.post("/complaints", BARE)
    assert cases(web) == 4


def test_another_body_under_the_same_key_is_refused(web: Web) -> None:
    web.post("/complaints", BARE, Idempotency_Key=KEY)
    other = web.post("/complaints", {**BARE, "title": "Lain"}, Idempotency_Key=KEY)
    assert problem(other) == (422, "key-reused", None)
    assert cases(web) == 1


@pytest.mark.parametrize("key", ["", "x" * 21, "x" * 201, "x" * 21 + " y", "kunci-rahasia-saya-é"])
def test_a_key_that_could_be_guessed_is_refused(web: Web, key: str) -> None:
    status, slug, errors = problem(web.post("/complaints", BARE, Idempotency_Key=key))
    assert (status, slug, list(errors)) == (422, "invalid-fields", ["Idempotency-Key"])
    assert (cases(web), keys(web)) == (0, [])


def test_neither_key_nor_secret_is_stored(web: Web) -> None:
    case = web.post("/complaints", BARE, Idempotency_Key=KEY).json
    [row] = keys(web)
    assert row.answer
    kept = repr(web.town.dump()) + repr(vars(row))
    assert KEY not in kept
    assert case["secret"] not in kept
    assert case["secret"] in idempotency.unseal(KEY, row.hash, row.answer)


def test_a_refused_submission_releases_its_key(web: Web) -> None:
    refused = web.post("/complaints", {**BARE, "kind": "x"}, Idempotency_Key=KEY)
    assert (refused.status_code, keys(web)) == (422, [])
    assert web.post("/complaints", BARE, Idempotency_Key=KEY).status_code == 201


def test_while_a_submission_is_under_way_its_key_is_busy(web: Web) -> None:
    leave_in_flight(web, BARE, seconds=59)
    assert problem(web.post("/complaints", BARE, Idempotency_Key=KEY)) == (409, "key-in-flight", None)
    assert cases(web) == 0


def test_what_a_dead_process_left_is_taken_over(web: Web) -> None:
    leave_in_flight(web, BARE, seconds=60)
    first = web.post("/complaints", BARE, Idempotency_Key=KEY)
    again = web.post("/complaints", BARE, Idempotency_Key=KEY)
    assert (first.status_code, again.data, cases(web)) == (201, first.data, 1)


def test_who_was_only_slow_does_not_submit_after_being_taken_over(web: Web) -> None:
    leave_in_flight(web, BARE, seconds=90)
    slow = idempotency.Claim(KEY, hashed(KEY, web.site.pepper), NOW - timedelta(seconds=90))
    web.post("/complaints", BARE, Idempotency_Key=KEY)
    with web.app.test_request_context(json=BARE), web.site.writing() as session:
        g.claim = slow
        with pytest.raises(KeyInFlight):
            idempotency.keep(session, web.app.response_class("{}", headers={"Location": "x", "ETag": "y"}), 1)
    assert cases(web) == 1


def test_many_at_once_become_one(web: Web) -> None:
    def ask(_: int) -> tuple[int, Any]:
        client = web.app.test_client(use_cookies=False)
        answer: Any = client.post(f"{V1}/complaints", json=BARE, headers={"Idempotency-Key": KEY})
        return answer.status_code, answer.json.get("tracking_number")

    with ThreadPoolExecutor(6) as all_at_once:
        told = list(all_at_once.map(ask, range(6)))
    assert {status for status, _ in told} <= {201, 409}
    assert len({number for status, number in told if status == 201}) == 1
    assert cases(web) == 1


def test_the_key_alone_does_not_replace_a_revoked_token(web: Web) -> None:
    first = web.post("/complaints", BARE, COORDINATOR, Idempotency_Key=KEY)
    with web.site.writing() as session:
        session.query(Token).update({Token.revoked_at: NOW})
    again = web.post("/complaints", BARE, COORDINATOR, Idempotency_Key=KEY)
    assert (first.status_code, problem(again)) == (201, (401, "unauthenticated", None))
