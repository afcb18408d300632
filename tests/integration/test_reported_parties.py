"""Whom a complaint is about: neither holder nor reader where it alleges misconduct, and the inspector knows at once."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from lapor.records import ReportedParty
from tests.integration.town import COORDINATOR, DISPOSITION, Case, Made, Town

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
        told=["inspektorat.inspektur: oversight"],
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
    assert (parties(case), made.told) == (["kesehatan", "pu.kepala"], [])


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
