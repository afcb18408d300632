"""Which moves there are: each leaves the states that it names and no other, and an open one is listed as open."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from lapor.errors import Forbidden, LaporError, NotOpen
from lapor.handling.move import move, open_moves
from tests.integration.town import USUAL, WAYS, Case, Town, at

NOON = "6 Jul 12:00"
# where each move leads, in the order of the definition
OPEN: Mapping[str, str] = {
    "received": "incomplete-ask_completion archived-archive blocked-block disposed-dispose withdrawn-withdraw "
    "received-split received-tighten received-loosen",
    "incomplete": "received-complete archived-expire archived-archive blocked-block disposed-dispose "
    "withdrawn-withdraw incomplete-tighten incomplete-loosen",
    "disposed": "contested-recall disposed-pass_down in_follow_up-accept contested-return withdrawn-withdraw "
    "disposed-reclassify disposed-name_reported disposed-reassign disposed-link disposed-tighten disposed-loosen",
    "contested": "disposed-dispose in_follow_up-arbitrate withdrawn-withdraw contested-reclassify contested-name_reported contested-link contested-tighten contested-loosen",
    "in_follow_up": "in_follow_up-pass_down in_follow_up-arbitrate in_follow_up-ask_arbitration "
    "awaiting_reporter-ask_reporter in_follow_up-note_progress in_follow_up-extend awaiting_approval-propose_answer "
    "answered-answer withdrawn-withdraw in_follow_up-reclassify in_follow_up-name_reported in_follow_up-reassign in_follow_up-link in_follow_up-tighten in_follow_up-loosen",
    "awaiting_reporter": "in_follow_up-reply in_follow_up-resume in_follow_up-resume_unanswered withdrawn-withdraw "
    "awaiting_reporter-reclassify awaiting_reporter-name_reported awaiting_reporter-reassign awaiting_reporter-link awaiting_reporter-tighten awaiting_reporter-loosen",
    "awaiting_approval": "answered-approve in_follow_up-send_back withdrawn-withdraw awaiting_approval-reclassify awaiting_approval-name_reported "
    "awaiting_approval-reassign awaiting_approval-link awaiting_approval-tighten awaiting_approval-loosen",
    "answered": "in_follow_up-correct closed-confirm closed-close_unanswered closed-close in_follow_up-dispute "
    "under_review-appeal withdrawn-withdraw answered-name_reported answered-reassign answered-tighten answered-loosen",
    "under_review": "closed-uphold in_follow_up-overturn withdrawn-withdraw under_review-name_reported under_review-tighten under_review-loosen",
    "objected": "archived-uphold_refusal received-readmit withdrawn-withdraw objected-tighten objected-loosen",
    "closed": "under_review-appeal closed-name_reported closed-tighten closed-loosen",
    "archived": "objected-object archived-tighten archived-loosen",
    "blocked": "objected-object blocked-tighten blocked-loosen",
    "withdrawn": "",
}


class Undo(Exception):
    """Rolls a trial back."""


def led_to(case: Case, name: str) -> str | None:
    """The state after a usual move that is taken back at once; None where it is refused."""
    town, (by, fields) = case.town, USUAL[name]
    if name == "link":
        fields = {"earlier": town.case_in("disposed", "5 Jul 09:00").number}
    try:
        with town.site.writing() as session:
            actor = town.who(by, case.id)
            raise Undo(move(town.engine, session, case.id, name, actor=actor, fields=fields, now=at(NOON)).state)
    except Undo as undone:
        return str(undone)
    except LaporError:
        return None


@pytest.mark.parametrize("state", WAYS)
def test_a_move_leaves_the_states_that_it_names_and_no_other(shared_town: Town, state: str) -> None:
    case = shared_town.case_in(state, confidential=True)
    led = {name: led_to(case, name) for name in shared_town.engine.workflow("complaint").definition.moves}
    assert " ".join(f"{target}-{name}" for name, target in led.items() if target) == OPEN[state]
    assert case.state == state


@pytest.mark.parametrize("state", WAYS)
def test_the_open_moves_are_those_that_can_be_made(shared_town: Town, state: str) -> None:
    case = shared_town.case_in(state, confidential=True)
    offered: dict[str, set[str]] = {}
    for by in {by for by, _ in USUAL.values()}:
        with shared_town.site.reading() as session:
            row, actor = case.row(session), shared_town.who(by, case.id)
            listed = open_moves(shared_town.engine, session, row, actor=actor, now=at(NOON))
            offered[by] = {found.name for found in listed}
    usual = {name for name, (by, _) in USUAL.items() if name in offered[by]}
    assert usual == {step.partition("-")[2] for step in OPEN[state].split()}


def test_every_move_of_the_definition_is_made_somewhere_here(shared_town: Town) -> None:
    made = {step.partition("-")[2] for row in OPEN.values() for step in row.split()}
    moves = shared_town.engine.workflow("complaint").definition.moves
    # the one after a block, the one after sixty days and the one after a link stand in tests of their own
    assert moves.keys() - made == {"uphold_block", "refer", "unlink"}


SOURCES = [
    state for state in WAYS if state not in ("incomplete", "objected", "closed", "archived", "blocked", "withdrawn")
]


@pytest.mark.parametrize("state", SOURCES)
def test_sixty_days_after_a_complete_file_the_ombudsman_may_be_asked(shared_town: Town, state: str) -> None:
    case = shared_town.case_in(state)
    with pytest.raises(NotOpen, match=f"in the state {state}: ombudsman_term_over"):
        case.attempt("refer", "reporter", "4 Sep 16:29", {"consent": True})
    case.attempt("refer", "reporter", "4 Sep 16:30", {"consent": True})
    assert case.state == "referred"


def test_a_closed_case_goes_to_the_ombudsman_while_its_window_is_open(shared_town: Town) -> None:
    case = shared_town.case_in("answered")
    case.goes("confirm", moment="31 Aug 10:00")
    with pytest.raises(NotOpen, match="within_window"):
        case.attempt("refer", "reporter", "14 Sep 16:01", {"consent": True})
    case.attempt("refer", "reporter", "14 Sep 16:00", {"consent": True})
    assert case.state == "referred"


def test_only_the_system_lets_time_run_out(shared_town: Town) -> None:
    for state, name in (
        ("incomplete", "expire"),
        ("awaiting_reporter", "resume_unanswered"),
        ("answered", "close_unanswered"),
    ):
        case = shared_town.case_in(state)
        with pytest.raises(Forbidden):
            case.attempt(name, "reporter", NOON, {})
