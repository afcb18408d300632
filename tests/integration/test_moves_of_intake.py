"""Every move of intake and disposition, each with all that comes of it. The case came in on Monday, 6 July, at 09:00."""

from __future__ import annotations

import pytest

from tests.integration.town import COORDINATOR, DISPOSITION, REPORTER, Made, Town, Trial

RECEIVED = {"verification": "running, 9 Jul 16:00"}
INCOMPLETE = {"verification": "paused, 9 Jul 16:00", "completion": "running, 5 Aug 16:00"}
# disposed on the same Monday, and perhaps returned
CITIZENS = {"first_response": "running, 13 Jul 16:00", "resolution": "running, 24 Jul 16:30"}
RETURNED = {"verification": "met", "holding": "met", **CITIZENS}
UNCLEAR = {"reason": "unclear", "text": "Tidak jelas."}
HATRED = {"reason": "incites_hatred", "text": "Menghasut."}
OTHER = {**DISPOSITION, "unit": "kesehatan"}
WHY = {"reason": "Jalan kota."}

INTAKE = [
    Trial(
        "received",
        "ask_completion",
        COORDINATOR,
        "7 Jul 10:00",
        {"question": "Di jalan mana?"},
        Made(
            state="incomplete",
            holder="kota",
            clocks={"verification": "paused, 9 Jul 16:00", "completion": "running, 6 Aug 16:00"},
            public={"question": "Di jalan mana?"},
            told=["reporter: ask_completion"],
        ),
    ),
    Trial(
        "incomplete",
        "complete",
        "reporter",
        "8 Jul 10:00",
        {"text": "Jalan Melati."},
        # no office closed for it on 7 July
        Made(
            state="received",
            holder="kota",
            clocks={"verification": "running, 10 Jul 16:30", "completion": "met"},
            public={"text": "Jalan Melati."},
            told=["kota.koordinator-pengaduan: work"],
        ),
    ),
    Trial(
        "incomplete",
        "expire",
        "system",
        "5 Aug 16:01",
        {},
        Made(
            state="archived",
            holder="kota",
            clocks={"verification": "lapsed", "completion": "lapsed"},
            told=["reporter: expire"],
        ),
    ),
    Trial(
        "received",
        "archive",
        COORDINATOR,
        "9 Jul 16:00",
        UNCLEAR,
        Made(
            state="archived", holder="kota", clocks={"verification": "met"}, public=UNCLEAR, told=["reporter: archive"]
        ),
    ),
    Trial(
        "received",
        "archive",
        COORDINATOR,
        "9 Jul 16:01",
        UNCLEAR,
        Made(
            state="archived",
            holder="kota",
            clocks={"verification": "missed"},
            public=UNCLEAR,
            told=["reporter: archive"],
        ),
    ),
    Trial(
        "incomplete",
        "archive",
        COORDINATOR,
        "7 Jul 10:00",
        UNCLEAR,
        Made(
            state="archived",
            holder="kota",
            clocks={"verification": "met", "completion": "lapsed"},
            public=UNCLEAR,
            told=["reporter: archive"],
        ),
    ),
    Trial(
        "received",
        "block",
        COORDINATOR,
        "7 Jul 10:00",
        HATRED,
        Made(state="blocked", holder="kota", clocks={"verification": "met"}, public=HATRED, told=["reporter: block"]),
    ),
    Trial(
        "incomplete",
        "block",
        COORDINATOR,
        "7 Jul 10:00",
        HATRED,
        Made(
            state="blocked",
            holder="kota",
            clocks={"verification": "met", "completion": "lapsed"},
            public=HATRED,
            told=["reporter: block"],
        ),
    ),
    Trial(
        "archived",
        "object",
        "reporter",
        "20 Jul 16:00",
        WHY,
        Made(
            state="objected",
            holder="kota",
            clocks={"verification": "met", "review": "running, 3 Aug 16:00"},
            public=WHY,
            told=["setda.sekda: work"],
        ),
    ),
    Trial(
        "blocked",
        "object",
        "reporter",
        "7 Jul 10:00",
        WHY,
        Made(
            state="objected",
            holder="kota",
            clocks={"verification": "met", "review": "running, 21 Jul 16:00"},
            public=WHY,
            told=["setda.sekda: work"],
        ),
    ),
    Trial(
        "objected",
        "uphold_refusal",
        "setda.sekda",
        "7 Jul 10:00",
        UNCLEAR,
        Made(
            state="archived",
            holder="kota",
            clocks={"verification": "met", "review": "met"},
            public=UNCLEAR,
            told=["reporter: uphold_refusal"],
        ),
    ),
    Trial(
        "objected to a block",
        "uphold_block",
        "setda.sekda",
        "7 Jul 10:00",
        HATRED,
        Made(
            state="blocked",
            holder="kota",
            clocks={"verification": "met", "review": "met"},
            public=HATRED,
            told=["reporter: uphold_block"],
        ),
    ),
    Trial(
        "objected",
        "readmit",
        "setda.sekda",
        "7 Jul 10:00",
        WHY,
        Made(
            state="received",
            holder="kota",
            clocks={"verification": "met; running, 10 Jul 16:30", "review": "met"},
            public=WHY,
            told=["kota.koordinator-pengaduan: work", "reporter: readmit"],
        ),
    ),
]
DISPOSING = [
    Trial(
        "received",
        "dispose",
        COORDINATOR,
        "7 Jul 10:00",
        DISPOSITION,
        Made(
            state="disposed",
            holder="pu",
            of_class="not_oversight",
            clocks={
                "verification": "met",
                "holding": "running, 9 Jul 16:00",
                "first_response": "running, 14 Jul 16:00",
                "resolution": "running, 27 Jul 16:00",
            },
            public=DISPOSITION,
            told=["pu.penghubung: work", "reporter: dispose"],
        ),
    ),
    Trial(
        "incomplete",
        "dispose",
        COORDINATOR,
        "7 Jul 10:00",
        {**OTHER, "reason": "Cukup jelas."},
        # four working days are the service standard of this agency; its own clocks end by its own wall clock
        Made(
            state="disposed",
            holder="kesehatan",
            of_class="not_oversight",
            clocks={
                "verification": "met",
                "completion": "lapsed",
                "holding": "running, 9 Jul 16:00",
                "first_response": "running, 14 Jul 16:00",
                "resolution": "running, 27 Jul 16:00",
                "standard": "running, 13 Jul 16:00",
            },
            public={**OTHER, "reason": "Cukup jelas."},
            told=["kesehatan.penghubung: work", "reporter: dispose"],
        ),
    ),
    Trial(
        "contested",
        "dispose",
        COORDINATOR,
        "7 Jul 10:00",
        OTHER,
        Made(
            state="disposed",
            holder="kesehatan",
            of_class="not_oversight",
            clocks={
                **RETURNED,
                "holding": "met; running, 9 Jul 16:00",
                "arbitration": "met",
                "standard": "running, 13 Jul 16:00",
            },
            public=OTHER,
            told=["kesehatan.penghubung: work", "reporter: dispose"],
        ),
    ),
    Trial(
        "disposed",
        "recall",
        COORDINATOR,
        "7 Jul 10:00",
        WHY,
        Made(
            state="contested",
            holder="pu",
            of_class="not_oversight",
            clocks={**RETURNED, "holding": "lapsed", "arbitration": "running, 8 Jul 16:00"},
            public=WHY,
        ),
    ),
    Trial(
        "disposed",
        "pass_down",
        "pu.penghubung",
        "7 Jul 10:00",
        {"unit": "jalan"},
        Made(
            state="disposed",
            holder="jalan",
            of_class="not_oversight",
            clocks={**RETURNED, "holding": "met; running, 9 Jul 16:00"},
            public={"unit": "jalan"},
            told=["jalan.penghubung: work"],
        ),
    ),
    Trial(
        "disposed",
        "accept",
        "pu.penghubung",
        "7 Jul 10:00",
        {},
        Made(state="in_follow_up", holder="pu", owner="pu.penghubung", of_class="not_oversight", clocks=RETURNED),
    ),
    Trial(
        "disposed",
        "return",
        "pu.penghubung",
        "7 Jul 10:00",
        {**WHY, "competent_unit": "kesehatan"},
        Made(
            state="contested",
            holder="pu",
            of_class="not_oversight",
            clocks={**RETURNED, "arbitration": "running, 8 Jul 16:00"},
            public={**WHY, "competent_unit": "kesehatan"},
            told=["kota.koordinator-pengaduan: work", "reporter: return"],
        ),
    ),
    Trial(
        "contested",
        "arbitrate",
        COORDINATOR,
        "7 Jul 16:01",
        {**WHY, "unit": "jalan"},
        Made(
            state="in_follow_up",
            holder="jalan",
            of_class="not_oversight",
            clocks={**RETURNED, "arbitration": "missed"},
            public={**WHY, "unit": "jalan"},
            told=["jalan.penghubung: work", "reporter: arbitrate"],
        ),
    ),
]


@pytest.mark.parametrize("trial", [*INTAKE, *DISPOSING], ids=str)
def test_a_move_has_its_whole_effect(shared_town: Town, trial: Trial) -> None:
    if trial.start == "objected to a block":
        case = shared_town.case_in("blocked", reporter=REPORTER)
        case.goes("object", moment="6 Jul 09:00")
    else:
        case = shared_town.case_in(trial.start, reporter=REPORTER)
    assert case.make(trial.move, trial.by, trial.moment, **trial.fields) == trial.made
