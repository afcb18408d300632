"""Reporters have their data erased: asked, taken back, refused, carried out; and then it is nowhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError

from api.idempotency import HEADER
from lapor.handling import erasing
from lapor.oversight import doctor, erasures
from lapor.oversight.doctor import Finding
from lapor.privacy import rotation
from lapor.records import Complaint, Erasure, Gathering, Notice, TrailEntry
from tests.integration.test_api_policy import OFFICERS
from tests.integration.test_attachments import NAMED, on_disk, sent
from tests.integration.test_own_cases import mails
from tests.integration.test_publishing import put
from tests.integration.town import COORDINATOR, DISPOSITION, Case, Town, at
from tests.integration.web import BARE, NOT_FOUND, Web, problem

LIAISON, CUSTODIAN, INSPECTOR = "pu.penghubung", "kota.penjaga-identitas", "inspektorat.inspektur"
HOURS = 48
# each is a word of its own, so that the index of the search has it whole
MARKS = tuple(f"tanda{letter * 3}" for letter in "abcdefghijklmnopqrs")
(
    NAME, MAIL, TITLE, TEXT, REMEDY, AGENCY, ADDRESS, TOLD, NOTED, ANSWER, REASON, BASIS, RATED, DRAFT, ASKED, SAID,
    NOTE, FAULT, REFUSED,
) = MARKS  # fmt: skip
PHONE = "+62 811 7777 4242"
PLACED = ("6.123457", "106.765433", "datetime.date(2026, 6, 29)")
POINT = {"lat": -6.123457, "lon": 106.765433}
MARKED = {
    "title": TITLE,
    "text": f"{TEXT} di depan pasar",
    "remedy_sought": REMEDY,
    "wished_agency": AGENCY,
    "incident_date": "2026-06-29",
    "location": {"address": ADDRESS, "point": POINT},
    "reporter": {"name": NAME, "email": f"{MAIL}@warga.example", "phone": PHONE},
}


def path(case: dict[str, Any], suffix: str = "/erasure") -> str:
    return f"/complaints/{case['tracking_number']}{suffix}"


def withdrawn(web: Web, **said: Any) -> dict[str, Any]:
    case = web.submit(**said)
    web.moved(case, "withdraw", case["secret"])
    return case


def asks(web: Web, case: dict[str, Any]) -> Any:
    return web.post(path(case), {}, case["secret"])


def erase(web: Web, **later: float) -> int:
    """Let time pass, and the worker erase what is due; on SQLite its file is rewritten."""
    web.watch.forward(**later)
    done = erasures.carry_out(web.town.engine, web.site.writing, web.site.attachments, hours=HOURS, now=web.watch.at)
    web.site.forget_what_was_erased(web.watch.at)
    return done


def findings(web: Web) -> list[Finding]:
    with web.site.reading() as session:
        assert doctor.verify_trails(web.town.engine, session)[1] == []
        return doctor.examine(web.town.engine, session, now=web.watch.at).broken


def full(web: Web, **said: Any) -> dict[str, Any]:
    """A case with a mark in each place that takes words, closed; its key of idempotency is kept, and a mail failed."""
    key = {HEADER.replace("-", "_"): "kunci-idempotensi-0123456789"}
    case: dict[str, Any] = web.post("/complaints", {**BARE, **MARKED, **said}, **key).json
    secret = case["secret"]
    web.post("/reporters/codes", {"email": MARKED["reporter"]["email"]})  # type: ignore[index]
    web.moved(case, "dispose", COORDINATOR, **DISPOSITION, reason=DRAFT)
    web.sweep(days=3)
    rung = web.get("/escalations", "setda.sekda").json["items"][0]["id"]
    assert web.post(f"/escalations/{rung}/acknowledgement", {"note": NOTE}, "setda.sekda").status_code == 200
    web.moved(case, "accept", LIAISON)
    web.post(path(case, "/openings"), {"what": "identity", "reason": REASON, "legal_basis": BASIS}, LIAISON)
    web.post(path(case, "/messages"), {"text": TOLD}, secret)
    web.post(path(case, "/messages"), {"text": NOTED, "audience": "internal"}, LIAISON)
    web.moved(case, "ask_reporter", LIAISON, question=ASKED)
    web.moved(case, "reply", secret, text=SAID)
    web.moved(case, "answer", LIAISON, text=ANSWER)
    web.moved(case, "confirm", secret, rating=5, comment=RATED)
    first = asks(web, case).json["id"]
    web.post(f"/erasures/{first}/refusal", {"legal_basis": REFUSED}, CUSTODIAN)
    web.town.execute(update(Notice).where(Notice.id == 1).values(state="dead", fault=f"550 no such user {FAULT}"))
    return case


def raw(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.glob("*.sqlite3*"))


def left(stored: str | bytes) -> list[str]:
    """The marks that are still there, in whatever case."""
    found = stored.lower() if isinstance(stored, bytes) else stored.lower().encode()
    return [mark for mark in (*MARKS, PHONE, *PLACED) if mark.encode() in found]


def test_an_open_case_is_withdrawn_first(web: Web) -> None:
    case = web.submit(reporter={"email": "warga@warga.example"})
    refused = asks(web, case)
    assert (problem(refused), refused.json["detail"]) == (
        (409, "not-open", None),
        "The move erase is not open in the state received: the report is still open, withdraw it first.",
    )
    web.moved(case, "withdraw", case["secret"])
    assert web.get(path(case), case["secret"]).json == NOT_FOUND
    answer = asks(web, case)
    asked = {
        "id": 1,
        "number": case["tracking_number"],
        "asked_at": "2026-07-06T02:00:00Z",
        "due_at": "2026-07-09T02:00:00Z",
        "state": "asked",
        "legal_basis": None,
    }
    assert (answer.status_code, answer.json) == (201, asked)
    assert web.get(path(case), case["secret"]).json == asked
    assert problem(asks(web, case)) == (409, "not-open", None)
    assert web.get("/erasures", CUSTODIAN).json == {"items": [{**asked, "class": None}], "next": None}


def test_a_wish_is_taken_back_while_it_is_only_asked(web: Web) -> None:
    case = withdrawn(web)
    assert web.delete(path(case), case["secret"]).json == NOT_FOUND
    asks(web, case)
    assert web.delete(path(case), case["secret"]).status_code == 204
    assert web.get(path(case), case["secret"]).json["state"] == "taken_back"
    assert problem(web.delete(path(case), case["secret"])) == (409, "not-open", None)
    assert (erase(web, hours=HOURS), findings(web)) == (0, [])
    assert asks(web, case).json["id"] == 2


def test_a_wish_ends_when_the_case_is_opened_again(web: Web) -> None:
    case = web.answered()
    web.moved(case, "confirm", case["secret"])
    asks(web, case)
    web.moved(case, "appeal", case["secret"], reason="Tetap berlubang.")
    assert web.get(path(case), case["secret"]).json["state"] == "taken_back"
    assert web.get(path(case, "/trail"), COORDINATOR).json[-1]["detail"]["erasure"] == "taken_back"
    assert (erase(web, hours=HOURS), findings(web)) == (0, [])


def test_a_custodian_refuses_on_a_legal_basis_and_the_reporter_is_told(web: Web, tmp_path: Path) -> None:
    case = withdrawn(web, confidential=True, reporter={"email": "warga@warga.example"})
    asks(web, case)
    for by in ("pu.kepala", INSPECTOR, COORDINATOR):
        assert problem(web.post("/erasures/1/refusal", {"legal_basis": "x"}, by)) == (403, "forbidden", None)
    needed = {"legal_basis": ["Missing data for required field."]}
    assert problem(web.post("/erasures/1/refusal", {}, CUSTODIAN)) == (422, "invalid-fields", needed)
    refused = web.post("/erasures/1/refusal", {"legal_basis": "Pemeriksaan berjalan."}, CUSTODIAN).json
    assert (refused["state"], refused["legal_basis"]) == ("refused", "Pemeriksaan berjalan.")
    assert web.get(path(case), case["secret"]).json == refused
    assert "Pemeriksaan" not in str(web.town.dump())
    assert problem(web.post("/erasures/1/refusal", {"legal_basis": "x"}, CUSTODIAN)) == (409, "not-open", None)
    assert web.post("/erasures/2/refusal", {"legal_basis": "x"}, CUSTODIAN).json == NOT_FOUND
    told = [str(mail["Subject"]) for mail in mails(web, tmp_path)][1:]
    number = case["tracking_number"]
    assert told == [
        f"[{number}] Data akan dihapus / Data to be erased",
        # to the custodian
        f"[{number}] Permintaan penghapusan / A wish to be erased",
        f"[{number}] Penghapusan ditolak / Erasure refused",
    ]
    assert (erase(web, hours=HOURS), findings(web)) == (0, [])


def test_the_mail_at_asking_names_the_moment_while_there_is_an_address(web: Web, tmp_path: Path) -> None:
    case = withdrawn(web, reporter={"email": "warga@warga.example"})
    asks(web, case)
    body = mails(web, tmp_path)[-2].get_body(("plain",)).get_content()
    assert "Next step due: Thursday 9 July 2026, 09:00 WIB" in body.splitlines()


def test_what_is_sealed_later_takes_the_basis_of_a_refusal_with_it(web: Web) -> None:
    case = web.answered()
    web.moved(case, "confirm", case["secret"])
    asks(web, case)
    web.post("/erasures/1/refusal", {"legal_basis": REFUSED}, CUSTODIAN)
    assert left(str(web.town.dump())) == [REFUSED]
    web.moved(case, "tighten", case["secret"], confidential=True)
    assert left(str(web.town.dump())) == []
    assert web.get(path(case), case["secret"]).json["legal_basis"] == REFUSED


@pytest.mark.parametrize("hidden", [False, True])
def test_what_is_erased_is_nowhere(web: Web, tmp_path: Path, hidden: bool) -> None:
    case = full(web, anonymous=True, confidential=hidden)
    for n in range(5):
        web.submit(title=f"Lampu mati {n}", text="Sejak kemarin malam.")
    if not hidden:
        assert set(left(str(web.town.dump()))) == {*MARKS, *PLACED} - {NAME, MAIL}
    asks(web, case)
    assert (erase(web, hours=HOURS, seconds=-1), erase(web, seconds=1)) == (0, 1)
    assert left(str(web.town.dump())) == []
    if web.site.database.dialect.name == "sqlite":
        assert (left(raw(tmp_path)), b"lampu" in raw(tmp_path)) == ([], True)
    mail = tmp_path / "mail"
    mail.mkdir()
    assert mails(web, mail) == []
    assert findings(web) == []
    assert _seen_by_everybody(web, case) == []


def _seen_by_everybody(web: Web, case: dict[str, Any]) -> list[str]:
    """The marks that any role reads anywhere."""
    suffixes = ("", "/trail", "/messages", "/moves", "/openings", "/looks", "/erasure")
    rules = [
        *(path(case, suffix) for suffix in suffixes),
        "/complaints",
        "/escalations",
        "/work",
        "/erasures",
        "/openings",
    ]
    rules += [f"/complaints?q={TITLE}", f"/complaints?q={TEXT}"]
    told = [web.get(rule, by).text for rule in rules for by in (None, *OFFICERS.values())]
    return left("".join(told))


def test_of_an_erased_case_officers_see_its_row_and_nobody_else_anything(web: Web) -> None:
    case = full(web)
    before = web.get(path(case, ""), INSPECTOR).json
    asks(web, case)
    token = case["secret"]
    erase(web, hours=HOURS)
    row = {name: before[name] for name in ("tracking_number", "state", "phase", "label", "holder", "version", "next")}
    for by in (COORDINATOR, LIAISON, INSPECTOR):
        assert web.get(path(case, ""), by).json == {**row, "erased": True}
    assert problem(web.get(path(case, ""), token)) == (401, "unauthenticated", None)
    moves = [entry["move"] for entry in web.get(path(case, "/trail"), INSPECTOR).json]
    assert (moves[0], moves[-3:]) == ("submit", ["refuse_erasure", "ask_erasure", "erase"])
    assert [entry for entry in web.get(path(case, "/trail"), INSPECTOR).json if "detail" in entry] == []
    assert web.get("/complaints?kind=complaint", INSPECTOR).json["items"] == []
    assert web.get(path(case, "/moves"), COORDINATOR).json == []
    refused = web.move(case, "tighten", COORDINATOR, anonymous=True)
    assert refused.json["detail"] == (
        "The move change is not open in the state closed: the data of this report is erased."
    )
    assert problem(web.post("/erasures/2/refusal", {"legal_basis": "x"}, CUSTODIAN)) == (409, "not-open", None)


def test_statistics_stay(web: Web) -> None:
    case = full(web)
    asks(web, case)
    kept = (
        "number", "kind", "classification", "category_id", "region_id", "state", "is_open", "since", "holder_id", "door_id",
        "received_at", "completed_at", "channel", "tally", "version", "anonymous", "confidential",
    )  # fmt: skip

    def counted() -> tuple[list[Any], dict[str, int], list[str]]:
        with web.site.reading() as session:
            row = session.scalars(select(Complaint)).one()
            values = [getattr(row, name) for name in kept]
        dump = web.town.dump()
        names = ("complaints", "clocks", "escalations", "looks", "messages", "openings", "erasures", "reporters")
        return values, {name: len(dump[name]) for name in names}, dump["clocks"]

    before = counted()
    erase(web, hours=HOURS)
    assert counted() == before


def test_a_code_that_was_sent_to_an_address_goes_with_its_last_case(web: Web) -> None:
    reporter = {"email": "warga@warga.example"}
    cases = [withdrawn(web, reporter=reporter) for _ in range(2)]
    web.post("/reporters/codes", reporter)
    gatherings = []
    for case in cases:
        asks(web, case)
        erase(web, hours=HOURS)
        with web.site.reading() as session:
            gatherings.append(session.scalar(select(func.count()).select_from(Gathering)))
    assert gatherings == [1, 0]


def test_a_rotation_leaves_what_is_erased_alone(web: Web) -> None:
    case = withdrawn(web, confidential=True, reporter={"email": "warga@warga.example"})
    asks(web, case)
    erase(web, hours=HOURS)
    before, vault = web.town.dump(), web.town.engine.vault
    vault.identity.add()
    vault.content.add()
    assert rotation.renew(web.site.writing, vault, web.site.pepper) == 0
    assert web.town.dump() == before


def test_an_erasure_that_nobody_carried_out_is_found(web: Web) -> None:
    case = withdrawn(web)
    asks(web, case)
    web.watch.forward(hours=72)
    assert findings(web) == []
    web.watch.forward(seconds=1)
    assert findings(web) == [Finding("erasure-overdue", case["tracking_number"], "due 2026-07-09 02:00:00+00:00")]
    assert "\nlapor_erasures_overdue 1\n" in web.client.get("/metrics").text
    assert (erase(web), findings(web)) == (1, [])


def test_the_doctor_finds_a_half_erased_case_and_one_that_was_emptied_on_the_quiet(town: Town) -> None:
    cases = [town.case_in("closed") for _ in range(2)]
    text_kept, quiet = cases
    with town.site.writing() as session:
        erasing.erase(
            town.engine, session, text_kept.row(session), "wish", store=town.site.attachments, now=at("7 Jul 09:00")
        )
    town.execute(
        update(Complaint).where(Complaint.id == text_kept.id).values(text="Masih ada."),
        update(Complaint).where(Complaint.id == quiet.id).values(erased_at=at("7 Jul 09:00"), title="", text=""),
        update(TrailEntry).where(TrailEntry.complaint_id == quiet.id).values(public="", internal="", salt=""),
    )
    assert town.findings("7 Jul 10:00") == [
        Finding("erasure-incomplete", text_kept.number, "text"),
        Finding("erasure-untold", quiet.number, "its trail ends with confirm"),
    ]


def test_the_database_lets_the_trail_of_an_erased_case_be_emptied_and_nothing_else(town: Town) -> None:
    erased, living = (town.case_in("withdrawn", confidential=hidden) for hidden in (False, True))
    empty = {"public": "", "internal": "", "salt": ""}
    town.execute(update(Complaint).where(Complaint.id == erased.id).values(erased_at=at("7 Jul 09:00")))
    others: dict[str, Any] = dict.fromkeys(("commitment", "hash", "move", "role"), "0") | {"at": at("1 Jul 09:00")}
    refused: list[tuple[Case, dict[str, Any]]] = [(living, empty), *((erased, {name: ""}) for name in empty)]
    refused += [(erased, {**empty, name: "x"}) for name in empty]
    refused += [(erased, {**empty, name: other}) for name, other in others.items()]
    for case, values in refused:
        with pytest.raises(DBAPIError, match="append-only"):
            town.execute(update(TrailEntry).where(TrailEntry.complaint_id == case.id).values(values))
    emptied = update(TrailEntry).where(TrailEntry.complaint_id == erased.id)
    town.execute(emptied.values(empty))
    with pytest.raises(DBAPIError, match="append-only"):
        town.execute(emptied.values(public="sealed:AAAA", internal="sealed:AAAA"))
    with pytest.raises(DBAPIError, match="append-only"):
        town.execute(text("DELETE FROM trail"))


def test_an_emptied_entry_of_a_case_that_is_not_erased_is_a_break(town: Town) -> None:
    case = town.case_in("withdrawn")
    town.execute(
        update(Complaint).where(Complaint.id == case.id).values(erased_at=at("7 Jul 09:00")),
        update(TrailEntry).where(TrailEntry.complaint_id == case.id).values(public="", internal="", salt=""),
        update(Complaint).where(Complaint.id == case.id).values(erased_at=None),
    )
    assert town.findings("7 Jul 10:00") == [
        Finding("trail-broken", case.number, "entry 1: changed: its content does not give its hash")
    ]


def test_a_refusal_that_comes_while_the_worker_waits_counts(web: Web) -> None:
    case = withdrawn(web)
    asks(web, case)
    web.watch.forward(hours=HOURS)
    web.post("/erasures/1/refusal", {"legal_basis": "x"}, CUSTODIAN)
    assert erase(web) == 0
    with web.site.reading() as session:
        chosen = Complaint.id.in_(select(Erasure.complaint_id).where(Erasure.state == "asked"))
        assert erasures._still(session, session.scalars(select(Complaint)).all(), chosen) == []


def test_a_number_is_told_in_no_other_place(web: Web) -> None:
    case = withdrawn(web)
    asks(web, case)
    erase(web, hours=HOURS)
    secrets = re.findall(r"lapor_r_\w+", str(web.town.dump()))
    assert (secrets, case["secret"] in str(web.town.dump())) == ([], False)


def test_what_was_public_of_a_case_and_its_files_go_with_it(web: Web, tmp_path: Path) -> None:
    case = web.disposed()
    public_id = put(web, case, {"title": "tandayyy", "text": "tandazzz di dekat pasar"}).json["public_id"]
    sent(web, case, case["secret"])
    web.moved(case, "withdraw", case["secret"])
    asks(web, case)
    assert (erase(web, hours=HOURS), on_disk(web.site)) == (1, [])
    assert web.get(f"/public/complaints/{public_id}").json == NOT_FOUND
    stored = str(web.town.dump()).encode() + raw(tmp_path)
    assert [mark for mark in (b"tandayyy", b"tandazzz", NAMED.encode()) if mark in stored] == []
    assert findings(web) == []
