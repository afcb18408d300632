"""What starts, pauses, extends and ends clocks, on whole cases. When they speak is in `test_clock_ladder`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from lapor.errors import InvalidFields
from lapor.machine.budget import Budget
from lapor.machine.calendar import Calendar, Window
from lapor.machine.clock import CalendarKey, Clock, Step, advance, may_extend, restart
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
    more = {"term": 1, "calendar": WEST} | more
    return Clock(name=name, budget=Budget.parse(budget), unit=unit, started_at=at(started), due_at=at(due), **more)


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
    rule = ClockRule("only", **({"budget": Budget.parse("3 working days"), "runs": ("received",)} | more))
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


# Pausing


@pytest.mark.parametrize(
    ("pauses", "due"),
    [
        pytest.param(["08-07T09:00/08-07T15:59"], "08-26T16:00", id="within a day changes nothing"),
        pytest.param(["08-07T16:01/08-08T07:00"], "08-26T16:00", id="over a night changes nothing"),
        pytest.param(["08-08T17:00/08-11T06:00"], "08-26T16:00", id="over a weekend changes nothing"),
        pytest.param(["08-18T08:00/08-18T20:00"], "08-26T16:00", id="on a holiday changes nothing"),
        pytest.param(["08-07T15:59/08-08T07:00"], "08-27T16:00", id="over one closing: one working day"),
        pytest.param(["08-07T16:00/08-07T16:01"], "08-27T16:00", id="from the closing on covers it"),
        pytest.param(["08-07T15:00/08-07T16:00"], "08-26T16:00", id="up to the closing leaves it"),
        pytest.param(["08-15T06:00/08-18T12:00"], "08-27T16:00", id="from before opening to a holiday"),
        pytest.param(["08-07T09:00/08-14T09:00"], "09-02T16:00", id="a week"),
        pytest.param(["08-07T15:00/08-08T09:00", "08-14T15:00/08-15T09:00"], "08-28T16:00", id="two pauses"),
        pytest.param(["08-07T15:00/08-07T15:30", "08-07T15:40/08-08T09:00"], "08-27T16:00", id="two in a day"),
        pytest.param(["08-26T16:00/08-27T09:00"], "08-27T16:00", id="begun at the due moment"),
    ],
)
def test_a_pause_moves_what_is_due_by_the_closings_it_covers(pauses: list[str], due: str) -> None:
    case = in_follow_up()
    for text in pauses:
        begin, end = text.split("/")
        case = case.after("ask_reporter", begin).after("reply", end)
    moved = clock("resolution", "14 working days", "08-05T09:00", due, pauses=tuple(map(pause, pauses)))
    assert case.clock("resolution") == moved


def test_only_an_hour_budget_keeps_a_remainder() -> None:
    rule = {"budget": Budget.parse("6 working hours"), "pauses": ("incomplete",)}
    case = submitted(definition=ruled(**rule)).after("ask_completion", "08-04T11:30").after("complete", "08-04T12:15")
    assert case.clock("only").due_at == at("08-05T08:15")


def test_while_a_clock_is_paused_its_due_moment_stands_still() -> None:
    running = in_follow_up().clock("resolution")
    paused = in_follow_up().after("ask_reporter", "08-07T09:00")
    assert paused.clock("resolution") == replace(running, state="paused", paused_at=at("08-07T09:00"))
    assert paused.after("reassign", "08-14T09:00").clocks == paused.clocks


def test_a_first_response_is_never_paused_away() -> None:
    case = in_follow_up().after("ask_reporter", "08-07T09:00")
    assert case.clock("first_response") == in_follow_up().clock("first_response")


def test_a_breached_clock_is_not_paused() -> None:
    late = in_follow_up().after("ask_reporter", "08-26T16:00:01")
    assert late.clock("resolution") == in_follow_up().clock("resolution")
    assert late.after("reply", "08-29T09:00").clock("resolution") == in_follow_up().clock("resolution")


def test_a_clock_does_not_start_where_it_would_pause() -> None:
    rule = {"runs": ("disposed",), "pauses": ("received", "contested")}
    case = submitted(definition=ruled(**rule)).after("dispose", "08-05T09:00", ROADS)
    assert case.terms("only") == [(1, "running")]
    assert case.after("return", "08-06T09:00").after("dispose", "08-07T09:00").terms("only") == [(1, "running")]


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


# Extension


@pytest.mark.parametrize(
    ("new_due", "due", "days"),
    [
        pytest.param("08-27", "08-27T16:00", 1, id="the next working day"),
        pytest.param("08-30", "09-01T16:00", 4, id="a Saturday is reached on Monday"),
        pytest.param("09-15", "09-15T16:00", 14, id="one further budget"),
    ],
)
def test_an_extension_adds_the_fewest_days_that_reach_the_date(new_due: str, due: str, days: int) -> None:
    told = replace(in_follow_up().clock("resolution"), rung=1, held_until=at("08-26T09:00"))
    case = replace(in_follow_up(), clocks=(told,)).after("extend", "08-26T15:00", new_due=new_due)
    extended = clock("resolution", "14 working days", "08-05T09:00", due, term=2, extension=days)
    assert case.clocks == (extended,)
    assert extended.allowed == Budget.parse(f"{14 + days} working days")


@pytest.mark.parametrize(
    ("when", "new_due", "message"),
    [
        pytest.param("08-20T09:00", "08-26", "Must be later than the due moment.", id="the due day"),
        pytest.param("08-20T09:00", "08-22", "Must be later than the due moment.", id="before it"),
        pytest.param("08-20T09:00", "09-16", "Must be at most one further budget later: 2025-09-15.", id="too late"),
        pytest.param("08-26T16:00:01", "08-27", "Must be later than the due moment.", id="breached already"),
    ],
)
def test_an_extension_that_nothing_allows_is_refused(when: str, new_due: str, message: str) -> None:
    with pytest.raises(InvalidFields) as caught:
        in_follow_up().after("extend", when, new_due=new_due)
    assert caught.value.errors == {"new_due": [message]}


def test_there_is_one_extension_at_most() -> None:
    extended = in_follow_up().after("extend", "08-26T16:00", new_due="08-27")
    with pytest.raises(InvalidFields):
        extended.after("extend", "08-27T09:00", new_due="08-28")


def test_an_extension_leaves_alone_what_is_due_later_anyway() -> None:
    before = in_follow_up(standard="5 working days")
    after = before.after("extend", "08-11T09:00", new_due="08-15")
    assert after.clock("resolution") == before.clock("resolution")
    assert after.clock("standard") == clock(
        "standard", "5 working days", "08-05T09:00", "08-15T16:00", term=2, extension=3
    )


def test_after_a_pause_an_extension_counts_from_the_later_due_moment() -> None:
    case = in_follow_up().after("ask_reporter", "08-07T15:00").after("reply", "08-08T09:00")
    case = case.after("extend", "08-20T09:00", new_due="08-28")
    assert case.clock("resolution").due_at == at("08-28T16:00")
    assert (case.clock("resolution").extension, case.clock("resolution").term) == (1, 2)


@pytest.mark.parametrize(
    ("change", "when", "answer"),
    [
        pytest.param({}, "08-26T16:00", True, id="at the due moment"),
        pytest.param({}, "08-26T16:00:01", False, id="breached"),
        pytest.param({"extension": 1}, "08-06T09:00", False, id="extended before"),
        pytest.param({"state": "paused", "paused_at": at("08-06T08:00")}, "08-06T09:00", False, id="paused"),
        pytest.param({"state": "met"}, "08-06T09:00", False, id="ended"),
    ],
)
def test_who_may_extend(change: dict[str, Any], when: str, answer: bool) -> None:
    resolution = replace(in_follow_up().clock("resolution"), **change)
    assert may_extend(COMPLAINT.clocks["resolution"], resolution, at(when)) is answer
    assert not may_extend(COMPLAINT.clocks["first_response"], resolution, at(when))


# Change of class, messages


def test_a_class_changed_twice_keeps_start_pauses_and_extension() -> None:
    before = in_follow_up().after("ask_reporter", "08-07T15:00").after("reply", "08-08T09:00")
    before = before.after("extend", "08-20T09:00", new_due="08-29")
    assert before.clock("resolution").due_at == at("08-29T16:00")
    slower = before.after("reclassify", "08-21T09:00", classification="oversight")
    assert slower.clock("resolution") == replace(
        before.clock("resolution"), term=3, budget=Budget.parse("60 working days"), due_at=at("11-03T16:00")
    )
    back = slower.after("reclassify", "08-22T09:00", classification="not_oversight")
    assert back.clock("resolution") == replace(before.clock("resolution"), term=4)


def test_a_class_changed_during_a_pause_does_not_lose_it() -> None:
    paused = in_follow_up().after("ask_reporter", "08-07T15:00")
    slower = paused.after("reclassify", "08-08T09:00", classification="oversight")
    assert (slower.clock("resolution").state, slower.clock("resolution").paused_at) == ("paused", at("08-07T15:00"))
    back = slower.after("reclassify", "08-11T09:00", classification="not_oversight").after("reply", "08-11T10:00")
    assert back.clock("resolution") == clock(
        "resolution",
        "14 working days",
        "08-05T09:00",
        "08-28T16:00",
        term=3,
        pauses=(pause("08-07T15:00/08-11T10:00"),),
    )


def test_a_new_class_tells_the_rungs_again_and_the_same_class_changes_nothing() -> None:
    case = in_follow_up()
    told = tuple(replace(clock, rung=2, held_until=at("09-01T09:00")) for clock in case.clocks)
    same = replace(case, clocks=told).after("reclassify", "08-27T09:00", classification="not_oversight")
    assert same.clocks == told
    other = same.after("reclassify", "08-27T09:00", classification="oversight")
    assert (other.clock("resolution").rung, other.clock("resolution").held_until) == (0, None)
    assert other.clock("first_response") == same.clock("first_response")


def test_a_breached_clock_that_a_new_class_relieves_pauses_from_then_on() -> None:
    late = in_follow_up().after("ask_reporter", "08-27T09:00")
    assert late.clock("resolution").state == "running"
    relieved = late.after("reclassify", "08-28T09:00", classification="oversight")
    assert (relieved.clock("resolution").state, relieved.clock("resolution").paused_at) == (
        "paused",
        at("08-28T09:00"),
    )


def test_under_a_smaller_budget_an_extension_is_still_one_further_budget_at_most() -> None:
    case = in_follow_up(classification="oversight").after("extend", "08-20T09:00", new_due="11-28")
    assert case.clock("resolution").extension == 22
    faster = case.after("reclassify", "08-21T09:00", classification="not_oversight").clock("resolution")
    assert (faster.allowed, faster.due_at) == (Budget.parse("28 working days"), at("09-15T16:00"))
    back = case.after("reclassify", "08-21T09:00", classification="not_oversight").after(
        "reclassify", "08-22T09:00", classification="oversight"
    )
    assert back.clock("resolution").due_at == case.clock("resolution").due_at


def test_a_message_starts_a_clock_anew() -> None:
    first = replace(answered().clock("confirmation"), rung=1, held_until=at("08-26T09:00"))
    assert (first.started_at, first.due_at, first.restarts) == (at("08-11T10:00"), at("08-26T16:00"), 0)
    second = restart(first, at("08-20T21:00"), calendars)
    assert second == clock("confirmation", "10 working days", "08-20T21:00", "09-03T16:00", term=2, restarts=1)
    assert restart(second, at("08-21T09:00"), calendars).restarts == 2


def test_a_paused_clock_that_starts_anew_runs_without_its_pauses() -> None:
    paused = in_follow_up().after("ask_reporter", "08-06T09:00").after("reply", "08-07T09:00")
    anew = restart(paused.after("ask_reporter", "08-08T09:00").clock("resolution"), at("08-11T09:00"), calendars)
    assert anew == clock("resolution", "14 working days", "08-11T09:00", "09-01T16:00", term=2, restarts=1)
