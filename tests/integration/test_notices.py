"""What is noted for whoever is told: enough for the words, nothing of any content."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from lapor.records import Notice
from tests.integration.town import REPORTER, Case, Town


def facts(case: Case, event: str) -> list[dict[str, Any]]:
    with case.town.site.reading() as session:
        noted = select(Notice.facts).where(Notice.complaint_id == case.id, Notice.event == event)
        return list(session.scalars(noted.order_by(Notice.id)))


def test_an_extension_tells_the_reporter_the_new_date(town: Town) -> None:
    case = town.case_in("in_follow_up", reporter=REPORTER)
    case.goes("extend", moment="7 Jul 10:00")
    assert facts(case, "extend") == [{"new_due": "2026-07-30"}]


def test_what_a_move_says_is_not_noted(town: Town) -> None:
    case = town.case_in("answered", reporter=REPORTER)
    case.goes("correct", "note_progress", "answer", "close", moment="7 Jul 10:00")
    heard = ["dispose", "answer", "correct", "note_progress", "answer", "close"]
    assert case.notices() == ["reporter: submit", "pu.penghubung: work", *(f"reporter: {each}" for each in heard)]
    assert [fact for event in ("submit", "work", *heard) for fact in facts(case, event) if fact] == []


def test_a_rung_notes_whom_it_is_meant_for(town: Town) -> None:
    case = town.submit()
    meant = []
    for moment in ("9 Jul 16:01", "14 Jul 16:01", "16 Jul 16:01", "23 Jul 16:01"):
        town.sweep(moment)
        meant.append(facts(case, "escalation")[-1]["tell"])
    assert meant == ["superior", "unit head", "coordinator", "inspector"]
    assert facts(case, "escalation")[-1] == {
        "clock": "verification",
        "rung": 5,
        "tell": "inspector",
        "due_at": "2026-07-09T09:00:00Z",
    }
