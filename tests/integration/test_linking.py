"""The same matter reported twice: the cases are linked, the ladder tells of it once, and each is answered."""

from __future__ import annotations

from typing import Any

import pytest

from lapor.oversight.escalation import Sweep
from tests.integration.test_ladder import MOMENTS
from tests.integration.town import COORDINATOR, DISPOSITION, REPORTER, Case, Made, Town, shown
from tests.integration.web import Web

HEAD = "pu.kepala"


def two(town: Town, state: str = "in_follow_up", **said: Any) -> tuple[Case, Case]:
    """The earlier case and one that is linked to it, both in the same unit since the same moment."""
    earlier, later = town.case_in(state, **said), town.case_in(state, **said)
    later.make("link", "pu.penghubung", "6 Jul 10:00", earlier=earlier.number)
    return earlier, later


def waits(case: Case) -> list[str | None]:
    """The moments at which its clocks began to wait, as another case tells."""
    with case.town.site.reading() as session:
        return [shown(entry.at) for entry in case.entries(session) if entry.move == "stand_by"]


def test_a_case_is_linked_to_an_earlier_one_and_no_clock_notices(town: Town) -> None:
    earlier, later = town.case_in("in_follow_up"), town.case_in("in_follow_up", "6 Jul 10:00")
    clocks = later.clocks()
    made = later.make(
        "link", "pu.penghubung", "7 Jul 09:00", earlier=earlier.number.lower(), reason="Lubang yang sama."
    )
    assert made == Made(
        "in_follow_up",
        "pu",
        "pu.penghubung",
        "not_oversight",
        clocks,
        internal={"earlier": earlier.number, "reason": "Lubang yang sama."},
    )
    assert later.seen().linked_to_id == earlier.id
    assert later.refuses("link", COORDINATOR, "7 Jul 09:01", earlier=earlier.number) == ("NotOpen", "not_linked")
    unlinked = later.make("unlink", "pu.penghubung", "7 Jul 09:02", reason="Dua lubang.")
    assert (unlinked.clocks, unlinked.internal) == (clocks, {"reason": "Dua lubang."})
    assert (later.seen().linked_to_id, town.findings("7 Jul 09:02")) == (None, [])


def test_only_to_an_open_case_that_came_in_before_and_is_there_for_the_officer(town: Town) -> None:
    earlier, case, later = (town.case_in("in_follow_up", f"{day} Jul 09:00") for day in (6, 7, 8))
    closed = town.case_in("closed", "6 Jul 09:00")
    elsewhere = town.submit("6 Jul 09:00")
    elsewhere.attempt("dispose", COORDINATOR, "6 Jul 09:00", {**DISPOSITION, "unit": "kesehatan"})

    def refused(number: str) -> Any:
        return case.refuses("link", "pu.penghubung", "9 Jul 09:00", earlier=number)

    before = {"earlier": ["Must have come in before this one: link the later case to the earlier."]}
    assert [refused(each.number) for each in (case, later)] == [before, before]
    assert refused(closed.number) == {"earlier": ["Must be a case that is open."]}
    unknown = [elsewhere.number, "2026-7QK4-M2ZD-5", "pasar"]
    assert [refused(each) for each in unknown] == [
        {"earlier": [f"There is no case with the number {each!r}."]} for each in unknown
    ]
    assert case.refuses("link", "pu.penghubung", "9 Jul 09:00") == {
        "earlier": ["Required: the tracking number of a case."]
    }
    assert case.refuses("unlink", "pu.penghubung", "9 Jul 09:00", reason="Tidak sama.") == ("NotOpen", "is_linked")
    assert case.refuses("link", "reporter", "9 Jul 09:00", earlier=earlier.number) == "Forbidden"


def test_of_linked_cases_the_ladder_tells_once(town: Town) -> None:
    earlier, later = two(town)
    done = [town.sweep(moment) for moment in MOMENTS]
    assert [sweep.rungs for sweep in done] == [1, 1, 1, 1, 1, 4]
    assert (len(earlier.told()), later.told(), later.notices()) == (9, [], ["pu.penghubung: work"])
    # it is looked at again after a working day, whenever somebody sweeps
    assert waits(later) == [*MOMENTS, MOMENTS[-1]]
    assert (town.sweep(MOMENTS[-1]), town.findings(MOMENTS[-1])) == (Sweep(), [])


def test_once_the_earlier_case_is_answered_the_later_one_is_told_of_within_a_working_day(town: Town) -> None:
    earlier, later = two(town)
    for moment in MOMENTS[:3]:
        town.sweep(moment)
    earlier.make("answer", "pu.penghubung", "15 Jul 09:00", text="Sudah ditambal.")
    assert (town.sweep("15 Jul 15:59"), later.told()) == (Sweep(), [])
    assert town.sweep("15 Jul 16:01").rungs == 3
    assert later.told() == [
        ("first_response", 0, "skipped", None),
        ("first_response", 1, "skipped", None),
        ("first_response", 2, "told", HEAD),
    ]
    assert town.findings("15 Jul 16:01") == []


def test_once_the_top_was_told_of_the_earlier_case_it_is_told_of_the_later_one_too(town: Town) -> None:
    _, later = two(town)
    for moment in (*MOMENTS, "28 Jul 16:01"):
        town.sweep(moment)
    assert later.told() == [
        *(("first_response", rung, "skipped", None) for rung in range(5)),
        ("first_response", 5, "told", "inspektorat.inspektur"),
    ]
    assert town.findings("28 Jul 16:01") == []


def test_a_case_that_is_unlinked_speaks_for_itself_again(town: Town) -> None:
    _, later = two(town)
    town.sweep(MOMENTS[0])
    later.make("unlink", COORDINATOR, "13 Jul 09:00", reason="Dua lubang.")
    town.sweep(MOMENTS[1])
    assert later.told() == [("first_response", 0, "skipped", None), ("first_response", 1, "told", HEAD)]
    assert town.findings(MOMENTS[1]) == []


def test_another_unit_is_told_of_its_own_case(town: Town) -> None:
    _, later = two(town)
    later.make("pass_down", "pu.penghubung", "6 Jul 11:00", unit="jalan")
    town.sweep(MOMENTS[0])
    assert later.told() == [("first_response", 0, "warned", "jalan.kepala")]


def test_a_case_that_is_due_before_the_earlier_one_does_not_wait_for_it(town: Town) -> None:
    earlier, later = two(town)
    earlier.make("ask_reporter", "pu.penghubung", "7 Jul 09:00", question="Di mana?")
    earlier.make("reply", "reporter", "9 Jul 09:00", text="Di depan pasar.")
    town.sweep("25 Jul 09:00")
    assert {name: rung for name, rung, outcome, _ in later.told() if outcome != "skipped"} == {"resolution": 1}
    assert town.findings("25 Jul 09:00") == []


@pytest.mark.parametrize("which", [0, 1], ids=["earlier", "later"])
def test_misconduct_is_always_told_by_itself(town: Town, which: int) -> None:
    cases = two(town)
    said = {"classification": "oversight", "category": "jalan-rusak", "reason": "Pungutan.", "reported": "pu.petugas"}
    cases[which].make("reclassify", COORDINATOR, "6 Jul 11:00", **said)
    town.sweep(MOMENTS[0])
    assert cases[1].told() == [("first_response", 0, "warned", "pu.penghubung")]


def test_each_reporter_is_reminded_and_each_case_is_closed(town: Town) -> None:
    cases = two(town, reporter=REPORTER)
    for case in cases:
        case.make("answer", "pu.penghubung", "7 Jul 09:00", text="Sudah ditambal.")
    town.sweep("21 Jul 09:00")
    town.sweep("22 Jul 09:00")
    told = ["reporter: remind", "reporter: close_unanswered"]
    assert [[note for note in case.notices() if note in told] for case in cases] == [told, told]
    assert [case.state for case in cases] == ["closed", "closed"]


def test_a_promise_for_the_earlier_case_holds_for_both(town: Town) -> None:
    earlier, later = two(town)
    for moment in MOMENTS[:2]:
        town.sweep(moment)
    earlier.acknowledge(1, HEAD, "14 Jul 09:00", promised="17 Jul 09:00")
    for moment in MOMENTS[2:4]:
        assert town.sweep(moment).rungs == 0
    assert (later.told(), town.findings(MOMENTS[3])) == ([], [])


def test_officers_see_to_what_a_case_is_linked_as_far_as_that_is_there_for_them(web: Web) -> None:
    earlier, later = web.disposed(), web.disposed()
    number, other = earlier["tracking_number"], later["tracking_number"]
    assert web.moved(later, "link", "pu.penghubung", earlier=number)["linked_to"] == number
    shown_to = {
        by: web.get(f"/complaints/{other}", by).json.get("linked_to") for by in ("pu.penghubung", COORDINATOR, HEAD)
    }
    assert shown_to == dict.fromkeys(shown_to, number)
    assert web.get(f"/complaints/{other}", later["secret"]).json.get("linked_to") is None
    assert [entry["move"] for entry in web.get(f"/complaints/{other}/trail", later["secret"]).json][-1] == "dispose"

    def listed(by: str, asked: str) -> list[str]:
        found = web.get(f"/complaints?linked_to={asked}", by).json["items"]
        return [case["tracking_number"] for case in found]

    assert listed("pu.penghubung", number) == [other]
    assert [listed("pu.penghubung", asked) for asked in (other, "2026-7QK4-M2ZD-5", "x")] == [[], [], []]
    assert [listed(by, number) for by in ("kesehatan.penghubung", later["secret"], earlier["secret"])] == [[], [], []]


def test_a_case_elsewhere_is_not_named_to_who_may_not_see_it(web: Web) -> None:
    earlier, later = web.disposed(), web.disposed()
    web.moved(later, "link", "pu.penghubung", earlier=earlier["tracking_number"])
    web.moved(earlier, "return", "pu.penghubung", reason="Bukan kami.")
    web.moved(earlier, "dispose", COORDINATOR, **{**DISPOSITION, "unit": "kesehatan"})
    number = later["tracking_number"]
    assert "linked_to" not in web.get(f"/complaints/{number}", "pu.penghubung").json
    assert web.get(f"/complaints/{number}", COORDINATOR).json["linked_to"] == earlier["tracking_number"]
    assert web.get(f"/complaints?linked_to={earlier['tracking_number']}", "pu.penghubung").json["items"] == []
