"""An officer's own account, and the command that makes the first operator and disables whom it must."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.integration.people import EMAIL, OPERATOR, PASSWORD, Person, at_once, officer
from tests.integration.test_webhook_commands import ON_ONE, Shell
from tests.integration.town import COORDINATOR
from tests.integration.web import Web, problem

NEW = "pasar baru di hilir"
CHANGE = {"present": PASSWORD, "new": NEW}
UNAUTHENTICATED = (401, "unauthenticated", None)
NOT_THE_PASSWORD = (422, "invalid-fields", {"present": ["Is not the password of this account."]})


def test_a_new_password_ends_all_other_tokens_of_the_account(web: Web) -> None:
    person = officer(web)
    own, other = person.token(), person.token()
    program = web.post("/tokens", {"name": "a", "days": 1, "scope": "read"}, own).json["token"]
    somebody = Person(web, email="tono@kota.example")
    somebody.takes("pu.penghubung")
    elsewhere = somebody.token()
    assert web.put("/account/password", CHANGE, own).status_code == 204
    callers = (own, other, program, elsewhere, COORDINATOR)
    assert [web.get("/posts", by).status_code for by in callers] == [200, 401, 401, 200, 200]
    assert [person.log_in(password=password).status_code for password in (PASSWORD, NEW)] == [401, 201]


FAULTS: list[tuple[dict[str, Any], dict[str, list[str]]]] = [
    ({"present": NEW}, {"present": ["Is not the password of this account."]}),
    ({"new": "pendek"}, {"new": ["Must have 12 to 128 characters, has 6."]}),
    ({"new": EMAIL.upper()}, {"new": ["Must not be the e-mail address."]}),
    ({"email": EMAIL}, {"email": ["Unknown field."]}),
]


@pytest.mark.parametrize(("said", "errors"), FAULTS)
def test_a_change_of_password_that_is_refused_ends_nothing(
    web: Web, said: dict[str, Any], errors: dict[str, Any]
) -> None:
    person = officer(web)
    own, other = person.token(), person.token()
    before = web.town.dump()
    assert problem(web.put("/account/password", {**CHANGE, **said}, own)) == (422, "invalid-fields", errors)
    assert web.town.dump() == before
    assert web.get("/posts", other).status_code == 200


def test_a_password_is_changed_once_from_the_same_present_one(web: Web) -> None:
    person = officer(web)
    own = person.token()
    answers = at_once(lambda: web.put("/account/password", CHANGE, own), 4)
    refused = [problem(answer) for answer in answers if answer.status_code != 204]
    assert refused == [NOT_THE_PASSWORD] * 3


def test_of_two_sessions_that_change_the_password_at_once_one_is_left(web: Web) -> None:
    person = officer(web)
    sessions = [person.token() for _ in range(4)]
    left = iter(sessions)
    answers = at_once(lambda: web.put("/account/password", CHANGE, next(left)), 4)
    statuses = [answer.status_code for answer in answers]
    assert (statuses.count(204), {*statuses} <= {204, 401, 422}) == (1, True)
    assert sorted(web.get("/posts", session).status_code for session in sessions) == [200, 401, 401, 401]


def test_a_token_made_by_command_has_no_password(web: Web) -> None:
    answer = web.put("/account/password", CHANGE, COORDINATOR)
    assert (problem(answer), answer.json["detail"]) == ((403, "forbidden", None), "This token belongs to no account.")


@pytest.fixture
def shell(web: Web, tmp_path: Path) -> Shell:
    return Shell(web.town, tmp_path)


@ON_ONE
def test_the_first_operator_is_invited_by_command_and_invites_the_others(web: Web, shell: Shell) -> None:
    code, printed = shell(f"lapor account operator --email {EMAIL.upper()} --post {OPERATOR}")
    assert code == 0
    operator = Person(web)
    taken = operator.accept(printed).json
    operator.secret = taken["totp"]["secret"]
    web.watch.forward(seconds=30)
    other = Person(web, email="tono@kota.example")
    assert other.takes("pu.penghubung", by=operator.token()) == {"email": other.email, "post": "pu.penghubung"}
    listed = shell.json("lapor account list --json")
    since = "2026-07-06T02:00:"
    held = {"acting": False, "until": None}
    assert listed == [
        {
            "email": EMAIL,
            "disabled_at": None,
            "one_time_codes": True,
            "tenures": [{"post": OPERATOR, "since": f"{since}00Z", **held}],
        },
        {
            "email": other.email,
            "disabled_at": None,
            "one_time_codes": False,
            "tenures": [{"post": "pu.penghubung", "since": f"{since}30Z", **held}],
        },
    ]
    assert "tono@kota.example" in shell("lapor account list")[1]


@ON_ONE
def test_the_command_makes_operators_only(web: Web, shell: Shell) -> None:
    said = "lapor: --post: there is no post in the role operator with the code 'pu.penghubung'."
    assert shell(f"lapor account operator --email {EMAIL} --post pu.penghubung") == (2, said)
    assert shell(f"lapor account operator --email a@b --post {OPERATOR}") == (
        2,
        "lapor: --email: 'a@b' is no e-mail address.",
    )
    assert web.town.dump()["invitations"] == []
    told = shell.json(f"lapor account operator --email {EMAIL} --post {OPERATOR} --json")
    assert told.keys() == {"email", "post", "expires_at", "code"}


@ON_ONE
def test_an_account_is_disabled_and_enabled_by_command(web: Web, shell: Shell) -> None:
    person = officer(web)
    token = person.token()
    assert shell(f"lapor account disable {EMAIL.title()}") == (0, f"{EMAIL} is disabled.")
    assert problem(web.get("/posts", token)) == UNAUTHENTICATED
    moment = shell.json(f"lapor account disable {EMAIL} --json")["disabled_at"]
    assert shell.json("lapor account list --json")[0]["disabled_at"] == moment
    assert shell.json(f"lapor account enable {EMAIL} --json") == {"email": EMAIL, "disabled_at": None}
    assert problem(web.get("/posts", token)) == UNAUTHENTICATED
    assert person.log_in().status_code == 201
    unknown = "lapor: There is no account with the e-mail address 'x@y.example': see `lapor account list`."
    assert shell("lapor account disable x@y.example") == (2, unknown)
