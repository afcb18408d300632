"""Invitations: who invites to which post, what a code is worth, and what accepting it makes."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from tests.integration.people import EMAIL, OPERATOR, PASSWORD, Person, at_once, officer
from tests.integration.town import COORDINATOR
from tests.integration.web import NOT_FOUND, NOW, Web, problem

DOOR = "rsud.koordinator-pengaduan"
WORTHLESS = (422, "invalid-fields", {"code": ["Is unknown, used, expired or revoked."]})
UNRECOGNISED = (401, "not-recognised", None)


def test_an_invitation_is_shown_with_its_code_once(web: Web) -> None:
    made = Person(web).invited("pu.kepala", acting=True, until="2026-12-31T17:00:00Z")
    code = made.pop("code")
    assert code.startswith("lapor_i_")
    assert len(code) == 30
    assert made == {"id": 1, "email": EMAIL, "post": "pu.kepala", "expires_at": "2026-07-13T02:00:00Z"}
    assert web.get("/invitations", COORDINATOR).json == {
        "items": [
            {
                "id": 1,
                "email": EMAIL,
                "post": "pu.kepala",
                "acting": True,
                "since": None,
                "until": "2026-12-31T17:00:00Z",
                "recovers": False,
                "invited_by": COORDINATOR,
                "created_at": "2026-07-06T02:00:00Z",
                "expires_at": "2026-07-13T02:00:00Z",
            }
        ],
        "next": None,
    }
    assert code not in repr(web.town.dump())


def test_accepting_makes_an_account_with_the_post(web: Web) -> None:
    person = Person(web)
    assert person.accept(person.invited("pu.penghubung")["code"]).json == {"email": EMAIL, "post": "pu.penghubung"}
    assert person.log_in().json["post"] == "pu.penghubung"
    assert PASSWORD not in repr(web.town.dump())


def test_a_role_that_asks_for_one_time_codes_gets_their_secret_once(web: Web) -> None:
    person = Person(web)
    taken = person.takes(OPERATOR, OPERATOR)
    uri = f"otpauth://totp/lapor:sari%40kota.example?secret={person.secret}&issuer=lapor"
    assert taken == {"email": EMAIL, "post": OPERATOR, "totp": {"secret": person.secret, "uri": uri}}
    assert str(person.secret) not in repr(web.town.dump())
    web.watch.forward(seconds=30)
    assert person.takes("inspektorat.auditor", OPERATOR) == {"email": EMAIL, "post": "inspektorat.auditor"}


def test_an_account_is_one_for_an_address_in_any_case(web: Web) -> None:
    Person(web, email="Sari@Kota.example").takes("pu.penghubung")
    person = officer(web, "jalan.penghubung")
    assert person.log_in(email="SARI@kota.EXAMPLE", post="pu.penghubung").json["posts"] == [
        "jalan.penghubung",
        "pu.penghubung",
    ]
    assert len(web.town.dump()["accounts"]) == 1


def test_a_further_post_needs_the_present_password_and_the_one_time_code(web: Web) -> None:
    person = officer(web, OPERATOR, OPERATOR)
    code = person.invited("pu.penghubung")["code"]
    before = web.town.dump()
    wrong = [
        person.accept(code, password="pasar baru di hilir", **person.codes()),
        person.accept(code),
        person.accept(code, totp="000000"),
    ]
    assert [problem(answer) for answer in wrong] == [UNRECOGNISED] * 3
    assert web.town.dump() == before
    assert person.accept(code, **person.codes()).status_code == 201
    # the code of the same half minute has been used up
    assert problem(person.log_in(post=OPERATOR)) == UNRECOGNISED


def test_a_disabled_account_takes_no_further_post(web: Web) -> None:
    person = officer(web)
    code = person.invited("jalan.penghubung")["code"]
    person.disable()
    assert problem(person.accept(code)) == UNRECOGNISED


def wrong(_: Person) -> str:
    return "lapor_i_AAAAAAAAAAAAAAAAAAAAAA"


def used(person: Person) -> str:
    code: str = person.invited("pu.penghubung")["code"]
    assert person.accept(code).status_code == 201
    return code


def expired(person: Person) -> str:
    code: str = person.invited("pu.penghubung")["code"]
    person.web.watch.forward(days=7)
    return code


def expired_with_its_tenure(person: Person) -> str:
    code: str = person.invited("pu.penghubung", until="2026-07-07T00:00:00Z")["code"]
    person.web.watch.forward(days=1)
    return code


def revoked(person: Person) -> str:
    made = person.invited("pu.penghubung")
    assert person.web.delete(f"/invitations/{made['id']}", COORDINATOR).status_code == 204
    return str(made["code"])


@pytest.mark.parametrize("spoilt", [wrong, used, expired, expired_with_its_tenure, revoked])
def test_a_code_that_is_worth_nothing_is_always_answered_alike(web: Web, spoilt: Callable[[Person], str]) -> None:
    person = Person(web)
    code = spoilt(person)
    before = web.town.dump()
    assert problem(person.accept(code)) == WORTHLESS
    assert web.town.dump() == before
    assert web.get("/invitations", COORDINATOR).json["items"] == []


def test_a_code_is_good_until_the_moment_before_it_expires(web: Web) -> None:
    person = Person(web)
    code = person.invited("pu.penghubung")["code"]
    web.watch.at = NOW + timedelta(days=7) - timedelta(microseconds=1)
    assert person.accept(code).status_code == 201


ALLOWED = [
    (COORDINATOR, "rsud.petugas", 201),
    (COORDINATOR, "kota.wali-kota", 201),
    (DOOR, "rsud.petugas", 201),
    (COORDINATOR, DOOR, 201),
    (DOOR, DOOR, 403),
    (COORDINATOR, COORDINATOR, 403),
    (COORDINATOR, OPERATOR, 403),
    (COORDINATOR, "kota.penjaga-identitas", 403),
    (COORDINATOR, "inspektorat.auditor", 403),
    (OPERATOR, "kota.penjaga-identitas", 201),
    (DOOR, "kesehatan.petugas", 403),
    (DOOR, "pu.petugas", 403),
    (OPERATOR, "rsud.petugas", 201),
    (OPERATOR, OPERATOR, 201),
    ("pu.kepala", "pu.petugas", 403),
    ("inspektorat.inspektur", "pu.petugas", 403),
    ("kota.penjaga-identitas", "pu.petugas", 403),
]


@pytest.mark.parametrize(("by", "post", "status"), ALLOWED)
def test_a_coordinator_invites_to_working_posts_in_the_own_tree_and_an_operator_to_all(
    web: Web, by: str, post: str, status: int
) -> None:
    answer = web.post("/invitations", {"email": EMAIL, "post": post}, by)
    assert answer.status_code == status
    assert len(web.town.dump()["invitations"]) == (status == 201)


@pytest.mark.parametrize("post", ["kota.penjaga-identitas", "pu.petugas"])
def test_nobody_invites_themselves(web: Web, post: str) -> None:
    operator = officer(web, OPERATOR, OPERATOR)
    web.watch.forward(seconds=30)
    answer = web.post("/invitations", {"email": EMAIL.title(), "post": post}, operator.token())
    assert (answer.status_code, answer.json["detail"]) == (403, "Nobody invites themselves.")
    assert len(web.town.dump()["invitations"]) == 1


def test_inviters_see_and_revoke_what_they_might_have_written(web: Web) -> None:
    inside = Person(web).invited("rsud.petugas")["id"]
    outside = Person(web).invited("pu.petugas")["id"]
    seen = {by: [item["id"] for item in web.get("/invitations", by).json["items"]] for by in (DOOR, OPERATOR)}
    assert seen == {DOOR: [inside], OPERATOR: [inside, outside]}
    assert web.delete(f"/invitations/{outside}", DOOR).json == NOT_FOUND
    assert web.delete(f"/invitations/{inside}", DOOR).status_code == 204
    assert web.delete(f"/invitations/{inside}", DOOR).json == NOT_FOUND
    assert web.delete(f"/invitations/{2**70}", DOOR).json == NOT_FOUND


def test_invitations_come_in_pages_with_as_many_statements_for_one_as_for_three(web: Web) -> None:
    made, counted = [], []
    for more in (1, 2):
        made += [Person(web).invited("pu.petugas")["id"] for _ in range(more)]
        with web.statements() as ran:
            web.get("/invitations", COORDINATOR)
        counted.append(len(ran))
    assert counted == [3, 3]
    page = web.get("/invitations?limit=2", COORDINATOR).json
    rest = web.get(f"/invitations?limit=2&cursor={page['next']}", COORDINATOR).json
    assert [item["id"] for item in page["items"] + rest["items"]] == made
    assert rest["next"] is None


FAULTS: list[tuple[dict[str, Any], dict[str, list[str]]]] = [
    ({"email": "sari"}, {"email": ["Not a valid email address."]}),
    ({"post": "tidak.ada"}, {"post": ["There is no post with the code 'tidak.ada'."]}),
    ({"acting": "yes"}, {"acting": ["Must be true or false."]}),
    ({"until": "2026-07-06T02:00:00Z"}, {"until": ["Must be later than now, and than since."]}),
    (
        {"since": "2026-08-02T00:00:00Z", "until": "2026-08-01T00:00:00Z"},
        {"until": ["Must be later than now, and than since."]},
    ),
    ({"role": "operator"}, {"role": ["Unknown field."]}),
]


@pytest.mark.parametrize(("said", "errors"), FAULTS)
def test_an_invitation_that_makes_no_sense_is_refused(web: Web, said: dict[str, Any], errors: dict[str, Any]) -> None:
    answer = web.post("/invitations", {"email": EMAIL, "post": "pu.petugas", **said}, COORDINATOR)
    assert problem(answer) == (422, "invalid-fields", errors)
    assert web.town.dump()["invitations"] == []


PASSWORDS = [
    ("x" * 11, "Must have 12 to 128 characters, has 11."),
    ("x" * 129, "Must have 12 to 128 characters, has 129."),
    ("SARI@kota.example", "Must not be the e-mail address."),
]


@pytest.mark.parametrize(("password", "fault"), PASSWORDS)
def test_a_password_that_does_not_fit_leaves_the_code_as_it_was(web: Web, password: str, fault: str) -> None:
    person = Person(web)
    code = person.invited("pu.penghubung")["code"]
    assert problem(person.accept(code, password=password)) == (422, "invalid-fields", {"password": [fault]})
    assert person.accept(code).status_code == 201


@pytest.mark.parametrize("password", ["x" * 12, "ŷ" * 128])
def test_a_password_of_12_to_128_characters_will_do(web: Web, password: str) -> None:
    person = Person(web, password=password)
    person.takes("pu.penghubung")
    assert person.log_in().status_code == 201


def test_a_code_that_many_send_at_once_is_worth_one_tenure(web: Web) -> None:
    person = Person(web)
    code = person.invited("pu.penghubung")["code"]
    answers = at_once(lambda: person.accept(code), 4)
    assert [answer.status_code for answer in answers].count(201) == 1
    assert [problem(answer) for answer in answers if answer.status_code != 201] == [WORTHLESS] * 3
    assert [len(web.town.dump()[table]) for table in ("accounts", "tenures")] == [1, 1]


def test_codes_for_one_new_address_that_are_sent_at_once_make_one_account(web: Web) -> None:
    person = Person(web)
    codes = [person.invited(post)["code"] for post in ("pu.penghubung", "jalan.penghubung")]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(person.accept, codes))
    # whoever came second may have to send it again, and then finds the account
    answers = [person.accept(code) for code in codes]
    assert {answer.status_code for answer in answers} <= {201, 422}
    assert [len(web.town.dump()[table]) for table in ("accounts", "tenures")] == [1, 2]
