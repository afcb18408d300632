"""The trail over HTTP: all of it for whom it concerns, the public part for the reporter."""

from __future__ import annotations

from typing import Any

from tests.integration.town import COORDINATOR, DISPOSITION
from tests.integration.web import Web

SUBMIT = {
    "sequence": 1,
    "at": "2026-07-06T02:00:00Z",
    "actor_role": "reporter",
    "move": "submit",
    "from": None,
    "to": "received",
    "label": {"id": "Laporan diterima", "en": "Submitted"},
}
DISPOSE = {
    "sequence": 2,
    "at": "2026-07-06T03:00:00Z",
    "actor_role": "coordinator",
    "move": "dispose",
    "from": "received",
    "to": "disposed",
    "label": {"id": "Disposisikan", "en": "Hand to a unit"},
}
ACCEPT = {
    "sequence": 3,
    "at": "2026-07-06T04:00:00Z",
    "actor_role": "liaison_officer",
    "move": "accept",
    "from": "disposed",
    "to": "in_follow_up",
    "label": {"id": "Terima disposisi", "en": "Accept"},
}
DRAFT = {
    "sequence": 4,
    "at": "2026-07-06T05:00:00Z",
    "actor_role": "handler",
    "move": "propose_answer",
    "from": "in_follow_up",
    "to": "awaiting_approval",
    "label": {"id": "Ajukan konsep tanggapan", "en": "Propose an answer"},
}


def drafted(web: Web, **said: Any) -> dict[str, Any]:
    """A case with a drafted answer, an hour between the moves."""
    case = web.submit(**said)
    for name, by, fields in (
        ("dispose", COORDINATOR, DISPOSITION),
        ("accept", "pu.penghubung", {}),
        ("propose_answer", "pu.petugas", {"text": "Rahasia dulu."}),
    ):
        web.watch.forward(hours=1)
        web.moved(case, name, by, **fields)
    return case


def test_the_reporter_reads_the_public_part(web: Web) -> None:
    case = drafted(web)
    answer = web.get(f"/complaints/{case['tracking_number']}/trail", case["secret"])
    trail = answer.json
    received = trail[0]["detail"].pop("received_at")
    assert received.startswith("2026-07-06T02:00:00")
    assert trail == [{**SUBMIT, "detail": {}}, {**DISPOSE, "detail": DISPOSITION}, {**ACCEPT, "detail": {}}]
    assert "penghubung" not in answer.text


def test_the_holder_reads_all_of_it(web: Web) -> None:
    case = drafted(web)
    trail = web.get(f"/complaints/{case['tracking_number']}/trail", "pu.petugas").json
    details = [entry.pop("detail") for entry in trail]
    assert trail == [SUBMIT, DISPOSE, ACCEPT, DRAFT]
    assert [sorted(detail) for detail in details] == [
        ["channel", "clocks", "content", "received_at"],
        ["category", "classification", "clocks", "unit"],
        ["clocks"],
        ["clocks", "text"],
    ]
    assert details[3]["text"] == "Rahasia dulu."


def test_whoever_may_not_read_the_content_sees_moves_and_moments(web: Web) -> None:
    case = drafted(web, confidential=True)
    for by in (COORDINATOR, "pu.kepala", "inspektorat.inspektur"):
        assert web.get(f"/complaints/{case['tracking_number']}/trail", by).json == [SUBMIT, DISPOSE, ACCEPT, DRAFT]


def test_what_is_no_move_has_a_label_too(web: Web) -> None:
    case = web.submit()
    web.sweep(days=4)
    last = web.get(f"/complaints/{case['tracking_number']}/trail", COORDINATOR).json[-1]
    assert (last["move"], last["label"]) == ("escalate", {"id": "Eskalasi", "en": "Escalated"})
    assert web.get(f"/complaints/{case['tracking_number']}/trail", case["secret"]).json == [
        {**SUBMIT, "detail": {"received_at": "2026-07-06T02:00:00Z"}}
    ]


def test_a_trail_takes_as_many_statements_however_long_it_is(web: Web) -> None:
    short, long = web.submit(), drafted(web)
    counted = []
    for case in (short, long):
        with web.statements() as ran:
            web.get(f"/complaints/{case['tracking_number']}/trail", COORDINATOR)
        counted.append(len(ran))
    assert counted[0] == counted[1]
