"""Appeals and objections: the next higher post that took no part decides, then the next, the inspector last."""

from __future__ import annotations

import pytest

from tests.integration.town import COORDINATOR, DISPOSITION, USUAL, Case, Town

NOON = "6 Jul 12:00"
WHY = {"reason": "Keberatan."}


@pytest.fixture
def town(shared_town: Town) -> Town:
    """These look at cases of their own only."""
    return shared_town


def reviewer(case: Case) -> str | None:
    row = case.seen()
    return case.town.engine.organisation.posts[row.reviewer_id].code if row.reviewer_id else None


def decided(case: Case, ask: str, decide: str) -> str | None:
    """Ask for a review and let whoever is appointed decide; who it was, None where nobody is left."""
    case.make(ask, "reporter", NOON, **WHY)
    appointed = reviewer(case)
    case.make(decide, appointed or "", NOON, **USUAL[decide][1])
    assert reviewer(case) is None
    return appointed


def test_an_appeal_climbs_to_the_next_higher_post_each_time(town: Town) -> None:
    case = town.case_in("closed")
    # the secretary above the liaison officer is vacant
    climbed = [decided(case, "appeal", "uphold") for _ in range(4)]
    assert climbed == ["pu.kepala", "setda.sekda", "kota.wali-kota", "inspektorat.inspektur"]
    assert case.refuses("appeal", "reporter", NOON, **WHY) == ("NotOpen", "higher_post_left")
    assert case.clocks()["review"] == "met; met; met; met"


def test_whoever_took_part_does_not_review(town: Town) -> None:
    case = town.case_in("in_follow_up")
    case.make("reassign", "pu.kepala", NOON, post="pu.petugas")
    case.goes("answer", moment=NOON)
    assert decided(case, "appeal", "overturn") == "setda.sekda"
    case.goes("answer", moment=NOON)
    assert decided(case, "appeal", "overturn") == "kota.wali-kota"


def test_where_nobody_owns_the_case_the_head_of_the_unit_is_the_next_higher_post(town: Town) -> None:
    case = town.case_in("contested")
    case.goes("arbitrate", "answer", moment=NOON)
    assert case.seen().owner_id is None
    assert decided(case, "appeal", "uphold") == "pu.kepala"


def test_an_objection_goes_to_the_next_post_above_the_coordinator(town: Town) -> None:
    case = town.case_in("archived")
    climbed = [decided(case, "object", "uphold_refusal") for _ in range(3)]
    assert climbed == ["setda.sekda", "kota.wali-kota", "inspektorat.inspektur"]
    assert case.refuses("object", "reporter", NOON, **WHY) == ("NotOpen", "higher_post_left")
    assert case.state == "archived"


def test_an_upheld_block_can_be_objected_to_at_the_next_post(town: Town) -> None:
    case = town.case_in("blocked")
    assert decided(case, "object", "uphold_block") == "setda.sekda"
    assert decided(case, "object", "readmit") == "kota.wali-kota"
    assert case.state == "received"


def test_a_readmitted_complaint_is_verified_anew_and_goes_its_way(town: Town) -> None:
    case = town.case_in("objected")
    case.make("readmit", "setda.sekda", "7 Jul 10:00", reason="Cukup jelas.")
    assert case.clocks()["verification"] == "met; running, 10 Jul 16:30"
    case.goes("dispose", "accept", "answer", "confirm", moment="8 Jul 10:00")
    assert case.clocks()["verification"] == "met; met"
    assert case.trail()[-5:] == ["readmit", "dispose", "accept", "answer", "confirm"]


def test_a_reported_post_does_not_review(town: Town) -> None:
    case = town.submit()
    case.make("dispose", COORDINATOR, NOON, **DISPOSITION, reported="pu.kepala, setda.sekda")
    case.goes("accept", "answer", moment=NOON)
    assert decided(case, "appeal", "overturn") == "kota.wali-kota"


def test_a_door_without_a_coordinator_of_its_own_has_the_one_above(town: Town) -> None:
    case = town.submit(door="pu")
    case.goes("archive", moment=NOON)
    assert decided(case, "object", "readmit") == "setda.sekda"


def test_a_reviewer_from_another_unit_sees_the_case_until_it_is_decided(town: Town) -> None:
    case = town.case_in("closed")
    decided(case, "appeal", "uphold")
    case.make("appeal", "reporter", NOON, **WHY)
    assert reviewer(case) == "setda.sekda"
    assert case.refuses("uphold", "pu.kepala", NOON, text="Tetap.") == "Forbidden"
    case.make("overturn", "setda.sekda", NOON, reason="Belum selesai.")
    assert case.refuses("tighten", "setda.sekda", NOON, confidential=True) == "NotFound"
