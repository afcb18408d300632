"""The doctor finds nothing where nothing is wrong, and each kind of damage that is done to the tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import delete, event, insert, update

from lapor.handling import trail
from lapor.oversight import doctor
from lapor.records import ClockRow, Complaint, Escalation, Notice
from tests.integration.town import COORDINATOR, DISPOSITION, REPORTER, WAYS, Case, Town, at

NOON = "9 Jul 12:00"


def overdue(town: Town) -> Case:
    """A case in follow-up of which rungs were told."""
    case = town.case_in("disposed", reporter=REPORTER)
    town.sweep("8 Jul 16:01")
    case.goes("accept", moment="9 Jul 08:00")
    return case


def stored(**values: Any) -> Callable[[Case], list[Any]]:
    return lambda case: [update(Complaint).where(Complaint.id == case.id).values(values)]


def of(table: type[ClockRow | Escalation], name: str, rung: int | None = None) -> Callable[[Case], Any]:
    column = ClockRow.name if table is ClockRow else Escalation.clock

    def condition(case: Case) -> Any:
        found = (table.complaint_id == case.id) & (column == name)
        return found if rung is None else found & (Escalation.rung == rung)

    return condition


def clock(name: str, **values: Any) -> Callable[[Case], list[Any]]:
    chosen = of(ClockRow, name)
    return lambda case: [update(ClockRow).where(chosen(case)).values(values)]


def second_clock(case: Case) -> list[Any]:
    row = case.clock("first_response")
    values = {column.name: getattr(row, column.name) for column in row.__table__.columns if column.name != "id"}
    return [insert(ClockRow).values({**values, "name": "approval"})]


def without_rung(case: Case) -> list[Any]:
    chosen = of(Escalation, "holding", 1)
    return [delete(Notice).where(Notice.complaint_id == case.id), delete(Escalation).where(chosen(case))]


def without_notice(case: Case) -> list[Any]:
    return [delete(Notice).where(Notice.complaint_id == case.id, Notice.post_id.is_not(None))]


DAMAGES: Mapping[str, tuple[Callable[[Case], list[Any]], list[str]]] = {
    "another state": (stored(state="answered"), ["state-differs"]),
    "a state in which nobody acts": (stored(state="closed"), ["state-differs", "nobody-acts"]),
    "another phase": (stored(phase="closure"), ["phase-differs"]),
    "closed on the quiet": (stored(is_open=False), ["is_open-differs"]),
    "another former state": (stored(previous_state="received"), ["previous_state-differs"]),
    "another moment of entering": (stored(since=at("1 Jul 09:00")), ["since-differs"]),
    "another holder": (stored(holder_id=1), ["holder-differs"]),
    "another class": (stored(classification="oversight"), ["class-differs"]),
    "bound by nobody": (stored(bound=True), ["bound-differs"]),
    "another version": (stored(version=9), ["version-differs"]),
    "moves forgotten": (stored(tally={}), ["tally-differs"]),
    "another title": (stored(title="Terima kasih"), ["content-differs"]),
    "another text": (stored(text="Sudah bagus."), ["content-differs"]),
    "another due moment": (stored(due_at=None), ["due-differs"]),
    "another next moment": (stored(next_moment_at=None), ["moment-differs"]),
    "put off for good": (stored(put_off="Nanti."), ["put-off"]),
    "another receipt": (stored(received_at=at("3 Jul 09:00")), ["clocks-differ"]),
    "a clock due later": (clock("resolution", due_at=at("31 Jul 16:00")), ["clocks-differ"]),
    "a clock stopped": (clock("resolution", state="met"), ["clocks-differ"]),
    "a clock with a larger budget": (clock("resolution", budget="60 working days"), ["clocks-differ"]),
    "a clock that skips rungs": (clock("first_response", rung=6), ["clocks-differ"]),
    "a clock deleted": (lambda case: [delete(ClockRow).where(of(ClockRow, "resolution")(case))], ["clocks-differ"]),
    "a clock added": (second_clock, ["clocks-differ"]),
    "a rung deleted": (without_rung, ["rungs-differ"]),
    "a notice deleted": (without_notice, ["rung-unreported"]),
}


def codes(town: Town, moment: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for finding in town.findings(moment):
        found[finding.complaint].append(finding.code)
    return dict(found)


def test_each_damage_is_found_in_its_case_and_in_no_other(town: Town) -> None:
    cases = {name: overdue(town) for name in DAMAGES}
    sound = overdue(town)
    assert town.findings(NOON) == []
    for name, (damage, _) in DAMAGES.items():
        town.execute(*damage(cases[name]))
    assert codes(town, NOON) == {cases[name].number: found for name, (_, found) in DAMAGES.items()}
    assert sound.number not in codes(town, NOON)


def test_a_finding_says_what_is_stored_and_what_is_right(town: Town) -> None:
    case = overdue(town)
    town.execute(*stored(state="answered", holder_id=1)(case))
    assert town.findings(NOON) == [
        doctor.Finding("state-differs", case.number, "stored 'answered', by its trail 'in_follow_up'"),
        doctor.Finding("holder-differs", case.number, "stored 'kota', by its trail 'pu'"),
    ]


def test_what_was_due_and_not_told_is_found(town: Town) -> None:
    case, waiting = town.case_in("disposed"), town.case_in("answered")
    assert codes(town, "8 Jul 11:12") == {}
    assert codes(town, "8 Jul 16:01") == {case.number: ["due-untold"]}
    town.sweep("8 Jul 16:01")
    town.sweep("17 Jul 15:00")
    assert codes(town, "20 Jul 16:00") == {}
    # a rung of the one, the time-out of the other
    assert codes(town, "20 Jul 16:01") == {case.number: ["due-untold"], waiting.number: ["due-untold"]}


def test_a_trail_that_tells_of_what_is_not_there_is_found(town: Town) -> None:
    case = overdue(town)
    with town.site.writing() as session:
        last, row = case.entries(session)[-1], case.row(session)
        gone = trail.Happening(
            at=last.at,
            role="coordinator",
            post=COORDINATOR,
            move="dispose",
            source="in_follow_up",
            target="disposed",
            holder="gone",
            calendar_version=1,
            is_public=True,
            public={},
            internal={},
        )
        trail.append(town.engine.vault.content, session, row, gone)
    assert town.findings(NOON) == [doctor.Finding("trail-unreadable", case.number, "KeyError: 'gone'")]


def test_whole_journeys_leave_nothing_to_find(town: Town) -> None:
    for state in WAYS:
        town.case_in(state, reporter=REPORTER)
    roundabout = town.submit(door="rsud")
    health = {**DISPOSITION, "unit": "kesehatan", "classification": "oversight", "reported": "pu"}
    roundabout.make("dispose", "rsud.koordinator-pengaduan", "6 Jul 09:00", **health)
    roundabout.make("return", "kesehatan.penghubung", "7 Jul 09:00", reason="Bukan kami.", competent_unit="setda")
    roundabout.make("arbitrate", COORDINATOR, "10 Jul 09:00", unit="kesehatan", reason="Tetap.")
    roundabout.make("ask_reporter", "kesehatan.penghubung", "13 Jul 09:00", question="Sejak kapan?")
    for moment in ("8 Jul 15:00", "13 Jul 16:01", "17 Jul 15:00", "20 Jul 16:01", "24 Jul 16:31", "28 Jul 09:00"):
        town.sweep(moment)
        assert town.findings(moment) == []
    roundabout.make("extend", "kesehatan.penghubung", "28 Jul 10:00", text="Lama.", new_due="2026-08-05")
    class_and_more = {"classification": "not_oversight", "category": "jalan-rusak", "reason": "Keliru."}
    roundabout.make("reclassify", "rsud.koordinator-pengaduan", "29 Jul 10:00", **class_and_more)
    town.sweep("5 Aug 16:01")
    assert town.findings("5 Aug 16:01") == []


def test_what_was_looked_at_is_counted(town: Town) -> None:
    town.case_in("answered", reporter=REPORTER)
    overdue(town)
    seen: list[int] = []
    with town.site.reading() as session:
        report = doctor.examine(town.engine, session, now=at(NOON), seen=seen.append)
        assert (doctor.count(session), seen) == (2, [2])
    looked_at = {"complaints": 2, "entries": 4 + 5, "clocks": 5 + 4, "escalations": 2, "notices": 4 + 4}
    assert (dict(report.checked), report.broken) == (looked_at, [])


def statements(town: Town) -> int:
    heard: list[object] = []
    event.listen(town.site.database, "before_cursor_execute", lambda *details: heard.append(details))
    town.findings(NOON)
    return len(heard)


def test_more_cases_need_no_more_queries(town: Town) -> None:
    overdue(town)
    one = statements(town)
    for _ in range(2):
        overdue(town)
    assert statements(town) == one
