"""Moves over HTTP: the journey of a complaint, what is open to whom, and two who want different things at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from lapor.oversight import doctor
from tests.integration.town import COORDINATOR, DISPOSITION
from tests.integration.web import NOT_FOUND, Web, problem

TEXT = {
    "type": "string",
    "minLength": 1,
    "maxLength": 10000,
    "pattern": "^[^\\x00]*[^\\s\\x00][^\\x00]*$",
}


def test_a_complaint_goes_from_its_reporter_to_an_answer_and_back(web: Web) -> None:
    case = web.submit(reporter={"name": "Pelapor", "email": "pelapor@mail.example"})
    number, secret = case["tracking_number"], case["secret"]
    steps: list[tuple[str, str, dict[str, Any]]] = [
        ("dispose", COORDINATOR, DISPOSITION),
        ("accept", "pu.penghubung", {}),
        ("ask_reporter", "pu.penghubung", {"question": "Sejak kapan?"}),
        ("reply", secret, {"text": "Sejak Mei."}),
        ("propose_answer", "pu.petugas", {"text": "Sudah ditambal."}),
        ("approve", "pu.penghubung", {}),
        ("confirm", secret, {"rating": 5}),
    ]
    states = []
    for name, by, fields in steps:
        web.watch.forward(hours=1)
        states.append(web.moved(case, name, by, **fields)["state"])
    assert states == [
        "disposed",
        "in_follow_up",
        "awaiting_reporter",
        "in_follow_up",
        "awaiting_approval",
        "answered",
        "closed",
    ]
    shown = web.get(f"/complaints/{number}", secret).json
    assert [(clock["name"], clock["state"]) for clock in shown["clocks"]] == [
        ("verification", "met"),
        ("holding", "met"),
        ("first_response", "met"),
        ("resolution", "met"),
        ("reply", "met"),
        ("approval", "met"),
        ("confirmation", "met"),
    ]
    assert (shown["phase"], shown["version"], shown["class"], shown["category"]) == (
        None,
        8,
        "not_oversight",
        "jalan-rusak",
    )
    with web.site.reading() as session:
        assert doctor.examine(web.town.engine, session, now=web.watch.at).broken == []


def test_the_moves_that_are_open_tell_what_they_need(web: Web) -> None:
    case = web.answered()
    listed = web.get(f"/complaints/{case['tracking_number']}/moves", case["secret"])
    assert listed.json[:2] == [
        {
            "move": "confirm",
            "label": {"id": "Terima tanggapan", "en": "Confirm"},
            "needs": {
                "type": "object",
                "properties": {"rating": {"type": "integer"}, "comment": TEXT},
                "required": [],
                "additionalProperties": False,
            },
        },
        {
            "move": "dispute",
            "label": {"id": "Sanggah tanggapan", "en": "Dispute the answer"},
            "needs": {
                "type": "object",
                "properties": {"reason": TEXT},
                "required": ["reason"],
                "additionalProperties": False,
            },
        },
    ]


@pytest.mark.parametrize(
    ("by", "names"),
    [
        ("reporter", ["withdraw", "tighten"]),
        (
            COORDINATOR,
            ["ask_completion", "archive", "block", "dispose", "withdraw", "split", "reassign", "link", "tighten"],
        ),
        ("inspektorat.inspektur", ["tighten"]),
        ("kota.wali-kota", ["reassign", "tighten"]),
    ],
)
def test_everybody_is_offered_their_own_moves(web: Web, by: str, names: list[str]) -> None:
    case = web.submit()
    listed = web.get(f"/complaints/{case['tracking_number']}/moves", case["secret"] if by == "reporter" else by)
    assert [each["move"] for each in listed.json] == names


@pytest.mark.parametrize("suffix", ["", "/moves", "/trail", "/messages"])
@pytest.mark.parametrize("by", ["jalan.penghubung", "kesehatan.kepala", "kota.pengelola-sistem"])
def test_out_of_scope_nothing_is_there(web: Web, by: str, suffix: str) -> None:
    case = web.disposed()
    hidden = web.get(f"/complaints/{case['tracking_number']}{suffix}", by)
    absent = web.get(f"/complaints/2026-0000-0000-0{suffix}", by)
    assert (hidden.status_code, hidden.data) == (absent.status_code, absent.data)
    assert hidden.json == NOT_FOUND


def test_out_of_scope_nothing_can_be_moved(web: Web) -> None:
    case = web.disposed()
    body = {"move": "accept", "fields": {}}
    answers = [
        web.post(f"/complaints/{number}/moves", body, "jalan.penghubung", If_Match='"2"')
        for number in (case["tracking_number"], "2026-0000-0000-0")
    ]
    assert [answer.data for answer in answers] == [answers[0].data] * 2
    assert answers[0].json == NOT_FOUND


REFUSED: list[tuple[str, str, dict[str, Any], tuple[int, str, Any]]] = [
    ("not theirs", "pu.penghubung", {"move": "dispose", "fields": DISPOSITION}, (403, "forbidden", None)),
    ("not open", COORDINATOR, {"move": "close", "fields": {"text": "Selesai."}}, (409, "not-open", None)),
    ("not open here", "pu.penghubung", {"move": "answer", "fields": {"text": "x"}}, (409, "not-open", None)),
    (
        "fields that it does not take",
        "pu.penghubung",
        {"move": "accept", "fields": {"text": "x", "why": 1}},
        (
            422,
            "invalid-fields",
            {
                "text": ["Unknown field; allowed: none."],
                "why": ["Unknown field; allowed: none."],
            },
        ),
    ),
    (
        "fields that are wrong",
        "pu.penghubung",
        {"move": "return", "fields": {"reason": "a\x00", "competent_unit": "x"}},
        (
            422,
            "invalid-fields",
            {
                "reason": ["Must not contain NUL or half a surrogate pair."],
                "competent_unit": ["There is no unit with the code 'x'."],
            },
        ),
    ),
    (
        "a text that is too long",
        "pu.penghubung",
        {"move": "return", "fields": {"reason": "x" * 10_001}},
        (422, "invalid-fields", {"reason": ["Must have at most 10000 characters, has 10001."]}),
    ),
    ("no move", "pu.penghubung", {}, (422, "invalid-fields", {"move": ["Missing data for required field."]})),
    ("a number", "pu.penghubung", {"move": 1}, (422, "invalid-fields", {"move": ["Not a valid string."]})),
    (
        "a list of fields",
        "pu.penghubung",
        {"move": "accept", "fields": []},
        (422, "invalid-fields", {"fields": ["Not a valid mapping type."]}),
    ),
    (
        "beside the fields",
        "pu.penghubung",
        {"move": "accept", "unit": "jalan"},
        (422, "invalid-fields", {"unit": ["Unknown field."]}),
    ),
]


@pytest.mark.parametrize(("by", "body", "told"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_a_move_that_cannot_be_changes_nothing(web: Web, by: str, body: object, told: tuple[int, str, Any]) -> None:
    case = web.disposed()
    web.token(by)
    before = web.town.kept()
    assert problem(web.post(f"/complaints/{case['tracking_number']}/moves", body, by, If_Match='"2"')) == told
    assert web.town.kept() == before


def test_an_unknown_move_is_refused_with_the_known_ones(web: Web) -> None:
    case = web.submit()
    _, _, errors = problem(web.move(case, "promote", COORDINATOR))
    assert list(errors) == ["move"]
    assert "dispose" in errors["move"][0]


@pytest.mark.parametrize(
    ("tag", "told"),
    [
        (None, (428, "if-match-missing", None)),
        ('"1"', (412, "stale", None)),
        ('"3"', (412, "stale", None)),
        ('W/"2"', (412, "stale", None)),
        ('"two"', (412, "stale", None)),
        ('"1", "2"', (412, "stale", None)),
        ('"", W/"x"', (412, "stale", None)),
        (f'"{"9" * 5000}"', (412, "stale", None)),
    ],
)
def test_a_move_says_which_version_it_is_about(web: Web, tag: str | None, told: tuple[int, str, Any]) -> None:
    case = web.disposed()
    headers = {"If_Match": tag} if tag else {}
    answer = web.post(f"/complaints/{case['tracking_number']}/moves", {"move": "accept"}, "pu.penghubung", **headers)
    assert problem(answer) == told


@pytest.mark.parametrize("tag", ['"2"', "2", "*"])
def test_the_present_version_may_be_moved(web: Web, tag: str) -> None:
    case = web.disposed()
    path = f"/complaints/{case['tracking_number']}/moves"
    answer = web.post(path, {"move": "accept"}, "pu.penghubung", If_Match=tag)
    assert (answer.status_code, answer.json["version"], answer.headers["ETag"]) == (200, 3, '"3"')


def test_of_two_moves_at_once_one_wins(web: Web) -> None:
    case = web.disposed()
    path = f"/complaints/{case['tracking_number']}/moves"
    token = web.token("pu.penghubung")
    wishes = [{"move": "accept"}, {"move": "return", "fields": {"reason": "Bukan kami."}}]

    def ask(body: object) -> int:
        client = web.app.test_client(use_cookies=False)
        headers = {"Authorization": f"Bearer {token}", "If-Match": '"2"'}
        return client.post(f"/api/v1{path}", json=body, headers=headers).status_code

    with ThreadPoolExecutor(2) as both:
        assert sorted(both.map(ask, wishes)) == [200, 412]


def test_who_hands_a_case_away_sees_its_row(web: Web) -> None:
    case = web.disposed()
    moved = web.moved(case, "pass_down", "pu.penghubung", unit="jalan")
    assert moved == {
        "tracking_number": case["tracking_number"],
        "state": "disposed",
        "phase": "disposition",
        "label": {"id": "Terdisposisi", "en": "Handed to a unit"},
        "holder": {"code": "jalan", "name": "Bidang Jalan"},
        "version": 3,
        "next": {
            "text": {"id": "Menunggu tindak lanjut instansi.", "en": "The holder is to act on it."},
            "by": "2026-07-08T09:00:00Z",
        },
    }
    assert web.get(f"/complaints/{case['tracking_number']}", "pu.penghubung").json == NOT_FOUND


def test_a_move_at_the_counter_is_marked(web: Web) -> None:
    case = web.answered()
    web.moved(case, "confirm", COORDINATOR, comment="Lewat loket.")
    entry = web.get(f"/complaints/{case['tracking_number']}/trail", COORDINATOR).json[-1]
    assert (entry["actor_role"], entry["detail"]["for_reporter"]) == ("coordinator", True)


PELAPOR: dict[str, Any] = {"reporter": {"name": "Pelapor", "email": "pelapor@mail.example"}, "door": "rsud"}
DOOR = "rsud.koordinator-pengaduan"
WAY: list[tuple[str, str, dict[str, Any]]] = [
    ("ask_completion", DOOR, {"question": "Di mana?"}),
    ("complete", "reporter", {"text": "Di loket."}),
    ("dispose", DOOR, {**DISPOSITION, "unit": "kesehatan"}),
    ("return", "kesehatan.penghubung", {"reason": "Bukan kami."}),
    ("dispose", DOOR, {**DISPOSITION, "unit": "kesehatan"}),
    ("pass_down", "kesehatan.penghubung", {"unit": "rsud"}),
    ("accept", "rsud.penghubung", {}),
    ("ask_arbitration", "rsud.penghubung", {"reason": "Bukan kami."}),
    ("arbitrate", DOOR, {"unit": "rsud", "reason": "Rumah sakit."}),
    ("reclassify", DOOR, {"classification": "not_oversight", "category": "jalan-rusak", "reason": "Jalan."}),
    ("ask_reporter", "rsud.penghubung", {"question": "Sejak kapan?"}),
    ("reply", "reporter", {"text": "Sejak Mei."}),
    ("extend", "rsud.penghubung", {"text": "Menunggu bahan.", "new_due": "2026-07-15"}),
    ("propose_answer", "rsud.petugas", {"text": "Sudah."}),
    ("approve", "rsud.penghubung", {}),
    ("dispute", "reporter", {"reason": "Belum."}),
    ("answer", "rsud.penghubung", {"text": "Sudah."}),
    ("appeal", "reporter", {"reason": "Belum."}),
    ("overturn", "rsud.direktur", {"reason": "Belum."}),
    ("answer", "rsud.penghubung", {"text": "Sudah."}),
    ("confirm", "reporter", {"rating": 5, "comment": "Terima kasih."}),
]


def test_a_move_takes_at_most_15_statements(web: Web) -> None:
    case = web.submit(**PELAPOR)
    counted = []
    for name, by, fields in WAY:
        who = case["secret"] if by == "reporter" else by
        web.token(who)
        version = web.get(f"/complaints/{case['tracking_number']}", who).headers["ETag"]
        body = {"move": name, "fields": fields}
        with web.statements() as ran:
            answer = web.post(f"/complaints/{case['tracking_number']}/moves", body, who, If_Match=version)
        counted.append((name, answer.status_code, len(ran)))
    assert [name for name, status, _ in counted if status != 200] == []
    assert [row for row in counted if row[2] > 15] == []


@pytest.mark.parametrize("anonymous", [True, False])
def test_disposing_an_allegation_takes_at_most_15_statements(web: Web, anonymous: bool) -> None:
    case = web.submit(**PELAPOR, anonymous=anonymous)
    web.token(DOOR)
    fields = {**DISPOSITION, "classification": "oversight", "reported": "jalan.kepala, kesehatan"}
    body = {"move": "dispose", "fields": fields}
    with web.statements() as ran:
        answer = web.post(f"/complaints/{case['tracking_number']}/moves", body, DOOR, If_Match='"1"')
    assert (answer.status_code, len(ran) <= 15) == (200, True), ran
