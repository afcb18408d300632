"""What moves a due moment: pauses, one extension, a change of class, a message; and what does not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lapor.errors import InvalidFields
from lapor.machine.budget import Budget
from lapor.machine.clock import may_extend, restart
from tests.unit.test_clock import (
    COMPLAINT,
    ROADS,
    answered,
    at,
    calendars,
    clock,
    in_follow_up,
    pause,
    ruled,
    submitted,
)

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


@pytest.mark.parametrize(("standard", "due", "days"), [("5 working days", "08-15", 3), ("10 working days", "08-26", 4)])
def test_an_extension_leaves_alone_what_is_due_no_earlier_anyway(standard: str, due: str, days: int) -> None:
    before = in_follow_up(standard=standard)
    after = before.after("extend", "08-11T09:00", new_due=due)
    assert after.clock("resolution") == before.clock("resolution")
    extended = clock("standard", standard, "08-05T09:00", f"{due}T16:00", term=2, extension=days)
    assert after.clock("standard") == extended


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


def test_a_standard_published_later_leaves_a_running_clock_alone() -> None:
    before = in_follow_up(standard="5 working days")
    after = before.after("reclassify", "08-06T09:00", standard=Budget.parse("2 working days"))
    assert after.clocks == before.clocks


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
