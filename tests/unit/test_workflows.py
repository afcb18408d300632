"""The definitions that are shipped: sound, complete, and as the contract says."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from lapor.machine.budget import Budget
from lapor.machine.definition import CATALOGUES, Definition, Limits
from lapor.machine.graph import mermaid
from lapor.machine.proof import Proof, prove
from lapor.machine.reader import load

ROOT = Path(__file__).parents[2]
KINDS = ("complaint", "aspiration", "information_request")
STATES = (
    "received incomplete disposed contested in_follow_up awaiting_reporter awaiting_approval answered under_review "
    "objected closed archived blocked withdrawn referred"
)
CLOCKS = (
    "verification completion holding arbitration first_response resolution reconsideration standard approval reply "
    "confirmation review"
)
NEEDS = {
    "dispose": "unit:unit category:category classification:classification reason:text? reported:text?",
    "return": "reason:text competent_unit:unit?",
    "arbitrate": "unit:unit reason:text",
    "pass_down": "unit:unit",
    "ask_completion": "question:text",
    "ask_reporter": "question:text",
    "extend": "text:text new_due:date",
    "confirm": "rating:integer? comment:text?",
    "withdraw": "reason:reason?",
    "refer": "consent:boolean",
    "reclassify": "classification:classification category:category reason:text reported:text?",
    "name_reported": "reported:text reason:text",
    "reassign": "post:post",
    "link": "earlier:case reason:text?",
    "unlink": "reason:text",
    "split": "title:text text:text",
    "tighten": "anonymous:boolean? confidential:boolean?",
    "loosen": "anonymous:boolean? confidential:boolean?",
    **dict.fromkeys(("accept", "approve", "expire", "resume_unanswered", "close_unanswered"), ""),
    **dict.fromkeys(
        ("complete", "reply", "note_progress", "propose_answer", "answer", "uphold", "resume", "close"), "text:text"
    ),
    **dict.fromkeys(
        ("send_back", "dispute", "appeal", "object", "overturn", "readmit", "recall", "correct", "ask_arbitration"),
        "reason:text",
    ),
    **dict.fromkeys(("archive", "block", "uphold_refusal", "uphold_block"), "reason:reason text:text"),
}
GUARDS = {
    "dispose": ("returns_left",),
    "ask_arbitration": ("not_bound", "no_arbitration_pending"),
    "ask_reporter": ("questions_left",),
    "extend": ("extension_left",),
    "correct": ("correction_left",),
    "dispute": ("disputes_left",),
    "appeal": ("within_window", "higher_post_left"),
    "object": ("within_window", "higher_post_left"),
    "uphold_refusal": ("was_archived",),
    "uphold_block": ("was_blocked",),
    "loosen": ("something_hidden",),
    "link": ("not_linked",),
    "unlink": ("is_linked",),
    "refer": ("ombudsman_term_over", "consented", "within_window"),
}
# a complaint alone accuses somebody, and is split
OTHER_NEEDS = {
    **{name: needs for name, needs in NEEDS.items() if name not in ("name_reported", "split")},
    "dispose": "unit:unit category:category classification:classification? reason:text?",
    "reclassify": "category:category reason:text classification:classification?",
}
HIDDEN = {"ask_arbitration", "propose_answer", "send_back", "reassign", "link", "unlink", "tighten", "loosen"}


def shipped(kind: str) -> Definition:
    return load(ROOT / "workflows" / f"{kind}.yaml")


def needs_of(definition: Definition) -> dict[str, str]:
    return {
        name: " ".join(f"{need.name}:{need.type}{'?' * need.optional}" for need in move.needs)
        for name, move in definition.moves.items()
    }


@pytest.mark.parametrize("kind", KINDS)
def test_a_shipped_definition_is_sound(kind: str) -> None:
    moves = len(NEEDS if kind == "complaint" else OTHER_NEEDS)
    assert prove(shipped(kind)) == Proof(faults=(), configurations=38, states=15, moves=moves)


@pytest.mark.parametrize("kind", KINDS)
def test_a_shipped_definition_has_the_names_that_outsiders_rely_on(kind: str) -> None:
    definition = shipped(kind)
    version, needs = (4, NEEDS) if kind == "complaint" else (3, OTHER_NEEDS)
    assert (definition.name, definition.version, definition.initial) == (kind, version, "received")
    assert (" ".join(definition.states), " ".join(definition.clocks)) == (STATES, CLOCKS)
    assert definition.moves.keys() == needs.keys()


@pytest.mark.parametrize("kind", KINDS)
def test_every_label_is_there_in_both_languages(kind: str) -> None:
    written = yaml.safe_load(shipped(kind).source)
    entries = [written, *(entry for section in ("states", "moves", "clocks") for entry in written[section].values())]
    assert [entry for entry in entries if sorted(entry.get("label", ())) != ["en", "id"]] == []


@pytest.mark.parametrize("kind", KINDS)
def test_labels_of_states_and_of_moves_are_told_apart(kind: str) -> None:
    definition = shipped(kind)
    for entries in (definition.states.values(), definition.moves.values()):
        labels = [entry.label for entry in entries]
        assert len({label.id for label in labels}) == len({label.en for label in labels}) == len(labels)


def test_the_moves_of_a_complaint_take_the_fields_of_the_contract() -> None:
    assert needs_of(shipped("complaint")) == NEEDS


@pytest.mark.parametrize("kind", ["aspiration", "information_request"])
def test_other_kinds_need_no_class_and_name_no_reported_party(kind: str) -> None:
    assert needs_of(shipped(kind)) == OTHER_NEEDS


@pytest.mark.parametrize("kind", KINDS)
def test_guards_stand_where_the_figures_of_the_law_are_asked(kind: str) -> None:
    definition = shipped(kind)
    named = {"name_reported": ("within_window",)} if kind == "complaint" else {}
    assert {name: move.guards for name, move in definition.moves.items() if move.guards} == GUARDS | named
    assert definition.limits == Limits()


@pytest.mark.parametrize("kind", KINDS)
def test_only_what_stays_inside_the_office_is_left_out_of_the_public_trail(kind: str) -> None:
    named = {"name_reported"} if kind == "complaint" else set()
    assert {name for name, move in shipped(kind).moves.items() if not move.public} == HIDDEN | named


def test_the_class_of_a_complaint_decides_its_resolution() -> None:
    assert shipped("complaint").clocks["resolution"].budget == {
        "not_oversight": Budget.parse("14 working days"),
        "oversight": Budget.parse("60 working days"),
    }


@pytest.mark.parametrize("kind", ["aspiration", "information_request"])
def test_other_kinds_are_resolved_in_five_working_days(kind: str) -> None:
    assert shipped(kind).clocks["resolution"].budget == Budget.parse("5 working days")


def test_no_catalogue_of_reasons_contains_not_ours() -> None:
    assert {reason for reasons in CATALOGUES.values() for reason in reasons} == {
        "incites_hatred",
        "no_evidence",
        "unclear",
        "not_about_government",
        "expired",
        "reporters_wish",
        "ombudsman",
    }


def test_a_fourth_kind_is_a_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "commendation.yaml"
    path.write_text(
        "name: commendation\nversion: 1\ninitial: received\n"
        "states:\n  received: {phase: intake, acts: coordinator}\n  passed_on: {closed: final}\n"
        "moves:\n  pass_on: {from: [received], to: passed_on, by: coordinator, holder: true, reason: wish}\n"
        "clocks:\n  thanks: {budget: 5 working days, runs: [received], met_by: [pass_on], ladder: up}\n"
        "ladders:\n  up: [{at: due, tell: superior}]\n",
        encoding="utf-8",
    )
    assert prove(load(path)) == Proof(faults=(), configurations=2, states=2, moves=1)


def test_a_definition_is_drawn_in_either_language(tmp_path: Path) -> None:
    path = tmp_path / "drawn.yaml"
    path.write_text(
        "name: drawn\nversion: 1\ninitial: open\n"
        'states:\n  open: {phase: intake, acts: coordinator, label: {id: "Baru; \\"siap\\"", en: "New:\\n ready"}}\n'
        "  done: {closed: final, label: {id: Selesai, en: Done}}\n"
        "moves:\n  note: {from: [open], by: coordinator, label: {id: Catat, en: Note}}\n"
        "  close: {from: [open], to: done, by: coordinator, holder: true, reason: wish, label: {id: Tutup, en: Close}}\n"
        "  expire: {from: [open], to: done, by: system, reason: expired, label: {id: Kedaluwarsa, en: Expire}}\n"
        "clocks:\n  thanks: {budget: 5 working days, runs: [open], then: expire}\n",
        encoding="utf-8",
    )
    definition = load(path)
    assert mermaid(definition) == (
        "stateDiagram-v2\n"
        '    state "Baru#59; #34;siap#34;" as open\n'
        '    state "Selesai" as done\n'
        "    [*] --> open\n"
        "    open --> open: Catat\n"
        "    open --> done: Tutup, Kedaluwarsa\n"
        "    done --> [*]\n"
    )
    assert mermaid(definition, "en") == (
        "stateDiagram-v2\n"
        '    state "New#58; ready" as open\n'
        '    state "Done" as done\n'
        "    [*] --> open\n"
        "    open --> open: Note\n"
        "    open --> done: Close, Expire\n"
        "    done --> [*]\n"
    )
