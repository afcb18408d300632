"""Tokens of accounts: what a program may do with one, how long, and that a revoked one never works again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
from sqlalchemy import update

from lapor.access import accounts
from lapor.records import Tenure
from tests.integration.people import OPERATOR, Person, at_once, officer
from tests.integration.town import COORDINATOR
from tests.integration.web import NOT_FOUND, Web, problem

UNAUTHENTICATED = (401, "unauthenticated", None)
FORBIDDEN = (403, "forbidden", None)
PROGRAM = {"name": "laporan bulanan", "days": 90, "scope": "read"}
TEMPLATE = {"name": "Selesai", "category": None, "text": "Sudah selesai."}


def made(web: Web, session: str, **said: Any) -> dict[str, Any]:
    answer = web.post("/tokens", {**PROGRAM, **said}, session)
    assert answer.status_code == 201, answer.text
    token: dict[str, Any] = answer.json
    return token


def listed(web: Web, by: str, query: str = "") -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = web.get(f"/tokens{query}", by).json["items"]
    return items


def test_a_token_for_a_program_is_shown_once_and_listed_beside_the_session(web: Web) -> None:
    session = officer(web).token()
    token = made(web, session)
    secret = token.pop("token")
    assert secret.startswith("lapor_o_")
    program = {
        "id": token["id"],
        "name": "laporan bulanan",
        "post": "pu.penghubung",
        "role": "liaison_officer",
        "scope": "read",
        "created_at": "2026-07-06T02:00:00Z",
        "last_used_at": None,
        "expires_at": "2026-10-04T02:00:00Z",
        "revoked_at": None,
    }
    assert token == program
    login = {
        **program,
        "id": token["id"] - 1,
        "name": None,
        "scope": "all",
        "last_used_at": "2026-07-06T02:00:00Z",
        "expires_at": "2026-07-06T14:00:00Z",
    }
    assert listed(web, session) == [login, program]
    assert secret not in repr(web.town.dump())


def test_a_token_that_only_reads_may_call_get_and_says_so_otherwise(web: Web) -> None:
    secret = made(web, officer(web).token())["token"]
    assert web.get("/templates", secret).status_code == 200
    before = web.town.dump()
    answers = [
        web.post("/templates", TEMPLATE, secret),
        web.post("/tokens", PROGRAM, secret),
        web.delete("/sessions/current", secret),
        web.put("/account/password", {"present": "x", "new": "y" * 12}, secret),
    ]
    assert [problem(answer) for answer in answers] == [FORBIDDEN] * 4
    assert {answer.json["detail"] for answer in answers} == {
        "This token only reads: it may call GET, and nothing else."
    }
    assert web.town.dump() == before


def test_a_token_for_everything_may_write_but_makes_no_further_ones(web: Web) -> None:
    secret = made(web, officer(web).token(), scope="all")["token"]
    assert web.post("/templates", TEMPLATE, secret).status_code == 201
    answer = web.post("/tokens", PROGRAM, secret)
    assert (problem(answer), answer.json["detail"]) == (FORBIDDEN, "Tokens are made in a session: log in first.")


def test_a_token_made_by_command_has_no_account_to_make_others_for(web: Web) -> None:
    answer = web.post("/tokens", PROGRAM, COORDINATOR)
    assert (problem(answer), answer.json["detail"]) == (FORBIDDEN, "This token belongs to no account.")
    assert listed(web, COORDINATOR) == []


def test_a_token_never_outlives_the_tenure(web: Web) -> None:
    token = made(web, officer(web, until="2026-08-01T00:00:00Z").token())
    assert token["expires_at"] == "2026-08-01T00:00:00Z"
    web.town.execute(update(Tenure).values(until=web.watch.at))
    assert problem(web.get("/templates", token["token"])) == UNAUTHENTICATED


def test_the_tokens_of_one_post_end_without_those_of_another(web: Web) -> None:
    person = officer(web, until="2026-07-07T00:00:00Z")
    person.takes("jalan.penghubung")
    ending, lasting = (made(web, person.token(post=post))["token"] for post in ("pu.penghubung", "jalan.penghubung"))
    web.watch.forward(days=1)
    assert [web.get("/templates", each).status_code for each in (ending, lasting)] == [401, 200]


def test_what_ended_with_a_disabled_account_does_not_come_back_with_it(web: Web) -> None:
    person = officer(web)
    secret = made(web, person.token())["token"]
    person.disable()
    assert problem(web.get("/templates", secret)) == UNAUTHENTICATED
    with web.site.writing() as session:
        account = accounts.find(session, person.email)
        assert account
        accounts.enable(session, account, now=web.watch.at)
    assert problem(web.get("/templates", secret)) == UNAUTHENTICATED
    assert person.log_in().status_code == 201


def test_use_is_written_down_once_an_hour(web: Web) -> None:
    session = officer(web).token()
    secret, seen = made(web, session)["token"], []
    for minutes in (0, 59, 1, 59):
        web.watch.forward(minutes=minutes)
        with web.statements() as ran:
            web.get("/templates", secret)
        written = [statement for statement in ran if statement.startswith("UPDATE")]
        seen.append((len(written), listed(web, session)[1]["last_used_at"]))
    first, second = "2026-07-06T02:00:00Z", "2026-07-06T03:00:00Z"
    assert seen == [(1, first), (0, first), (1, second), (0, second)]


def test_a_token_is_checked_with_one_statement(web: Web) -> None:
    session = officer(web).token()
    assert web.get("/posts", session).status_code == 200
    with web.statements() as ran:
        web.get("/posts", session)
    assert [" accounts" in statement for statement in ran if "tokens" in statement] == [True]


def test_tokens_come_in_pages_with_as_many_statements_for_one_as_for_three(web: Web) -> None:
    session = officer(web).token()
    listed(web, session)
    counted = []
    for more in (0, 2):
        for _ in range(more):
            made(web, session)
        with web.statements() as ran:
            items = listed(web, session)
        counted.append((len(items), len(ran)))
    # on PostgreSQL the wall around the agency is one more
    number = 3 + (web.site.database.dialect.name == "postgresql")
    assert counted == [(1, number), (3, number)]
    page = web.get("/tokens?limit=2", session).json
    assert page["items"] + listed(web, session, f"?cursor={page['next']}") == items


def test_a_token_is_revoked_by_its_account_only(web: Web) -> None:
    session = officer(web).token()
    token = made(web, session)
    other = Person(web, email="tono@kota.example")
    other.takes("pu.penghubung")
    path = f"/tokens/{token['id']}"
    assert [web.delete(path, by).json for by in (other.token(), OPERATOR)] == [NOT_FOUND] * 2
    assert web.delete(f"/tokens/{2**70}", session).json == NOT_FOUND
    assert web.get("/templates", token["token"]).status_code == 200
    assert web.delete(path, session).status_code == 204
    assert problem(web.get("/templates", token["token"])) == UNAUTHENTICATED
    web.watch.forward(hours=1)
    assert web.delete(path, session).status_code == 204
    assert listed(web, session)[1]["revoked_at"] == "2026-07-06T02:00:00Z"


FAULTS: list[tuple[dict[str, Any], dict[str, list[str]]]] = [
    ({"days": 0}, {"days": ["Must be from 1 to 365."]}),
    ({"days": 366}, {"days": ["Must be from 1 to 365."]}),
    ({"scope": "write"}, {"scope": ["Must be one of: all, read."]}),
    ({"name": "a\nb"}, {"name": ["Must be one line."]}),
    ({"role": "operator"}, {"role": ["Unknown field."]}),
]


@pytest.mark.parametrize(("said", "errors"), FAULTS)
def test_a_token_that_makes_no_sense_is_refused(web: Web, said: dict[str, Any], errors: dict[str, Any]) -> None:
    session = officer(web).token()
    assert problem(web.post("/tokens", {**PROGRAM, **said}, session)) == (422, "invalid-fields", errors)
    assert len(listed(web, session)) == 1


def test_a_revoked_token_never_works_again_whoever_uses_it_meanwhile(web: Web) -> None:
    session = officer(web).token()
    token = made(web, session, days=365, scope="all")
    path, secret, gone = f"/tokens/{token['id']}", token["token"], Event()

    def use(n: int) -> tuple[bool, int]:
        # each use is one to be written down
        web.watch.forward(minutes=61 if n % 10 == 0 else 0)
        late = gone.is_set()
        answer = web.get("/templates", secret) if n % 2 else web.post("/templates", {}, secret)
        return late, answer.status_code

    def revoke(n: int) -> int:
        status: int = web.delete(path, session).status_code
        gone.set()
        return status

    with ThreadPoolExecutor(6) as pool:
        before = [pool.submit(use, n) for n in range(20)]
        revoked = [pool.submit(revoke, n) for n in range(3)]
        after = [pool.submit(use, n) for n in range(20, 60)]
        used = {each.result() for each in before + after}
    assert [each.result() for each in revoked] == [204] * 3
    assert used <= {(False, 200), (False, 422), (False, 401), (True, 401)}
    assert (True, 401) in used
    moment = listed(web, session)[1]["revoked_at"]
    assert moment is not None
    web.watch.forward(hours=2)
    assert problem(web.get("/templates", secret)) == UNAUTHENTICATED
    assert web.delete(path, session).status_code == 204
    assert listed(web, session)[1]["revoked_at"] == moment


def test_no_token_that_is_made_while_the_password_changes_survives_it(web: Web) -> None:
    person = officer(web)
    own, stolen = person.token(), person.token()
    body = {"present": person.password, "new": "pasar baru di hilir"}
    with ThreadPoolExecutor(5) as pool:
        making = [pool.submit(web.post, "/tokens", PROGRAM, stolen) for _ in range(8)]
        logging_in = [pool.submit(person.log_in) for _ in range(4)]
        changing = pool.submit(web.put, "/account/password", body, own)
        making += [pool.submit(web.post, "/tokens", PROGRAM, stolen) for _ in range(8)]
        logging_in += [pool.submit(person.log_in) for _ in range(4)]
    assert changing.result().status_code == 204
    answers = [each.result() for each in making + logging_in]
    assert {answer.status_code for answer in answers} <= {201, 401}
    secrets = [answer.json["token"] for answer in answers if answer.status_code == 201]
    assert [web.get("/templates", secret).status_code for secret in (stolen, *secrets)] == [401] * (1 + len(secrets))
    assert [token["revoked_at"] for token in listed(web, own)].count(None) == 1


def test_sessions_end_at_once_without_waiting_for_each_other(web: Web) -> None:
    session = officer(web).token()
    answers = at_once(lambda: web.delete("/sessions/current", session), 4)
    assert {answer.status_code for answer in answers} <= {204, 401}
    assert web.get("/templates", session).status_code == 401
