"""Reporters have a copy of everything that is held about their case, and nobody else has one."""

from __future__ import annotations

from typing import Any

from tests.integration.people import OFFICERS
from tests.integration.test_attachments import sent
from tests.integration.test_publishing import published
from tests.integration.town import COORDINATOR
from tests.integration.web import NOT_FOUND, Web, problem

PELAPOR = {"name": "Pelapor", "email": "pelapor@warga.example", "phone": "+62 811 0000 111"}
LIAISON, CUSTODIAN, SECOND = "pu.penghubung", "kota.penjaga-identitas", "setda.sekda as custodian"
LAW = {"what": "identity", "reason": "Perlu keterangan saksi.", "legal_basis": "Pasal 15 UU 27/2022"}


def path(case: dict[str, Any], suffix: str = "/export") -> str:
    return f"/complaints/{case['tracking_number']}{suffix}"


def lived(web: Web) -> dict[str, Any]:
    """A hidden case with something of everything."""
    case = web.disposed(anonymous=True, confidential=True, reporter=PELAPOR)
    web.moved(case, "accept", LIAISON)
    web.post(path(case, "/openings"), LAW, LIAISON)
    for by in (CUSTODIAN, SECOND):
        web.post("/openings/1/decision", {"granted": True}, by)
    web.get(path(case, ""), LIAISON)
    web.post(path(case, "/messages"), {"text": "Masih berlubang."}, case["secret"])
    web.post(path(case, "/messages"), {"text": "Sudah kami jadwalkan."}, LIAISON)
    web.post(path(case, "/messages"), {"text": "Catatan dalam.", "audience": "internal"}, LIAISON)
    web.moved(case, "withdraw", case["secret"])
    web.post(path(case, "/erasure"), {}, case["secret"])
    return case


def test_an_export_holds_everything_that_the_reporter_may_see(web: Web) -> None:
    case = lived(web)
    secret = case["secret"]
    told = web.get(path(case), secret).json
    assert told["case"] == web.get(path(case, ""), secret).json
    assert told["case"]["reporter"] == PELAPOR
    assert told["messages"] == web.get(path(case, "/messages"), secret).json["items"]
    assert [message["text"] for message in told["messages"]] == ["Masih berlubang.", "Sudah kami jadwalkan."]
    assert told["trail"] == web.get(path(case, "/trail"), secret).json
    assert told["openings"] == web.get(path(case, "/openings"), secret).json
    assert told["looks"] == web.get(path(case, "/looks"), secret).json
    assert {(look["role"], look["what"]) for look in told["looks"]} >= {("liaison_officer", "identity")}
    assert told["erasures"] == [web.get(path(case, "/erasure"), secret).json]
    assert [(notice["event"], notice["state"]) for notice in told["notices"]] == [
        (event, "waiting") for event in ("submit", "dispose", "identity_asked", "identity_opened", "erasure_asked")
    ]
    assert (told["made_at"], told["exports"]) == ("2026-07-06T02:00:00Z", ["2026-07-06"])
    assert [purpose["data"] for purpose in told["purposes"]] == ["case", "identity", "messages", "trail", "openings"]
    assert [text["en"] for text in told["retention"]] == [
        "The report is kept without end, until you ask for its erasure.",
        "As you wish, a closed report is erased after 48 hours, 72 hours after you asked at the latest.",
        "Number, kind, category, region, unit, states and clocks are kept for statistics; they point to nobody.",
    ]


def test_what_officers_keep_among_themselves_is_not_in_it(web: Web) -> None:
    case = lived(web)
    text = web.get(path(case), case["secret"]).text
    assert [
        word for word in ("Catatan dalam", LIAISON, "pu.kepala", "clocks_changed", case["secret"]) if word in text
    ] == []


def test_nobody_but_the_reporter_has_one(web: Web) -> None:
    case, other = web.disposed(), web.submit()
    refused = [problem(web.get(path(case), by))[0] for by in (None, *OFFICERS.values())]
    assert refused == [401] + [403] * len(OFFICERS)
    assert web.get(path(case), other["secret"]).json == NOT_FOUND
    assert web.town.dump()["exports"] == []


def test_the_days_of_copies_are_remembered(web: Web) -> None:
    case = web.submit()
    for _ in range(2):
        web.get(path(case), case["secret"])
    web.watch.forward(days=1)
    assert web.get(path(case), case["secret"]).json["exports"] == ["2026-07-06", "2026-07-07"]


def test_retention_is_told_in_words(web: Web) -> None:
    web.site.settings.retention.closed_days["complaint"] = 365  # type: ignore[index]
    case = web.submit()
    web.moved(case, "tighten", COORDINATOR, confidential=True)
    assert web.get(path(case), case["secret"]).json["retention"][0] == {
        "id": "Laporan dihapus 365 hari sesudah ditutup, tetapi tidak sebelum masa banding dan jangka waktu Ombudsman lewat.",
        "en": "The report is erased 365 days after it was closed, but not before the terms of appeal and of the Ombudsman "
        "are over.",
    }


def test_an_export_names_the_files_and_what_is_public(web: Web) -> None:
    case, public_id = published(web)
    attached = sent(web, case, case["secret"])
    told = web.get(path(case), case["secret"]).json
    assert ([each["id"] for each in told["attachments"]], told["public"]["public_id"]) == ([attached["id"]], public_id)
