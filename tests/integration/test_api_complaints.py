"""Complaints over HTTP: submitted, refused, read by those who may."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from lapor.access.secrets import hashed
from lapor.machine.edition import Decree, Hours
from lapor.oversight import amending
from lapor.privacy import identity
from lapor.records import Complaint, Reporter
from lapor.site import edition_of
from tests.integration.town import COORDINATOR, DISPOSITION
from tests.integration.web import BARE, NOT_FOUND, V1, Web, problem

PELAPOR = {"name": "Pelapor", "email": "pelapor@mail.example", "phone": "+62 812 3456 7890"}
VERIFICATION = {
    "name": "verification",
    "term": 1,
    "budget": "3 working days",
    "started_at": "2026-07-06T02:00:00Z",
    "due_at": "2026-07-09T09:00:00Z",
    "state": "running",
}
ROW: dict[str, Any] = {
    "state": "received",
    "phase": "intake",
    "label": {"id": "Belum terverifikasi", "en": "Not yet verified"},
    "holder": {"code": "kota", "name": "Pemerintah Kota"},
    "version": 1,
    "next": {
        "text": {"id": "Menunggu verifikasi koordinator.", "en": "The coordinator is to verify it."},
        "by": "2026-07-09T09:00:00Z",
    },
}
SUBMITTED = {
    **ROW,
    "kind": "complaint",
    "class": None,
    "received_at": "2026-07-06T02:00:00Z",
    "title": "Jalan berlubang",
    "text": "Di depan pasar.",
    "category": None,
    "location": None,
    "anonymous": False,
    "confidential": False,
    "clocks": [VERIFICATION],
    "channel": "website",
    "door": "kota",
}
FULL: dict[str, Any] = {
    **BARE,
    "category": "jalan-rusak",
    "incident_date": "2026-07-01",
    "location": {"region": "71.01", "address": "Jalan Melati 1", "point": {"lat": -6.2, "lon": 106.8}},
    "anonymous": True,
    "confidential": True,
    "reporter": PELAPOR,
    "remedy_sought": "Ditambal.",
    "wished_agency": "Dinas PU",
    "channel": "android",
    "door": "rsud",
}


def without(told: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in told.items() if name not in names}


def test_kind_title_and_text_are_enough(web: Web) -> None:
    answer = web.post("/complaints", BARE)
    assert answer.status_code == 201
    case = answer.json
    assert case == {**SUBMITTED, "tracking_number": case["tracking_number"], "secret": case["secret"]}
    assert answer.headers["Location"] == f"{V1}/complaints/{case['tracking_number']}"
    assert answer.headers["ETag"] == '"1"'
    assert case["secret"].startswith("lapor_r_")


def test_all_that_was_said_is_shown_to_the_reporter(web: Web) -> None:
    case = web.submit(**FULL)
    seen = web.get(f"/complaints/{case['tracking_number']}", case["secret"])
    at_rsud = {"code": "rsud", "name": "Rumah Sakit Umum Daerah"}
    due = "2026-07-09T08:00:00Z"
    assert seen.json == {
        **SUBMITTED,
        **FULL,
        "tracking_number": case["tracking_number"],
        "holder": at_rsud,
        "next": {**ROW["next"], "by": due},
        "clocks": [{**VERIFICATION, "due_at": due}],
    }
    assert without(case, "secret") == seen.json


def test_what_is_due_in_a_year_without_decree_is_provisional_until_the_decree_comes(web: Web) -> None:
    # Friday 29 December 2028; the decrees that the library knows end before
    web.watch.at = datetime(2028, 12, 29, 2, 0, tzinfo=UTC)
    case = web.submit()
    path, secret = f"/complaints/{case['tracking_number']}", case["secret"]
    clock = {**VERIFICATION, "started_at": "2028-12-29T02:00:00Z", "due_at": "2029-01-04T09:00:00Z"}
    assert case["clocks"] == [{**clock, "provisional": True}]
    base, decree = edition_of(web.site.settings), Decree("SKB 7/2028", date(2028, 9, 14))
    leave = {**base.national.closed, date(2029, 1, 2): "Cuti bersama"}
    edition = replace(
        base, national=Hours(base.national.week, leave), decreed=base.decreed | {2028, 2029}, decree=decree
    )
    web.site.adopt(edition)
    with web.site.reading() as session:
        engine = web.site.engine(session)
    amending.amend(engine, web.site.writing, now=web.watch.at)
    assert web.get(path, secret).json["clocks"] == [{**clock, "term": 2, "due_at": "2029-01-05T09:30:00Z"}]


def test_only_a_hash_of_the_secret_is_stored(web: Web) -> None:
    case = web.submit()
    dump = repr(web.town.dump())
    assert case["secret"] not in dump
    assert hashed(case["secret"], web.site.pepper) in dump


def test_without_a_reporter_anonymous_changes_nothing(web: Web) -> None:
    assert web.submit(anonymous=True)["anonymous"] is False


def test_a_coordinator_keys_in_what_came_by_letter(web: Web) -> None:
    said = {"channel": "letter", "received_at": "2026-07-03T09:30:00+07:00", "reporter": {"name": "Warga"}}
    case = web.submit(by=COORDINATOR, **said)
    assert (case["received_at"], case["channel"], case["reporter"]) == (
        "2026-07-03T02:30:00Z",
        "letter",
        {"name": "Warga"},
    )
    entries = web.get(f"/complaints/{case['tracking_number']}/trail", COORDINATOR).json
    assert [(entry["actor_role"], entry["at"]) for entry in entries] == [("coordinator", "2026-07-06T02:00:00Z")]


def test_a_reporter_submits_again_with_the_secret_of_another_case(web: Web) -> None:
    first = web.submit()
    second = web.submit(by=first["secret"])
    answer = web.get(f"/complaints/{second['tracking_number']}", first["secret"])
    assert (answer.status_code, answer.json) == (404, NOT_FOUND)


@pytest.mark.parametrize("by", ["pu.penghubung", "pu.petugas", "pu.kepala", "inspektorat.inspektur"])
def test_other_officers_do_not_submit(web: Web, by: str) -> None:
    before = web.town.dump()["complaints"]
    assert problem(web.post("/complaints", BARE, by)) == (403, "forbidden", None)
    assert web.town.dump()["complaints"] == before


CODE = "There is none with the code 'tidak-ada'."
NUL = "Must not contain NUL or half a surrogate pair."
REFUSED: list[tuple[str, dict[str, Any], dict[str, list[str]]]] = [
    ("an unknown field", {"urgent": True}, {"urgent": ["Unknown field."]}),
    ("an unknown field within", {"location": {"planet": "Mars"}}, {"location.planet": ["Unknown field."]}),
    ("no text", {"text": None}, {"text": ["Field may not be null."]}),
    ("a number for a text", {"text": 1}, {"text": ["Must be a text."]}),
    ("a blank title", {"title": " \n"}, {"title": ["Must not be blank."]}),
    ("a long title", {"title": "x" * 201}, {"title": ["Must have at most 200 characters, has 201."]}),
    ("a long text", {"text": "x" * 10_001}, {"text": ["Must have at most 10000 characters, has 10001."]}),
    ("NUL", {"text": "a\x00b"}, {"text": [NUL]}),
    ("half a surrogate pair", {"title": "\ud83d"}, {"title": [NUL]}),
    ("a word for a flag", {"anonymous": "true"}, {"anonymous": ["Must be true or false."]}),
    ("one for a flag", {"confidential": 1}, {"confidential": ["Must be true or false."]}),
    ("an unknown kind", {"kind": "x"}, {"kind": ["Must be one of: aspiration, complaint, information_request."]}),
    ("an unknown category", {"category": "tidak-ada"}, {"category": [CODE]}),
    ("an unknown door", {"door": "tidak-ada"}, {"door": [CODE]}),
    ("an unknown region", {"location": {"region": "tidak-ada"}}, {"location.region": [CODE]}),
    ("NUL in a code", {"category": "\x00"}, {"category": [NUL]}),
    ("tomorrow", {"incident_date": "2026-07-07"}, {"incident_date": ["Must not be in the future."]}),
    ("no date", {"incident_date": "kemarin"}, {"incident_date": ["Must be a date such as 2026-03-17."]}),
    (
        "off the globe",
        {"location": {"point": {"lat": 91, "lon": "1"}}},
        {
            "location.point.lat": ["Must be a number from -90 to 90."],
            "location.point.lon": ["Must be a number from -180 to 180."],
        },
    ),
    ("half a point", {"location": {"point": {"lat": 1}}}, {"location.point.lon": ["Missing data for required field."]}),
    ("a list for a place", {"location": []}, {"location": ["Invalid input type."]}),
    (
        "nobody as reporter",
        {"reporter": {}},
        {"reporter": ["Give a name, an email or a phone, or leave `reporter` out."]},
    ),
    ("no mail address", {"reporter": {"email": "pelapor@"}}, {"reporter.email": ["Not a valid email address."]}),
    ("two lines in a name", {"reporter": {"name": "Pelapor\nBcc: x"}}, {"reporter.name": ["Must be one line."]}),
    ("a line break at the end", {"reporter": {"name": "Pelapor\n"}}, {"reporter.name": ["Must be one line."]}),
    (
        "no phone number",
        {"reporter": {"phone": "rumah"}},
        {"reporter.phone": ["Must be a phone number such as +62 812 3456 7890."]},
    ),
    (
        "a receipt by a citizen",
        {"received_at": "2026-07-05T00:00:00Z"},
        {"received_at": ["Only for officers who key in what was received elsewhere."]},
    ),
    (
        "several things at once",
        {"category": "tidak-ada", "incident_date": "2027-01-01"},
        {"category": [CODE], "incident_date": ["Must not be in the future."]},
    ),
]


@pytest.mark.parametrize(("said", "errors"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_is_wrong_is_named_and_nothing_is_stored(
    web: Web, said: dict[str, Any], errors: dict[str, list[str]]
) -> None:
    before = web.town.kept()
    assert problem(web.post("/complaints", {**BARE, **said})) == (422, "invalid-fields", errors)
    assert web.town.kept() == before


@pytest.mark.parametrize("body", [[], "complaint", 7])
def test_a_body_that_is_no_object_is_refused(web: Web, body: object) -> None:
    assert problem(web.post("/complaints", body)) == (422, "invalid-fields", {"body": ["Invalid input type."]})


def test_an_unknown_channel_is_refused_with_the_known_ones(web: Web) -> None:
    _, _, errors = problem(web.post("/complaints", {**BARE, "channel": "pigeon"}))
    assert list(errors) == ["channel"]
    assert "whatsapp" in errors["channel"][0]


@pytest.mark.parametrize(
    ("received_at", "error"),
    [
        ("2026-07-06T02:00:01Z", "Must not be in the future, nor before 2002."),
        ("2001-12-31T23:59:59Z", "Must not be in the future, nor before 2002."),
        ("0001-01-01T00:00:00+07:00", "Must be a moment such as 2026-03-17T02:00:00Z."),
        ("2026-07-05T09:00:00", "Must have an offset, such as Z or +07:00."),
        (1783300000, "Must be a moment such as 2026-03-17T02:00:00Z."),
    ],
)
def test_a_receipt_must_have_been(web: Web, received_at: object, error: str) -> None:
    web.token(COORDINATOR)
    before = web.town.kept()
    answer = web.post("/complaints", {**BARE, "received_at": received_at}, COORDINATOR)
    assert problem(answer) == (422, "invalid-fields", {"received_at": [error]})
    assert web.town.kept() == before


def test_today_is_today_wherever_it_has_begun(web: Web) -> None:
    web.watch.forward(hours=14, minutes=30)
    # 23:30 in Jakarta, 00:30 of the next day in Makassar
    assert web.submit(incident_date="2026-07-07")["incident_date"] == "2026-07-07"


def test_the_reporter_sees_the_case_by_any_spelling_of_the_number(web: Web) -> None:
    case = web.submit()
    spelt = case["tracking_number"].lower().replace("-", "").replace("0", "o").replace("1", "l")
    year = case["tracking_number"][:4]
    answer = web.get(f"/complaints/{year}{spelt[4:]}", case["secret"])
    assert answer.json == without(case, "secret")


@pytest.mark.parametrize("number", ["2026-7QK4-M2ZD-5", "tidak-ada", "%00", "2026-0000-0000-0", "x" * 3000])
def test_what_is_not_there_answers_like_what_is_out_of_scope(web: Web, number: str) -> None:
    case = web.submit()
    hidden = web.get(f"/complaints/{case['tracking_number']}", "pu.penghubung")
    absent = web.get(f"/complaints/{number}", "pu.penghubung")
    assert (hidden.status_code, hidden.json) == (absent.status_code, absent.json) == (404, NOT_FOUND)
    assert dict(hidden.headers) == dict(absent.headers)


def test_the_door_sees_confidential_content_until_disposition_and_its_row_afterwards(web: Web) -> None:
    case = web.submit(confidential=True, reporter=PELAPOR)
    number = case["tracking_number"]
    before = web.get(f"/complaints/{number}", COORDINATOR).json
    assert before == without(case, "secret")
    moved = web.moved(case, "dispose", COORDINATOR, **DISPOSITION)
    assert moved == {
        "tracking_number": number,
        "state": "disposed",
        "phase": "disposition",
        "label": {"id": "Terdisposisi", "en": "Handed to a unit"},
        "holder": {"code": "pu", "name": "Dinas Pekerjaan Umum"},
        "version": 2,
        "next": {
            "text": {"id": "Menunggu tindak lanjut instansi.", "en": "The holder is to act on it."},
            "by": "2026-07-08T09:00:00Z",
        },
    }
    assert web.get(f"/complaints/{number}", "pu.petugas").json["text"] == "Di depan pasar."
    assert web.get(f"/complaints/{number}", "inspektorat.inspektur").json == moved


def test_an_anonymous_reporter_is_known_to_no_officer(web: Web) -> None:
    case = web.submit(anonymous=True, reporter=PELAPOR)
    number = case["tracking_number"]
    assert case["reporter"] == PELAPOR
    assert web.get(f"/complaints/{number}", COORDINATOR).json == without(case, "secret", "reporter")
    web.moved(case, "dispose", COORDINATOR, **DISPOSITION)
    assert "reporter" not in web.get(f"/complaints/{number}", "pu.penghubung").json


def test_what_has_not_changed_is_not_sent_again(web: Web) -> None:
    case = web.submit()
    path, secret = f"/complaints/{case['tracking_number']}", case["secret"]
    unchanged = web.get(path, secret, If_None_Match='"1"')
    assert (unchanged.status_code, unchanged.data, unchanged.headers["ETag"]) == (304, b"", '"1"')
    web.moved(case, "tighten", secret, confidential=True)
    changed = web.get(path, secret, If_None_Match='"1"')
    assert (changed.status_code, changed.headers["ETag"], changed.json["version"]) == (200, '"2"', 2)


def test_answers_are_not_kept_by_others(web: Web) -> None:
    answer = web.post("/complaints", BARE)
    told = {name: answer.headers[name] for name in ("Cache-Control", "Referrer-Policy", "X-Content-Type-Options")}
    assert told == {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff"}
    assert "Set-Cookie" not in answer.headers


def test_identity_lies_apart_from_what_was_reported(web: Web) -> None:
    case = web.submit(reporter=PELAPOR)
    with web.site.reading() as session:
        reporter = session.query(Reporter).one()
        known = identity.opened(web.site.vault.identity, case["tracking_number"], reporter)
        assert (known.name, known.email, known.phone) == tuple(PELAPOR.values())
        assert "Pelapor" not in repr(vars(session.query(Complaint).one()))


@pytest.mark.parametrize("said", [{}, {"reporter": PELAPOR}, FULL], ids=["bare", "identified", "full"])
def test_a_submission_takes_at_most_12_statements(web: Web, said: dict[str, Any]) -> None:
    with web.statements() as ran:
        answer = web.post("/complaints", {**BARE, **said}, Idempotency_Key="a" * 22)
    assert (answer.status_code, len(ran) <= 12) == (201, True), ran


def test_a_submission_that_is_keyed_in_takes_at_most_12_statements(web: Web) -> None:
    web.token(COORDINATOR)
    body = {**FULL, "received_at": "2026-07-03T02:30:00Z"}
    with web.statements() as ran:
        answer = web.post("/complaints", body, COORDINATOR, Idempotency_Key="a" * 22)
    assert (answer.status_code, len(ran) <= 12) == (201, True), ran
