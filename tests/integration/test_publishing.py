"""Publishing: nothing is public before a coordinator of its door has published it, and what must hide is taken back."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, update

from lapor.errors import LaporError
from lapor.handling import publishing
from lapor.handling.publishing import Edited
from lapor.oversight.doctor import Finding
from lapor.records import Complaint, PublicVersion
from tests.integration.town import COORDINATOR, DISPOSITION, WAYS, Case, Town, at
from tests.integration.web import NOT_FOUND, V1, Answer, Web, problem

AT_DOOR = "rsud.koordinator-pengaduan"
SAID = {
    "title": "Jalan berlubang, hubungi 0812-3456-7890",
    "text": "Kata Pak Budi di Jl. Melati No. 12 RT 01/RW 02: mobil B 1234 XYZ terperosok.",
}
EDITED = {"title": "Jalan berlubang", "text": "Ada mobil yang terperosok."}
HOTLINE = {"title": "Jalan berlubang", "text": "Ada mobil yang terperosok. Posko 0812-3456-7890, lapor@kota.example."}


def put(
    web: Web, case: dict[str, Any], said: dict[str, Any] = EDITED, by: str = COORDINATOR, version: str = "*"
) -> Answer:
    return web.put(f"/complaints/{case['tracking_number']}/publication", said, by, If_Match=version)


def read(web: Web, case: dict[str, Any], by: str = COORDINATOR) -> Answer:
    return web.get(f"/complaints/{case['tracking_number']}/publication", by)


def delete(web: Web, case: dict[str, Any], by: str = COORDINATOR) -> Answer:
    return web.delete(f"/complaints/{case['tracking_number']}/publication", by)


def published(web: Web, **said: Any) -> tuple[dict[str, Any], str]:
    """A case that was handed to public works and published, and its public id."""
    case = web.disposed(**said)
    answer = put(web, case)
    assert answer.status_code == 200, answer.text
    return case, answer.json["public_id"]


def trail(web: Web, case: dict[str, Any], by: str | None = None) -> list[tuple[str, str, Any]]:
    """Role, move and detail of what the reporter reads in the trail."""
    entries = web.get(f"/complaints/{case['tracking_number']}/trail", by or case["secret"]).json
    return [(each["actor_role"], each["move"], each["detail"]) for each in entries]


def is_public(web: Web, public_id: str) -> bool:
    answer = web.get(f"/public/complaints/{public_id}")
    assert answer.status_code in (200, 404)
    if answer.status_code == 404:
        assert answer.json == NOT_FOUND
    listed = [each["public_id"] for each in web.get("/public/complaints").json["items"]]
    assert (public_id in listed) == (answer.status_code == 200)
    return bool(answer.status_code == 200)


def test_the_coordinator_reads_a_proposal_without_personal_data_and_what_was_found(web: Web) -> None:
    case = web.disposed(**SAID)
    answer = read(web, case)
    assert answer.headers["ETag"] == '"2"'
    assert answer.json == {
        "published": None,
        "publishable": True,
        "proposal": {
            "title": "Jalan berlubang, hubungi [telepon]",
            "text": "Kata Pak [nama] di Jl. Melati [alamat]: mobil [pelat nomor] terperosok.",
        },
        "findings": [
            {"field": "title", "kind": "phone", "start": 25, "end": 39, "text": "0812-3456-7890", "certain": True},
            {"field": "text", "kind": "name", "start": 9, "end": 13, "text": "Budi", "certain": False},
            {
                "field": "text",
                "kind": "address",
                "start": 28,
                "end": 46,
                "text": "No. 12 RT 01/RW 02",
                "certain": False,
            },
            {"field": "text", "kind": "plate", "start": 54, "end": 64, "text": "B 1234 XYZ", "certain": True},
        ],
    }


def test_what_is_proposed_can_be_published(web: Web) -> None:
    case = web.disposed(**SAID)
    answer = put(web, case, read(web, case).json["proposal"])
    assert answer.status_code == 200
    assert read(web, case).json["published"] == answer.json


def test_publishing_shows_the_edited_text_and_leaves_the_original(web: Web) -> None:
    case = web.disposed(**SAID)
    made = put(web, case, version='"2"').json
    assert made == {**EDITED, "public_id": made["public_id"], "published_at": "2026-07-06T02:00:00Z"}
    assert is_public(web, made["public_id"])
    seen = web.get(f"/complaints/{case['tracking_number']}", "pu.penghubung")
    assert ({name: seen.json[name] for name in SAID}, seen.headers["ETag"]) == (SAID, '"2"')


def test_a_replacement_keeps_the_public_id_and_the_trail_says_what_changed(web: Web) -> None:
    case, public_id = published(web, **SAID)
    web.watch.forward(hours=1)
    second = {**EDITED, "text": "Sebuah mobil terperosok."}
    assert put(web, case, second).json == {**second, "public_id": public_id, "published_at": "2026-07-06T03:00:00Z"}
    # once more the same changes nothing
    assert put(web, case, second).json["published_at"] == "2026-07-06T03:00:00Z"
    assert trail(web, case)[2:] == [
        ("coordinator", "publish", {"public_id": public_id, "changed": ["title", "text"]}),
        ("coordinator", "publish", {"public_id": public_id, "changed": ["text"]}),
    ]
    entry = web.get(f"/complaints/{case['tracking_number']}/trail", case["secret"]).json[2]
    assert (entry["label"], entry["from"], entry["to"]) == (
        {"id": "Diterbitkan untuk umum", "en": "Published"},
        "disposed",
        "disposed",
    )
    assert web.town.findings("6 Jul 09:00") == []


def test_the_original_may_be_published_as_it_is(web: Web) -> None:
    case = web.disposed()
    made = put(web, case, {name: case[name] for name in EDITED}).json
    assert trail(web, case)[-1] == ("coordinator", "publish", {"public_id": made["public_id"], "changed": []})


def test_personal_data_is_refused_and_each_is_named(web: Web) -> None:
    case = web.disposed()
    errors = {
        "title": ["Holds a telephone number at characters 25 to 39: mask it, or accept it with a reason."],
        "text": ["Holds a number plate at characters 54 to 64: mask it, or accept it with a reason."],
    }
    assert problem(put(web, case, SAID)) == (422, "invalid-fields", errors)
    # one kind accepted does not let the other pass
    said = {**SAID, "accept": ["phone"], "reason": "Nomor posko."}
    assert problem(put(web, case, said)) == (422, "invalid-fields", {"text": errors["text"]})
    assert read(web, case).json["published"] is None
    assert [move for _, move, _ in trail(web, case)] == ["submit", "dispose"]


def test_what_is_meant_to_be_public_is_accepted_for_a_reason_that_the_trail_keeps(web: Web) -> None:
    case = web.disposed()
    accept = ["phone", "email", "nik"]
    errors = {"reason": ["Required where something is accepted."]}
    assert problem(put(web, case, {**HOTLINE, "accept": accept})) == (422, "invalid-fields", errors)
    made = put(web, case, {**HOTLINE, "accept": accept, "reason": "Posko untuk umum."}).json
    said = {"accepted": ["email", "phone"], "reason": "Posko untuk umum."}
    assert trail(web, case)[-1] == (
        "coordinator",
        "publish",
        {"public_id": made["public_id"], "changed": ["text"], **said},
    )


def test_neither_a_tracking_number_nor_a_secret_becomes_public(web: Web) -> None:
    case = web.disposed()
    number = case["tracking_number"].lower().replace("-", "")
    said = {"title": f"Seperti {number}", "text": f"Rahasianya {case['secret']}"}
    assert problem(put(web, case, said)) == (
        422,
        "invalid-fields",
        {
            "title": ["Must not contain a tracking number: it would lead from what is public to the case."],
            "text": ["Must not contain a secret: take it out and send the rest."],
        },
    )


def test_only_the_coordinator_of_the_door_publishes(web: Web) -> None:
    # of both coordinators in whose trees the case lies
    case = web.submit(door="rsud")
    web.moved(case, "dispose", AT_DOOR, **{**DISPOSITION, "unit": "rsud"})
    for answer in (put(web, case), read(web, case), delete(web, case)):
        assert problem(answer) == (403, "forbidden", None)
    assert problem(put(web, case, by="rsud.penghubung")) == (403, "forbidden", None)
    assert put(web, case, by=AT_DOOR).status_code == 200
    elsewhere = web.disposed()
    for answer in (put(web, elsewhere, by=AT_DOOR), read(web, elsewhere, AT_DOOR), delete(web, elsewhere, AT_DOOR)):
        assert answer.json == NOT_FOUND


def test_the_version_that_was_read_must_be_named(web: Web) -> None:
    case = web.disposed()
    assert problem(put(web, case, version='"1"')) == (412, "stale", None)
    answer = web.put(f"/complaints/{case['tracking_number']}/publication", EDITED, COORDINATOR)
    assert problem(answer) == (428, "if-match-missing", None)


def test_what_is_taken_back_is_gone_and_can_be_published_again(web: Web) -> None:
    case, public_id = published(web)
    assert delete(web, case).status_code == 204
    assert not is_public(web, public_id)
    assert EDITED["text"] not in str(web.town.dump())
    assert delete(web, case).json == NOT_FOUND
    assert read(web, case).json["published"] is None
    assert put(web, case).json["public_id"] == public_id
    assert is_public(web, public_id)
    assert [each[1:] for each in trail(web, case)[2:]] == [
        ("publish", {"public_id": public_id, "changed": ["text"]}),
        ("unpublish", {"public_id": public_id}),
        ("publish", {"public_id": public_id, "changed": ["text"]}),
    ]


REFUSED = {
    "received": "A case is published after its intake, unless it is blocked or withdrawn: now it is received.",
    "incomplete": "A case is published after its intake, unless it is blocked or withdrawn: now it is incomplete.",
    "objected": "A case is published after its intake, unless it is blocked or withdrawn: now it is objected.",
    "blocked": "A case is published after its intake, unless it is blocked or withdrawn: now it is blocked.",
    "withdrawn": "A case is published after its intake, unless it is blocked or withdrawn: now it is withdrawn.",
}


def publish(case: Case) -> str | None:
    """Publish a case; return why that is refused."""
    town = case.town
    edited, actor = Edited(**EDITED), town.who(COORDINATOR)
    try:
        with town.site.writing() as session:
            publishing.publish(town.engine, session, case.number, edited, actor=actor, now=at("6 Jul 09:00"))
    except LaporError as refusal:
        return str(refusal)
    return None


def active(case: Case) -> bool:
    with case.town.site.reading() as session:
        found = session.scalars(select(PublicVersion).where(PublicVersion.complaint_id == case.id)).one_or_none()
        return found is not None and found.withdrawn_at is None


def test_each_state_says_whether_it_may_be_published(town: Town) -> None:
    assert {state: publish(town.case_in(state)) for state in WAYS} == {state: REFUSED.get(state) for state in WAYS}


def test_a_refusal_is_told_over_http(web: Web) -> None:
    case = web.submit()
    answer = put(web, case)
    assert problem(answer) == (409, "not-publishable", None)
    assert answer.json["detail"] == REFUSED["received"]
    assert read(web, case).json["publishable"] is False


def test_what_is_confidential_or_alleges_misconduct_is_never_published(web: Web) -> None:
    hidden, accused = web.submit(confidential=True), web.submit()
    for case, said in ((hidden, {}), (accused, {"classification": "oversight", "reported": "kesehatan"})):
        assert read(web, case).json["publishable"] is False
        web.moved(case, "dispose", COORDINATOR, **{**DISPOSITION, **said})
    # from then on the coordinator does not see what is confidential
    assert problem(read(web, hidden)) == (403, "forbidden", None)
    assert [put(web, case).json["detail"] for case in (hidden, accused)] == [
        "A confidential case is never published.",
        "A case that alleges misconduct is never published.",
    ]


MOVES: dict[str, tuple[str, str, dict[str, Any], str]] = {
    "confidential": ("disposed", "tighten", {"confidential": True}, "reporter"),
    "of class oversight": (
        "in_follow_up",
        "reclassify",
        {"classification": "oversight", "category": "jalan-rusak", "reason": "Pungutan."},
        COORDINATOR,
    ),
    "taken back by its reporter": ("answered", "withdraw", {}, "reporter"),
    "objected to": ("archived", "object", {"reason": "Sudah jelas."}, "reporter"),
}


@pytest.mark.parametrize("why", MOVES)
def test_what_becomes(town: Town, why: str) -> None:
    """A case that may have no public version any more loses it with the move that says so."""
    state, name, fields, by = MOVES[why]
    case, other = town.case_in(state), town.case_in("disposed")
    assert [publish(case), publish(other)] == [None, None]
    case.attempt(name, by, "6 Jul 10:00", fields)
    assert (active(case), active(other)) == (False, True)
    assert case.trail()[-2:] == [name, "unpublish"]
    assert town.findings("6 Jul 10:00") == []
    with town.site.reading() as session:
        taken = session.scalars(select(PublicVersion).where(PublicVersion.complaint_id == case.id)).one()
        assert (taken.title, taken.text, taken.withdrawn_at) == (None, None, at("6 Jul 10:00"))


def test_other_moves_leave_public_what_is_public(town: Town) -> None:
    case = town.case_in("disposed")
    publish(case)
    case.make("accept", "pu.penghubung", "6 Jul 10:00")
    case.make("tighten", "reporter", "6 Jul 10:00", anonymous=True)
    case.make("answer", "pu.penghubung", "6 Jul 11:00", text="Sudah ditambal.")
    assert active(case)


def test_what_was_public_and_is_made_confidential_stands_nowhere(web: Web) -> None:
    case, public_id = published(web, text="TANDA-ISI")
    put(web, case, {"title": "TANDA-JUDUL", "text": "TANDA-UMUM"})
    web.moved(case, "tighten", case["secret"], confidential=True)
    assert not is_public(web, public_id)
    assert "TANDA" not in str(web.town.dump())
    assert trail(web, case)[-1] == ("reporter", "unpublish", {"public_id": public_id, "because": "tighten"})


def test_the_doctor_finds_what_is_public_and_should_not_be(web: Web) -> None:
    sound = published(web)
    for values in ({"confidential": True}, {"classification": "oversight"}, {"state": "blocked"}):
        case, public_id = published(web)
        hidden = update(Complaint).where(Complaint.number == case["tracking_number"])
        web.town.execute(hidden.values(values))
        # nobody reads it all the same
        assert not is_public(web, public_id)
        found = [each for each in web.town.findings("6 Jul 09:00") if each.code == "published-hidden"]
        assert [(each.complaint, each.detail.split(".")[0]) for each in found] == [
            (case["tracking_number"], f"{public_id} is not taken back")
        ]
        web.town.execute(hidden.values(confidential=False, classification="not_oversight", state="disposed"))
    assert web.town.findings("6 Jul 09:00") == list[Finding]()
    assert is_public(web, sound[1])


def test_nobody_reads_a_case_that_is_marked_erased_although_its_public_version_was_left(web: Web) -> None:
    case, public_id = published(web)
    marked = update(Complaint).where(Complaint.number == case["tracking_number"])
    web.town.execute(marked.values(erased_at=web.watch.at))
    assert not is_public(web, public_id)
    web.town.execute(marked.values(erased_at=None))
    assert is_public(web, public_id)


def test_a_refused_publication_says_so_in_indonesian(web: Web) -> None:
    case = web.disposed()
    headers = {"Authorization": f"Bearer {web.token(COORDINATOR)}", "Accept-Language": "id", "If-Match": "*"}
    path = f"{V1}/complaints/{case['tracking_number']}/publication"
    said = {"title": "Hubungi 0812-3456-7890", "text": "-"}
    answer: Answer = web.client.open(path, method="PUT", json=said, headers=headers)
    assert answer.json["errors"] == {
        "title": ["Memuat nomor telepon pada karakter 8 sampai 22: samarkan, atau terima dengan alasan."]
    }
