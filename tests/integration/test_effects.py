"""What moves mean over the course of a case: who is competent, whose clock runs, who may answer."""

from __future__ import annotations

from typing import Any

import pytest

from lapor.errors import Forbidden, NotFound
from lapor.handling.move import move
from tests.integration.town import COORDINATOR, DISPOSITION, REPORTER, Case, Made, Town, at, shown

NOON = "6 Jul 12:00"
LIAISON = "pu.penghubung"
WORD = {"text": "Sudah ditambal."}


@pytest.fixture
def town(shared_town: Town) -> Town:
    """These look at cases of their own only."""
    return shared_town


def usual(case: Case, *names: str, moment: str = NOON) -> Case:
    case.goes(*names, moment=moment)
    return case


def row_of(case: Case, name: str) -> tuple[int, str, str | None, str]:
    """The newest clock of a name: term, budget, due moment, state."""
    clock = case.clock(name)
    return clock.term, clock.budget, shown(clock.due_at, clock.zone), clock.state


def test_a_returned_complaint_keeps_its_first_response_clock(town: Town) -> None:
    case = town.case_in("disposed")
    clock = case.clock("first_response")
    usual(case, "return", moment="7 Jul 10:00")
    usual(case, "dispose", moment="8 Jul 10:00")
    usual(case, "recall", moment="9 Jul 10:00")
    usual(case, "arbitrate", moment="10 Jul 10:00")
    kept = case.clock("first_response")
    assert (kept.id, kept.term, kept.due_at, kept.state) == (clock.id, 1, at("13 Jul 16:00"), "running")
    usual(case, "answer", moment="13 Jul 15:00")
    assert case.clocks() == {
        "verification": "met",
        "holding": "met; lapsed",
        "arbitration": "met; met",
        "first_response": "met",
        "resolution": "met",
        "confirmation": "running, 27 Jul 16:00",
    }


def test_arbitration_puts_the_case_into_follow_up_and_binds(town: Town) -> None:
    case = usual(town.case_in("contested"), "arbitrate")
    row = case.seen()
    assert (row.state, row.bound, row.tally) == (
        "in_follow_up",
        True,
        {"dispose": 1, "return": 1, "returns": 1, "arbitrate": 1},
    )
    assert case.refuses("ask_arbitration", LIAISON, NOON, reason="Bukan kami.") == ("NotOpen", "not_bound")
    case.make("pass_down", LIAISON, NOON, unit="jalan")
    assert case.refuses("ask_arbitration", "jalan.penghubung", NOON, reason="Bukan kami.") == ("NotOpen", "not_bound")
    # the arbiter's own word can be changed by the arbiter only
    assert case.make("arbitrate", COORDINATOR, NOON, unit="kesehatan", reason="Keliru.").holder == "kesehatan"


def test_a_unit_that_accepted_too_early_asks_for_arbitration(town: Town) -> None:
    case = usual(town.case_in("in_follow_up"), "ask_arbitration", moment="6 Jul 10:00")
    assert row_of(case, "arbitration") == (1, "1 working day", "7 Jul 16:00", "running")
    case.make("arbitrate", COORDINATOR, "7 Jul 16:00", unit="jalan", reason="Jalan kota.")
    assert (row_of(case, "arbitration")[3], case.seen().owner_id, case.seen().bound) == ("met", None, True)


def test_who_is_named_as_competent_decides_who_arbitrates(town: Town) -> None:
    door = "rsud.koordinator-pengaduan"
    where = {**DISPOSITION, "unit": "rsud"}
    inside, outside = town.submit(door="rsud"), town.submit(door="rsud")
    for case, named in ((inside, {}), (outside, {"competent_unit": "pu"})):
        case.make("dispose", door, NOON, **where)
        case.make("return", "rsud.penghubung", NOON, reason="Bukan kami.", **named)
    told: dict[str, Any] = {"unit": "rsud", "reason": "Tetap."}
    assert outside.refuses("arbitrate", door, NOON, **told) == "Forbidden"
    assert inside.refuses("arbitrate", COORDINATOR, NOON, **told) == "Forbidden"
    assert inside.make("arbitrate", door, NOON, **told).state == "in_follow_up"
    assert outside.make("arbitrate", COORDINATOR, NOON, **told).state == "in_follow_up"


def test_a_wrong_disposition_is_taken_back_before_it_is_accepted(town: Town) -> None:
    case = usual(town.case_in("disposed"), "recall")
    assert case.make("dispose", COORDINATOR, NOON, **{**DISPOSITION, "unit": "kesehatan"}).holder == "kesehatan"
    case.make("accept", "kesehatan.penghubung", NOON)
    assert case.refuses("recall", COORDINATOR, NOON, reason="Salah lagi.") == ("NotOpen", None)


def test_a_unit_that_passes_a_case_down_sees_it_no_longer(town: Town) -> None:
    case = town.case_in("in_follow_up")
    assert case.make("pass_down", LIAISON, NOON, unit="jalan").holder == "jalan"
    assert case.refuses("answer", LIAISON, NOON, **WORD) == "NotFound"
    assert case.refuses("pass_down", "jalan.penghubung", NOON, unit="jalan") == {
        "unit": ["Must lie below the unit that holds the case."]
    }
    assert case.make("answer", "jalan.penghubung", NOON, **WORD).state == "answered"


def test_the_unit_of_the_coordinator_may_hold_a_case_itself(town: Town) -> None:
    case = town.submit()
    case.make("dispose", COORDINATOR, NOON, **{**DISPOSITION, "unit": "kota"})
    assert case.make("accept", COORDINATOR, NOON).owner == COORDINATOR
    case.make("propose_answer", COORDINATOR, NOON, **WORD)
    assert case.refuses("approve", COORDINATOR, NOON) == "Forbidden"
    case.make("approve", "kota.wali-kota", NOON)
    assert case.make("close", COORDINATOR, NOON, text="Selesai.").state == "closed"


def test_a_draft_is_sent_back_and_never_approved_by_its_drafter(town: Town) -> None:
    case = usual(town.case_in("in_follow_up"), "propose_answer", "send_back")
    case.make("propose_answer", LIAISON, NOON, text="Ditambal pada 5 Juli.")
    assert case.refuses("approve", LIAISON, NOON) == "Forbidden"
    assert case.refuses("send_back", LIAISON, NOON, reason="Sendiri.") == "Forbidden"
    assert case.refuses("approve", "pu.petugas", NOON) == "Forbidden"
    made = case.make("approve", "pu.kepala", NOON)
    assert (made.state, made.public) == ("answered", {"text": "Ditambal pada 5 Juli."})
    assert made.clocks["approval"] == "met; met"
    assert case.seen().drafter_id is None


def test_each_dispute_gives_five_more_working_days_and_no_new_first_response(town: Town) -> None:
    case = town.case_in("answered")
    usual(case, "dispute", moment="7 Jul 10:00")
    assert row_of(case, "reconsideration") == (1, "5 working days", "14 Jul 16:00", "running")
    usual(case, "answer", moment="14 Jul 16:01")
    usual(case, "dispute", moment="15 Jul 10:00")
    assert row_of(case, "reconsideration") == (2, "5 working days", "22 Jul 16:00", "running")
    usual(case, "propose_answer", "approve", "confirm", moment="22 Jul 15:00")
    assert case.clocks() == {
        "verification": "met",
        "holding": "met",
        "first_response": "met",
        "resolution": "met",
        "confirmation": "met; met; met",
        "reconsideration": "missed; met",
        "approval": "met",
    }


def test_a_question_pauses_the_resolution_and_never_the_first_response(town: Town) -> None:
    case = town.case_in("in_follow_up")
    usual(case, "ask_reporter", moment="7 Jul 10:00")
    usual(case, "reply", moment="8 Jul 15:00")
    # one closing was covered; a pause within a day covers none
    usual(case, "ask_reporter", moment="9 Jul 08:00")
    usual(case, "reply", moment="9 Jul 15:00")
    assert row_of(case, "first_response") == (1, "5 working days", "13 Jul 16:00", "running")
    assert row_of(case, "resolution") == (1, "14 working days", "27 Jul 16:00", "running")
    assert [[shown(start), shown(end)] for start, end in case.clock("resolution").pauses] == [
        ["7 Jul 10:00", "8 Jul 15:00"],
        ["9 Jul 08:00", "9 Jul 15:00"],
    ]


def test_a_breached_clock_is_not_paused(town: Town) -> None:
    case = town.case_in("in_follow_up")
    usual(case, "ask_reporter", moment="24 Jul 16:31")
    assert row_of(case, "resolution") == (1, "14 working days", "24 Jul 16:30", "running")


def test_another_class_is_another_deadline_in_a_new_term(town: Town) -> None:
    case = usual(town.case_in("in_follow_up"), "ask_reporter", moment="7 Jul 10:00")
    usual(case, "reclassify", moment="8 Jul 10:00")
    assert row_of(case, "resolution") == (2, "60 working days", "30 Sep 16:00", "paused")
    usual(case, "reply", moment="9 Jul 10:00")
    assert row_of(case, "resolution") == (2, "60 working days", "2 Oct 16:30", "running")
    back = {"classification": "not_oversight", "category": "jalan-rusak", "reason": "Keliru."}
    case.make("reclassify", COORDINATOR, "9 Jul 11:00", **back)
    assert row_of(case, "resolution") == (3, "14 working days", "28 Jul 16:00", "running")
    assert row_of(case, "first_response") == (1, "5 working days", "13 Jul 16:00", "running")


def test_a_category_alone_moves_no_deadline(town: Town) -> None:
    case = town.case_in("in_follow_up")
    before = case.clocks()
    same = {"classification": "not_oversight", "category": "antrean-rumah-sakit", "reason": "Keliru."}
    assert case.make("reclassify", COORDINATOR, NOON, **same).clocks == before
    assert row_of(case, "resolution")[0] == 1


def test_a_published_standard_is_the_holders_own_clock(town: Town) -> None:
    case = town.submit()
    health = {**DISPOSITION, "unit": "kesehatan"}
    case.make("dispose", COORDINATOR, "6 Jul 10:00", **health)
    assert row_of(case, "standard") == (1, "4 working days", "10 Jul 16:30", "running")
    # the unit below works to the standard of the agency above it, from its own start
    case.make("pass_down", "kesehatan.penghubung", "7 Jul 10:00", unit="rsud")
    assert row_of(case, "standard") == (2, "4 working days", "13 Jul 16:00", "running")
    case.make("return", "rsud.penghubung", "8 Jul 10:00", reason="Bukan kami.")
    case.make("dispose", COORDINATOR, "8 Jul 11:00", **DISPOSITION)
    assert case.clocks()["standard"] == "lapsed; lapsed"
    assert row_of(case, "resolution") == (1, "14 working days", "24 Jul 16:30", "running")


def test_one_extension_moves_every_clock_that_it_reaches(town: Town) -> None:
    case = town.submit()
    case.make("dispose", COORDINATOR, "6 Jul 10:00", **{**DISPOSITION, "unit": "kesehatan"})
    case.make("accept", "kesehatan.penghubung", "6 Jul 10:00")
    longer = {"text": "Menunggu alat.", "new_due": "2026-07-15"}
    case.make("extend", "kesehatan.penghubung", "7 Jul 10:00", **longer)
    assert row_of(case, "standard") == (2, "4 working days", "15 Jul 16:00", "running")
    assert row_of(case, "resolution") == (1, "14 working days", "24 Jul 16:30", "running")


def test_a_case_is_reassigned_inside_the_unit_and_no_clock_notices(town: Town) -> None:
    case = town.case_in("in_follow_up")
    before = case.clocks()
    made = case.make("reassign", LIAISON, "8 Jul 10:00", post="pu.petugas")
    internal, told = {"post": "pu.petugas"}, ["pu.petugas: work"]
    assert made == Made("in_follow_up", "pu", "pu.petugas", "not_oversight", before, internal=internal, told=told)
    assert case.refuses("reassign", COORDINATOR, NOON, post=LIAISON) == "Forbidden"


def test_privacy_is_only_tightened(town: Town) -> None:
    case = town.case_in("in_follow_up", reporter={"name": "Pelapor"})
    assert (case.seen().anonymous, case.seen().confidential) == (False, False)
    case.make("tighten", "pu.petugas", NOON, anonymous=True)
    case.make("tighten", "reporter", NOON, confidential=True, anonymous=True)
    assert (case.seen().anonymous, case.seen().confidential) == (True, True)


@pytest.mark.parametrize("by", [COORDINATOR, LIAISON])
def test_what_an_officer_does_for_the_reporter_is_marked(town: Town, by: str) -> None:
    case = town.case_in("answered")
    made = case.make("confirm", by, NOON, comment="Di loket.")
    assert (made.state, made.public) == ("closed", {"comment": "Di loket.", "for_reporter": True})
    assert made.told == []


def test_a_known_reporter_hears_of_what_an_officer_does_in_the_reporters_name(town: Town) -> None:
    case = town.case_in("answered", reporter=REPORTER)
    assert case.make("withdraw", "pu.penghubung", NOON).told == ["reporter: on_your_behalf"]


def test_a_case_is_found_by_its_number_as_well(town: Town) -> None:
    case = town.submit()
    actor, fields = town.who(COORDINATOR), {"reason": "unclear", "text": "Kosong."}
    with town.site.writing() as session:
        move(town.engine, session, case.number, "archive", actor=actor, fields=fields, now=at(NOON))
    assert case.state == "archived"
    with pytest.raises(NotFound), town.site.writing() as session:
        move(town.engine, session, "2026-0000-0000-0", "archive", actor=actor, fields=fields, now=at(NOON))


def test_only_the_own_door_closes_and_only_what_its_own_tree_holds(town: Town) -> None:
    case = town.submit(door="rsud")
    case.make("dispose", "rsud.koordinator-pengaduan", NOON, **DISPOSITION)
    usual(case, "accept", "answer")
    for by in ("rsud.koordinator-pengaduan", COORDINATOR):
        with pytest.raises(Forbidden):
            case.attempt("close", by, NOON, {"text": "Selesai."})
