"""The register of guards: each condition on both sides of its edge."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lapor.machine.definition import Limits
from lapor.machine.guards import GUARDS, NAMES, Facts

NOW = datetime(2025, 8, 5, 2, 0, tzinfo=UTC)
TICK = timedelta.resolution
FACTS = Facts(
    now=NOW,
    state="in_follow_up",
    previous="disposed",
    tally={},
    bound=False,
    limits=Limits(disputes=2, corrections=1, questions=2, returns=3),
    window_ends=None,
    ombudsman_from=NOW,
    higher_post=True,
    extendable=True,
    arbitration_pending=False,
    hidden=False,
    linked=False,
)
ANSWERS: list[tuple[str, dict[str, Any], bool]] = [
    ("within_window", {"window_ends": None}, True),
    ("within_window", {"window_ends": NOW + TICK}, True),
    ("within_window", {"window_ends": NOW}, True),
    ("within_window", {"window_ends": NOW - TICK}, False),
    ("disputes_left", {}, True),
    ("disputes_left", {"tally": {"dispute": 1, "appeal": 5}}, True),
    ("disputes_left", {"tally": {"dispute": 2}}, False),
    ("correction_left", {}, True),
    ("correction_left", {"tally": {"correct": 1}}, False),
    ("questions_left", {"tally": {"ask_reporter": 1, "ask_completion": 5}}, True),
    ("questions_left", {"tally": {"ask_reporter": 2}}, False),
    ("questions_left", {"tally": {"ask_reporter": 1, "resume": 1}}, True),
    ("questions_left", {"tally": {"ask_reporter": 1, "resume_unanswered": 1}}, False),
    ("returns_left", {"tally": {"returns": 2, "return": 5}}, True),
    ("returns_left", {"tally": {"returns": 3}}, False),
    ("not_bound", {"bound": False}, True),
    ("not_bound", {"bound": True}, False),
    ("higher_post_left", {"higher_post": True}, True),
    ("higher_post_left", {"higher_post": False}, False),
    ("was_archived", {"previous": "archived"}, True),
    ("was_archived", {"previous": "blocked"}, False),
    ("was_archived", {"previous": None}, False),
    ("was_blocked", {"previous": "blocked"}, True),
    ("was_blocked", {"previous": "archived"}, False),
    ("ombudsman_term_over", {"ombudsman_from": NOW}, True),
    ("ombudsman_term_over", {"ombudsman_from": NOW + TICK}, False),
    ("consented", {"fields": None}, True),
    ("consented", {"fields": {"consent": True}}, True),
    ("consented", {"fields": {"consent": False}}, False),
    ("consented", {"fields": {"consent": "yes"}}, False),
    ("consented", {"fields": {}}, False),
    ("extension_left", {"extendable": True}, True),
    ("extension_left", {"extendable": False}, False),
    ("no_arbitration_pending", {"arbitration_pending": False}, True),
    ("no_arbitration_pending", {"arbitration_pending": True}, False),
    ("something_hidden", {"hidden": True}, True),
    ("something_hidden", {"hidden": False}, False),
    ("is_linked", {"linked": True}, True),
    ("is_linked", {"linked": False}, False),
    ("not_linked", {"linked": False}, True),
    ("not_linked", {"linked": True}, False),
]


@pytest.mark.parametrize(("name", "known", "answer"), ANSWERS)
def test_a_guard_answers_from_the_facts_alone(name: str, known: dict[str, Any], answer: bool) -> None:
    assert GUARDS[name](replace(FACTS, **known)) is answer


def test_every_guard_of_the_register_is_tried_both_ways() -> None:
    assert {(name, answer) for name, _, answer in ANSWERS} == {(name, way) for name in NAMES for way in (True, False)}


def test_what_never_happened_was_counted_zero_times() -> None:
    facts = replace(FACTS, tally={"dispute": 2})
    assert [facts.times("dispute"), facts.times("appeal")] == [2, 0]
