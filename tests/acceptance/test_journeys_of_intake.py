"""Journeys that begin or end at the door, over HTTP, each with its wrong turns."""

from __future__ import annotations

from tests.acceptance.hall import Hall
from tests.integration.town import COORDINATOR, DISPOSITION
from tests.integration.web import problem

COUNTER = {"channel": "counter", "received_at": "2026-07-02T10:15:00+07:00"}


def test_a_complaint_keyed_in_at_a_counter_counts_from_its_true_receipt(hall: Hall) -> None:
    said = {"kind": "complaint", "title": "Jalan berlubang", "text": "Di depan pasar.", **COUNTER}
    not_yet = {**said, "received_at": "2026-07-07T10:00:00+07:00"}
    assert [
        problem(hall.web.post("/complaints", said)),
        problem(hall.web.post("/complaints", said, "pu.petugas")),
        problem(hall.web.post("/complaints", not_yet, COORDINATOR)),
    ] == [
        (422, "invalid-fields", {"received_at": ["Only for officers who key in what was received elsewhere."]}),
        (403, "forbidden", None),
        (422, "invalid-fields", {"received_at": ["Must not be in the future, nor before 2002."]}),
    ]

    report = hall.submits(COORDINATOR, **COUNTER)

    seen = report.seen()
    assert (seen["received_at"], seen["channel"]) == ("2026-07-02T03:15:00Z", "counter")
    # keyed in on Monday, received on the Thursday before: its third working day is Tuesday
    assert report.clocks() == {"verification": "running, 7 Jul 16:00"}
    assert report.trail() == ["coordinator submit"]
    assert report.goes("dispose", COORDINATOR, **DISPOSITION) == "disposed"
    assert report.clocks()["first_response"] == "running, 13 Jul 16:00"
    assert hall.is_sound()
