"""Submitting: what is stored, when the clock starts, who is told, and what is refused."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from lapor.access.secrets import hashed, read_number
from lapor.errors import InvalidFields, Unavailable
from lapor.handling import intake
from lapor.handling.trail import START
from lapor.machine.organisation import Organisation
from lapor.privacy import content, identity
from lapor.records import CategoryRow, Complaint, Notice, RegionRow, Reporter, TrailEntry
from tests.integration.town import COORDINATOR, REPORTER, Case, Town, at, shown

SAID: dict[str, Any] = {
    "channel": "android",
    "address": "Jalan Melati 4",
    "incident_date": datetime(2026, 7, 4, tzinfo=UTC).date(),
    "point": {"lat": -1.25, "lon": 124.5},
    "remedy_sought": "Ditambal.",
    "wished_agency": "pu",
    "confidential": True,
}


def entry_of(case: Case) -> TrailEntry:
    with case.town.site.reading() as session:
        return case.entries(session)[-1]


def columns(row: Any, *without: str) -> dict[str, Any]:
    return {column.name: getattr(row, column.name) for column in row.__table__.columns if column.name not in without}


def test_all_that_was_said_is_stored(town: Town) -> None:
    with town.site.reading() as session:
        category = session.scalars(select(CategoryRow).filter_by(code="jalan-rusak")).one()
        region = session.scalars(select(RegionRow).filter_by(code="71.01")).one()
    case = town.submit("6 Jul 09:00", category=category, region=region, anonymous=True, reporter=REPORTER, **SAID)
    kota, entry = town.engine.organisation.unit_codes["kota"], entry_of(case)
    with town.site.reading() as session:
        reporter = session.scalars(select(Reporter)).one()
        vault = town.engine.vault.identity
        assert dataclasses.asdict(identity.opened(vault, case.number, reporter)) == REPORTER
        notices = session.scalars(select(Notice)).all()
        assert [(notice.event, notice.post_id, notice.facts) for notice in notices] == [("submit", None, {})]
    texts = content.of_case(town.engine.vault.content, case.seen())
    assert columns(case.seen()) | texts == {
        "id": case.id,
        "number": case.number,
        "secret_hash": hashed(case.secret, town.engine.pepper),
        "kind": "complaint",
        "definition_version": 4,
        "classification": None,
        "state": "received",
        "phase": "intake",
        "is_open": True,
        "since": at("6 Jul 09:00"),
        "previous_state": None,
        "holder_id": kota.id,
        "door_id": kota.id,
        "owner_id": None,
        "reviewer_id": None,
        "drafter_id": None,
        "competent_id": None,
        "bound": False,
        "tally": {},
        "took_part": [],
        "received_at": at("6 Jul 09:00"),
        "completed_at": at("6 Jul 09:00"),
        "title": "Jalan berlubang",
        "text": "Di depan pasar.",
        "remedy_sought": "Ditambal.",
        "wished_agency": "pu",
        "channel": "android",
        "incident_date": SAID["incident_date"],
        "category_id": category.id,
        "region_id": region.id,
        "address": "Jalan Melati 4",
        "latitude": -1.25,
        "longitude": 124.5,
        "anonymous": True,
        "confidential": True,
        "content_key": case.seen().content_key,
        "erased_at": None,
        "reporter_id": reporter.id,
        "whole_id": None,
        "linked_to_id": None,
        "version": 1,
        "trail_length": 1,
        "trail_head": entry.hash,
        "due_at": at("9 Jul 16:00"),
        # four fifths of the 32.5 working hours up to then
        "next_moment_at": at("9 Jul 09:30"),
        "put_off": None,
    }


def test_the_trail_begins_with_the_receipt_and_remembers_the_content(town: Town) -> None:
    case = town.submit("6 Jul 09:00", channel="sms")
    entry = entry_of(case)
    told = hashlib.sha256(b"Jalan berlubang\nDi depan pasar.").hexdigest()
    due = "2026-07-09T09:00:00Z"
    assert columns(entry, "id", "public", "internal", "salt", "commitment", "hash") == {
        "complaint_id": case.id,
        "sequence": 1,
        "at": at("6 Jul 09:00"),
        "role": "reporter",
        "post": None,
        "move": "submit",
        "source": None,
        "target": "received",
        "holder": "kota",
        "calendar_version": 1,
        "is_public": True,
        "previous": START,
    }
    assert json.loads(entry.public) == {"received_at": "2026-07-06T02:00:00Z"}
    assert json.loads(entry.internal) == {
        "channel": "sms",
        "content": told,
        "clocks": [{"name": "verification", "term": 1, "state": "running", "old": None, "new": due}],
    }


def test_a_receipt_keyed_in_later_starts_its_clock_at_the_true_moment(town: Town) -> None:
    case = town.submit("3 Jul 20:00", by=COORDINATOR, now="8 Jul 11:00", channel="counter")
    entry, row = entry_of(case), case.seen()
    assert case.clocks() == {"verification": "running, 8 Jul 16:00"}
    assert (shown(entry.at), entry.role, entry.post) == ("8 Jul 11:00", "coordinator", COORDINATOR)
    assert (shown(row.since), row.took_part) == ("3 Jul 20:00", [COORDINATOR])
    assert town.findings("8 Jul 11:00") != []
    town.sweep("8 Jul 11:00")
    assert town.findings("8 Jul 11:00") == []


@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("6 Jul 23:59", "9 Jul 16:00"),
        ("11 Jul 10:00", "15 Jul 16:00"),
        ("17 Aug 10:00", "20 Aug 16:00"),
        ("31 Dec 2025 23:30", "6 Jan 16:00"),
        ("17 Mar 10:00", "27 Mar 16:30"),
    ],
)
def test_the_day_of_receipt_is_day_zero(shared_town: Town, received: str, due: str) -> None:
    assert shared_town.submit(received).clocks() == {"verification": f"running, {due}"}


def test_the_year_of_a_number_is_that_of_the_door(shared_town: Town) -> None:
    case = shared_town.submit("31 Dec 23:30", door="rsud")
    assert case.number.startswith("2027-")
    assert read_number(case.number.lower()) == case.number
    assert re.fullmatch(r"lapor_r_[A-Za-z0-9_-]{22}", case.secret)


def test_a_door_of_its_own_keeps_its_cases_and_its_wall_clock(shared_town: Town) -> None:
    case = shared_town.submit(door="rsud")
    row, doors = case.seen(), shared_town.engine.organisation.unit_codes
    assert (row.door_id, row.holder_id) == (doors["rsud"].id, doors["rsud"].id)
    assert (row.due_at, case.clocks()) == (at("9 Jul 15:00"), {"verification": "running, 9 Jul 16:00"})


def test_the_default_door_is_that_of_the_settings(shared_town: Town) -> None:
    elsewhere = dataclasses.replace(shared_town.engine, default_door="rsud")
    unknown = dataclasses.replace(shared_town.engine, default_door="gone")
    assert (intake.default_door(elsewhere).code, intake.default_door(unknown).code) == ("rsud", "kota")


def test_before_there_is_a_unit_nothing_can_be_submitted(shared_town: Town) -> None:
    empty = dataclasses.replace(shared_town.engine, organisation=Organisation({}, {}))
    with pytest.raises(Unavailable, match="import units first"):
        intake.default_door(empty)


def test_who_leaves_no_identity_is_told_nothing_and_cannot_be_anonymous(shared_town: Town) -> None:
    case = shared_town.submit(anonymous=True)
    assert (case.seen().anonymous, case.seen().reporter_id, case.notices()) == (False, None, [])


@pytest.mark.parametrize("kind", ["aspiration", "information_request"])
def test_other_kinds_have_a_workflow_of_their_own(shared_town: Town, kind: str) -> None:
    case = shared_town.submit(kind=kind)
    case.goes("dispose", moment="6 Jul 10:00")
    assert case.clocks() == {
        "verification": "met",
        "holding": "running, 8 Jul 16:00",
        "first_response": "running, 13 Jul 16:00",
        "resolution": "running, 13 Jul 16:00",
    }


def test_an_unknown_kind_and_a_receipt_in_the_future_are_refused(town: Town) -> None:
    before = town.dump()
    with pytest.raises(InvalidFields) as unknown:
        town.submit(kind="praise")
    with pytest.raises(InvalidFields) as future:
        town.submit("6 Jul 09:00", now="6 Jul 08:59")
    kinds = "Must be one of: aspiration, complaint, information_request."
    assert unknown.value.errors == {"kind": [kinds]}
    assert future.value.errors == {"received_at": ["Must not be in the future."]}
    assert town.dump() == before


def test_cases_are_told_apart_by_number_and_secret(shared_town: Town) -> None:
    cases = [shared_town.submit() for _ in range(20)]
    assert len({case.number for case in cases}) == len({case.secret for case in cases}) == 20
    with shared_town.site.reading() as session:
        texts = session.scalars(select(Complaint.text).where(Complaint.id.in_([case.id for case in cases])))
        assert set(texts) == {"Di depan pasar."}
