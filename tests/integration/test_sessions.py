"""Sessions: who gets in, for which post and how long, and that whoever does not learns nothing."""

from __future__ import annotations

from typing import Any

import pytest
from argon2 import Parameters, PasswordHasher, extract_parameters
from argon2.profiles import RFC_9106_LOW_MEMORY
from cryptography.exceptions import InvalidTag
from sqlalchemy import select, update

from lapor.access import totp
from lapor.records import Account, PostRow, Tenure
from tests.integration.people import EMAIL, OPERATOR, PASSWORD, Person, at_once, officer
from tests.integration.town import COORDINATOR, Town
from tests.integration.web import NOW, Web, problem

UNRECOGNISED = (401, "not-recognised", None)
UNAUTHENTICATED = (401, "unauthenticated", None)


class Counting(PasswordHasher):
    """Does what its base does, and keeps the parameters of each hash that a password was held against."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.work: list[Parameters] = []

    def verify(self, hash: Any, password: str | bytes) -> Any:  # noqa: A002
        self.work.append(extract_parameters(hash))
        return super().verify(hash, password)


def test_a_session_opens_what_the_post_may_see_for_half_a_day(web: Web) -> None:
    answer = officer(web).log_in()
    token = answer.json["token"]
    assert token.startswith("lapor_o_")
    assert answer.json == {
        "token": token,
        "expires_at": "2026-07-06T14:00:00Z",
        "post": "pu.penghubung",
        "role": "liaison_officer",
        "posts": ["pu.penghubung"],
    }
    assert web.get("/templates", token).status_code == 200
    assert web.get("/invitations", token).status_code == 403
    web.watch.forward(hours=12)
    assert problem(web.get("/templates", token)) == UNAUTHENTICATED
    assert token not in repr(web.town.dump())


def test_who_holds_several_posts_names_one_once_the_password_was_right(web: Web) -> None:
    person = officer(web)
    person.takes("jalan.penghubung")
    choices = (422, "invalid-fields", {"post": ["Must be one of: jalan.penghubung, pu.penghubung."]})
    assert problem(person.log_in()) == choices
    assert problem(person.log_in(post="rsud.penghubung")) == choices
    assert problem(person.log_in(password="pasar baru di hilir")) == UNRECOGNISED
    answer = person.log_in(post="jalan.penghubung").json
    assert (answer["post"], answer["posts"]) == ("jalan.penghubung", ["jalan.penghubung", "pu.penghubung"])


def test_a_post_that_is_not_ones_own_is_refused_with_those_that_are(web: Web) -> None:
    errors = {"post": ["Must be one of: pu.penghubung."]}
    assert problem(officer(web).log_in(post="pu.kepala")) == (422, "invalid-fields", errors)


def test_a_post_that_was_not_named_leaves_the_one_time_code_good(web: Web) -> None:
    person = officer(web, OPERATOR, OPERATOR)
    person.takes("pu.penghubung")
    web.watch.forward(seconds=30)
    assert problem(person.log_in())[0] == 422
    assert person.log_in(post=OPERATOR).status_code == 201


def test_whoever_is_not_recognised_is_answered_alike_after_the_same_work(town: Town) -> None:
    hasher = Counting()
    web = Web(town, hasher)
    person = officer(web, OPERATOR, OPERATOR)
    hasher.work.clear()
    answers = [
        person.log_in(email="tidak.ada@kota.example"),
        person.log_in(email="siapa?"),
        person.log_in(password="pasar baru di hilir"),
        person.log_in(totp="000000"),
        web.post("/sessions", {"email": EMAIL, "password": PASSWORD}),
    ]
    person.disable()
    answers.append(person.log_in())
    assert {(answer.status_code, answer.text) for answer in answers} == {(401, answers[0].text)}
    parameters = extract_parameters(hasher.hash(PASSWORD))
    assert hasher.work == [parameters] * len(answers)


def test_whoever_holds_no_post_now_is_not_recognised(web: Web) -> None:
    person = officer(web, since="2026-07-07T00:00:00Z", until="2026-07-08T00:00:00Z")
    web.watch.at = NOW
    assert problem(person.log_in()) == UNRECOGNISED
    web.watch.forward(hours=22)
    token = person.token()
    web.watch.forward(days=1)
    assert problem(person.log_in()) == UNRECOGNISED
    assert problem(web.get("/posts", token)) == UNAUTHENTICATED


def test_a_session_ends_with_its_tenure(web: Web) -> None:
    person = officer(web, until="2026-07-06T06:00:00Z")
    answer = person.log_in().json
    assert answer["expires_at"] == "2026-07-06T06:00:00Z"
    web.watch.forward(hours=3, minutes=59)
    assert web.get("/posts", answer["token"]).status_code == 200
    web.town.execute(update(Tenure).values(until=web.watch.at))
    assert problem(web.get("/posts", answer["token"])) == UNAUTHENTICATED


def test_a_tenure_that_follows_another_on_the_same_post_is_the_one_that_counts(web: Web) -> None:
    person = officer(web, until="2026-07-06T06:00:00Z")
    person.takes("pu.penghubung")
    answer = person.log_in().json
    assert (answer["posts"], answer["expires_at"]) == (["pu.penghubung"], "2026-07-06T14:00:00Z")


def test_a_disabled_account_has_no_session(web: Web) -> None:
    person = officer(web)
    token = person.token()
    person.disable()
    assert problem(web.get("/posts", token)) == UNAUTHENTICATED


def test_a_post_that_gets_another_role_asks_for_another_log_in(web: Web) -> None:
    person = officer(web)
    token = person.token()
    web.town.execute(update(PostRow).filter_by(code="pu.penghubung").values(role="handler"))
    web.site._built.engine = None
    assert problem(web.get("/posts", token)) == UNAUTHENTICATED
    assert person.log_in().json["role"] == "handler"


def test_a_role_that_asks_for_codes_is_closed_to_an_account_without_until_it_gets_some(web: Web) -> None:
    person = officer(web)
    web.town.execute(update(PostRow).filter_by(code="pu.penghubung").values(role="inspector"))
    web.site._built.engine = None
    assert problem(person.log_in()) == UNRECOGNISED
    person.takes("pu.penghubung", OPERATOR)
    assert person.log_in().json["role"] == "inspector"


CLOCKS = [(-61, 401), (-60, 401), (-30, 201), (0, 201), (30, 201), (60, 401)]


@pytest.mark.parametrize(("seconds", "status"), CLOCKS)
def test_a_phone_may_be_half_a_minute_off(web: Web, seconds: int, status: int) -> None:
    person = officer(web, OPERATOR, OPERATOR)
    assert person.log_in(**person.codes(seconds=seconds)).status_code == status


def test_a_one_time_code_is_taken_once_and_none_before_it_afterwards(web: Web) -> None:
    person = officer(web, OPERATOR, OPERATOR)
    early, code, late = (person.codes(seconds=seconds) for seconds in (-30, 0, 30))
    statuses = [person.log_in(**given).status_code for given in (code, code, early, late, late)]
    assert statuses == [201, 401, 401, 201, 401]
    web.watch.forward(seconds=30)
    assert person.log_in(**late).status_code == 401


def test_a_one_time_code_that_many_send_at_once_opens_one_session(web: Web) -> None:
    person = officer(web, OPERATOR, OPERATOR)
    answers = at_once(person.log_in, 4)
    assert sorted(answer.status_code for answer in answers) == [201, 401, 401, 401]
    # beside that of the inviter
    assert len(web.town.dump()["tokens"]) == 2


def test_the_secret_of_one_account_does_not_open_as_that_of_another(web: Web) -> None:
    officer(web, OPERATOR, OPERATOR)
    other = Person(web, email="tono@kota.example")
    other.takes(OPERATOR, OPERATOR)
    with web.site.reading() as session:
        sealed = session.scalars(select(Account.totp_secret).filter_by(email=EMAIL)).one() or b""
    with pytest.raises(InvalidTag):
        totp.unseal(sealed, pepper=web.site.pepper, email=other.email)


def test_a_password_is_hashed_anew_at_a_log_in_after_the_parameters_have_changed(town: Town) -> None:
    person = officer(Web(town))
    before = stored(town)
    person.web = Web(town, PasswordHasher(time_cost=2, memory_cost=8, parallelism=1))
    assert [person.log_in().status_code for _ in range(2)] == [201, 201]
    after = stored(town)
    assert (extract_parameters(before).time_cost, extract_parameters(after).time_cost) == (1, 2)
    person.web = Web(town, PasswordHasher(time_cost=2, memory_cost=8, parallelism=1))
    assert person.log_in().status_code == 201
    assert stored(town) == after


def stored(town: Town) -> str:
    with town.site.reading() as session:
        return session.scalars(select(Account.password_hash)).one()


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_by_default_a_password_is_hashed_as_argon2_recommends(town: Town) -> None:
    person = officer(Web(town, None))
    assert extract_parameters(stored(town)) == RFC_9106_LOW_MEMORY
    answers = [person.log_in(), person.log_in(email="tidak.ada@kota.example")]
    assert [answer.status_code for answer in answers] == [201, 401]


FAULTS: list[tuple[dict[str, Any], dict[str, list[str]]]] = [
    ({"totp": "12345"}, {"totp": ["Must be six digits."]}),
    ({"totp": "\u0661\u0662\u0663\u0664\u0665\u0666"}, {"totp": ["Must be six digits."]}),
    ({"password": "\ud800"}, {"password": ["Must not contain NUL or half a surrogate pair."]}),
    ({"remember": True}, {"remember": ["Unknown field."]}),
]


@pytest.mark.parametrize(("said", "errors"), FAULTS)
def test_what_cannot_be_read_is_refused_before_anybody_is_looked_for(
    web: Web, said: dict[str, Any], errors: dict[str, Any]
) -> None:
    answer = web.post("/sessions", {"email": EMAIL, "password": PASSWORD, **said})
    assert problem(answer) == (422, "invalid-fields", errors)


def test_a_session_that_ended_never_works_again(web: Web) -> None:
    person = officer(web)
    one, other = person.token(), person.token()
    assert web.delete("/sessions/current", one).status_code == 204
    assert problem(web.delete("/sessions/current", one)) == UNAUTHENTICATED
    assert problem(web.get("/posts", one)) == UNAUTHENTICATED
    assert web.get("/posts", other).status_code == 200


def test_a_token_made_by_command_can_be_ended_as_well(web: Web) -> None:
    assert web.delete("/sessions/current", COORDINATOR).status_code == 204
    assert problem(web.get("/posts", COORDINATOR)) == UNAUTHENTICATED
