"""The trail shows what was done to it behind its back, and the database refuses what must never be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from lapor.handling.move import move
from lapor.handling.trail import Break, hash_of, verify
from lapor.oversight.doctor import verify_trails
from lapor.records import ClockRow, Complaint, Escalation, TrailEntry
from tests.integration.town import COORDINATOR, Case, Town, at

TRIGGERS = {
    "sqlite": tuple(f"DROP TRIGGER trail_{name}" for name in ("no_update", "sealed_only", "no_delete")),
    "postgresql": ("ALTER TABLE trail DISABLE TRIGGER ALL",),
}


def unlocked(town: Town) -> None:
    """Take away what keeps the trail append-only, as somebody with the file in hand could."""
    town.execute(*map(text, TRIGGERS[town.site.database.dialect.name]))


def broken(town: Town) -> list[tuple[int, str]]:
    with town.site.reading() as session:
        return [(fault.sequence, fault.why) for fault in verify_trails(town.engine, session)[1]]


def entry(case: Case, sequence: int) -> Any:
    return (TrailEntry.complaint_id == case.id) & (TrailEntry.sequence == sequence)


def copied(case: Case, place: int, /, **other: Any) -> Any:
    """Insert a copy of an entry, with other values in some columns."""
    with case.town.site.reading() as session:
        row = session.scalars(select(TrailEntry).where(entry(case, place))).one()
        values = {column.name: getattr(row, column.name) for column in TrailEntry.__table__.columns}
    del values["id"]
    return insert(TrailEntry).values({**values, **other})


def moved(case: Case, pairs: Sequence[tuple[int, int]]) -> list[Any]:
    # by way of numbers that no entry has, because two entries cannot stand at one place
    away = [update(TrailEntry).where(entry(case, old)).values(sequence=100 + new) for old, new in pairs]
    back = [update(TrailEntry).where(entry(case, 100 + new)).values(sequence=new) for _, new in pairs]
    return [*away, *back]


CHANGED = "changed: its content does not give its hash"
EDITS: dict[str, Any] = {
    "at": at("1 Jul 00:00"),
    "role": "system",
    "post": None,
    "move": "approve",
    "source": "received",
    "target": "answered",
    "holder": "kesehatan",
    "calendar_version": 2,
    "is_public": False,
    "public": '{"text":"Beres."}',
    "internal": "{}",
    "salt": "00",
    "previous": "0" * 64,
    "hash": "0" * 64,
}


def edited(column: str) -> Callable[[Case], list[Any]]:
    return lambda case: [update(TrailEntry).where(entry(case, 3)).values({column: EDITS[column]})]


# what is done to the four entries of a case, and what the proof says of them
DAMAGES: dict[str, tuple[Callable[[Case], list[Any]], tuple[int, str]]] = {
    **{f"{column} edited": (edited(column), (3, CHANGED)) for column in EDITS},
    "first deleted": (
        lambda case: [delete(TrailEntry).where(entry(case, 1))],
        (1, "missing: the next entry here is 2"),
    ),
    "middle deleted": (
        lambda case: [delete(TrailEntry).where(entry(case, 3))],
        (3, "missing: the next entry here is 4"),
    ),
    "middle deleted and closed up": (
        lambda case: [delete(TrailEntry).where(entry(case, 3)), *moved(case, [(4, 3)])],
        (3, CHANGED),
    ),
    "tail deleted": (
        lambda case: [delete(TrailEntry).where(entry(case, 4))],
        (4, "missing: the case counts 4 entries, 3 are here"),
    ),
    "all deleted": (
        lambda case: [delete(TrailEntry).where(TrailEntry.complaint_id == case.id)],
        (1, "missing: the case counts 4 entries, 0 are here"),
    ),
    "two exchanged": (
        lambda case: moved(case, [(2, 3), (3, 2)]),
        (2, CHANGED),
    ),
    "one inserted": (
        lambda case: [*moved(case, [(4, 5), (3, 4)]), copied(case, 2, sequence=3)],
        (3, CHANGED),
    ),
    "one appended": (lambda case: [copied(case, 4, sequence=5)], (5, CHANGED)),
    "length forgotten": (
        lambda case: [update(Complaint).where(Complaint.id == case.id).values(trail_length=3)],
        (4, "the case knows another head of its trail"),
    ),
    "head forgotten": (
        lambda case: [update(Complaint).where(Complaint.id == case.id).values(trail_head="0" * 64)],
        (4, "the case knows another head of its trail"),
    ),
    "foreign entry": (
        lambda case: [
            delete(TrailEntry).where(entry(case, 2)),
            copied(case.town.case_in("answered"), 2, complaint_id=case.id),
        ],
        (2, CHANGED),
    ),
}


def test_an_untouched_chain_is_whole(town: Town) -> None:
    for state in ("answered", "objected", "withdrawn"):
        town.case_in(state)
    with town.site.reading() as session:
        assert verify_trails(town.engine, session) == (4 + 3 + 2, [])


def test_the_first_bad_entry_of_each_chain_is_named(town: Town) -> None:
    cases = {name: town.case_in("answered") for name in DAMAGES}
    town.case_in("answered")
    unlocked(town)
    for name, (damage, _) in DAMAGES.items():
        town.execute(*damage(cases[name]))
    with town.site.reading() as session:
        found = verify_trails(town.engine, session)[1]
    assert found == [Break(cases[name].number, *why) for name, (_, why) in DAMAGES.items()]
    told = {(finding.code, finding.complaint, finding.detail) for finding in town.findings("6 Jul 12:00")}
    assert told == {("trail-broken", fault.complaint, f"entry {fault.sequence}: {fault.why}") for fault in found}


def test_an_entry_written_anew_breaks_the_chain_after_it(town: Town) -> None:
    case = town.case_in("answered")
    unlocked(town)
    with town.site.writing() as session:
        second = case.entries(session)[1]
        second.holder = "kesehatan"
        second.hash = hash_of(case.number, second)
    assert broken(town) == [(3, "not written after the entry before it")]


def test_an_entry_that_stands_twice_is_named(town: Town) -> None:
    case = town.case_in("answered")
    with town.site.reading() as session:
        row, entries = case.row(session), case.entries(session)
        twice = verify(town.engine.vault.content, row, [*entries[:2], *entries[1:]])
    assert twice == Break(case.number, 2, "stands twice")


def test_the_database_refuses_to_change_the_trail(town: Town) -> None:
    case = town.case_in("answered")
    before = town.dump()
    statements: list[Any] = [
        update(TrailEntry).where(entry(case, 2)).values(move="accept"),
        delete(TrailEntry).where(entry(case, 4)),
    ]
    if town.site.database.dialect.name == "postgresql":
        statements.append(text("TRUNCATE trail"))
    for statement in statements:
        with pytest.raises(DBAPIError, match="append-only"):
            town.execute(statement)
    assert town.dump() == before


def refused(town: Town, statement: Any) -> None:
    before = town.dump()
    with pytest.raises(IntegrityError):
        town.execute(statement)
    assert town.dump() == before


def test_the_database_refuses_a_case_without_holder_state_or_trail(town: Town) -> None:
    case = town.case_in("disposed")
    for values in ({"holder_id": None}, {"holder_id": 999}, {"state": None}, {"trail_length": 0}):
        refused(town, update(Complaint).where(Complaint.id == case.id).values(values))


def test_the_database_refuses_a_second_rung_for_the_same_clock_and_term(town: Town) -> None:
    case = town.case_in("disposed")
    town.sweep("9 Jul 07:00")
    assert [rung for _, rung, *_ in case.told()] == [0, 1]
    for values in ({"rung": 1}, {"outcome": "ignored"}):
        refused(town, update(Escalation).where(Escalation.rung == 0).values(values))


def test_the_database_refuses_two_entries_at_one_place(town: Town) -> None:
    refused(town, copied(town.case_in("disposed"), 2))


def test_the_database_refuses_a_second_living_clock_of_a_name(town: Town) -> None:
    row = town.case_in("disposed").clock("resolution")
    values = {column.name: getattr(row, column.name) for column in row.__table__.columns if column.name != "id"}
    refused(town, insert(ClockRow).values(values))


def test_a_moment_in_any_zone_is_the_same_moment(town: Town) -> None:
    case = town.submit()
    local = at("6 Jul 12:00").astimezone(timezone(timedelta(hours=7)))
    with town.site.writing() as session:
        fields = {"question": "Di mana?"}
        move(town.engine, session, case.id, "ask_completion", actor=town.who(COORDINATOR), fields=fields, now=local)
    assert town.findings("6 Jul 12:00") == []


def test_payloads_are_covered_by_a_salted_commitment(town: Town) -> None:
    case = town.case_in("disposed")
    with town.site.reading() as session:
        first, second = case.entries(session)
        assert (len(first.salt), len(second.salt), first.salt != second.salt) == (32, 32, True)
        assert second.previous == first.hash
