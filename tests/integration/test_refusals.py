"""Wrong turns: what is refused, why, and that nothing is stored then."""

from __future__ import annotations

from typing import Any

import pytest

from lapor.errors import NotFound, Stale
from lapor.handling.move import move
from tests.integration.town import COORDINATOR, DISPOSITION, REPORTER, Case, Town, at

NOON = "6 Jul 12:00"
LIAISON = "pu.penghubung"
OVERSIGHT = {**DISPOSITION, "classification": "oversight"}


@pytest.fixture
def town(shared_town: Town) -> Town:
    """These look at cases of their own only."""
    return shared_town


def usual(case: Case, *names: str) -> Case:
    case.goes(*names, moment=NOON)
    return case


def test_after_two_returns_only_the_arbiter_decides(town: Town) -> None:
    case = usual(town.submit(), "dispose", "return", "dispose", "recall")
    assert case.refuses("dispose", COORDINATOR, NOON, **DISPOSITION) == ("NotOpen", "returns_left")
    usual(case, "arbitrate")
    assert case.refuses("return", LIAISON, NOON, reason="Bukan kami.") == ("NotOpen", None)
    assert case.refuses("ask_arbitration", LIAISON, NOON, reason="Bukan kami.") == ("NotOpen", "not_bound")


def test_an_arbiter_is_asked_once_at_a_time(town: Town) -> None:
    case = usual(town.case_in("in_follow_up"), "ask_arbitration")
    asked_again = case.refuses("ask_arbitration", LIAISON, NOON, reason="Bukan kami.")
    assert asked_again == ("NotOpen", "no_arbitration_pending")


def test_two_questions_to_the_reporter_are_enough(town: Town) -> None:
    case = usual(town.case_in("in_follow_up"), "ask_reporter", "reply", "ask_reporter", "resume")
    assert case.refuses("ask_reporter", LIAISON, NOON, question="Lagi?") == ("NotOpen", "questions_left")


def test_after_an_unanswered_question_there_are_no_more(town: Town) -> None:
    case = usual(town.case_in("in_follow_up"), "ask_reporter")
    case.goes("resume_unanswered", moment="20 Jul 16:01")
    assert case.refuses("ask_reporter", LIAISON, "20 Jul 17:00", question="Lagi?") == ("NotOpen", "questions_left")


def test_a_clock_is_extended_once_and_not_after_its_breach(town: Town) -> None:
    longer = {"text": "Perlu alat berat.", "new_due": "2026-08-14"}
    late = town.case_in("in_follow_up")
    assert late.refuses("extend", LIAISON, "24 Jul 16:31", **longer) == ("NotOpen", "extension_left")
    case = usual(town.case_in("in_follow_up"), "extend")
    assert case.refuses("extend", LIAISON, NOON, **longer) == ("NotOpen", "extension_left")


def test_an_extension_is_later_and_at_most_one_further_budget(town: Town) -> None:
    case = town.case_in("in_follow_up")
    same_day = case.refuses("extend", LIAISON, NOON, text="Lama.", new_due="2026-07-24")
    assert same_day == {"new_due": ["Must be later than the due moment."]}
    too_late = case.refuses("extend", LIAISON, NOON, text="Lama.", new_due="2026-08-14")
    assert too_late == {"new_due": ["Must be at most one further budget later: 2026-08-13."]}


def test_an_answer_is_corrected_once(town: Town) -> None:
    case = usual(town.case_in("answered"), "correct", "answer")
    assert case.refuses("correct", LIAISON, NOON, reason="Lagi.") == ("NotOpen", "correction_left")


def test_an_answer_is_disputed_twice(town: Town) -> None:
    case = usual(town.case_in("answered"), "dispute", "answer", "dispute", "answer")
    assert case.refuses("dispute", "reporter", NOON, reason="Lagi.") == ("NotOpen", "disputes_left")


@pytest.mark.parametrize(("state", "name"), [("closed", "appeal"), ("archived", "object"), ("blocked", "object")])
def test_a_window_closes_after_ten_working_days(town: Town, state: str, name: str) -> None:
    case = town.case_in(state)
    assert case.refuses(name, "reporter", "20 Jul 16:01", reason="Terlambat.") == ("NotOpen", "within_window")
    assert case.make(name, "reporter", "20 Jul 16:00", reason="Tepat waktu.").state in ("under_review", "objected")


def test_a_reviewer_upholds_only_what_was_objected_to(town: Town) -> None:
    words = {"reason": "incites_hatred", "text": "Menghasut."}
    archived, blocked = town.case_in("objected"), usual(town.case_in("blocked"), "object")
    assert archived.refuses("uphold_block", "setda.sekda", NOON, **words) == ("NotOpen", "was_blocked")
    assert blocked.refuses("uphold_refusal", "setda.sekda", NOON, **words) == ("NotOpen", "was_archived")


def test_the_ombudsman_is_asked_with_consent_and_after_sixty_days(town: Town) -> None:
    case = town.submit()
    assert case.refuses("refer", "reporter", "4 Sep 16:29", consent=True) == ("NotOpen", "ombudsman_term_over")
    assert case.refuses("refer", "reporter", "4 Sep 16:30", consent=False) == ("NotOpen", "consented")


def test_the_term_of_the_ombudsman_begins_with_a_complete_file(town: Town) -> None:
    case = usual(town.submit(), "ask_completion")
    case.goes("complete", moment="5 Aug 10:00")
    assert case.refuses("refer", "reporter", "5 Oct 15:59", consent=True) == ("NotOpen", "ombudsman_term_over")
    # 4 October is a Sunday: the term ends with the next closing
    assert case.make("refer", "reporter", "5 Oct 16:00", consent=True).state == "referred"


FIELDS: list[tuple[str, str, str, dict[str, Any], dict[str, list[str]]]] = [
    (
        "received",
        "dispose",
        COORDINATOR,
        {"colour": "red"},
        {
            "colour": ["Unknown field; allowed: unit, category, classification, reason, reported."],
            "unit": ["Required: the code of a unit."],
            "category": ["Required: the code of a category."],
            "classification": ["Required: one of oversight, not_oversight."],
        },
    ),
    (
        "received",
        "dispose",
        COORDINATOR,
        {"unit": "nowhere", "category": "nothing", "classification": "mild", "reason": " ", "reported": 7},
        {
            "unit": ["There is no unit with the code 'nowhere'."],
            "category": ["There is no category with the code 'nothing'."],
            "classification": ["Must be one of: oversight, not_oversight."],
            "reason": ["Must not be blank."],
            "reported": ["Must be a text."],
        },
    ),
    (
        "received",
        "archive",
        COORDINATOR,
        {"reason": "not_ours", "text": "x" * 10_001},
        {
            "reason": ["Must be one of: incites_hatred, no_evidence, unclear, not_about_government."],
            "text": ["Must have at most 10000 characters, has 10001."],
        },
    ),
    (
        "received",
        "block",
        COORDINATOR,
        {"reason": "unclear", "text": "\x00"},
        {"reason": ["Must be one of: incites_hatred."], "text": ["Must not contain NUL or half a surrogate pair."]},
    ),
    ("received", "withdraw", "reporter", {"reason": "no_evidence"}, {"reason": ["Must be one of: reporters_wish."]}),
    (
        "received",
        "tighten",
        "reporter",
        {"confidential": 1, "anonymous": "yes"},
        {"anonymous": ["Must be true or false."], "confidential": ["Must be true or false."]},
    ),
    (
        "received",
        "tighten",
        "reporter",
        {"confidential": False, "anonymous": True},
        {"confidential": ["Can only be set to true: only the reporter loosens."]},
    ),
    ("received", "tighten", "reporter", {}, {"confidential": ["Set anonymous, confidential or both to true."]}),
    (
        "in_follow_up",
        "extend",
        LIAISON,
        {"text": "\ud800", "new_due": "30.07.2026"},
        {
            "text": ["Must not contain NUL or half a surrogate pair."],
            "new_due": ["Must be a date such as 2026-03-17."],
        },
    ),
    ("in_follow_up", "pass_down", LIAISON, {"unit": "pu"}, {"unit": ["Must lie below the unit that holds the case."]}),
    ("disposed", "pass_down", LIAISON, {"unit": "rsud"}, {"unit": ["Must lie below the unit that holds the case."]}),
    (
        "in_follow_up",
        "reassign",
        "pu.kepala",
        {"post": "pu.tukang"},
        {"post": ["There is no post with the code 'pu.tukang'."]},
    ),
    *(
        (
            "in_follow_up",
            "reassign",
            "pu.kepala",
            {"post": post},
            {"post": ["Must be a post of the unit that holds the case, neither vacant nor reported."]},
        )
        for post in ("pu.sekretaris", "jalan.petugas")
    ),
    ("answered", "confirm", "reporter", {"rating": True}, {"rating": ["Must be a whole number."]}),
    ("answered", "confirm", "reporter", {"rating": 0}, {"rating": ["Must be from 1 to 5."]}),
    ("answered", "confirm", "reporter", {"rating": 6}, {"rating": ["Must be from 1 to 5."]}),
    (
        "received",
        "dispose",
        COORDINATOR,
        OVERSIGHT,
        {"reported": ["Required for class oversight: codes of units or posts, or unknown."]},
    ),
    (
        "received",
        "dispose",
        COORDINATOR,
        {**OVERSIGHT, "reported": "unknown"},
        {"reason": ["Required where the reported parties are unknown."]},
    ),
    (
        "received",
        "dispose",
        COORDINATOR,
        {**DISPOSITION, "reported": "pu, pasar,pu.mandor"},
        {
            "reported": [
                "There is no unit or post with the code 'pasar'.",
                "There is no unit or post with the code 'pu.mandor'.",
            ]
        },
    ),
    ("received", "dispose", COORDINATOR, {**OVERSIGHT, "reported": "pu"}, {"unit": ["Must not be a reported party."]}),
    (
        "received",
        "dispose",
        COORDINATOR,
        {**OVERSIGHT, "unit": "jalan", "reported": "pu"},
        {"unit": ["Must not be a reported party."]},
    ),
]


@pytest.mark.parametrize(("state", "name", "by", "fields", "errors"), FIELDS)
def test_wrong_fields_are_named_with_their_rule(
    town: Town, state: str, name: str, by: str, fields: dict[str, Any], errors: dict[str, list[str]]
) -> None:
    case = town.case_in(state)
    assert case.refuses(name, by, NOON, **fields) == errors


def test_an_unknown_move_is_answered_with_those_there_are(town: Town) -> None:
    moves = ", ".join(town.engine.workflow("complaint").definition.moves)
    assert town.submit().refuses("approve_all", COORDINATOR, NOON) == {"move": [f"Must be one of: {moves}."]}


def test_a_reported_post_never_owns_the_case(town: Town) -> None:
    case = town.submit()
    case.make("dispose", COORDINATOR, NOON, **DISPOSITION, reported="pu.petugas")
    usual(case, "accept")
    refused = {"post": ["Must be a post of the unit that holds the case, neither vacant nor reported."]}
    assert case.refuses("reassign", "pu.kepala", NOON, post="pu.petugas") == refused


@pytest.mark.parametrize(
    ("said", "errors"),
    [
        ("unknown", ["There is no unit or post with the code 'unknown'."]),
        ("pu, tidak.ada", ["There is no unit or post with the code 'tidak.ada'."]),
        # the root, to which everybody belongs
        ("kota", ["Nobody would be left who could hold the case."]),
    ],
)
def test_whom_a_case_is_about_is_named_by_codes_and_leaves_somebody_to_hold_it(
    town: Town, said: str, errors: list[str]
) -> None:
    case = town.submit()
    case.make("dispose", COORDINATOR, NOON, **OVERSIGHT, reported="kesehatan")
    assert case.refuses("name_reported", COORDINATOR, NOON, reported=said, reason="Saksi.") == {"reported": errors}


@pytest.mark.parametrize("by", ["pu.penghubung", "pu.kepala", "pu.petugas"])
def test_the_office_that_holds_a_case_does_not_say_whom_it_is_about(town: Town, by: str) -> None:
    case = town.case_in("in_follow_up")
    assert case.refuses("name_reported", by, NOON, reported="pu.kepala", reason="Saksi.") == "Forbidden"


@pytest.mark.parametrize("kind", ["aspiration", "information_request"])
def test_other_kinds_allege_no_misconduct(town: Town, kind: str) -> None:
    case = town.submit(kind=kind)
    nobody = {"classification": ["Must not be oversight: a report of this kind accuses nobody."]}
    assert case.refuses("dispose", COORDINATOR, NOON, **OVERSIGHT) == nobody
    usual(case, "dispose")
    alleges = {"classification": "oversight", "category": "jalan-rusak", "reason": "Pungutan liar."}
    assert case.refuses("reclassify", COORDINATOR, NOON, **alleges) == nobody
    assert case.seen().classification == "not_oversight"


def test_a_case_that_has_changed_since_it_was_read_is_a_conflict(town: Town) -> None:
    case = town.submit()
    usual(case, "ask_completion")
    before, fields = case.dump(), {"reason": "unclear", "text": "Kosong."}
    with pytest.raises(Stale):
        case.attempt("archive", COORDINATOR, NOON, fields, version=1)
    assert case.dump() == before
    case.attempt("archive", COORDINATOR, NOON, fields, version=2)
    assert (case.state, case.seen().version) == ("archived", 3)


@pytest.mark.parametrize(
    "by",
    [
        "visitor",
        "kesehatan.penghubung",
        "rsud.koordinator-pengaduan",
        "kota.pengelola-sistem",
        "kota.penjaga-identitas",
    ],
)
def test_out_of_scope_a_case_is_not_there(town: Town, by: str) -> None:
    case = town.case_in("in_follow_up", reporter=REPORTER)
    assert case.refuses("note_progress", by, NOON, text="Saya lihat.") == "NotFound"


def test_a_reporter_has_the_own_case_only(town: Town) -> None:
    mine, theirs = town.submit(), town.submit()
    stranger = town.who("reporter", mine.id)
    with pytest.raises(NotFound), town.site.writing() as session:
        move(town.engine, session, theirs.id, "withdraw", actor=stranger, fields={}, now=at(NOON))
    usual(mine, "withdraw")
    assert (mine.state, theirs.state) == ("withdrawn", "received")


FORBIDDEN = [
    ("in_follow_up", "answer", "pu.petugas"),
    ("in_follow_up", "answer", "pu.kepala"),
    ("in_follow_up", "answer", "inspektorat.inspektur"),
    ("in_follow_up", "answer", COORDINATOR),
    ("in_follow_up", "answer", "reporter"),
    ("in_follow_up", "arbitrate", "inspektorat.inspektur"),
    ("received", "dispose", "kota.wali-kota"),
    ("answered", "confirm", "pu.kepala"),
    ("under_review", "uphold", "kota.wali-kota"),
    ("in_follow_up", "answer", "system"),
]


@pytest.mark.parametrize(("state", "name", "by"), FORBIDDEN)
def test_who_sees_a_case_may_not_do_everything(town: Town, state: str, name: str, by: str) -> None:
    assert town.case_in(state).refuses(name, by, NOON, text="Beres.") == "Forbidden"
