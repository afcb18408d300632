"""A case is split: a part stands where its whole stands, no citizen's clock starts anew, and its reporter stays its own."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from lapor.machine.explaining import Share
from lapor.oversight import reckoning
from lapor.oversight.reckoning import Change
from lapor.privacy import content
from lapor.records import ClockRow, Complaint
from tests.integration.test_reported_parties import OVERSIGHT, parties
from tests.integration.test_webhooks import listening
from tests.integration.test_webhooks import told as apps_told
from tests.integration.town import COORDINATOR, REPORTER, Case, Made, Town, at

NOON = "6 Jul 12:00"
LIAISON = "pu.penghubung"
TITLE, TEXT = "Lampu jalan mati", "Di jalan yang sama."
# what a part has for itself; what hangs on the secret and the chain is looked at elsewhere
FRESH = (
    "id", "number", "secret_hash", "since", "previous_state", "reviewer_id", "drafter_id", "bound", "tally", "title",
    "text", "remedy_sought", "wished_agency", "content_key", "reporter_id", "whole_id", "version", "trail_length",
    "trail_head",
)  # fmt: skip


def split(case: Case, by: str = COORDINATOR, moment: str = NOON, title: str = TITLE, text: str = TEXT) -> Case:
    """Split a part off; it opens with the secret of its whole."""
    case.attempt("split", by, moment, {"title": title, "text": text})
    with case.town.site.reading() as session:
        part = session.scalars(select(Complaint).order_by(Complaint.id.desc()).limit(1)).one()
    return Case(case.town, part.id, part.number, case.secret)


def columns(case: Case) -> dict[str, Any]:
    row = case.seen()
    return {column.name: getattr(row, column.name) for column in row.__table__.columns}


def clock_rows(case: Case) -> list[dict[str, Any]]:
    """All that is stored of the clocks, in the order of their start."""
    with case.town.site.reading() as session:
        own = ("id", "complaint_id")
        names = [column.name for column in ClockRow.__table__.columns if column.name not in own]
        return [{name: getattr(row, name) for name in names} for row in case._clocks(session)]


def said(case: Case, sequence: int = -1) -> tuple[dict[str, Any], dict[str, Any]]:
    """What an entry of the trail says, for everybody and internally."""
    with case.town.site.reading() as session:
        entry = case.entries(session)[sequence]
        public, internal = content.payload(case.town.engine.vault.content, case.row(session), entry)
        return json.loads(public), json.loads(internal)


def much_happened(town: Town, **more: Any) -> Case:
    """A case whose clocks were paused, extended, warned of, told, promised and asked of an arbiter."""
    point = {"lat": -6.9, "lon": 107.6}
    case = town.submit(reporter=REPORTER, address="Jalan Melati 3", point=point, remedy_sought="Ditambal.", **more)
    case.goes("dispose", "return", moment="6 Jul 10:00")
    town.sweep("8 Jul 09:00")
    case.goes("dispose", "accept", "ask_reporter", moment="8 Jul 10:00")
    case.goes("reply", "ask_arbitration", moment="9 Jul 10:00")
    case.goes("extend", moment="9 Jul 11:00")
    town.sweep("10 Jul 16:31")
    rung = next(index for index, told in enumerate(case.told()) if told[2] == "told")
    case.acknowledge(rung, str(case.told()[rung][3]), "10 Jul 17:00", promised="13 Jul 12:00")
    return case


@pytest.mark.parametrize(
    ("way", "by"),
    [((), COORDINATOR), (("dispose", "return"), COORDINATOR), (("dispose", "accept", "reassign"), LIAISON)],
)
def test_a_part_stands_where_its_whole_stands(town: Town, way: tuple[str, ...], by: str) -> None:
    case = town.submit(reporter=REPORTER, wished_agency="Dinas", address="Jalan Melati 3", anonymous=True)
    case.goes(*way, moment="6 Jul 10:00")
    was = columns(case)
    part = split(case, by)
    now, whole = columns(part), columns(case)
    assert {name: now[name] for name in now if name not in FRESH} == {
        name: whole[name] for name in whole if name not in FRESH
    }
    assert now == {
        **now,
        "since": at(NOON),
        "previous_state": None,
        "reviewer_id": None,
        "drafter_id": None,
        "bound": False,
        "tally": {},
        "title": TITLE,
        "text": TEXT,
        "remedy_sought": None,
        "wished_agency": None,
        "content_key": None,
        "whole_id": case.id,
        "version": 1,
        "trail_length": 1,
    }
    assert (now["number"][:5], now["number"] == whole["number"]) == ("2026-", False)
    changed = {name for name in whole if whole[name] != was[name]}
    assert changed - {"took_part"} == {"version", "tally", "trail_length", "trail_head"}
    assert (clock_rows(part), town.findings(NOON)) == (clock_rows(case), [])


def test_the_clocks_of_a_part_are_those_of_its_whole_whatever_befell_them(town: Town) -> None:
    case = much_happened(town)
    before = clock_rows(case)
    part = split(case, LIAISON, "10 Jul 18:00")
    assert clock_rows(case) == clock_rows(part) == before
    seen = {(row["name"], row["state"]) for row in before}
    assert seen >= {("verification", "met"), ("holding", "met"), ("arbitration", "running"), ("resolution", "running")}
    assert any(row["pauses"] and row["extension"] for row in before)
    assert any(row["rung"] and row["held_until"] for row in before)
    assert (part.seen().due_at, part.seen().next_moment_at) == (case.seen().due_at, case.seen().next_moment_at)
    assert town.findings("10 Jul 18:00") == []


def test_the_trail_of_the_whole_names_the_part_and_that_of_the_part_says_all_that_it_needs(town: Town) -> None:
    case = town.case_in("in_follow_up", "6 Jul 10:00", reporter=REPORTER)
    made = case.make("split", COORDINATOR, NOON, title=TITLE, text=TEXT)
    with town.site.reading() as session:
        row = session.scalars(select(Complaint).filter_by(whole_id=case.id)).one()
    part = Case(town, row.id, row.number, "")
    assert made == Made("in_follow_up", "pu", LIAISON, "not_oversight", case.clocks(), {}, {"part": part.number}, [])
    public, internal = said(part)
    told = internal.pop("clocks")
    assert public == {"received_at": "2026-07-06T03:00:00Z"}
    assert internal == {
        "whole": case.number,
        "content": internal["content"],
        "classification": "not_oversight",
        "category": "jalan-rusak",
    }
    assert [clock["name"] for clock in told] == ["verification", "holding", "first_response", "resolution"]
    assert told[0] == {
        "name": "verification",
        "term": 1,
        "state": "met",
        "old": None,
        "new": "2026-07-09T09:00:00Z",
        "budget": "3 working days",
        "unit": "kota",
        "zone": "Asia/Jakarta",
        "calendar_version": 1,
        "office": "",
        "started_at": "2026-07-06T03:00:00Z",
        "stopped_at": "2026-07-06T03:00:00Z",
        "paused_at": None,
        "pauses": [],
        "extension": 0,
        "restarts": 0,
        "rung": 0,
        "held_until": None,
    }
    with town.site.reading() as session:
        (first,) = part.entries(session)
    assert (first.at, first.role, first.post, first.move, first.source, first.target, first.holder) == (
        at(NOON), "coordinator", COORDINATOR, "split_off", None, "in_follow_up", "pu",
    )  # fmt: skip
    assert first.is_public


def test_rungs_that_were_told_before_are_not_told_again_by_the_part(town: Town) -> None:
    case = town.case_in("disposed")
    town.sweep("8 Jul 16:01")
    case.goes("return", moment="9 Jul 08:00")
    town.sweep("10 Jul 16:31")
    told = case.told()
    part = split(case, moment="10 Jul 17:00")
    town.sweep("10 Jul 17:01")
    assert (case.told(), part.told()) == (told, [])
    # at one unit the ladder tells of the whole for both; elsewhere each climbs from the rung at which its clock stood
    town.sweep("13 Jul 16:31")
    case.attempt("arbitrate", COORDINATOR, "13 Jul 17:00", {"unit": "kesehatan", "reason": "Milik kesehatan."})
    town.sweep("14 Jul 16:31")
    whole, apart = [[each[:3] for each in one.told()] for one in (case, part)]
    assert whole[len(told) :] == [
        ("first_response", 1, "lapsed"),
        ("arbitration", 2, "lapsed"),
        ("first_response", 2, "told"),
    ]
    assert apart == [
        ("first_response", 1, "skipped"),
        ("first_response", 2, "told"),
        ("arbitration", 2, "told"),
    ]
    assert town.findings("14 Jul 16:31") == []


def test_the_inspector_is_told_of_a_part_that_alleges_misconduct(town: Town) -> None:
    case = town.submit()
    case.attempt("dispose", COORDINATOR, NOON, {**OVERSIGHT, "reported": "jalan"})
    case.goes("return", moment=NOON)
    assert "inspektorat.inspektur: oversight" in split(case).notices()


def test_a_part_at_another_unit_climbs_the_chain_of_that_unit(town: Town) -> None:
    case = town.case_in("in_follow_up")
    part = split(case)
    part.make("arbitrate", COORDINATOR, "6 Jul 13:00", unit="kesehatan", reason="Milik kesehatan.")
    part.make("reassign", "kesehatan.penghubung", "6 Jul 13:00", post="kesehatan.penghubung")
    town.sweep("13 Jul 16:31")
    first = [[each for each in one.told() if each[0] == "first_response"][-1] for one in (case, part)]
    assert first == [("first_response", 1, "told", "pu.kepala"), ("first_response", 1, "told", "kesehatan.kepala")]
    assert (case.clock("first_response").due_at, part.clock("first_response").due_at) == (at("13 Jul 16:00"),) * 2
    assert town.findings("13 Jul 16:31") == []


def test_whole_and_part_go_their_ways_and_the_doctor_finds_nothing(town: Town) -> None:
    case = much_happened(town)
    part = split(case, LIAISON, "10 Jul 18:00")
    again = split(part, moment="10 Jul 19:00", title="Trotoar rusak")
    part.goes("answer", "dispute", "propose_answer", "approve", "confirm", moment="13 Jul 10:00")
    case.goes("arbitrate", "ask_reporter", moment="13 Jul 11:00")
    again.attempt("reclassify", COORDINATOR, "13 Jul 11:00", {**OVERSIGHT_NOW, "reason": "Pungutan."})
    for moment in ("14 Jul 20:00", "28 Jul 20:00", "1 Oct 20:00"):
        town.sweep(moment)
        assert town.findings(moment) == []
    assert (case.state, part.state, again.state) == ("in_follow_up", "closed", "in_follow_up")
    assert (again.seen().whole_id, again.seen().classification) == (case.id, "oversight")


OVERSIGHT_NOW = {"classification": "oversight", "category": "antrean-rumah-sakit"}


def test_a_part_is_counted_by_itself(town: Town) -> None:
    case = town.case_in("contested")
    case.goes("arbitrate", moment="6 Jul 10:00")
    part = split(case, LIAISON)
    assert (case.seen().tally["returns"], part.seen().tally) == (1, {})
    # the arbiter decided about the whole
    assert case.refuses("ask_arbitration", LIAISON, NOON, reason="Bukan kami.") == ("NotOpen", "not_bound")
    assert part.make("ask_arbitration", LIAISON, NOON, reason="Bukan kami.").clocks["arbitration"].endswith("16:00")


@pytest.mark.parametrize(
    "values", [{"due_at": at("31 Jul 16:00")}, {"state": "met"}, {"rung": 6}, {"budget": "60 working days"}]
)
def test_a_copied_clock_that_was_changed_is_found(town: Town, values: dict[str, Any]) -> None:
    case = town.case_in("in_follow_up")
    part = split(case)
    rows = (ClockRow.complaint_id == part.id, ClockRow.name == "resolution")
    town.execute(update(ClockRow).where(*rows).values(values))
    assert [(found.code, found.complaint) for found in town.findings(NOON)] == [("clocks-differ", part.number)]


def test_other_words_of_a_part_are_found(town: Town) -> None:
    part = split(town.submit())
    town.execute(update(Complaint).where(Complaint.id == part.id).values(text="Sudah bagus."))
    assert [found.code for found in town.findings(NOON)] == ["content-differs"]


def test_time_before_the_split_is_charged_to_the_whole_and_all_adds_up(town: Town) -> None:
    case = much_happened(town)
    part = split(case, LIAISON, "13 Jul 09:00")
    part.goes("ask_reporter", moment="13 Jul 15:00")
    with town.site.reading() as session:
        told = reckoning.explain(town.engine, session, part.row(session), now=at("14 Jul 10:00"))
    for each in told:
        assert sum((share.ran + share.stood for share in each.shares), timedelta()) == each.elapsed
    (resolution,) = (each for each in told if each.clock.name == "resolution")
    hours = timedelta(hours=1)
    assert resolution.shares == [
        Share("whole", None, 33.5 * hours, 8.5 * hours),
        Share("unit", "pu", 6 * hours, 0 * hours),
        Share("reporter", None, 0 * hours, 3.5 * hours),
    ]
    due = resolution.changes[0].new
    assert resolution.changes[0] == Change(
        at("13 Jul 09:00"), "split_off", True, "liaison_officer", LIAISON, 2, "running", None, due
    )
    (stopped,) = (each for each in told if each.clock.name == "verification")
    assert [share.party for share in stopped.shares] == ["whole"]


@pytest.mark.parametrize(
    ("state", "confidential", "by", "refused"),
    [
        ("received", True, COORDINATOR, None),
        ("in_follow_up", False, COORDINATOR, None),
        ("in_follow_up", True, LIAISON, None),
        # after disposition the door reads it no longer
        ("in_follow_up", True, COORDINATOR, "Forbidden"),
        ("received", False, LIAISON, "NotFound"),
        ("in_follow_up", False, "pu.petugas", "Forbidden"),
        ("in_follow_up", False, "pu.kepala", "Forbidden"),
        ("in_follow_up", False, "inspektorat.inspektur", "Forbidden"),
        ("in_follow_up", False, "reporter", "Forbidden"),
        ("disposed", False, COORDINATOR, ("NotOpen", None)),
    ],
)
def test_the_door_and_the_holder_split_what_they_may_read(
    town: Town, state: str, confidential: bool, by: str, refused: Any
) -> None:
    case = town.case_in(state, confidential=confidential)
    if refused:
        assert case.refuses("split", by, NOON, title=TITLE, text=TEXT) == refused
    else:
        assert split(case, by).state == state


def test_a_title_is_no_longer_than_that_of_a_submission(town: Town) -> None:
    case = town.submit()
    said = {"title": "a" * 201, "text": TEXT}
    assert case.refuses("split", COORDINATOR, NOON, **said) == {"title": ["Must have at most 200 characters, has 201."]}


def test_whom_a_complaint_is_about_its_part_is_about_too(town: Town) -> None:
    case = town.submit()
    case.attempt("dispose", COORDINATOR, NOON, {**OVERSIGHT, "reported": "kesehatan, pu.kepala"})
    case.goes("accept", moment=NOON)
    part = split(case)
    assert parties(part) == parties(case) == ["kesehatan", "pu.kepala"]
    assert part.refuses("reassign", "pu.kepala", NOON, post="pu.petugas") == "NotFound"


def test_reporter_and_whose_turn_it_is_are_told_of_the_part(town: Town) -> None:
    case = town.case_in("in_follow_up", reporter=REPORTER)
    was = case.notices()
    parts = [split(case), split(case, LIAISON)]
    assert case.notices() == was
    assert [part.notices() for part in parts] == [
        ["reporter: split_off", "pu.penghubung: work"],
        # who splits knows
        ["reporter: split_off"],
    ]
    assert split(town.case_in("contested")).notices() == []


def test_the_birth_of_a_part_is_told_to_apps_after_the_move_of_its_whole(town: Town) -> None:
    town = listening(town, "pu")
    part = split(town.case_in("in_follow_up"))
    born = {"from": None, "to": "in_follow_up", "holder": "pu", "version": 1}
    data = [data for _, data in apps_told(town)]
    assert {"number": part.number, "move": "split_off", **born} in data
    assert [each["move"] for each in data] == ["dispose", "accept", "split_off", "split"]
