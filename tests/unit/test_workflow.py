"""Firing moves: what is open, what a guard refuses, and that nothing moves where something fails."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lapor.errors import NotOpen
from lapor.machine.definition import Limits
from lapor.machine.guards import Facts
from lapor.machine.reader import load
from lapor.machine.workflow import Workflow

COMPLAINT = Workflow(load(Path(__file__).parents[2] / "workflows" / "complaint.yaml"))
SMALL = Workflow(load(Path(__file__).parent / "definitions" / "sound.yaml"))
NOW = datetime(2025, 8, 5, 2, 0, tzinfo=UTC)
FREE = Facts(
    now=NOW,
    state="",
    previous=None,
    tally={},
    bound=False,
    limits=Limits(),
    window_ends=None,
    ombudsman_from=NOW,
    higher_post=True,
    extendable=True,
    arbitration_pending=False,
    hidden=False,
    linked=False,
)


def knowing(**known: Any) -> Facts:
    return replace(FREE, **known)


def previous_for(guards: tuple[str, ...]) -> str:
    return "blocked" if "was_blocked" in guards else "archived"


@pytest.mark.parametrize("workflow", [COMPLAINT, SMALL], ids=["complaint", "small"])
def test_every_move_leads_where_the_definition_says(workflow: Workflow) -> None:
    for name, move in workflow.definition.moves.items():
        facts = knowing(previous=previous_for(move.guards), hidden=True, linked="is_linked" in move.guards)
        for source in move.sources:
            assert workflow.fire(source, name, facts) == (move.target or source)


@pytest.mark.parametrize("workflow", [COMPLAINT, SMALL], ids=["complaint", "small"])
def test_no_move_leads_out_of_a_state_that_it_does_not_name(workflow: Workflow) -> None:
    definition = workflow.definition
    pairs = [(state, move) for move in definition.moves.values() for state in definition.states]
    for state, move in [(state, move) for state, move in pairs if state not in move.sources]:
        with pytest.raises(NotOpen) as caught:
            workflow.fire(state, move.name, FREE)
        assert (caught.value.move, caught.value.state, caught.value.guard) == (move.name, state, None)


@pytest.mark.parametrize("name", ["to_closed", "initial", "trigger", "", "Accept"])
def test_an_unknown_move_is_not_open(name: str) -> None:
    with pytest.raises(NotOpen, match=f"^The move {name} is not open in the state disposed\\.$"):
        COMPLAINT.fire("disposed", name, FREE)


def test_an_unknown_state_leads_nowhere() -> None:
    with pytest.raises(NotOpen):
        COMPLAINT.fire("lost", "accept", FREE)


@pytest.mark.parametrize(
    ("state", "move", "known", "guard"),
    [
        ("received", "dispose", {"tally": {"returns": 2}}, "returns_left"),
        ("in_follow_up", "ask_arbitration", {"bound": True}, "not_bound"),
        ("in_follow_up", "ask_arbitration", {"arbitration_pending": True}, "no_arbitration_pending"),
        ("in_follow_up", "ask_arbitration", {"bound": True, "arbitration_pending": True}, "not_bound"),
        ("in_follow_up", "ask_reporter", {"tally": {"ask_reporter": 2}}, "questions_left"),
        ("in_follow_up", "extend", {"extendable": False}, "extension_left"),
        ("answered", "correct", {"tally": {"correct": 1}}, "correction_left"),
        ("answered", "dispute", {"tally": {"dispute": 2}}, "disputes_left"),
        ("closed", "appeal", {"window_ends": NOW - timedelta(seconds=1)}, "within_window"),
        ("answered", "appeal", {"higher_post": False}, "higher_post_left"),
        ("objected", "uphold_refusal", {"previous": "blocked"}, "was_archived"),
        ("objected", "uphold_block", {"previous": "archived"}, "was_blocked"),
        ("closed", "refer", {"ombudsman_from": NOW + timedelta(seconds=1)}, "ombudsman_term_over"),
        ("closed", "refer", {"fields": {"consent": False}}, "consented"),
    ],
)
def test_a_refusal_names_the_first_guard_that_refuses(state: str, move: str, known: dict[str, Any], guard: str) -> None:
    with pytest.raises(NotOpen) as caught:
        COMPLAINT.fire(state, move, knowing(**known))
    assert (caught.value.move, caught.value.state, caught.value.guard) == (move, state, guard)
    assert str(caught.value) == f"The move {move} is not open in the state {state}: {guard}."


def test_after_a_refusal_the_same_move_is_open_to_another_case() -> None:
    with pytest.raises(NotOpen):
        COMPLAINT.fire("received", "dispose", knowing(tally={"returns": 2}))
    assert COMPLAINT.fire("received", "dispose", FREE) == "disposed"


def open_names(workflow: Workflow, state: str, facts: Facts) -> str:
    return " ".join(move.name for move in workflow.open_moves(state, facts))


def test_open_moves_come_in_the_order_of_the_definition() -> None:
    assert open_names(COMPLAINT, "in_follow_up", FREE) == (
        "pass_down arbitrate ask_arbitration ask_reporter note_progress extend propose_answer answer withdraw refer "
        "split reclassify name_reported reassign link tighten"
    )


def test_open_moves_leave_out_what_a_guard_refuses() -> None:
    unready = NOW + timedelta(days=1)
    facts = knowing(bound=True, extendable=False, tally={"resume_unanswered": 1}, ombudsman_from=unready)
    assert open_names(COMPLAINT, "in_follow_up", facts) == (
        "pass_down arbitrate note_progress propose_answer answer withdraw split reclassify name_reported reassign "
        "link tighten"
    )


@pytest.mark.parametrize(
    ("state", "names"), [("withdrawn", ""), ("referred", ""), ("closed", "tighten"), ("blocked", "tighten")]
)
def test_when_the_window_is_over_an_end_leaves_privacy_alone_to_change(state: str, names: str) -> None:
    assert open_names(COMPLAINT, state, knowing(window_ends=NOW - timedelta(days=1))) == names


def test_one_compiled_definition_serves_many_threads() -> None:
    ways = [("disposed", "accept"), ("disposed", "return"), ("answered", "dispute"), ("answered", "confirm")] * 50
    with ThreadPoolExecutor(4) as pool:
        reached = list(pool.map(lambda way: COMPLAINT.fire(way[0], way[1], FREE), ways))
    assert reached == ["in_follow_up", "contested", "in_follow_up", "closed"] * 50
