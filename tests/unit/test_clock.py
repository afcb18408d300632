"""What starts and what ends clocks, on whole cases. What moves a due moment, and when a clock speaks, stand beside."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from lapor.machine.budget import Budget
from lapor.machine.calendar import Calendar, Window
from lapor.machine.clock import CalendarKey, Clock, Step, advance
from lapor.machine.definition import ClockRule, Definition
from lapor.machine.reader import load

COMPLAINT = load(Path(__file__).parents[2] / "workflows" / "complaint.yaml")
WEEK = dict.fromkeys(range(5), (Window.parse("07:30", "16:00"),))
WEST, CENTRAL = CalendarKey("Asia/Jakarta", 1), CalendarKey("Asia/Makassar", 1)
# 4 August 2025 is a Monday
HOLIDAY = {date(2025, 8, 18): "Cuti bersama"}
CALENDARS = {key: Calendar(key.zone, WEEK, HOLIDAY, version=key.version) for key in (WEST, CENTRAL)}
DOOR, ROADS, BRIDGES, ISLANDS = 1, 10, 11, 20
calendars = CALENDARS.__getitem__


def at(text: str, zone: str = "Asia/Jakarta") -> datetime:
    """A local moment, of 2025 where no year is named."""
    return datetime.fromisoformat(text if text.startswith("20") else f"2025-{text}").replace(tzinfo=ZoneInfo(zone))


def clock(name: str, budget: str, started: str, due: str, *, unit: int = ROADS, **more: Any) -> Clock:
    given: dict[str, Any] = {"term": 1, "calendar": WEST, **more}
    return Clock(name=name, budget=Budget.parse(budget), unit=unit, started_at=at(started), due_at=at(due), **given)


def pause(text: str) -> tuple[datetime, datetime]:
    begin, end = text.split("/")
    return at(begin), at(end)


@dataclass(frozen=True)
class Case:
    """A case as clocks see it. `after` makes one move; guards are not asked."""

    state: str
    clocks: tuple[Clock, ...]
    definition: Definition = COMPLAINT
    holder: int = DOOR
    classification: str | None = None
    standard: Budget | None = None

    def after(
        self, name: str, when: str, holder: int | None = None, *, new_due: str | None = None, **known: Any
    ) -> Case:
        move = self.definition.moves[name]
        case = replace(self, state=move.leads_to(self.state), holder=holder or self.holder, **known)
        step = Step(
            move=move,
            source=self.state,
            target=case.state,
            at=at(when),
            holder=case.holder,
            holder_changes=move.holder,
            door_calendar=WEST,
            holder_calendar=CENTRAL if case.holder == ISLANDS else WEST,
            classification=case.classification,
            standard=case.standard,
            new_due=date.fromisoformat(f"2025-{new_due}") if new_due else None,
        )
        return replace(case, clocks=tuple(advance(self.definition, self.clocks, step, calendars)))

    def clock(self, name: str) -> Clock:
        return [clock for clock in self.clocks if clock.name == name][-1]

    def terms(self, name: str) -> list[tuple[int, str]]:
        return [(clock.term, clock.state) for clock in self.clocks if clock.name == name]

    def alive(self) -> set[str]:
        return {clock.name for clock in self.clocks if clock.is_alive}


def submitted(when: str = "08-04T10:00", standard: str | None = None, definition: Definition = COMPLAINT) -> Case:
    initial = definition.initial
    step = Step(None, None, initial, at(when), DOOR, False, WEST, WEST, None)
    budget = Budget.parse(standard) if standard else None
    return Case(initial, tuple(advance(definition, [], step, calendars)), definition, standard=budget)


def disposed(holder: int = ROADS, classification: str | None = "not_oversight", **more: Any) -> Case:
    return submitted(**more).after("dispose", "08-05T09:00", holder, classification=classification)


def in_follow_up(**more: Any) -> Case:
    return disposed(**more).after("accept", "08-05T10:00")


def answered(when: str = "08-11T10:00", **more: Any) -> Case:
    return in_follow_up(**more).after("answer", when)


def ruled(**more: Any) -> Definition:
    """The complaint with one clock alone."""
    given: dict[str, Any] = {"budget": Budget.parse("3 working days"), "runs": ("received",), **more}
    rule = ClockRule("only", **given)
    return replace(COMPLAINT, clocks={"only": rule})


# Starting


def test_a_submission_starts_the_clocks_of_the_initial_state_only() -> None:
    assert submitted().clocks == (clock("verification", "3 working days", "08-04T10:00", "08-07T16:00", unit=DOOR),)


def test_a_disposition_meets_the_door_and_starts_the_holder_and_the_citizen() -> None:
    met = {"state": "met", "stopped_at": at("08-05T09:00")}
    assert disposed(standard="2 working days").clocks == (
        clock("verification", "3 working days", "08-04T10:00", "08-07T16:00", unit=DOOR, **met),
        clock("holding", "2 working days", "08-05T09:00", "08-07T16:00"),
        clock("first_response", "5 working days", "08-05T09:00", "08-12T16:00"),
        clock("resolution", "14 working days", "08-05T09:00", "08-26T16:00"),
        clock("standard", "2 working days", "08-05T09:00", "08-07T16:00"),
    )


def test_a_clock_of_the_holder_keeps_the_holders_zone_and_the_citizens_the_zone_of_the_door() -> None:
    case = disposed(ISLANDS)
    assert (case.clock("holding").calendar, case.clock("resolution").calendar) == (CENTRAL, WEST)
    assert case.clock("holding").due_at == at("08-07T16:00", "Asia/Makassar") == at("08-07T15:00")
    assert case.clock("resolution").due_at == at("08-26T16:00")


@pytest.mark.parametrize(
    ("when", "due"),
    [
        ("08-04T23:59", "08-07T16:00"),
        ("08-05T00:00", "08-08T16:00"),
        ("08-15T16:30", "08-21T16:00"),
        ("08-18T10:00", "08-21T16:00"),
        ("12-31T23:59", "2026-01-05T16:00"),
    ],
)
def test_the_day_of_receipt_is_day_0(when: str, due: str) -> None:
    assert submitted(when).clock("verification").due_at == at(due)


def test_a_clock_without_a_published_standard_does_not_exist() -> None:
    assert in_follow_up().terms("standard") == []


@pytest.mark.parametrize(
    ("classification", "budget", "due"),
    [
        ("oversight", "60 working days", "10-29T16:00"),
        ("not_oversight", "14 working days", "08-26T16:00"),
        (None, "14 working days", "08-26T16:00"),
    ],
)
def test_the_class_decides_the_budget_and_without_one_the_strictest_holds(
    classification: str | None, budget: str, due: str
) -> None:
    case = disposed(classification=classification)
    assert case.clock("resolution") == clock("resolution", budget, "08-05T09:00", due)
    assert case.after("accept", "08-06T09:00").clock("resolution") == case.clock("resolution")


@pytest.mark.parametrize(
    ("oversight", "not_oversight", "strictest"),
    [
        ("5 working days", "3 working hours", "3 working hours"),
        ("4 calendar days", "5 hours", "5 hours"),
        ("2 working days", "10 calendar days", "2 working days"),
        ("30 working hours", "2 working days", "2 working days"),
    ],
)
def test_the_strictest_budget_is_the_one_that_is_due_first(oversight: str, not_oversight: str, strictest: str) -> None:
    budget = {"oversight": Budget.parse(oversight), "not_oversight": Budget.parse(not_oversight)}
    case = submitted(definition=ruled(budget=budget, pauses=("incomplete",)))
    assert case.clock("only").budget == Budget.parse(strictest)
    later = case.after("ask_completion", "08-07T15:00").after("complete", "08-07T15:30")
    assert (later.clock("only").budget, later.clock("only").term) == (Budget.parse(strictest), 1)


def test_a_clock_that_starts_by_moves_waits_for_them() -> None:
    assert "arbitration" not in in_follow_up().alive()
    contested = disposed().after("return", "08-06T09:00")
    assert contested.clock("arbitration") == clock("arbitration", "1 working day", "08-06T09:00", "08-07T16:00")


def test_a_clock_may_start_by_a_move_that_stays_and_a_second_one_does_not_restart_it() -> None:
    asked = in_follow_up().after("ask_arbitration", "08-06T09:00")
    assert asked.clock("arbitration") == clock("arbitration", "1 working day", "08-06T09:00", "08-07T16:00")
    assert asked.after("ask_arbitration", "08-07T09:00").clocks == asked.clocks


@pytest.mark.parametrize(
    ("moves", "starts"),
    [
        (["dispute"], True),
        (["correct"], True),
        (["appeal", "overturn"], True),
        (["confirm", "appeal", "overturn"], True),
        (["confirm", "appeal", "uphold"], False),
    ],
)
def test_reconsideration_starts_where_an_answer_did_not_stand(moves: list[str], starts: bool) -> None:
    case = answered()
    for move in moves:
        case = case.after(move, "08-12T09:00")
    assert ("reconsideration" in case.alive()) is starts


def test_a_clock_entered_again_starts_a_new_term() -> None:
    again = in_follow_up().after("propose_answer", "08-06T09:00").after("send_back", "08-07T09:00")
    again = again.after("propose_answer", "08-08T09:00")
    assert again.terms("approval") == [(1, "met"), (2, "running")]
    assert again.clock("approval").started_at == at("08-08T09:00")


def test_what_met_a_clock_does_not_start_it_in_the_same_move() -> None:
    case = submitted(definition=ruled(runs=("received", "disposed"), met_by=("dispose",)))
    assert case.after("dispose", "08-05T09:00", ROADS).terms("only") == [(1, "met")]


def test_a_move_may_meet_a_clock_and_start_it_by_name() -> None:
    rule = {"runs": ("disposed", "in_follow_up"), "starts_by": ("dispose", "accept"), "met_by": ("accept",)}
    case = submitted(definition=ruled(**rule)).after("dispose", "08-05T09:00", ROADS)
    assert case.after("accept", "08-06T09:00").terms("only") == [(1, "met"), (2, "running")]


@pytest.mark.parametrize("name", ["first_response", "resolution"])
def test_a_clock_that_runs_once_does_not_start_again(name: str) -> None:
    case = answered(standard="9 working days").after("dispute", "08-12T09:00").after("answer", "08-13T09:00")
    case = case.after("confirm", "08-14T09:00").after("appeal", "08-15T09:00").after("overturn", "08-19T09:00")
    assert case.terms(name) == [(1, "met")]
    assert case.terms("reconsideration") == [(1, "met"), (2, "running")]


# The holder's clocks and the citizen's


def test_returns_and_re_routings_leave_the_citizens_clocks_alone() -> None:
    case = disposed()
    kept = {name: case.clock(name) for name in ("first_response", "resolution")}
    case = case.after("return", "08-06T09:00").after("dispose", "08-07T09:00", ISLANDS).after("recall", "08-08T09:00")
    case = case.after("arbitrate", "08-11T09:00", BRIDGES).after("pass_down", "08-12T09:00", ROADS)
    assert {name: case.clock(name) for name in kept} == kept
    assert case.terms("holding") == [(1, "met"), (2, "lapsed")]


def test_passing_down_before_acceptance_starts_the_holders_clocks_anew() -> None:
    before = disposed(standard="5 working days")
    after = before.after("pass_down", "08-06T09:00", ISLANDS)
    assert after.terms("holding") == [(1, "met"), (2, "running")]
    assert after.terms("standard") == [(1, "lapsed"), (2, "running")]
    assert after.clock("holding") == replace(
        clock("holding", "2 working days", "08-06T09:00", "08-08T15:00", unit=ISLANDS), calendar=CENTRAL, term=2
    )
    assert after.clock("resolution") == before.clock("resolution")


def test_passing_down_after_acceptance_starts_the_standard_alone_anew() -> None:
    after = in_follow_up(standard="5 working days").after("pass_down", "08-06T09:00", BRIDGES)
    assert after.terms("holding") == [(1, "met")]
    assert after.terms("standard") == [(1, "lapsed"), (2, "running")]


def test_the_standard_runs_once_per_holder() -> None:
    disputed = answered(standard="9 working days").after("dispute", "08-12T09:00")
    assert disputed.terms("standard") == [(1, "met")]
    elsewhere = disputed.after("arbitrate", "08-13T09:00", BRIDGES)
    assert elsewhere.terms("standard") == [(1, "met"), (2, "running")]
    again = elsewhere.after("answer", "08-14T09:00").after("dispute", "08-15T09:00")
    assert again.terms("standard") == [(1, "met"), (2, "met")]
    back = again.after("arbitrate", "08-19T09:00", ROADS)
    assert back.terms("standard") == [(1, "met"), (2, "met"), (3, "running")]


def test_a_disposition_to_the_same_unit_is_a_new_disposition() -> None:
    again = disposed(standard="9 working days").after("return", "08-06T09:00").after("dispose", "08-07T09:00", ROADS)
    assert again.terms("holding") == [(1, "met"), (2, "running")]
    assert again.terms("standard") == [(1, "lapsed"), (2, "running")]


def test_a_holder_who_got_the_case_without_a_standard_may_have_one_at_the_next_entry() -> None:
    first = disposed(standard="9 working days")
    without = first.after("pass_down", "08-06T09:00", BRIDGES, standard=None)
    assert without.terms("standard") == [(1, "lapsed")]
    published = without.after("accept", "08-07T09:00", standard=Budget.parse("4 working days"))
    assert published.clock("standard") == clock(
        "standard", "4 working days", "08-07T09:00", "08-13T16:00", unit=BRIDGES, term=2
    )


@pytest.mark.parametrize(
    ("moves", "terms"),
    [
        pytest.param("dispose pass_down", [], id="not before it was started"),
        pytest.param("dispose return dispose", [(1, "lapsed"), (2, "running")], id="while it is alive"),
        pytest.param(
            "dispose return arbitrate pass_down",
            [(1, "lapsed"), (2, "lapsed"), (3, "running")],
            id="again and again",
        ),
        pytest.param(
            "dispose return arbitrate note_progress pass_down", [(1, "lapsed"), (2, "met")], id="not once it has ended"
        ),
    ],
)
def test_a_clock_that_starts_by_moves_starts_anew_with_the_holder_only_while_alive(
    moves: str, terms: list[tuple[int, str]]
) -> None:
    runs = ("disposed", "contested", "in_follow_up")
    rule = {"runs": runs, "starts_by": ("return",), "anew": "holder", "met_by": ("note_progress",)}
    case = submitted(definition=ruled(**rule))
    for day, move in enumerate(moves.split(), 5):
        case = case.after(move, f"08-{day:02}T09:00", BRIDGES)
    assert case.terms("only") == terms


# Ending


@pytest.mark.parametrize(
    ("when", "state"),
    [("08-26T15:59:59", "met"), ("08-26T16:00", "met"), ("08-26T16:00:01", "missed"), ("12-01T09:00", "missed")],
)
def test_what_is_done_at_the_due_moment_is_done_in_time(when: str, state: str) -> None:
    before = in_follow_up().clock("resolution")
    assert answered(when).clock("resolution") == replace(before, state=state, stopped_at=at(when))


def test_elsewhere_a_clock_lapses_and_nothing_moves_it_any_more() -> None:
    case = in_follow_up().after("withdraw", "09-01T09:00")
    assert case.clock("resolution") == replace(
        in_follow_up().clock("resolution"), state="lapsed", stopped_at=at("09-01T09:00")
    )
    assert case.alive() == set()
    assert case.after("tighten", "09-02T09:00").clocks == case.clocks


@pytest.mark.parametrize(("move", "state"), [("archive", "met"), ("block", "met"), ("expire", "lapsed")])
def test_a_paused_clock_that_ends_has_its_pause_counted(move: str, state: str) -> None:
    case = submitted().after("ask_completion", "08-05T09:00").after(move, "09-05T09:00")
    assert case.clock("verification") == clock(
        "verification",
        "3 working days",
        "08-04T10:00",
        "09-09T16:00",
        unit=DOOR,
        pauses=(pause("08-05T09:00/09-05T09:00"),),
        state=state,
        stopped_at=at("09-05T09:00"),
    )


@pytest.mark.parametrize("move", ["note_progress", "extend", "answer", "propose_answer approve"])
def test_a_progress_note_an_interim_reply_or_an_answer_is_a_first_response(move: str) -> None:
    case = in_follow_up()
    for name in move.split():
        case = case.after(name, "08-12T16:00")
    assert case.terms("first_response") == [(1, "met")]


@pytest.mark.parametrize("move", ["ask_reporter", "propose_answer", "reassign", "ask_arbitration", "tighten"])
def test_nothing_else_is_a_first_response(move: str) -> None:
    assert in_follow_up().after(move, "08-12T16:00").clock("first_response") == in_follow_up().clock("first_response")
