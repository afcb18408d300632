"""Whom a complaint is about: neither holder nor reader where it alleges misconduct, and the inspector knows at once."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from lapor.records import ReportedParty
from tests.integration.town import COORDINATOR, DISPOSITION, WAYS, Case, Made, Town

NOON = "6 Jul 12:00"
OVERSIGHT = {**DISPOSITION, "classification": "oversight"}


@pytest.fixture
def town(shared_town: Town) -> Town:
    """These look at cases of their own only."""
    return shared_town


def parties(case: Case) -> list[str]:
    organisation = case.town.engine.organisation
    with case.town.site.reading() as session:
        rows = session.scalars(select(ReportedParty).filter_by(complaint_id=case.id)).all()
        units = [organisation.units[row.unit_id].code for row in rows if row.unit_id]
        return [*units, *(organisation.posts[row.post_id].code for row in rows if row.post_id)]


def test_misconduct_is_disposed_with_those_reported_and_told_to_the_inspector(town: Town) -> None:
    case = town.submit()
    made = case.make("dispose", COORDINATOR, NOON, **OVERSIGHT, reported="kesehatan, pu.kepala")
    assert made == Made(
        state="disposed",
        holder="pu",
        of_class="oversight",
        clocks={
            "verification": "met",
            "holding": "running, 8 Jul 16:00",
            "first_response": "running, 13 Jul 16:00",
            "resolution": "running, 30 Sep 16:00",
        },
        public=OVERSIGHT,
        # whom it is about is not for the public
        internal={"reported": "kesehatan, pu.kepala"},
        told=["inspektorat.inspektur: oversight", "pu.penghubung: work"],
    )
    assert parties(case) == ["kesehatan", "pu.kepala"]


def test_unknown_parties_need_a_reason(town: Town) -> None:
    case = town.submit()
    made = case.make("dispose", COORDINATOR, NOON, **OVERSIGHT, reported="unknown", reason="Tanpa nama.")
    assert (made.state, parties(case)) == ("disposed", [])


def test_a_second_disposal_adds_to_those_reported_and_tells_nothing_twice(town: Town) -> None:
    case = town.submit()
    case.make("dispose", COORDINATOR, NOON, **OVERSIGHT, reported="kesehatan")
    case.goes("return", moment=NOON)
    made = case.make("dispose", COORDINATOR, NOON, **OVERSIGHT, reported="kesehatan,pu.kepala,kesehatan")
    assert (parties(case), made.told) == (["kesehatan", "pu.kepala"], ["pu.penghubung: work"])


@pytest.mark.parametrize("move", ["pass_down", "arbitrate"])
def test_a_case_is_not_handed_to_a_reported_unit_later_either(town: Town, move: str) -> None:
    case = town.submit()
    case.make("dispose", COORDINATOR, NOON, **OVERSIGHT, reported="jalan")
    case.goes("accept", moment=NOON)
    by, fields = ("pu.penghubung", {}) if move == "pass_down" else (COORDINATOR, {"reason": "Jalan."})
    assert case.refuses(move, by, NOON, unit="jalan", **fields) == {"unit": ["Must not be a reported party."]}


def test_nobody_in_a_reported_unit_reads_a_case_of_misconduct(town: Town) -> None:
    case = town.submit()
    case.make("dispose", COORDINATOR, NOON, **{**OVERSIGHT, "unit": "setda"}, reported="pu")
    for by in ("pu.kepala", "pu.penghubung", "jalan.kepala"):
        assert case.refuses("tighten", by, NOON, confidential=True) == "NotFound"
    assert case.make("tighten", "setda.sekda", NOON, confidential=True).holder == "setda"


def test_the_office_that_a_slow_service_is_about_may_hold_it_but_not_the_named_post(town: Town) -> None:
    case = town.submit()
    case.make("dispose", COORDINATOR, NOON, **DISPOSITION, reported="pu,pu.petugas")
    case.goes("accept", moment=NOON)
    assert case.refuses("propose_answer", "pu.petugas", NOON, text="Beres.") == "NotFound"
    assert case.make("answer", "pu.penghubung", NOON, text="Beres.").state == "answered"


def test_withdrawing_an_allegation_leaves_the_inspector_free_to_go_on(town: Town) -> None:
    case = town.submit()
    case.make("dispose", COORDINATOR, NOON, **OVERSIGHT, reported="kesehatan")
    made = case.make("withdraw", "reporter", NOON, reason="reporters_wish")
    assert (made.state, made.told) == ("withdrawn", ["inspektorat.inspektur: oversight_withdrawn"])


def test_a_case_that_becomes_one_of_misconduct_is_told_to_the_inspector_once(town: Town) -> None:
    case = town.case_in("in_follow_up")
    accuses = {"classification": "oversight", "category": "jalan-rusak", "reason": "Pungutan liar."}
    assert case.make("reclassify", COORDINATOR, NOON, **accuses).told == ["inspektorat.inspektur: oversight"]
    assert case.make("reclassify", COORDINATOR, NOON, **accuses).told == []


ACCUSES = {"classification": "oversight", "category": "jalan-rusak", "reason": "Pungutan liar."}
NAMES = {"reason": "Saksi menyebutnya."}
ARBITER, INSPECTOR, HEAD_OF_ALL = COORDINATOR, "inspektorat.inspektur", "kota.wali-kota"


def test_a_case_that_becomes_one_of_misconduct_names_whom_it_is_about(town: Town) -> None:
    case = town.case_in("in_follow_up")
    made = case.make("reclassify", COORDINATOR, NOON, **ACCUSES, reported="pu.petugas, kesehatan")
    assert (made.holder, made.public, made.internal) == ("pu", ACCUSES, {"reported": "pu.petugas, kesehatan"})
    assert parties(case) == ["kesehatan", "pu.petugas"]
    assert case.refuses("propose_answer", "pu.petugas", NOON, text="Beres.") == "NotFound"


def test_the_reason_of_a_reclassification_says_why_nobody_is_named(town: Town) -> None:
    case = town.case_in("in_follow_up")
    assert case.make("reclassify", COORDINATOR, NOON, **ACCUSES).internal == {"reported": "unknown"}
    case.make("name_reported", COORDINATOR, NOON, **NAMES, reported="kesehatan")
    assert case.make("reclassify", COORDINATOR, NOON, **ACCUSES).internal == {}


@pytest.mark.parametrize(("by", "told"), [(COORDINATOR, [f"{INSPECTOR}: oversight"]), (INSPECTOR, [])])
def test_those_found_out_later_are_named_and_the_inspector_knows_at_once(town: Town, by: str, told: list[str]) -> None:
    case = town.submit()
    case.make("dispose", COORDINATOR, NOON, **OVERSIGHT, reported="unknown", reason="Tanpa nama.")
    case.goes("accept", moment=NOON)
    made = case.make("name_reported", by, NOON, **NAMES, reported="kesehatan")
    assert (made.state, made.holder, made.public, made.told) == ("in_follow_up", "pu", {}, told)
    assert made.internal == {**NAMES, "reported": "kesehatan"}
    assert case.make("name_reported", by, NOON, **NAMES, reported="kesehatan").told == []
    assert parties(case) == ["kesehatan"]
    assert town.findings(NOON) == []


def test_an_officer_who_turns_out_to_be_reported_is_out_of_the_case_at_once(town: Town) -> None:
    case = town.case_in("in_follow_up")
    case.make("reassign", "pu.kepala", NOON, post="pu.petugas")
    made = case.make("name_reported", COORDINATOR, NOON, **NAMES, reported="pu.petugas")
    # the unit goes on without
    assert (made.holder, made.owner, made.told) == ("pu", None, ["pu.penghubung: work"])
    for move, said in (("propose_answer", {"text": "Beres."}), ("tighten", {"confidential": True})):
        assert case.refuses(move, "pu.petugas", NOON, **said) == "NotFound"
    refused = {"post": ["Must be a post of the unit that holds the case, neither vacant nor reported."]}
    assert case.refuses("reassign", "pu.kepala", NOON, post="pu.petugas") == refused


def test_the_ladder_passes_over_whoever_is_named_later(town: Town) -> None:
    case = town.case_in("disposed")
    case.make("name_reported", COORDINATOR, NOON, **NAMES, reported="pu.kepala, setda.sekda")
    town.sweep("9 Jul 07:00")
    assert [post for *_, post in case.told() if post] == ["kota.wali-kota"]


# a state, whom the move tells beside the inspector, and how the arbiter goes on
LEFT: list[tuple[str, list[str], str, dict[str, str]]] = [
    ("disposed", [ARBITER], "recall", {"reason": "Terlapor."}),
    ("contested", [], "arbitrate", {"unit": "kesehatan", "reason": "Terlapor."}),
    ("in_follow_up", [ARBITER], "arbitrate", {"unit": "kesehatan", "reason": "Terlapor."}),
    ("awaiting_reporter", [], "resume", {"text": "Lanjut."}),
    ("awaiting_approval", [HEAD_OF_ALL], "send_back", {"reason": "Terlapor."}),
    ("answered", [], "correct", {"reason": "Terlapor."}),
]


def alleging(town: Town, state: str) -> Case:
    """A case of misconduct by nobody known, held by public works."""
    case = town.submit()
    case.make("dispose", COORDINATOR, NOON, **OVERSIGHT, reported="unknown", reason="Tanpa nama.")
    case.goes(*WAYS[state][1:], moment=NOON)
    return case


@pytest.mark.parametrize(("state", "told", "move", "fields"), LEFT)
def test_a_unit_that_turns_out_to_be_reported_loses_the_case_to_the_arbiter(
    town: Town, state: str, told: list[str], move: str, fields: dict[str, str]
) -> None:
    case = alleging(town, state)
    made = case.make("name_reported", INSPECTOR, NOON, **NAMES, reported="pu")
    assert (made.state, made.holder, made.owner) == (state, "kota", ARBITER)
    assert made.told == [f"{post}: work" for post in told]
    for by in ("pu.penghubung", "pu.kepala", "jalan.kepala"):
        assert case.refuses("tighten", by, NOON, confidential=True) == "NotFound"
    case.make(move, ARBITER, NOON, **fields)
    assert town.findings(NOON) == []


def test_a_reviewer_who_turns_out_to_be_reported_is_followed_by_the_next(town: Town) -> None:
    case = alleging(town, "under_review")
    case.make("name_reported", INSPECTOR, NOON, **NAMES, reported="pu.kepala")
    assert case.refuses("uphold", "pu.kepala", NOON, text="Sudah sesuai.") == "NotFound"
    assert case.make("uphold", "setda.sekda", NOON, text="Sudah sesuai.").state == "closed"


def test_a_case_that_comes_to_accuse_its_holder_leaves_it(town: Town) -> None:
    case = town.submit()
    case.make("dispose", COORDINATOR, NOON, **DISPOSITION, reported="pu")
    made = case.make("reclassify", COORDINATOR, NOON, **ACCUSES)
    assert (made.holder, made.owner, made.internal) == ("kota", ARBITER, {})


def test_where_the_arbiter_is_reported_too_the_inspector_holds_the_case(town: Town) -> None:
    case = alleging(town, "in_follow_up")
    made = case.make("name_reported", INSPECTOR, NOON, **NAMES, reported=f"pu, {ARBITER}")
    assert (made.holder, made.owner) == ("inspektorat", INSPECTOR)


def test_an_inspector_who_is_reported_does_not_hear_of_it_and_who_stands_above_does(town: Town) -> None:
    case = town.submit()
    made = case.make("dispose", COORDINATOR, NOON, **OVERSIGHT, reported=INSPECTOR)
    assert made.told == [f"{HEAD_OF_ALL}: oversight", "pu.penghubung: work"]
    assert case.refuses("tighten", INSPECTOR, NOON, confidential=True) == "NotFound"
    assert case.make("withdraw", "reporter", NOON).told == [f"{HEAD_OF_ALL}: oversight_withdrawn"]


@pytest.mark.parametrize("named", [INSPECTOR, "inspektorat"])
def test_a_case_that_comes_to_accuse_the_inspector_is_told_above_the_inspector(town: Town, named: str) -> None:
    case = town.case_in("in_follow_up")
    made = case.make("reclassify", COORDINATOR, NOON, **ACCUSES, reported=named)
    assert (made.holder, made.told) == ("pu", [f"{HEAD_OF_ALL}: oversight"])


def test_an_inspector_who_names_the_inspector_is_out_of_the_case_and_others_know(town: Town) -> None:
    case = alleging(town, "in_follow_up")
    # the trail still says who named whom
    assert case.make("name_reported", INSPECTOR, NOON, **NAMES, reported=INSPECTOR).told == [
        f"{HEAD_OF_ALL}: oversight"
    ]
    assert case.refuses("name_reported", INSPECTOR, NOON, **NAMES, reported="pu") == "NotFound"


def test_where_the_head_of_all_is_reported_too_the_door_stands_in_and_is_not_told_what_it_did(town: Town) -> None:
    case = town.case_in("in_follow_up")
    made = case.make("reclassify", COORDINATOR, NOON, **ACCUSES, reported=f"{INSPECTOR}, {HEAD_OF_ALL}")
    assert (made.told, case.town.findings(NOON)) == ([], [])
