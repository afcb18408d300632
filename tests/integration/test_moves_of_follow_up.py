"""Every move of follow-up and closure, each with all that comes of it. The case came in on Monday, 6 July, at 09:00."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.town import COORDINATOR, REPORTER, Made, Town, Trial

LIAISON = "pu.penghubung"
FOLLOWED = {
    "verification": "met",
    "holding": "met",
    "first_response": "running, 13 Jul 16:00",
    "resolution": "running, 24 Jul 16:30",
}
ANSWERED = {**FOLLOWED, "first_response": "met", "resolution": "met"}
WORD = {"text": "Sudah ditambal."}
WHY = {"reason": "Masih berlubang."}


def at_pu(state: str, clocks: dict[str, str], owner: str | None = LIAISON, **more: Any) -> Made:
    return Made(state, "pu", owner, "not_oversight", clocks, **more)


FOLLOW_UP = [
    Trial(
        "in_follow_up",
        "pass_down",
        LIAISON,
        "7 Jul 10:00",
        {"unit": "jalan"},
        # what was accepted once need not be accepted again; in the new unit nobody owns it yet
        Made(
            "in_follow_up",
            "jalan",
            None,
            "not_oversight",
            FOLLOWED,
            public={"unit": "jalan"},
            told=["jalan.penghubung: work"],
        ),
    ),
    Trial(
        "in_follow_up",
        "arbitrate",
        COORDINATOR,
        "7 Jul 10:00",
        {**WHY, "unit": "kesehatan"},
        Made(
            "in_follow_up",
            "kesehatan",
            None,
            "not_oversight",
            {**FOLLOWED, "standard": "running, 13 Jul 16:00"},
            public={**WHY, "unit": "kesehatan"},
            told=["kesehatan.penghubung: work", "reporter: arbitrate"],
        ),
    ),
    Trial(
        "in_follow_up",
        "ask_arbitration",
        LIAISON,
        "7 Jul 10:00",
        WHY,
        at_pu(
            "in_follow_up",
            {**FOLLOWED, "arbitration": "running, 8 Jul 16:00"},
            internal=WHY,
            told=["kota.koordinator-pengaduan: work"],
        ),
    ),
    Trial(
        "in_follow_up",
        "ask_reporter",
        LIAISON,
        "7 Jul 10:00",
        {"question": "Sejak kapan?"},
        at_pu(
            "awaiting_reporter",
            {**FOLLOWED, "resolution": "paused, 24 Jul 16:30", "reply": "running, 21 Jul 16:00"},
            public={"question": "Sejak kapan?"},
            told=["reporter: ask_reporter"],
        ),
    ),
    Trial(
        "awaiting_reporter",
        "reply",
        "reporter",
        "9 Jul 10:00",
        WORD,
        # asked on 6 July: the closings of 7 and 8 July did not count
        at_pu(
            "in_follow_up",
            {**FOLLOWED, "resolution": "running, 28 Jul 16:00", "reply": "met"},
            public=WORD,
            told=["pu.penghubung: work"],
        ),
    ),
    Trial(
        "awaiting_reporter",
        "resume",
        LIAISON,
        "9 Jul 10:00",
        WORD,
        at_pu("in_follow_up", {**FOLLOWED, "resolution": "running, 28 Jul 16:00", "reply": "met"}, public=WORD),
    ),
    Trial(
        "awaiting_reporter",
        "resume_unanswered",
        "system",
        "20 Jul 16:01",
        {},
        at_pu(
            "in_follow_up",
            {**FOLLOWED, "resolution": "running, 7 Aug 16:30", "reply": "lapsed"},
            told=["pu.penghubung: work", "reporter: resume_unanswered"],
        ),
    ),
    Trial(
        "in_follow_up",
        "note_progress",
        LIAISON,
        "13 Jul 16:00",
        WORD,
        at_pu("in_follow_up", {**FOLLOWED, "first_response": "met"}, public=WORD, told=["reporter: note_progress"]),
    ),
    Trial(
        "in_follow_up",
        "note_progress",
        LIAISON,
        "13 Jul 16:01",
        WORD,
        at_pu("in_follow_up", {**FOLLOWED, "first_response": "missed"}, public=WORD, told=["reporter: note_progress"]),
    ),
    Trial(
        "in_follow_up",
        "extend",
        LIAISON,
        "7 Jul 10:00",
        {**WORD, "new_due": "2026-08-01"},
        # a Saturday: the fewest working days that reach it
        at_pu(
            "in_follow_up",
            {**FOLLOWED, "first_response": "met", "resolution": "running, 3 Aug 16:00"},
            public={**WORD, "new_due": "2026-08-01"},
            told=["reporter: extend"],
        ),
    ),
    Trial(
        "in_follow_up",
        "propose_answer",
        "pu.petugas",
        "7 Jul 10:00",
        WORD,
        at_pu(
            "awaiting_approval",
            {**FOLLOWED, "approval": "running, 9 Jul 16:00"},
            internal=WORD,
            told=["pu.penghubung: work"],
        ),
    ),
    Trial(
        "awaiting_approval",
        "approve",
        LIAISON,
        "7 Jul 10:00",
        {},
        # the draft becomes public word for word
        at_pu(
            "answered",
            {**ANSWERED, "approval": "met", "confirmation": "running, 21 Jul 16:00"},
            public=WORD,
            told=["reporter: approve"],
        ),
    ),
    Trial(
        "awaiting_approval",
        "send_back",
        "pu.kepala",
        "7 Jul 10:00",
        WHY,
        at_pu(
            "in_follow_up",
            {**FOLLOWED, "approval": "met"},
            internal=WHY,
            told=["pu.petugas: work", "pu.penghubung: work"],
        ),
    ),
    Trial(
        "in_follow_up",
        "answer",
        LIAISON,
        "24 Jul 16:30",
        WORD,
        at_pu(
            "answered",
            {**ANSWERED, "first_response": "missed", "confirmation": "running, 7 Aug 16:30"},
            public=WORD,
            told=["reporter: answer"],
        ),
    ),
]
RECONSIDERED = {**ANSWERED, "confirmation": "met", "reconsideration": "running, 14 Jul 16:00"}
CLOSURE = [
    Trial(
        "answered",
        "correct",
        LIAISON,
        "7 Jul 10:00",
        WHY,
        at_pu("in_follow_up", RECONSIDERED, public=WHY, told=["reporter: correct"]),
    ),
    Trial(
        "answered",
        "dispute",
        "reporter",
        "7 Jul 10:00",
        WHY,
        at_pu("in_follow_up", RECONSIDERED, public=WHY, told=["pu.penghubung: work"]),
    ),
    Trial(
        "answered",
        "confirm",
        "reporter",
        "7 Jul 10:00",
        {"rating": 4, "comment": "Terima kasih."},
        at_pu("closed", {**ANSWERED, "confirmation": "met"}, public={"rating": 4, "comment": "Terima kasih."}),
    ),
    Trial(
        "answered",
        "close_unanswered",
        "system",
        "20 Jul 16:01",
        {},
        at_pu("closed", {**ANSWERED, "confirmation": "lapsed"}, told=["reporter: close_unanswered"]),
    ),
    Trial(
        "answered",
        "close",
        COORDINATOR,
        "7 Jul 10:00",
        WORD,
        at_pu("closed", {**ANSWERED, "confirmation": "met"}, public=WORD, told=["reporter: close"]),
    ),
    Trial(
        "answered",
        "appeal",
        "reporter",
        "7 Jul 10:00",
        WHY,
        at_pu(
            "under_review",
            {**ANSWERED, "confirmation": "met", "review": "running, 21 Jul 16:00"},
            public=WHY,
            told=["pu.kepala: work"],
        ),
    ),
    Trial(
        "closed",
        "appeal",
        "reporter",
        "20 Jul 16:00",
        WHY,
        at_pu(
            "under_review",
            {**ANSWERED, "confirmation": "met", "review": "running, 3 Aug 16:00"},
            public=WHY,
            told=["pu.kepala: work"],
        ),
    ),
    Trial(
        "under_review",
        "uphold",
        "pu.kepala",
        "7 Jul 10:00",
        WORD,
        at_pu("closed", {**ANSWERED, "confirmation": "met", "review": "met"}, public=WORD, told=["reporter: uphold"]),
    ),
    Trial(
        "under_review",
        "overturn",
        "pu.kepala",
        "7 Jul 10:00",
        WHY,
        at_pu(
            "in_follow_up",
            {**RECONSIDERED, "review": "met"},
            public=WHY,
            told=["pu.penghubung: work", "reporter: overturn"],
        ),
    ),
    Trial(
        "in_follow_up",
        "withdraw",
        "reporter",
        "7 Jul 10:00",
        {"reason": "reporters_wish"},
        at_pu(
            "withdrawn",
            {**FOLLOWED, "first_response": "lapsed", "resolution": "lapsed"},
            public={"reason": "reporters_wish"},
        ),
    ),
    Trial(
        "in_follow_up",
        "refer",
        "reporter",
        "4 Sep 16:30",
        {"consent": True},
        at_pu("referred", {**FOLLOWED, "first_response": "lapsed", "resolution": "lapsed"}, public={"consent": True}),
    ),
]
CLASS = {"classification": "oversight", "category": "antrean-rumah-sakit", "reason": "Pungutan liar."}
BESIDE = [
    Trial(
        "in_follow_up",
        "reclassify",
        COORDINATOR,
        "7 Jul 10:00",
        CLASS,
        Made(
            "in_follow_up",
            "pu",
            LIAISON,
            "oversight",
            {**FOLLOWED, "resolution": "running, 30 Sep 16:00"},
            public=CLASS,
            internal={"reported": "unknown"},
            told=["inspektorat.inspektur: oversight"],
        ),
    ),
    Trial(
        "in_follow_up",
        "reassign",
        "pu.kepala",
        "7 Jul 10:00",
        {"post": "pu.petugas"},
        at_pu("in_follow_up", FOLLOWED, owner="pu.petugas", internal={"post": "pu.petugas"}, told=["pu.petugas: work"]),
    ),
    Trial(
        "in_follow_up",
        "tighten",
        "reporter",
        "7 Jul 10:00",
        {"confidential": True},
        at_pu("in_follow_up", FOLLOWED, internal={"confidential": True}),
    ),
]


def test_a_reporter_loosens_and_nobody_else(shared_town: Town) -> None:
    case = shared_town.case_in("in_follow_up", reporter=REPORTER, confidential=True, anonymous=True)
    for by in (COORDINATOR, "pu.penghubung", "pu.kepala", "inspektorat.inspektur"):
        assert case.refuses("loosen", by, "7 Jul 10:00", confidential=False) == "Forbidden"
    only_false = "Can only be set to false: the move tighten sets it to true."
    assert case.refuses("loosen", "reporter", "7 Jul 10:00", anonymous=True) == {"anonymous": [only_false]}
    nothing = {"confidential": ["Set anonymous, confidential or both to false."]}
    assert case.refuses("loosen", "reporter", "7 Jul 10:00") == nothing
    made = case.make("loosen", "reporter", "7 Jul 10:00", confidential=False)
    assert made == at_pu("in_follow_up", FOLLOWED, internal={"confidential": False})
    assert (case.seen().confidential, case.seen().anonymous) == (False, True)
    case.make("loosen", "reporter", "7 Jul 11:00", anonymous=False)
    assert case.refuses("loosen", "reporter", "7 Jul 12:00", anonymous=False) == ("NotOpen", "something_hidden")


@pytest.mark.parametrize("trial", [*FOLLOW_UP, *CLOSURE, *BESIDE], ids=str)
def test_a_move_has_its_whole_effect(shared_town: Town, trial: Trial) -> None:
    case = shared_town.case_in(trial.start, reporter=REPORTER)
    assert case.make(trial.move, trial.by, trial.moment, **trial.fields) == trial.made
