"""What is hidden is opened with a reason, by others where it is an identity, for a time; and who looked is known."""

from __future__ import annotations

from typing import Any

from tests.integration.town import COORDINATOR, DISPOSITION
from tests.integration.web import NOT_FOUND, Answer, Web, problem

PELAPOR = {"name": "Pelapor", "email": "pelapor@warga.example", "phone": "+62 811 0000 111"}
LIAISON, CUSTODIAN, INSPECTOR = "pu.penghubung", "kota.penjaga-identitas", "inspektorat.inspektur"
# the second custodian of a small city keeps the register beside another post
SECOND = "setda.sekda as custodian"
WITNESS = {"what": "identity", "reason": "Perlu keterangan saksi."}
LAW = {**WITNESS, "legal_basis": "Pasal 15 UU 27/2022"}
LOOKING = {"what": "content", "reason": "Pengaduan serupa di pintu kami."}


def hidden(web: Web, **said: Any) -> dict[str, Any]:
    """An anonymous case that public works follow up."""
    case = web.disposed(anonymous=True, reporter=PELAPOR, **said)
    web.moved(case, "accept", LIAISON)
    return case


def path(case: dict[str, Any], suffix: str = "") -> str:
    return f"/complaints/{case['tracking_number']}{suffix}"


def asks(web: Web, case: dict[str, Any], by: str, **said: Any) -> Answer:
    return web.post(path(case, "/openings"), said, by)


def known(web: Web, case: dict[str, Any], by: str = LIAISON) -> Any:
    return web.get(path(case), by).json.get("reporter")


def test_with_consent_one_custodian_opens_an_identity_for_three_days(web: Web) -> None:
    case = hidden(web)
    asked = asks(web, case, LIAISON, **WITNESS).json
    assert asked == {
        "id": 1,
        "number": case["tracking_number"],
        "what": "identity",
        "role": "liaison_officer",
        "post": LIAISON,
        "reason": "Perlu keterangan saksi.",
        "legal_basis": None,
        "asked_at": "2026-07-06T02:00:00Z",
        "consent": None,
        "state": "asked",
        "until": None,
    }
    assert web.get("/openings", CUSTODIAN).json == {"items": [asked], "next": None}
    del asked["post"]
    assert web.get(path(case, "/openings"), case["secret"]).json == [asked]
    assert web.post(path(case, "/openings/1/consent"), {"consent": True}, case["secret"]).json["consent"] is True
    assert known(web, case) is None

    decided = web.post("/openings/1/decision", {"granted": True}, CUSTODIAN).json

    assert (decided["state"], decided["until"]) == ("granted", "2026-07-09T02:00:00Z")
    assert known(web, case) == PELAPOR
    assert (known(web, case, "pu.petugas"), known(web, case, "pu.kepala")) == (None, None)
    assert web.get("/openings", CUSTODIAN).json == {"items": [], "next": None}
    web.watch.forward(days=3)
    assert known(web, case) is None


def test_without_consent_two_custodians_open_it_on_a_legal_basis(web: Web) -> None:
    case = hidden(web)
    asks(web, case, LIAISON, **LAW)
    web.post(path(case, "/openings/1/consent"), {"consent": False}, case["secret"])
    first = web.post("/openings/1/decision", {"granted": True}, CUSTODIAN).json
    assert (first["state"], known(web, case)) == ("asked", None)
    assert problem(web.post("/openings/1/decision", {"granted": True}, CUSTODIAN)) == (403, "forbidden", None)
    second = web.post("/openings/1/decision", {"granted": True}, SECOND).json
    assert (second["state"], known(web, case)) == ("granted", PELAPOR)
    again = web.post("/openings/1/decision", {"granted": False}, SECOND)
    assert (problem(again), again.json["detail"].rpartition(": ")[2]) == (
        (409, "not-open", None),
        "it is decided already.",
    )


def test_without_consent_and_legal_basis_nobody_opens_it(web: Web) -> None:
    case = hidden(web)
    asks(web, case, LIAISON, **WITNESS)
    no_ground = {"granted": ["The reporter has not consented, and no legal basis was named."]}
    refused = web.post("/openings/1/decision", {"granted": True}, CUSTODIAN)
    assert problem(refused) == (422, "invalid-fields", no_ground)
    assert web.post("/openings/1/decision", {"granted": False}, CUSTODIAN).json["state"] == "refused"
    assert known(web, case) is None
    assert asks(web, case, LIAISON, **LAW).status_code == 201


def test_nobody_decides_of_the_own_wish(web: Web) -> None:
    case = web.submit(anonymous=True, reporter=PELAPOR)
    web.moved(case, "dispose", COORDINATOR, **{**DISPOSITION, "unit": "kota"})
    asks(web, case, COORDINATOR, **LAW)
    refused = web.post("/openings/1/decision", {"granted": True}, f"{COORDINATOR} as custodian")
    assert problem(refused) == (403, "forbidden", None)


def test_before_disposition_the_door_looks_at_an_identity_with_a_reason(web: Web) -> None:
    case = web.submit(anonymous=True, reporter=PELAPOR)
    assert known(web, case, COORDINATOR) is None
    opened = asks(web, case, COORDINATOR, what="identity", reason="Nomor telepon untuk verifikasi.").json
    assert (opened["state"], known(web, case, COORDINATOR)) == ("granted", PELAPOR)
    trail = web.get(path(case, "/trail"), COORDINATOR).json
    said = {"what": "identity", "reason": "Nomor telepon untuk verifikasi.", "legal_basis": None}
    assert (trail[-1]["move"], trail[-1]["detail"]) == ("open", said)


def test_who_may_ask_for_what(web: Web) -> None:
    case, public = hidden(web, confidential=True), web.disposed(reporter=PELAPOR)
    unidentified = web.disposed(anonymous=True)
    answers = {
        "an inspector and an identity": asks(web, case, INSPECTOR, **LAW),
        "a superior and a content": asks(web, case, "pu.kepala", **LOOKING),
        "another agency": asks(web, case, "kesehatan.penghubung", **LAW),
        "a custodian": asks(web, case, CUSTODIAN, **LAW),
        "the reporter": asks(web, case, case["secret"], **LAW),
        "an identity that is not hidden": asks(web, public, LIAISON, **LAW),
        "an identity that nobody left": asks(web, unidentified, LIAISON, **LAW),
        "a content that is not confidential": asks(web, public, COORDINATOR, **LOOKING),
        "without a reason": asks(web, case, LIAISON, what="identity"),
    }
    refusals = {name: problem(answer) for name, answer in answers.items()}
    needed = {"reason": ["Missing data for required field."]}
    assert refusals == {
        "an inspector and an identity": (403, "forbidden", None),
        "a superior and a content": (403, "forbidden", None),
        "another agency": (404, "not-found", None),
        "a custodian": (403, "forbidden", None),
        "the reporter": (403, "forbidden", None),
        "an identity that is not hidden": (409, "not-open", None),
        "an identity that nobody left": (409, "not-open", None),
        "a content that is not confidential": (409, "not-open", None),
        "without a reason": (422, "invalid-fields", needed),
    }
    assert asks(web, case, LIAISON, **LAW).status_code == 201
    assert problem(asks(web, case, LIAISON, **LAW)) == (409, "not-open", None)


def test_a_coordinator_and_the_inspector_read_what_is_confidential_with_a_reason(web: Web) -> None:
    case = web.disposed(confidential=True)
    for by in (COORDINATOR, INSPECTOR):
        assert "text" not in web.get(path(case), by).json
        assert asks(web, case, by, **LOOKING).json["until"] == "2026-07-09T02:00:00Z"
        assert web.get(path(case), by).json["text"] == "Di depan pasar."
        assert len(web.get("/complaints?kind=complaint", by).json["items"]) == 1
    web.watch.forward(days=3)
    assert "text" not in web.get(path(case), COORDINATOR).json
    assert web.get("/complaints?kind=complaint", COORDINATOR).json["items"] == []


def test_who_looked_is_known_to_the_inspector_and_as_roles_to_the_reporter(web: Web) -> None:
    case = hidden(web, confidential=True)
    asks(web, case, LIAISON, **LAW)
    for by in (CUSTODIAN, SECOND):
        web.post("/openings/1/decision", {"granted": True}, by)
    for _ in range(2):
        assert known(web, case) == PELAPOR
        web.get("/complaints", "pu.petugas")
    web.watch.forward(days=1)
    web.get(path(case), LIAISON)
    web.get(path(case), case["secret"])
    web.get(path(case), INSPECTOR)
    by_role = [
        {"role": "coordinator", "what": "content", "days": 1},
        {"role": "handler", "what": "content", "days": 1},
        {"role": "liaison_officer", "what": "content", "days": 2},
        {"role": "liaison_officer", "what": "identity", "days": 2},
    ]
    assert web.get(path(case, "/looks"), case["secret"]).json == by_role
    posts = {"coordinator": COORDINATOR, "handler": "pu.petugas", "liaison_officer": LIAISON}
    seen = web.get(path(case, "/looks"), INSPECTOR).json
    assert sorted(seen, key=lambda look: (look["role"], look["what"])) == [
        {**look, "post": posts[str(look["role"])]} for look in by_role
    ]
    assert problem(web.get(path(case, "/looks"), LIAISON)) == (403, "forbidden", None)


def test_what_is_public_leaves_no_trace_of_who_read_it(web: Web) -> None:
    case = web.disposed(reporter=PELAPOR)
    for by in (LIAISON, COORDINATOR, INSPECTOR):
        web.get(path(case), by)
    assert web.get(path(case, "/looks"), INSPECTOR).json == []


def test_openings_of_others_are_not_there(web: Web) -> None:
    case, other = hidden(web), hidden(web)
    asks(web, case, LIAISON, **LAW)
    assert web.post(path(other, "/openings/1/consent"), {"consent": True}, other["secret"]).json == NOT_FOUND
    assert web.post("/openings/2/decision", {"granted": True}, CUSTODIAN).json == NOT_FOUND
    assert web.get(path(case, "/openings"), "pu.kepala").json == []
    assert len(web.get(path(case, "/openings"), INSPECTOR).json) == 1


def test_the_reason_of_a_confidential_case_is_sealed_and_stays_readable_when_it_becomes_one(web: Web) -> None:
    case = hidden(web)
    asks(web, case, LIAISON, what="identity", reason="TANDA-ALASAN", legal_basis="TANDA-DASAR")
    assert "TANDA-ALASAN" in str(web.town.dump()["openings"])
    web.moved(case, "tighten", case["secret"], confidential=True)
    assert "TANDA" not in str(web.town.dump())
    listed = web.get("/openings", CUSTODIAN).json["items"]
    assert [(each["reason"], each["legal_basis"]) for each in listed] == [("TANDA-ALASAN", "TANDA-DASAR")]
    assert web.town.findings("6 Jul 12:00") == []


def test_a_reporter_is_told_of_the_wish_and_of_the_opening(web: Web) -> None:
    case = hidden(web)
    asks(web, case, LIAISON, **LAW)
    for by in (CUSTODIAN, SECOND):
        web.post("/openings/1/decision", {"granted": True}, by)
    notices = [row for row in web.town.dump()["outbox"] if "identity_" in row]
    assert [name for name in ("identity_asked", "identity_opened") for row in notices if name in row] == [
        "identity_asked",
        "identity_opened",
    ]
