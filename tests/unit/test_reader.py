"""Reading definitions: whole values, and every fault of shape and names with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from lapor.errors import DefinitionFaulty, DefinitionUnreadable
from lapor.machine.budget import Budget
from lapor.machine.definition import ClockRule, Definition, Label, Limits, Move, Need, Rung, State
from lapor.machine.fields import TYPES
from lapor.machine.guards import NAMES as GUARDS
from lapor.machine.reader import load, read

DEFINITIONS = Path(__file__).parent / "definitions"
FAULTS = {
    "unknown-initial": "4: unknown-name there is no state 'recieved'; did you mean received?",
    "unknown-target": "15: unknown-name there is no state 'dispoed'; did you mean disposed?",
    "unknown-source": "16: unknown-name there is no state 'disposd'; did you mean disposed?",
    "unknown-role": "18: unknown-name there is no role 'handlr'; did you mean handler?",
    "unknown-acting-role": (
        "9: unknown-name there is no role 'judge'; allowed: approver, arbiter, coordinator, custodian, handler, "
        "inspector, liaison_officer, operator, reporter, reviewer, supervisor, system"
    ),
    "unknown-guard": "15: unknown-name there is no guard 'return_left'; did you mean returns_left?",
    "unknown-phase": "9: unknown-name there is no phase 'disposal'; allowed: closure, disposition, follow_up, intake",
    "unknown-catalogue": "25: unknown-name there is no catalogue 'wishes'; did you mean wish?",
    "unknown-field-type": "19: unknown-name there is no field type 'units'; did you mean unit?",
    "unknown-state-of-clock": "29: unknown-name there is no state 'contestd'; did you mean contested?",
    "unknown-move-of-clock": "29: unknown-name there is no move 'depose'; did you mean dispose?",
    "unknown-time-out": "34: unknown-name there is no move 'close_unaswered'; did you mean close_unanswered?",
    "unknown-ladder": "27: unknown-name there is no ladder 'herarchy'; did you mean hierarchy?",
    "unknown-recipient": (
        "36: unknown-name there is no recipient 'mayor'; allowed: coordinator, inspector, owner, reporter, "
        "superior, unit head"
    ),
    "unknown-class": "31: unknown-name there is no class 'not_oversite'; did you mean not_oversight?",
    "duplicate-state": "11: duplicate states of the definition has disposed twice, first in line 8",
    "duplicate-move": "21: duplicate moves of the definition has answer twice, first in line 20",
    "duplicate-key": "16: duplicate the move return has to twice, first in line 16",
    "duplicate-section": "35: duplicate the definition has limits twice, first in line 5",
    "duplicate-source": "15: duplicate from of the move dispose names received twice",
    "duplicate-in-pauses": "34: duplicate the clock confirmation both runs and pauses in answered",
    "budget-without-unit": (
        "27: bad-budget '3 days' is not a whole number from 1 and one of: hours, working hours, calendar days, "
        "working days"
    ),
    "budget-of-nothing": (
        "27: bad-budget '0 working days' is not a whole number from 1 and one of: hours, working hours, calendar "
        "days, working days"
    ),
    "budget-missing": "27: bad-budget the clock verification needs a budget, such as 3 working days, or standard",
    "budget-for-one-class": (
        "31: bad-budget budget of the clock resolution must name both classes, and lacks not_oversight"
    ),
    "budget-of-rung": (
        "36: bad-budget '1 day' is not a whole number from 1 and one of: hours, working hours, calendar days, "
        "working days"
    ),
    "budget-of-window": (
        "5: bad-budget 'a week' is not a whole number from 1 and one of: hours, working hours, calendar days, "
        "working days"
    ),
    "shape-unknown-key": (
        "18: bad-shape the move accept has no key 'colour'; allowed: from, to, by, label, needs, guards, holder, "
        "descends, counts, binding, reason, public"
    ),
    "shape-unknown-key-of-state": (
        "11: bad-shape the state answered has no key 'act'; allowed: phase, acts, closed, label"
    ),
    "shape-misspelt-from": (
        "18: bad-shape the move accept has no key 'form'; allowed: from, to, by, label, needs, guards, holder, "
        "descends, counts, binding, reason, public"
    ),
    "shape-misspelt-clock-key": (
        "34: bad-shape the clock confirmation has no key 'than'; allowed: budget, runs, pauses, once, anew, "
        "starts_by, met_by, extended_by, calendar, then, ladder, label"
    ),
    "shape-no-from": "24: bad-shape the move rate needs from",
    "shape-nowhere": "24: bad-shape the move rate needs from",
    "shape-no-list": "18: bad-shape from of the move accept must be a list",
    "shape-no-text": "20: bad-shape to of the move answer must be a text",
    "shape-empty": "9: bad-shape acts of the state contested is empty",
    "shape-no-phase": "9: bad-shape the state contested needs phase",
    "shape-state-without-mapping": "12: bad-shape the state closed must be a mapping of keys to values",
    "shape-move-without-mapping": "18: bad-shape the move accept must be a mapping of keys to values",
    "shape-closed": "12: bad-shape closed of the state closed is window or final, not 'sometimes'",
    "shape-yes": "17: bad-shape holder of the move arbitrate is true or false, not 'yes'",
    "shape-version": "2: bad-shape version of the definition is a whole number from 1, not 'one'",
    "shape-limit": "5: bad-shape returns of limits of the definition is a whole number from 0, not '-1'",
    "shape-label": "3: bad-shape label of the definition needs en",
    "shape-name": (
        "24: bad-shape moves of the definition: a name has letters, digits, _ and -, and starts with a letter"
    ),
    "shape-key": (
        "24: bad-shape moves of the definition: a name has letters, digits, _ and -, and starts with a letter"
    ),
    "shape-no-clocks": "1: bad-shape the definition needs clocks",
    "shape-states-in-a-list": "6: bad-shape states of the definition must be a mapping of keys to values",
    "shape-clock-for-nothing": "34: bad-shape the clock confirmation needs a ladder, a move in then, or both",
    "shape-reason-without-catalogue": (
        "16: bad-shape reason of the move return is a reason, so the move must name its catalogue"
    ),
    "shape-need": "19: bad-shape unit of needs of the move pass_down must be a text",
    "shape-share": (
        "37: bad-shape at of rung 1 of the ladder reminder is 1% to 99%, due, or such as due + 1 working day, "
        "not '100%'"
    ),
    "shape-rung-to-nobody": "36: bad-shape rung 2 of the ladder hierarchy needs tell",
    "shape-rung-order-days": "36: bad-shape rung 2 of the ladder hierarchy comes before the one above it",
    "shape-rung-order-due-late": "36: bad-shape rung 2 of the ladder hierarchy comes before the one above it",
    "shape-rung-order-share-after-due": "36: bad-shape rung 2 of the ladder hierarchy comes before the one above it",
    "shape-rung-order-shares": "36: bad-shape rung 2 of the ladder hierarchy comes before the one above it",
    "shape-no-rungs": "36: bad-shape the ladder hierarchy must be a list of rungs",
    "shape-manner": "36: bad-shape as of rung 1 of the ladder hierarchy is warning, not 'shout'",
    "shape-moment-of-mail": "36: bad-shape when of rung 1 of the ladder hierarchy is at once or office hours, not 'noon'",
    "shape-channel": "36: bad-shape by of rung 1 of the ladder hierarchy is mail or list, not 'pigeon'",
}


def faults_of(path: Path) -> list[str]:
    with pytest.raises(DefinitionFaulty) as caught:
        load(path)
    assert {fault.file for fault in caught.value.faults} == {str(path)}
    return [f"{fault.line}: {fault.code} {fault.message}" for fault in caught.value.faults]


def whole(text: str) -> Definition:
    definition, faults = read(text, "small.yaml")
    assert definition is not None
    assert faults == []
    return definition


@pytest.mark.parametrize("name", FAULTS)
def test_one_mistake_in_shape_or_names_is_one_fault(name: str) -> None:
    assert faults_of(DEFINITIONS / f"{name}.yaml") == [FAULTS[name]]


def test_all_faults_come_at_once_sorted_by_line() -> None:
    assert faults_of(DEFINITIONS / "several.yaml") == [
        "6: unknown-name there is no role 'judge'; allowed: approver, arbiter, coordinator, custodian, handler, "
        "inspector, liaison_officer, operator, reporter, reviewer, supervisor, system",
        "7: nobody-acts nobody acts in answered: answered",
        "11: unknown-name there is no guard 'moon_is_full'; allowed: " + ", ".join(sorted(GUARDS)),
        "12: uncounted-cycle pass_on can change the holder again and again, and nothing counts it: "
        "received -dispose-> disposed -pass_on-> disposed",
        "13: unknown-name there is no field type 'string'; allowed: " + ", ".join(sorted(TYPES)),
        "13: unknown-name there is no state 'dispsed'; did you mean disposed?",
        "15: move-from-final only the reporter leads out of closed, so reopen must be by the reporter alone: "
        "closed -reopen-> disposed",
        "16: duplicate moves of the definition has dispose twice, first in line 11",
        "17: bad-shape the move refuse has no key 'colour'; allowed: from, to, by, label, needs, guards, holder, descends, "
        "counts, binding, reason, public",
        "18: unreasoned-end drop ends a case before follow-up, so it must name a catalogue of reasons: "
        "received -dispose-> disposed -drop-> withdrawn",
        "20: bad-budget '3 days' is not a whole number from 1 and one of: hours, working hours, calendar days, "
        "working days",
        "21: clock-in-closed the clock holding would live in withdrawn, which is closed: "
        "received -dispose-> disposed -drop-> withdrawn",
        "23: unknown-name there is no recipient 'heaven'; allowed: coordinator, inspector, owner, reporter, superior, "
        "unit head",
    ]


def test_a_fault_prints_as_file_line_code_and_message() -> None:
    _, faults = read("name: x\nversion: 0\n", "x.yaml")
    assert [str(fault) for fault in faults] == [
        "x.yaml:1: bad-shape the definition needs clocks",
        "x.yaml:1: bad-shape the definition needs initial",
        "x.yaml:1: bad-shape the definition needs moves",
        "x.yaml:1: bad-shape the definition needs states",
        "x.yaml:2: bad-shape version of the definition is a whole number from 1, not '0'",
    ]


@pytest.mark.parametrize("text", ["", "# nothing but a comment", "complaint", "[states, moves]"])
def test_a_file_that_is_no_mapping_is_one_fault(text: str, tmp_path: Path) -> None:
    path = tmp_path / "odd.yaml"
    path.write_text(text, encoding="utf-8")
    assert faults_of(path) == ["1: bad-shape the definition must be a mapping of keys to values"]


@pytest.mark.parametrize(
    "content",
    [
        b"states: [",
        b"name: a\n---\nname: b\n",
        b"name: \x00",
        b"name: \xff\xfe\xfd",
        b'name: "\\UFFFFFFFF"',
        b'name: "\\U00110000"',
        b"[" * 3000,
    ],
)
def test_what_is_not_yaml_is_unreadable(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "broken.yaml"
    path.write_bytes(content)
    with pytest.raises(DefinitionUnreadable) as caught:
        load(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(DefinitionUnreadable, match=r"none\.yaml cannot be read: .*No such file"):
        load(tmp_path / "none.yaml")


def test_a_question_mark_between_braces_needs_no_quotes() -> None:
    quoted = (DEFINITIONS / "sound.yaml").read_text()
    assert read(quoted.replace('"text?"', "text?"), "x.yaml") == read(quoted, "x.yaml")


def test_what_yaml_takes_for_truth_or_value_stays_text() -> None:
    text = (
        "name: no\nversion: 1\ninitial: on\nlimits: {ombudsman: 9 calendar days, disputes: 007}\n"
        "states:\n  on: {phase: intake, acts: reporter, label: {id: =, en: ~}}\n  off: {closed: final}\n"
        "moves:\n  yes: {from: [on], to: off, by: reporter}\nclocks: {}\n"
    )
    definition = whole(text)
    assert definition == Definition(
        name="no",
        version=1,
        initial="on",
        states={
            "on": State("on", "intake", "reporter", None, Label("=", "~")),
            "off": State("off", None, None, "final", Label("off", "off")),
        },
        moves={"yes": Move("yes", ("on",), "off", ("reporter",), Label("yes", "yes"))},
        clocks={},
        ladders={},
        limits=Limits(disputes=7, ombudsman=Budget.parse("9 calendar days")),
        label=Label("no", "no"),
        fingerprint=definition.fingerprint,
    )


def test_every_property_of_a_move_is_read() -> None:
    definition = load(DEFINITIONS / "sound.yaml")
    assert definition.moves["pass_down"] == Move(
        "pass_down",
        sources=("disposed",),
        target=None,
        by=("liaison_officer",),
        label=Label("pass down", "pass down"),
        needs=(Need("unit", "unit", optional=False), Need("text", "text", optional=True)),
        holder=True,
        descends=True,
    )
    assert definition.moves["dispose"].guards == ("returns_left",)
    assert definition.moves["return"].counts == "returns"
    assert definition.moves["arbitrate"].binding is True
    assert definition.moves["answer"].public is True
    assert definition.moves["withdraw"].reason == "wish"


def test_every_property_of_a_clock_is_read() -> None:
    text = (DEFINITIONS / "sound.yaml").read_text(encoding="utf-8")
    old = "{budget: 3 working days, runs: [received], met_by: [dispose], ladder: hierarchy}"
    new = (
        "{budget: standard, runs: [received], pauses: [disposed], once: true, starts_by: [return], anew: holder, "
        "met_by: [dispose], extended_by: [rate], calendar: holder, then: withdraw, ladder: reminder, "
        "label: {id: Verifikasi, en: Verification}}"
    )
    assert whole(text.replace(old, new)).clocks["verification"] == ClockRule(
        "verification",
        budget=None,
        runs=("received",),
        pauses=("disposed",),
        once=True,
        starts_by=("return",),
        anew="holder",
        met_by=("dispose",),
        extended_by=("rate",),
        calendar="holder",
        then="withdraw",
        ladder="reminder",
        label=Label("Verifikasi", "Verification"),
    )


def test_budgets_ladders_limits_and_labels_are_read() -> None:
    definition = load(DEFINITIONS / "sound.yaml")
    assert definition.clocks["resolution"].budget == {
        "oversight": Budget.parse("60 working days"),
        "not_oversight": Budget.parse("14 working days"),
    }
    assert definition.ladders == {
        "hierarchy": (
            Rung("owner", share=80, warning=True),
            Rung("superior"),
            Rung("inspector", after=Budget.parse("1 working day")),
        ),
        "reminder": (Rung("reporter", share=80),),
    }
    assert definition.limits == Limits(returns=1, window=Budget.parse("5 working days"))
    assert definition.label == Label("Kecil", "Small")
    assert definition.states["received"].label == Label("Belum terverifikasi", "Not yet verified")
    assert definition.states["in_follow_up"].label == Label("in follow up", "in follow up")


def test_a_rung_says_when_and_how_it_is_told() -> None:
    text = (DEFINITIONS / "sound.yaml").read_text(encoding="utf-8")
    said = text.replace("{at: due, tell: superior}", "{at: due, tell: superior, when: office hours, by: list}")
    definition, faults = read(said, "said.yaml")
    assert (faults, definition and definition.ladders["hierarchy"][1]) == (
        [],
        Rung("superior", office_hours=True, listed=True),
    )


def test_a_definition_keeps_its_file_and_source() -> None:
    path = DEFINITIONS / "sound.yaml"
    definition = load(str(path))
    assert (definition.file, definition.source) == (str(path), path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("old", "new", "stays"),
    [
        ("{id: Kecil, en: Small}", "{id: Mungil, en: Tiny}", True),
        ("label: {id: Belum terverifikasi, en: Not yet verified}", "label: {id: Baru, en: New}", True),
        ("name: small\nversion: 1", "# a comment\nversion: 1\nname: 'small'", True),
        ("version: 1", "version: 2", False),
        ("budget: 3 working days", "budget: 4 working days", False),
        ("guards: [returns_left]", "guards: []", False),
        ("window: 5 working days", "window: 6 working days", False),
        ("{at: 80%, tell: reporter}", "{at: 90%, tell: reporter}", False),
    ],
)
def test_the_fingerprint_changes_with_everything_but_labels(old: str, new: str, stays: bool) -> None:
    text = (DEFINITIONS / "sound.yaml").read_text(encoding="utf-8")
    assert text.count(old) == 1
    assert (whole(text).fingerprint == whole(text.replace(old, new)).fingerprint) is stays


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("reason: wish", "reason: [wish]", ["25: bad-shape reason of the move withdraw must be a text"]),
        (
            "from: [received, contested]",
            "from: [received, [contested]]",
            ["15: bad-shape from of the move dispose must be a text"],
        ),
        ("{unit: unit,", '{unit: "",', ["19: bad-shape unit of needs of the move pass_down must be a text"]),
        (
            "ladder: reminder}",
            "ladder: reminder, pace: slow}",
            [
                "34: bad-shape the clock confirmation has no key 'pace'; allowed: budget, runs, pauses, once, anew, "
                "starts_by, met_by, extended_by, calendar, then, ladder, label"
            ],
        ),
        (
            "{budget: 10 working days, anew",
            "{budgt: 10 working days, anew",
            [
                "34: bad-shape the clock confirmation has no key 'budgt'; allowed: budget, runs, pauses, once, anew, "
                "starts_by, met_by, extended_by, calendar, then, ladder, label"
            ],
        ),
        (
            "{budget: 10 working days, anew",
            "{budget: [10 working days], anew",
            ["34: bad-shape budget of the clock confirmation must be a text"],
        ),
        (
            "reason: wish,",
            "raeson: wish,",
            [
                "25: bad-shape the move withdraw has no key 'raeson'; allowed: from, to, by, label, needs, guards, holder, "
                "descends, counts, binding, reason, public"
            ],
        ),
    ],
)
def test_a_misspelt_key_or_a_wrong_value_draws_no_further_faults(
    old: str, new: str, expected: list[str], tmp_path: Path
) -> None:
    text = (DEFINITIONS / "sound.yaml").read_text(encoding="utf-8")
    assert text.count(old) == 1
    path = tmp_path / "small.yaml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    assert faults_of(path) == expected
