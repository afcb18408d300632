"""Who is there for whom: which cases exist, which parts are shown, which moves are offered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from sqlalchemy import select

from lapor.access import policy
from lapor.access.scope import scope, told
from lapor.handling.move import open_moves
from lapor.records import Complaint
from tests.integration.town import COORDINATOR, DISPOSITION, REPORTER, Case, Town, at

NOON = "6 Jul 12:00"
DOOR = "rsud.koordinator-pengaduan"
EVERYBODY = (
    "visitor",
    "reporter",
    "reporter of another case",
    COORDINATOR,
    DOOR,
    "pu.penghubung",
    "pu.petugas",
    "pu.kepala",
    "jalan.penghubung",
    "jalan.kepala",
    "setda.sekda",
    "kota.wali-kota",
    "kesehatan.penghubung",
    "inspektorat.inspektur",
    "inspektorat.auditor",
    "kota.penjaga-identitas",
    "kota.pengelola-sistem",
    "system",
)


def seen(case: Case, by: str) -> str:
    """What somebody sees: nothing, the row, or besides it the content with internal notes, and the identity."""
    town = case.town
    actor = town.who("reporter", 0) if by == "reporter of another case" else town.who(by, case.id)
    with town.site.reading() as session:
        there = select(Complaint, told(actor)).where(scope(actor, town.engine.organisation), Complaint.id == case.id)
        found = session.execute(there).one_or_none()
        if found is None:
            return "nothing"
        parts = policy.parts(actor, found[0], town.engine.organisation, told=found[1])
        shown = {"content": parts.content, "notes": parts.internal, "identity": parts.identity}
        return " ".join(["row", *(name for name, given in shown.items() if given)])


def who_sees(case: Case, *others: str) -> dict[str, str]:
    """Everybody who sees anything."""
    views = {by: seen(case, by) for by in (*EVERYBODY, *others)}
    return {by: view for by, view in views.items() if view != "nothing"}


def disposed(town: Town, door: str = "kota", unit: str = "pu", **said: Any) -> Case:
    case = town.submit(door=door, reporter=REPORTER, **said)
    by = DOOR if door == "rsud" else COORDINATOR
    case.make("dispose", by, NOON, **{**DISPOSITION, "unit": unit})
    return case


ROW, READ, ALL = "row", "row content notes", "row content notes identity"
REPORTERS, SYSTEMS = {"reporter": "row content identity"}, {"system": READ}
READERS = {"kota.wali-kota": READ, "inspektorat.inspektur": READ, "inspektorat.auditor": READ, **SYSTEMS}
ROWS = {"kota.wali-kota": ROW, "inspektorat.inspektur": ROW, "inspektorat.auditor": ROW, **SYSTEMS}


@pytest.fixture
def town(shared_town: Town) -> Town:
    """These look at cases of their own only."""
    return shared_town


def test_at_the_door_its_coordinator_alone_knows_who_reported(town: Town) -> None:
    assert who_sees(town.submit(reporter=REPORTER)) == {**REPORTERS, COORDINATOR: ALL, **READERS}


def test_at_a_door_of_its_own_the_coordinator_above_reads_but_does_not_know_who_reported(town: Town) -> None:
    case = town.submit(door="rsud", reporter=REPORTER)
    assert who_sees(case, "rsud.direktur", "kesehatan.kepala", "rsud.penghubung") == {
        **REPORTERS,
        COORDINATOR: READ,
        DOOR: ALL,
        "rsud.direktur": READ,
        "kesehatan.kepala": READ,
        "rsud.penghubung": READ,
        **READERS,
    }


def test_the_unit_that_holds_a_case_and_those_above_it_know_who_reported(town: Town) -> None:
    everybody_above = {"pu.penghubung": ALL, "pu.petugas": ALL, "pu.kepala": ALL, "kota.wali-kota": ALL}
    assert who_sees(disposed(town)) == {**REPORTERS, **READERS, COORDINATOR: ALL, **everybody_above}


def test_in_a_unit_below_only_that_unit_holds_it_and_the_heads_above_read_it(town: Town) -> None:
    case = disposed(town, unit="jalan")
    assert who_sees(case) == {
        **REPORTERS,
        **READERS,
        COORDINATOR: ALL,
        "jalan.penghubung": ALL,
        "jalan.kepala": ALL,
        "pu.kepala": ALL,
        "kota.wali-kota": ALL,
    }


def test_an_anonymous_reporter_is_known_to_nobody(town: Town) -> None:
    case = disposed(town, anonymous=True)
    readers = {"pu.penghubung": READ, "pu.petugas": READ, "pu.kepala": READ}
    assert who_sees(case) == {**REPORTERS, **READERS, COORDINATOR: READ, **readers}


def test_confidential_content_is_read_by_the_own_door_while_it_is_there(town: Town) -> None:
    case = town.submit(confidential=True, reporter=REPORTER)
    assert who_sees(case) == {**REPORTERS, **ROWS, COORDINATOR: ALL}


def test_confidential_content_is_read_by_the_unit_that_holds_the_case_only(town: Town) -> None:
    case = disposed(town, confidential=True)
    assert who_sees(case) == {
        **REPORTERS,
        **ROWS,
        COORDINATOR: ROW,
        "pu.penghubung": ALL,
        "pu.petugas": ALL,
        "pu.kepala": ROW,
    }


def test_the_own_door_sees_what_another_unit_holds(town: Town) -> None:
    assert seen(disposed(town, door="rsud"), DOOR) == ALL
    assert seen(disposed(town, door="rsud", confidential=True), DOOR) == ROW
    # as the coordinator of the unit that holds it
    assert seen(disposed(town, unit="rsud"), DOOR) == ALL


def test_after_closing_nobody_but_the_reporter_knows_who_reported(town: Town) -> None:
    case = town.case_in("closed", reporter=REPORTER)
    readers = {"pu.penghubung": READ, "pu.petugas": READ, "pu.kepala": READ}
    assert who_sees(case) == {**REPORTERS, **READERS, COORDINATOR: READ, **readers}


def test_a_former_holder_sees_nothing_of_a_case_that_was_passed_on(town: Town) -> None:
    case = disposed(town)
    case.make("pass_down", "pu.penghubung", NOON, unit="jalan")
    assert [seen(case, by) for by in ("pu.penghubung", "pu.petugas", "pu.kepala")] == ["nothing", "nothing", ALL]


def test_a_reviewer_reads_what_there_is_to_decide(town: Town) -> None:
    case = town.case_in("objected", confidential=True, reporter=REPORTER)
    assert (seen(case, "setda.sekda"), seen(case, "kota.wali-kota")) == (READ, ROW)
    case.make("readmit", "setda.sekda", NOON, reason="Jelas.")
    assert seen(case, "setda.sekda") == "nothing"


def test_a_case_of_misconduct_is_not_there_for_those_it_is_about(town: Town) -> None:
    case = town.submit(reporter=REPORTER)
    accused = {"unit": "setda", "classification": "oversight", "reported": "pu, kota.wali-kota, inspektorat.auditor"}
    case.make("dispose", COORDINATOR, NOON, **{**DISPOSITION, **accused})
    assert who_sees(case) == {
        **REPORTERS,
        **SYSTEMS,
        COORDINATOR: ALL,
        "setda.sekda": ALL,
        "inspektorat.inspektur": READ,
    }


def test_of_a_slow_service_only_the_named_post_sees_nothing(town: Town) -> None:
    case = town.submit(reporter=REPORTER)
    case.make("dispose", COORDINATOR, NOON, **DISPOSITION, reported="pu, pu.petugas")
    assert [seen(case, by) for by in ("pu.petugas", "pu.penghubung", "pu.kepala")] == ["nothing", ALL, ALL]


OFFERED: Sequence[tuple[str, Mapping[str, str]]] = [
    (
        "received",
        {
            "reporter": "withdraw tighten",
            COORDINATOR: "ask_completion archive block dispose withdraw split reassign link tighten",
            "kota.wali-kota": "reassign tighten",
            "inspektorat.inspektur": "tighten",
        },
    ),
    (
        "disposed",
        {
            "reporter": "withdraw tighten",
            COORDINATOR: "name_reported recall withdraw reclassify link tighten",
            "pu.penghubung": "pass_down accept return withdraw reassign link tighten",
            "pu.petugas": "withdraw tighten",
            "pu.kepala": "reassign tighten",
            "kota.wali-kota": "reassign tighten",
            "inspektorat.inspektur": "name_reported tighten",
        },
    ),
    (
        "contested",
        {
            "reporter": "withdraw tighten",
            COORDINATOR: "name_reported arbitrate dispose withdraw split reclassify link tighten",
            "pu.penghubung": "withdraw split link tighten",
            "pu.petugas": "withdraw tighten",
            "pu.kepala": "tighten",
            "kota.wali-kota": "tighten",
            "inspektorat.inspektur": "name_reported tighten",
        },
    ),
    (
        "in_follow_up",
        {
            "reporter": "withdraw tighten",
            COORDINATOR: "name_reported arbitrate withdraw split reclassify link tighten",
            "pu.penghubung": "pass_down ask_arbitration ask_reporter note_progress extend propose_answer answer "
            "withdraw split reassign link tighten",
            "pu.petugas": "propose_answer withdraw tighten",
            "pu.kepala": "reassign tighten",
            "kota.wali-kota": "reassign tighten",
            "inspektorat.inspektur": "name_reported tighten",
        },
    ),
    (
        "awaiting_approval",
        {
            "reporter": "withdraw tighten",
            COORDINATOR: "name_reported withdraw reclassify link tighten",
            "pu.penghubung": "approve send_back withdraw reassign link tighten",
            # who drafted does not approve
            "pu.petugas": "withdraw tighten",
            "pu.kepala": "approve send_back reassign tighten",
            "kota.wali-kota": "approve send_back reassign tighten",
            "inspektorat.inspektur": "name_reported tighten",
        },
    ),
    (
        "answered",
        {
            "reporter": "confirm dispute appeal withdraw tighten",
            COORDINATOR: "name_reported confirm close dispute appeal withdraw tighten",
            "pu.penghubung": "correct confirm dispute appeal withdraw reassign tighten",
            "pu.petugas": "confirm dispute appeal withdraw tighten",
            "pu.kepala": "reassign tighten",
            "kota.wali-kota": "reassign tighten",
            "inspektorat.inspektur": "name_reported tighten",
            "system": "close_unanswered",
        },
    ),
    (
        "under_review",
        {
            "reporter": "withdraw tighten",
            COORDINATOR: "name_reported withdraw tighten",
            "pu.penghubung": "withdraw tighten",
            "pu.petugas": "withdraw tighten",
            "pu.kepala": "uphold overturn tighten",
            "kota.wali-kota": "tighten",
            "inspektorat.inspektur": "name_reported tighten",
        },
    ),
    ("withdrawn", {}),
]


def offered(case: Case, by: str) -> set[str]:
    town = case.town
    with town.site.reading() as session:
        row = case.row(session)
        found = open_moves(town.engine, session, row, actor=town.who(by, case.id), now=at(NOON))
        return {move.name for move in found}


@pytest.mark.parametrize(("state", "table"), OFFERED, ids=[state for state, _ in OFFERED])
def test_everybody_is_offered_the_moves_of_the_own_office(town: Town, state: str, table: Mapping[str, str]) -> None:
    case = town.case_in(state, reporter=REPORTER)
    views = {
        by: offered(case, by) for by in EVERYBODY if by != "reporter of another case" and seen(case, by) != "nothing"
    }
    same = {"inspektorat.auditor": table["inspektorat.inspektur"]} if table else {}
    assert {by: moves for by, moves in views.items() if moves} == {
        by: {*moves.split()} for by, moves in {**table, **same}.items()
    }


def test_a_post_sees_what_the_role_of_its_token_sees(town: Town) -> None:
    case = disposed(town)
    roles = ("coordinator", "liaison_officer", "handler", "supervisor", "inspector", "operator", "custodian", "mayor")
    assert {role: seen(case, f"pu.penghubung as {role}") for role in roles} == {
        **dict.fromkeys(("coordinator", "liaison_officer", "handler", "supervisor"), ALL),
        "inspector": READ,
        **dict.fromkeys(("operator", "custodian", "mayor"), "nothing"),
    }


def test_nobody_without_an_office_is_shown_a_part(town: Town) -> None:
    case = disposed(town)
    organisation = town.engine.organisation
    nothing = policy.Parts(content=False, internal=False, identity=False)
    for by in ("visitor", "kota.pengelola-sistem", "kota.penjaga-identitas"):
        assert policy.parts(town.who(by), case.seen(), organisation, told=False) == nothing
