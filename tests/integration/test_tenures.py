"""Who holds a post: shown to whoever gives it, ended before its time, and recovered when a password is lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.integration.people import EMAIL, OPERATOR, PASSWORD, Person, officer
from tests.integration.test_invitations import DOOR, WORTHLESS
from tests.integration.test_webhook_commands import ON_ONE, Shell
from tests.integration.town import COORDINATOR
from tests.integration.web import NOT_FOUND, Answer, Web, problem

CUSTODIAN = "kota.penjaga-identitas"
NEW = "pasar baru di hilir"
UNRECOGNISED = (401, "not-recognised", None)
NOT_OWN = "Whoever recovers an account must be entitled to give each post that it holds."


def held(web: Web, by: str = OPERATOR) -> dict[str, int]:
    """The ids of the tenures that somebody sees, by post."""
    return {item["post"]: item["id"] for item in web.get("/tenures", by).json["items"]}


def end(web: Web, post: str, by: str = COORDINATOR) -> Answer:
    return web.delete(f"/tenures/{held(web)[post]}", by)


def offered(web: Web, post: str, by: str = COORDINATOR) -> str:
    answer = web.post(f"/tenures/{held(web)[post]}/recovery", {}, by)
    assert answer.status_code == 201, answer.text
    code: str = answer.json["code"]
    return code


def test_whoever_gives_a_post_sees_who_holds_it_and_who_will(web: Web) -> None:
    officer(web, "pu.penghubung", until="2026-08-01T00:00:00Z")
    Person(web, "tono@kota.example").takes("rsud.petugas", since="2026-08-01T00:00:00Z", acting=True)
    works = {
        "id": 1,
        "email": EMAIL,
        "post": "pu.penghubung",
        "acting": False,
        "since": "2026-07-06T02:00:00Z",
        "until": "2026-08-01T00:00:00Z",
    }
    hospital = {
        "id": 2,
        "email": "tono@kota.example",
        "post": "rsud.petugas",
        "acting": True,
        "since": "2026-08-01T00:00:00Z",
        "until": None,
    }
    seen = {by: web.get("/tenures", by).json["items"] for by in (COORDINATOR, DOOR, OPERATOR)}
    assert seen == {COORDINATOR: [works, hospital], DOOR: [hospital], OPERATOR: [works, hospital]}
    web.watch.forward(days=30)
    assert held(web) == {"rsud.petugas": 2}


def test_tenures_come_in_pages_with_as_many_statements_for_one_as_for_three(web: Web) -> None:
    counted = []
    for more in (1, 2):
        for _ in range(more):
            Person(web, f"{len(held(web))}@kota.example").takes(
                ["pu.petugas", "pu.kepala", "jalan.kepala"][len(held(web))]
            )
        with web.statements() as ran:
            web.get("/tenures", COORDINATOR)
        counted.append(len(ran))
    assert counted[0] == counted[1]
    page = web.get("/tenures?limit=2", COORDINATOR).json
    rest = web.get(f"/tenures?limit=2&cursor={page['next']}", COORDINATOR).json
    assert ([item["id"] for item in page["items"] + rest["items"]], rest["next"]) == ([1, 2, 3], None)


def test_what_stands_on_an_ended_tenure_never_works_again(web: Web) -> None:
    person = officer(web)
    person.takes("jalan.penghubung")
    session = person.token(post="pu.penghubung")
    program = web.post("/tokens", {"name": "a", "days": 9, "scope": "read"}, session).json["token"]
    other = person.token(post="jalan.penghubung")
    assert end(web, "pu.penghubung").status_code == 204
    assert [web.get("/posts", by).status_code for by in (session, program, other)] == [401, 401, 200]
    assert person.log_in().json["posts"] == ["jalan.penghubung"]
    assert end(web, "jalan.penghubung").status_code == 204
    assert problem(person.log_in()) == UNRECOGNISED
    # whoever gets the post again logs in anew
    person.takes("pu.penghubung")
    assert [web.get("/posts", by).status_code for by in (session, program, person.token())] == [401, 401, 200]


def test_a_tenure_that_is_to_begin_is_ended_before_it_does(web: Web) -> None:
    person = officer(web, since="2026-08-01T00:00:00Z")
    assert end(web, "pu.penghubung").status_code == 204
    web.watch.forward(days=30)
    assert (held(web), problem(person.log_in())) == ({}, UNRECOGNISED)


ENDS = [
    (COORDINATOR, "rsud.petugas", 204),
    (DOOR, "rsud.petugas", 204),
    (OPERATOR, "rsud.petugas", 204),
    (OPERATOR, CUSTODIAN, 204),
    (DOOR, "pu.petugas", 404),
    (COORDINATOR, CUSTODIAN, 404),
    (COORDINATOR, "inspektorat.auditor", 404),
    (DOOR, DOOR, 404),
    ("pu.kepala", "pu.petugas", 403),
    (CUSTODIAN, "pu.petugas", 403),
]


@pytest.mark.parametrize(("by", "post", "status"), ENDS)
def test_a_tenure_is_ended_and_recovered_by_whoever_gives_the_post(web: Web, by: str, post: str, status: int) -> None:
    officer(web, post, OPERATOR)
    path = f"/tenures/{held(web)[post]}"
    recovered = web.post(f"{path}/recovery", {}, by)
    assert recovered.status_code == (201 if status == 204 else status)
    assert web.delete(path, by).status_code == status
    assert held(web) == ({} if status == 204 else {post: 1})
    assert len(web.town.dump()["invitations"]) == 1 + (status == 204)
    if status != 403:
        assert web.delete(path, by).json == NOT_FOUND
        assert web.post(f"{path}/recovery", {}, by).json == NOT_FOUND
        assert web.delete(f"/tenures/{2**70}", by).json == NOT_FOUND


def test_no_session_of_an_ended_tenure_survives_a_race(web: Web) -> None:
    person = officer(web)
    person.takes("jalan.penghubung")
    first, tenure = person.token(post="pu.penghubung"), held(web)["pu.penghubung"]
    new = {"name": "a", "days": 9, "scope": "all"}
    with ThreadPoolExecutor(5) as pool:
        logging_in = [pool.submit(person.log_in, post="pu.penghubung") for _ in range(2)]
        making = [pool.submit(web.post, "/tokens", new, first) for _ in range(2)]
        ended = pool.submit(web.delete, f"/tenures/{tenure}", COORDINATOR).result()
        answers = [each.result() for each in (*logging_in, *making)]
    assert ended.status_code == 204
    made = [answer.json["token"] for answer in answers if answer.status_code == 201]
    assert {answer.status_code for answer in answers} <= {201, 401, 422}
    assert [web.get("/posts", token).status_code for token in (first, *made)] == [401] * (1 + len(made))


def test_a_recovery_sets_password_and_codes_anew_and_ends_all_that_was_logged_in(web: Web) -> None:
    person = officer(web, CUSTODIAN, OPERATOR)
    web.watch.forward(seconds=30)
    person.takes("pu.penghubung")
    web.watch.forward(seconds=30)
    session, former = person.token(post="pu.penghubung"), person.secret
    code = offered(web, CUSTODIAN, OPERATOR)
    assert web.get("/invitations", OPERATOR).json["items"][0]["recovers"] is True
    assert web.get("/posts", session).status_code == 200
    taken = person.accept(code, password=NEW).json
    assert (taken["post"], taken["totp"]["secret"] != former) == (CUSTODIAN, True)
    web.watch.forward(seconds=30)
    assert web.get("/posts", session).status_code == 401
    assert problem(person.log_in(post=CUSTODIAN)) == UNRECOGNISED
    assert problem(person.log_in(post=CUSTODIAN, password=NEW)) == UNRECOGNISED
    person.secret = taken["totp"]["secret"]
    assert person.log_in(post=CUSTODIAN, password=NEW).json["posts"] == [CUSTODIAN, "pu.penghubung"]
    assert problem(person.accept(code, password=NEW)) == WORTHLESS
    assert len(web.town.dump()["tenures"]) == 2


def test_an_account_without_codes_is_recovered_without_codes(web: Web) -> None:
    person = officer(web)
    session = person.token()
    code = offered(web, "pu.penghubung")
    assert person.accept(code, password=NEW).json == {"email": EMAIL, "post": "pu.penghubung"}
    assert web.get("/posts", session).status_code == 401
    assert [person.log_in(password=password).status_code for password in (PASSWORD, NEW)] == [401, 201]


def test_a_code_for_one_post_does_not_open_others_that_are_not_the_inviters_to_give(web: Web) -> None:
    person = officer(web, "pu.penghubung")
    code = offered(web, "pu.penghubung")
    person.takes(CUSTODIAN, OPERATOR)
    before = web.town.dump()
    refused = web.post(f"/tenures/{held(web)['pu.penghubung']}/recovery", {}, COORDINATOR)
    assert (refused.status_code, refused.json["detail"]) == (403, NOT_OWN)
    # not even by a code that was written before the account came to the other post
    assert problem(person.accept(code, password=NEW)) == WORTHLESS
    assert web.town.dump() == before
    end(web, CUSTODIAN, OPERATOR)
    assert person.accept(code, password=NEW).status_code == 201


def disabled(person: Person) -> None:
    person.disable()


def ended(person: Person) -> None:
    end(person.web, "pu.penghubung")


@pytest.mark.parametrize("meanwhile", [disabled, ended])
def test_what_was_taken_away_is_not_recovered(web: Web, meanwhile: Any) -> None:
    person = officer(web)
    code = offered(web, "pu.penghubung")
    meanwhile(person)
    before = web.town.dump()
    assert problem(person.accept(code, password=NEW)) == WORTHLESS
    assert web.town.dump() == before


def test_a_disabled_account_is_offered_no_recovery(web: Web) -> None:
    officer(web).disable()
    answer = web.post(f"/tenures/{held(web)['pu.penghubung']}/recovery", {}, COORDINATOR)
    assert (answer.status_code, answer.json["detail"]) == (403, "This account is disabled.")


@ON_ONE
def test_the_last_operator_is_recovered_and_ended_by_command(web: Web, tmp_path: Path) -> None:
    shell, person = Shell(web.town, tmp_path), officer(web, OPERATOR, OPERATOR)
    code, printed = shell(f"lapor account recover {EMAIL.upper()} {OPERATOR}")
    assert (code, person.accept(printed, password=NEW).status_code) == (0, 201)
    told = shell.json(f"lapor account recover {EMAIL} {OPERATOR} --json")
    assert told.keys() == {"email", "post", "expires_at", "code"}
    assert shell(f"lapor account end {EMAIL} {OPERATOR}") == (0, f"{EMAIL} holds {OPERATOR} no more.")
    assert shell.json("lapor account list --json")[0]["tenures"][0]["until"] is not None
    none = f"lapor: {EMAIL} does not hold {OPERATOR!r}: see `lapor account list`."
    assert shell(f"lapor account recover {EMAIL} {OPERATOR}") == (2, none)
    assert shell(f"lapor account end {EMAIL} {OPERATOR} --json") == (2, none)
