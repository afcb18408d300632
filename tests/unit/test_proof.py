"""The six proofs: every fault with the shortest path that shows it, and how a clock's status turns with a move."""

from __future__ import annotations

from pathlib import Path

import pytest

from lapor.errors import DefinitionFaulty
from lapor.machine.budget import Budget
from lapor.machine.definition import ClockRule, Label, Move
from lapor.machine.proof import Proof, Status, opening, prove, turned
from lapor.machine.reader import load, read

DEFINITIONS = Path(__file__).parent / "definitions"
FAULTS = {
    "move-from-final": (
        "24: move-from-final withdrawn is final, so reopen cannot start from it: received -withdraw-> withdrawn "
        "-reopen-> received"
    ),
    "move-within-final": (
        "24: move-from-final withdrawn is final, so rate cannot start from it: received -withdraw-> withdrawn "
        "-rate-> withdrawn"
    ),
    "move-from-window": (
        "23: move-from-final only the reporter leads out of closed, so appeal must be by the reporter alone: "
        "received -dispose-> disposed -accept-> in_follow_up -answer-> answered -close_unanswered-> closed "
        "-appeal-> in_follow_up"
    ),
    "unreachable": "12: unreachable no path from received leads to lost",
    "unreachable-island": "12: unreachable no path from received leads to isle, nor on to reef",
    "needs-reporter": (
        "11: needs-reporter from answered no end can be reached unless the reporter acts: received -dispose-> "
        "disposed -accept-> in_follow_up -answer-> answered"
    ),
    "nobody-acts": "9: nobody-acts nobody acts in contested: received -dispose-> disposed -return-> contested",
    "nobody-acts-for-want-of-a-move": (
        "9: nobody-acts custodian acts in contested, but has no move that leads on: received -dispose-> disposed "
        "-return-> contested"
    ),
    "nobody-acts-by-staying": (
        "10: nobody-acts handler acts in in_follow_up, but has no move that leads on: received -dispose-> "
        "disposed -accept-> in_follow_up"
    ),
    "no-clock": (
        "9: no-clock no clock runs in contested that climbs a ladder or fires a move: received -dispose-> "
        "disposed -return-> contested"
    ),
    "no-clock-but-a-paused-one": (
        "11: no-clock no clock runs in answered that climbs a ladder or fires a move: received -dispose-> "
        "disposed -accept-> in_follow_up -answer-> answered"
    ),
    "no-clock-but-a-reminder": (
        "11: no-clock no clock runs in answered that climbs a ladder or fires a move: received -dispose-> "
        "disposed -accept-> in_follow_up -answer-> answered"
    ),
    "no-clock-but-a-standard": ("7: no-clock no clock runs in received that climbs a ladder or fires a move: received"),
    "no-clock-once-met": (
        "10: no-clock no clock runs in in_follow_up that climbs a ladder or fires a move: received -dispose-> "
        "disposed -accept-> in_follow_up -note-> in_follow_up"
    ),
    "no-clock-the-second-time": (
        "10: no-clock no clock runs in in_follow_up that climbs a ladder or fires a move: received -dispose-> "
        "disposed -accept-> in_follow_up -answer-> answered -dispute-> in_follow_up"
    ),
    "no-clock-unless-started": (
        "10: no-clock no clock runs in in_follow_up that climbs a ladder or fires a move: received -dispose-> "
        "disposed -accept-> in_follow_up -answer-> answered -close_unanswered-> closed -appeal-> in_follow_up"
    ),
    "no-clock-but-a-time-out-of-others": (
        "11: no-clock no clock runs in answered that climbs a ladder or fires a move: received -dispose-> "
        "disposed -accept-> in_follow_up -answer-> answered"
    ),
    "stuck-door": (
        "12: stuck-door from doubted the holder cannot change unless the reporter acts: received -doubt-> doubted"
    ),
    "unreasoned-end": (
        "24: unreasoned-end refuse ends a case before follow-up, so it must name a catalogue of reasons: "
        "received -refuse-> closed"
    ),
    "uncounted-cycle": (
        "15: uncounted-cycle dispose can change the holder again and again, and nothing counts it: received "
        "-dispose-> disposed -return-> contested -dispose-> disposed"
    ),
    "uncounted-cycle-of-one": (
        "24: uncounted-cycle swap can change the holder again and again, and nothing counts it: received "
        "-dispose-> disposed -accept-> in_follow_up -swap-> in_follow_up"
    ),
    "return-after-binding": (
        "16: return-after-binding return is still possible after a binding decision: received -dispose-> "
        "disposed -return-> contested -arbitrate-> in_follow_up -answer-> answered -return-> contested"
    ),
    "clock-in-closed": (
        "33: clock-in-closed the clock resolution would live in closed, which is closed: received -dispose-> "
        "disposed -accept-> in_follow_up -answer-> answered -close_unanswered-> closed"
    ),
    "clock-never-alive-in-closed": (
        "34: clock-in-closed the clock farewell would live in withdrawn, which is closed: received -withdraw-> "
        "withdrawn"
    ),
}


IDLE, RUNNING, PAUSED, SPENT = Status.IDLE, Status.RUNNING, Status.PAUSED, Status.SPENT
WEEK = Budget.parse("5 working days")


def step(name: str, source: str, target: str | None = None, *, holder: bool = False) -> Move:
    return Move(name, (source,), target, ("system",), Label(name, name), holder=holder)


def faults_of(path: Path) -> list[str]:
    with pytest.raises(DefinitionFaulty) as caught:
        load(path)
    return [f"{fault.line}: {fault.code} {fault.message}" for fault in caught.value.faults]


def faults_with(*changes: tuple[str, str]) -> list[str]:
    text = (DEFINITIONS / "sound.yaml").read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    definition, faults = read(text, "small.yaml")
    assert definition is not None
    return [f"{fault.line}: {fault.code} {fault.message}" for fault in sorted([*faults, *prove(definition).faults])]


@pytest.mark.parametrize("name", FAULTS)
def test_one_mistake_is_one_fault_with_the_shortest_path_that_shows_it(name: str) -> None:
    assert faults_of(DEFINITIONS / f"{name}.yaml") == [FAULTS[name]]


def test_a_sound_definition_is_proved_on_all_reachable_configurations() -> None:
    assert prove(load(DEFINITIONS / "sound.yaml")) == Proof(faults=(), configurations=7, states=7, moves=11)


def test_a_time_out_that_names_a_move_is_as_good_as_a_ladder() -> None:
    assert faults_with(("then: close_unanswered, ladder: reminder", "then: close_unanswered")) == []


def test_a_time_out_must_lead_on() -> None:
    close = "  close_unanswered: {from: [answered], to: closed, by: system}"
    stay = (
        "  close_unanswered: {from: [answered], by: system}\n  close: {from: [answered], to: closed, by: coordinator}"
    )
    assert faults_with((close, stay)) == [
        "11: no-clock no clock runs in answered that climbs a ladder or fires a move: "
        "received -dispose-> disposed -accept-> in_follow_up -answer-> answered"
    ]


def test_without_a_known_initial_state_the_graph_is_still_judged() -> None:
    changes = ("initial: received", "initial: nowhere"), ("counts: returns", "public: true")
    assert faults_with(*changes) == [
        "4: unknown-name there is no state 'nowhere'; allowed: answered, closed, contested, disposed, in_follow_up, "
        "received, withdrawn",
        "15: uncounted-cycle dispose can change the holder again and again, and nothing counts it: "
        "disposed -return-> contested -dispose-> disposed",
    ]


def test_a_path_through_an_unknown_state_is_not_shown() -> None:
    changes = ("to: disposed,", "to: dispoed,"), ("{phase: closure, acts: reporter}", "{phase: closure}")
    assert faults_with(*changes) == [
        "11: nobody-acts nobody acts in answered: answered",
        "15: unknown-name there is no state 'dispoed'; did you mean disposed?",
    ]


def test_a_clock_that_names_an_unknown_move_is_not_blamed_for_silence() -> None:
    changes = ("met_by: [arbitrate, dispose]", "met_by: [arbitr]"), ("runs: [answered]", "runs: [closed]")
    assert faults_with(*changes) == [
        "29: unknown-name there is no move 'arbitr'; did you mean arbitrate?",
        "34: clock-in-closed the clock confirmation would live in closed, which is closed: received -dispose-> disposed "
        "-accept-> in_follow_up -answer-> answered -close_unanswered-> closed",
    ]


def test_a_move_that_must_not_start_is_left_out_of_the_other_proofs() -> None:
    redo = "  redo: {from: [withdrawn], to: disposed, by: coordinator, counts: returns}\n"
    assert faults_with(("  rate:", redo + "  rate:")) == [
        "24: move-from-final withdrawn is final, so redo cannot start from it: "
        "received -withdraw-> withdrawn -redo-> disposed"
    ]


def test_what_breaks_two_proofs_is_two_faults() -> None:
    path = "received -dispose-> disposed -accept-> in_follow_up -answer-> answered -close_unanswered-> closed"
    assert faults_with(("{closed: window}", "{phase: closure, acts: reporter}")) == [
        f"12: needs-reporter from closed no end can be reached unless the reporter acts: {path}",
        f"12: no-clock no clock runs in closed that climbs a ladder or fires a move: {path}",
    ]


def test_of_states_that_cannot_end_only_the_one_to_blame_is_named() -> None:
    close, withdraw = "to: closed, by: system", "withdraw: {from: [received, disposed], to: withdrawn, by: reporter"
    changes = (close, "to: closed, by: [reporter]"), ("then: close_unanswered, ladder: reminder", "ladder: hierarchy")
    more = (withdraw, withdraw.replace("reporter", "coordinator"))
    assert faults_with(*changes, more) == [
        "11: needs-reporter from answered no end can be reached unless the reporter acts: "
        "received -dispose-> disposed -accept-> in_follow_up -answer-> answered"
    ]


@pytest.mark.parametrize(
    ("rule", "status", "move", "expected"),
    [
        pytest.param({}, IDLE, step("enter", "a", "b"), RUNNING, id="starts on entering"),
        pytest.param({}, IDLE, step("stay", "b"), IDLE, id="does not start by staying"),
        pytest.param({}, RUNNING, step("stay", "b"), RUNNING, id="runs on"),
        pytest.param({}, RUNNING, step("wait", "b", "c"), PAUSED, id="pauses"),
        pytest.param({}, PAUSED, step("resume", "c", "b"), RUNNING, id="resumes"),
        pytest.param({}, IDLE, step("wait", "a", "c"), IDLE, id="does not start paused"),
        pytest.param({}, RUNNING, step("leave", "b", "a"), IDLE, id="lapses elsewhere"),
        pytest.param({"met_by": ("note",)}, RUNNING, step("note", "b"), IDLE, id="is met"),
        pytest.param(
            {"met_by": ("move",)}, RUNNING, step("move", "d", "b"), IDLE, id="once met does not start at once"
        ),
        pytest.param({"met_by": ("move",)}, IDLE, step("move", "d", "b"), RUNNING, id="not alive cannot be met"),
        pytest.param({"starts_by": ("go",)}, IDLE, step("enter", "a", "b"), IDLE, id="waits for its move"),
        pytest.param({"starts_by": ("go",)}, IDLE, step("go", "b"), RUNNING, id="starts by its move"),
        pytest.param(
            {"starts_by": ("go",), "met_by": ("go",)}, RUNNING, step("go", "b"), RUNNING, id="met and started"
        ),
        pytest.param({"starts_by": ("go",)}, IDLE, step("go", "b", "a"), IDLE, id="starts only where it runs"),
        pytest.param({"once": True}, RUNNING, step("leave", "b", "a"), SPENT, id="once: lapsed is spent"),
        pytest.param({"once": True}, SPENT, step("enter", "a", "b"), SPENT, id="once: does not start again"),
        pytest.param({"once": True}, IDLE, step("stay", "a"), IDLE, id="once: not yet started"),
        pytest.param({"anew": "holder"}, RUNNING, step("hand", "b", holder=True), RUNNING, id="anew with the holder"),
        pytest.param({"anew": "holder"}, IDLE, step("hand", "b", holder=True), RUNNING, id="starts with the holder"),
        pytest.param({"anew": "holder"}, PAUSED, step("hand", "c", holder=True), IDLE, id="lapses with the holder"),
        pytest.param(
            {"anew": "holder", "met_by": ("hand",)},
            RUNNING,
            step("hand", "b", holder=True),
            RUNNING,
            id="met, then anew",
        ),
        pytest.param(
            {"anew": "holder", "once": True}, SPENT, step("hand", "b", holder=True), RUNNING, id="once per holder"
        ),
        pytest.param(
            {"anew": "holder", "once": True}, SPENT, step("hand", "a", holder=True), IDLE, id="a new holder clears it"
        ),
        pytest.param(
            {"anew": "holder", "starts_by": ("go",)},
            RUNNING,
            step("hand", "b", holder=True),
            RUNNING,
            id="anew if alive",
        ),
        pytest.param(
            {"anew": "holder", "starts_by": ("go",)},
            IDLE,
            step("hand", "b", holder=True),
            IDLE,
            id="anew only if alive",
        ),
    ],
)
def test_a_clock_turns_with_a_move(rule: dict[str, object], status: Status, move: Move, expected: Status) -> None:
    clock = ClockRule("clock", WEEK, runs=("b", "d"), pauses=("c",), **rule)  # type: ignore[arg-type]
    assert turned(clock, status, move, move.sources[0]) is expected


def test_a_submission_starts_the_clocks_of_the_initial_state() -> None:
    entering, by_move = ClockRule("x", WEEK, runs=("a",)), ClockRule("y", WEEK, runs=("a",), starts_by=("go",))
    assert [opening(entering, "a"), opening(entering, "b"), opening(by_move, "a")] == [RUNNING, IDLE, IDLE]
