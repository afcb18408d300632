"""When clocks speak: warnings, rungs, time-outs and promises. And whole lives of cases, taken at random."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lapor.machine.budget import Budget
from lapor.machine.clock import ALIVE, Clock, Step, advance, may_extend, next_moment, rung_moments, rungs_due, timed_out
from lapor.machine.definition import CLASSES, ClockRule, Definition, Move, Rung
from lapor.machine.proof import Status, opening, turned
from lapor.machine.reader import load
from tests.unit.test_clock import (
    BRIDGES,
    CALENDARS,
    CENTRAL,
    COMPLAINT,
    DOOR,
    ISLANDS,
    ROADS,
    WEST,
    answered,
    at,
    calendars,
    clock,
    in_follow_up,
    submitted,
)

HIERARCHY, REMINDER = COMPLAINT.ladders["hierarchy"], COMPLAINT.ladders["reminder"]
OFFICE = CALENDARS[WEST]
TICK = timedelta.resolution
# from Monday 10:00 to Thursday 16:00 are 31.5 working hours, of which 80 % are over on Thursday at 09:42
VERIFICATION = submitted().clock("verification")
MOMENTS = ["08-07T09:42", "08-07T16:00", "08-08T16:00", "08-12T16:00", "08-14T16:00", "08-22T16:00"]


def verification(**changed: Any) -> Clock:
    return replace(VERIFICATION, **changed)


def next_of(clock: Clock) -> datetime | None:
    rule = COMPLAINT.clocks[clock.name]
    return next_moment(clock, rule, COMPLAINT.ladders[rule.ladder or ""], OFFICE)


def test_the_rungs_of_a_ladder_have_their_moments() -> None:
    assert rung_moments(VERIFICATION, HIERARCHY, OFFICE) == [at(text) for text in MOMENTS]


@pytest.mark.parametrize(
    ("rung", "moment"),
    [
        (Rung("owner", share=1), "08-04T10:18:54"),
        (Rung("owner", share=50), "08-06T08:45"),
        (Rung("owner"), "08-07T16:00"),
        (Rung("owner", after=Budget.parse("2 hours")), "08-07T18:00"),
        (Rung("owner", after=Budget.parse("2 working hours")), "08-08T09:30"),
        (Rung("owner", after=Budget.parse("2 calendar days")), "08-11T16:00"),
    ],
)
def test_a_rung_counts_working_time_to_the_due_moment_or_any_budget_from_it(rung: Rung, moment: str) -> None:
    assert rung_moments(VERIFICATION, [rung], OFFICE) == [at(moment)]


def test_a_share_leaves_pauses_out() -> None:
    paused = submitted().after("ask_completion", "08-05T08:30").after("complete", "08-06T08:30").clock("verification")
    # 31.5 hours again: the pause took 8.5, the further day gave them back
    assert paused.due_at == at("08-08T16:00")
    assert rung_moments(paused, HIERARCHY[:1], OFFICE) == [at("08-08T09:42")]


def test_without_working_time_before_it_a_warning_comes_at_the_due_moment() -> None:
    night = clock("verification", "1 hour", "08-04T20:00", "08-04T21:00")
    assert rung_moments(night, HIERARCHY[:2], OFFICE) == [at("08-04T21:00"), at("08-04T21:00")]


@pytest.mark.parametrize(("rung", "moment"), [*enumerate(map(at, MOMENTS)), (6, None)])
def test_a_clock_asks_next_for_the_first_rung_not_told(rung: int, moment: datetime | None) -> None:
    assert next_of(verification(rung=rung)) == moment


@pytest.mark.parametrize(
    "changed",
    [
        {"state": "paused", "paused_at": at("08-05T09:00")},
        {"state": "met", "stopped_at": at("08-05T09:00")},
        {"state": "missed", "stopped_at": at("08-15T09:00")},
        {"state": "lapsed", "stopped_at": at("08-05T09:00")},
        {"rung": 6},
    ],
    ids=str,
)
def test_a_clock_that_stands_still_or_told_the_top_asks_for_nothing(changed: dict[str, Any]) -> None:
    assert next_of(verification(**changed)) is None


@pytest.mark.parametrize("rung", range(6))
def test_a_moment_has_passed_only_when_it_lies_before_now(rung: int) -> None:
    moment = at(MOMENTS[rung])
    assert rungs_due(verification(rung=rung), HIERARCHY, OFFICE, moment) == []
    assert rungs_due(verification(rung=rung), HIERARCHY, OFFICE, moment + TICK) == [rung]


@pytest.mark.parametrize(
    ("rung", "now", "due"),
    [
        (0, "08-04T10:00", []),
        (0, "08-13T09:00", [0, 1, 2, 3]),
        (2, "08-13T09:00", [2, 3]),
        (4, "08-13T09:00", []),
        (0, "12-01T09:00", [0, 1, 2, 3, 4, 5]),
        (6, "12-01T09:00", []),
    ],
)
def test_after_a_downtime_every_rung_not_told_is_due(rung: int, now: str, due: list[int]) -> None:
    assert rungs_due(verification(rung=rung), HIERARCHY, OFFICE, at(now)) == due


def test_a_clock_set_back_makes_nothing_due_twice() -> None:
    told = verification(rung=4)
    assert rungs_due(told, HIERARCHY, OFFICE, at("08-12T16:00:01")) == []
    assert rungs_due(told, HIERARCHY, OFFICE, at("08-05T09:00")) == []


@pytest.mark.parametrize(
    ("held", "moment"),
    [
        pytest.param("08-11T12:00", "08-11T12:00", id="later than the rung"),
        pytest.param("08-06T12:00", "08-08T16:00", id="earlier than the rung"),
    ],
)
def test_the_next_rung_waits_for_a_promised_date(held: str, moment: str) -> None:
    promised = verification(rung=2, held_until=at(held))
    assert next_of(promised) == at(moment)
    assert rungs_due(promised, HIERARCHY, OFFICE, at(moment)) == []
    assert rungs_due(promised, HIERARCHY, OFFICE, at(moment) + TICK) == [2]


def test_beyond_the_top_a_promise_asks_for_nothing() -> None:
    assert next_of(verification(rung=6, held_until=at("09-01T09:00"))) is None


def test_after_an_extension_the_ladder_begins_again_from_the_new_due_moment() -> None:
    case = in_follow_up()
    told = replace(case.clock("resolution"), rung=1)
    extended = replace(case, clocks=(told,)).after("extend", "08-26T09:00", new_due="09-02").clock("resolution")
    assert rung_moments(extended, HIERARCHY[1:3], OFFICE) == [at("09-02T16:00"), at("09-03T16:00")]
    assert rungs_due(extended, HIERARCHY, OFFICE, at("09-02T16:00:01")) == [0, 1]


# Time-outs


def test_a_clock_with_a_time_out_reminds_first_and_then_asks_for_its_move() -> None:
    confirmation = answered().clock("confirmation")
    reminder = rung_moments(confirmation, REMINDER, OFFICE)[0]
    assert reminder < confirmation.due_at == at("08-26T16:00")
    assert next_of(confirmation) == reminder
    assert next_of(replace(confirmation, rung=1)) == confirmation.due_at
    assert next_of(replace(confirmation, rung=1, held_until=at("09-01T09:00"))) == at("09-01T09:00")


def test_a_time_out_needs_no_ladder() -> None:
    confirmation = answered().clock("confirmation")
    assert next_moment(confirmation, COMPLAINT.clocks["confirmation"], (), OFFICE) == confirmation.due_at


@pytest.mark.parametrize(
    ("changed", "now", "answer"),
    [
        ({}, "08-26T16:00", False),
        ({}, "08-26T16:00:00.000001", True),
        ({"state": "paused", "paused_at": at("08-12T09:00")}, "09-26T16:00", False),
        ({"state": "met", "stopped_at": at("08-12T09:00")}, "09-26T16:00", False),
        ({"held_until": at("08-27T16:00")}, "08-27T16:00", False),
        ({"held_until": at("08-27T16:00")}, "08-27T16:00:00.000001", True),
    ],
)
def test_a_time_out_has_come_when_the_due_moment_lies_before_now(
    changed: dict[str, Any], now: str, answer: bool
) -> None:
    confirmation = replace(answered().clock("confirmation"), **changed)
    assert timed_out(confirmation, COMPLAINT.clocks["confirmation"], at(now)) is answer
    assert not timed_out(confirmation, COMPLAINT.clocks["review"], at(now))


# Whole lives


KINDS = {
    name: load(Path(__file__).parents[2] / "workflows" / f"{name}.yaml")
    for name in ("complaint", "aspiration", "information_request")
}
STANDARD = Budget.parse("3 working days")


@dataclass(frozen=True)
class Life:
    """One case after each of its steps: the clocks, and their abstract status as the proofs see it."""

    step: Step
    clocks: list[Clock]
    statuses: dict[str, Status]


def takes_class(move: Move) -> bool:
    return any(need.type == "classification" for need in move.needs)


@st.composite
def lives(draw: st.DrawFn, definition: Definition) -> list[Life]:
    """A case that is submitted and then moved at random; guards are not asked, every unit has a standard."""
    now, holder, classification = at("08-01T09:00"), DOOR, None
    step = Step(None, None, definition.initial, now, DOOR, False, WEST, WEST, None, STANDARD)
    statuses = {rule.name: opening(rule, definition.initial) for rule in definition.clocks.values()}
    life = [Life(step, advance(definition, [], step, calendars), statuses)]
    for _ in range(draw(st.integers(5, 25))):
        here = life[-1]
        ways = [move for move in definition.moves.values() if here.step.target in move.sources]
        if not ways:
            break
        onward = [move for move in ways if not definition.states[move.leads_to(here.step.target)].closed]
        move = draw(st.sampled_from(onward * 3 + ways))
        now += timedelta(minutes=draw(st.integers(1, 5 * 24 * 60)))
        holder = draw(st.sampled_from([ROADS, BRIDGES, ISLANDS])) if move.holder else holder
        classification = draw(st.sampled_from(CLASSES)) if takes_class(move) else classification
        step = Step(
            move=move,
            source=here.step.target,
            target=move.leads_to(here.step.target),
            at=now,
            holder=holder,
            holder_changes=move.holder,
            door_calendar=WEST,
            holder_calendar=CENTRAL if holder == ISLANDS else WEST,
            classification=classification,
            standard=STANDARD,
        )
        step = extending(definition, here.clocks, step, draw(st.integers(1, STANDARD.amount)))
        statuses = {
            rule.name: turned(rule, here.statuses[rule.name], move, here.step.target)
            for rule in definition.clocks.values()
        }
        life.append(Life(step, advance(definition, here.clocks, step, calendars), statuses))
    return life


def extending(definition: Definition, clocks: list[Clock], step: Step, days: int) -> Step:
    """The step with a date that extends the clock that is due first, where it may be extended so far."""
    rules = definition.clocks
    dues = [
        clock.due_at
        for clock in clocks
        if step.is_by(rules[clock.name].extended_by) and may_extend(rules[clock.name], clock, step.at)
    ]
    return replace(step, new_due=OFFICE.add_days(OFFICE.day(min(dues)), days)) if dues else step


def is_late(life: Life, clock: Clock) -> bool:
    return life.statuses[clock.name] is Status.PAUSED and clock.state == "running" and life.step.at > clock.due_at


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
@settings(max_examples=150)
def test_clocks_turn_as_the_proofs_assume_but_a_breached_one_is_not_paused(kind: str, data: st.DataObject) -> None:
    for life in data.draw(lives(KINDS[kind])):
        seen = {
            clock.name: "paused" if is_late(life, clock) else clock.state for clock in life.clocks if clock.is_alive
        }
        assert seen == {name: status for name, status in life.statuses.items() if status in ALIVE}


def may_move(rule: ClockRule, before: Clock, step: Step) -> bool:
    extends = step.new_due is not None and step.is_by(rule.extended_by)
    reclassifies = not isinstance(rule.budget, Budget | None) and step.move is not None and takes_class(step.move)
    return before.state == "paused" or extends or reclassifies


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
@settings(max_examples=150)
def test_only_a_resumption_an_extension_or_a_new_class_moves_a_due_moment(kind: str, data: st.DataObject) -> None:
    walk = data.draw(lives(KINDS[kind]))
    for earlier, later in pairwise(walk):
        after = {(clock.name, clock.started_at): clock for clock in later.clocks}
        for before in earlier.clocks:
            kept = after[before.name, before.started_at]
            assert (kept.started_at, kept.calendar, kept.unit) == (before.started_at, before.calendar, before.unit)
            assert kept.due_at == calendars(kept.calendar).due(kept.started_at, kept.allowed, kept.pauses)
            if not before.is_alive:
                assert kept == before
            elif not may_move(KINDS[kind].clocks[before.name], before, later.step):
                assert (kept.due_at, kept.term, kept.pauses) == (before.due_at, before.term, before.pauses)


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
@settings(max_examples=100)
def test_terms_of_a_clock_grow_and_never_more_than_one_of_a_name_is_alive(kind: str, data: st.DataObject) -> None:
    for life in data.draw(lives(KINDS[kind])):
        for name in KINDS[kind].clocks:
            terms = [clock for clock in life.clocks if clock.name == name]
            assert [clock.term for clock in terms] == sorted({clock.term for clock in terms})
            assert [clock.started_at for clock in terms] == sorted(clock.started_at for clock in terms)
            assert all(not clock.is_alive for clock in terms[:-1])


@given(
    rung=st.integers(0, 6),
    held=st.none() | st.integers(0, 30 * 24 * 60),
    passed=st.integers(0, 40 * 24 * 60),
)
@settings(max_examples=200)
def test_a_rung_is_due_exactly_when_the_next_moment_lies_before_now(rung: int, held: int | None, passed: int) -> None:
    until = None if held is None else VERIFICATION.started_at + timedelta(minutes=held)
    told = verification(rung=rung, held_until=until)
    now = VERIFICATION.started_at + timedelta(minutes=passed)
    following = next_of(told)
    assert bool(rungs_due(told, HIERARCHY, OFFICE, now)) is (following is not None and following < now)
