"""The sweep: every due moment once, whatever was down, put back, poisoned or swept by two at once."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from lapor.access.principal import SYSTEM
from lapor.errors import InvalidFields, LaporError, NotFound, NotOpen
from lapor.handling.move import lock
from lapor.oversight.doctor import Finding
from lapor.oversight.escalation import Sweep
from lapor.records import ClockRow, Escalation
from tests.integration.conftest import founded
from tests.integration.town import REPORTER, Case, Town, at, shown

HIGHER = "a higher rung was due as well"


def test_a_moment_has_passed_when_it_is_over(town: Town) -> None:
    case = town.case_in("disposed")
    town.sweep("8 Jul 15:59")
    before = town.dump()
    assert (town.sweep("8 Jul 16:00"), town.dump() == before) == (Sweep(), True)
    assert town.sweep("8 Jul 16:01") == Sweep(cases=1, rungs=1)
    assert case.told() == [("holding", 0, "warned", "pu.kepala"), ("holding", 1, "told", "setda.sekda")]


def test_after_downtime_only_the_highest_rung_is_told(town: Town) -> None:
    case = town.case_in("in_follow_up")
    assert town.sweep("20 Jul 16:01") == Sweep(cases=1, rungs=5)
    late = ("13 Jul 16:00", "20 Jul 16:01")
    assert [rung for rung in case.rungs() if rung[0] == "first_response"] == [
        ("first_response", 1, 0, "skipped", None, HIGHER, *late, "13 Jul 16:00", None),
        ("first_response", 1, 1, "skipped", None, HIGHER, *late, "14 Jul 16:00", None),
        ("first_response", 1, 2, "skipped", None, HIGHER, *late, "16 Jul 16:00", None),
        ("first_response", 1, 3, "skipped", None, HIGHER, *late, "20 Jul 16:00", None),
        ("first_response", 1, 4, "told", "kota.koordinator-pengaduan", "coordinator", *late, "27 Jul 16:00", None),
    ]
    assert case.notices() == ["pu.penghubung: work", "kota.koordinator-pengaduan: escalation"]
    assert town.findings("20 Jul 16:01") == []


def test_a_clock_set_back_does_nothing_twice(town: Town) -> None:
    town.case_in("disposed")
    town.sweep("9 Jul 16:01")
    before = town.dump()
    swept = [town.sweep(moment) for moment in ("8 Jul 16:01", "6 Jul 09:00", "9 Jul 16:01")]
    assert (swept, town.dump() == before) == ([Sweep()] * 3, True)
    assert town.findings("9 Jul 16:01") == []


@pytest.mark.parametrize(
    ("state", "moment", "move", "then"),
    [
        ("incomplete", "5 Aug 16:01", "expire", "archived"),
        ("awaiting_reporter", "20 Jul 16:01", "resume_unanswered", "in_follow_up"),
        ("answered", "20 Jul 16:01", "close_unanswered", "closed"),
    ],
)
def test_a_time_out_is_a_move_of_the_system(town: Town, state: str, moment: str, move: str, then: str) -> None:
    case = town.case_in(state)
    for reminded in ("17 Jul 16:31", "4 Aug 16:01"):
        if at(reminded) < at(moment):
            assert town.sweep(reminded).time_outs == 0
    assert town.sweep(moment).time_outs == 1
    with town.site.reading() as session:
        entry = case.entries(session)[-1]
        found = (entry.move, entry.role, entry.post, entry.source, entry.target, shown(entry.at))
    assert found == (move, "system", None, state, then, moment)
    assert (town.sweep(moment), town.findings(moment)) == (Sweep(), [])


def test_after_downtime_the_reminder_goes_out_first_and_the_time_out_waits_for_a_working_day(town: Town) -> None:
    case = town.case_in("answered", reporter=REPORTER)
    assert town.sweep("24 Jul 17:00") == Sweep(cases=1, rungs=1)
    assert (case.state, case.notices()[-1], town.findings("24 Jul 17:00")) == ("answered", "reporter: remind", [])
    # 24 July is a Friday
    assert (town.sweep("27 Jul 16:00"), shown(case.seen().next_moment_at)) == (Sweep(), "27 Jul 16:00")
    assert town.sweep("27 Jul 16:01") == Sweep(cases=1, time_outs=1)
    assert (case.state, town.findings("27 Jul 16:01")) == ("closed", [])


def test_a_dispute_that_arrives_before_the_sweep_wins(town: Town) -> None:
    case = town.case_in("answered")
    case.goes("dispute", moment="21 Jul 10:00")
    assert town.sweep("21 Jul 10:01").time_outs == 0
    assert (case.state, case.clocks()["confirmation"]) == ("in_follow_up", "missed")


def test_a_word_of_the_reporter_puts_the_closing_off_twice_at_most(town: Town) -> None:
    case = town.case_in("answered", reporter=REPORTER)
    for moment in ("17 Jul 15:00", "30 Jul 15:00", "12 Aug 15:00"):
        town.sweep(moment)
        case.write("Belum saya lihat.", "reporter", moment)
    # each term has a reminder of its own; the third word starts nothing anew
    assert case.told() == [("confirmation", 0, "warned", None)] * 3
    assert [notice for notice in case.notices() if "remind" in notice] == ["reporter: remind"] * 3
    assert (town.sweep("13 Aug 16:00"), town.sweep("13 Aug 16:01").time_outs) == (Sweep(), 1)
    assert case.state == "closed"


def test_a_poisoned_case_is_put_off_an_hour_and_reported_while_its_batch_goes_on(town: Town) -> None:
    cases = [town.case_in("disposed") for _ in range(3)]
    poisoned = cases[1]
    row = poisoned.clock("holding")
    town.execute(update(ClockRow).where(ClockRow.id == row.id).values(budget="two fortnights"))
    fault = (
        "ValueError: 'two fortnights' is not a whole number from 1 and one of: "
        "hours, working hours, calendar days, working days"
    )
    assert town.sweep("8 Jul 16:01") == Sweep(cases=3, rungs=4, put_off=((poisoned.number, fault),))
    assert [len(case.told()) for case in cases] == [2, 0, 2]
    assert (poisoned.seen().put_off, shown(poisoned.seen().next_moment_at)) == (fault, "8 Jul 17:01")
    assert town.sweep("8 Jul 17:01") == Sweep()
    town.execute(update(ClockRow).where(ClockRow.id == row.id).values(budget=row.budget))
    assert town.findings("8 Jul 17:01") == [Finding("put-off", poisoned.number, fault)]
    assert town.sweep("8 Jul 17:02") == Sweep(cases=1, rungs=2)
    assert (poisoned.seen().put_off, town.findings("8 Jul 17:02")) == (None, [])


def test_a_case_that_was_put_off_and_then_moved_is_looked_at_again(town: Town) -> None:
    case = town.case_in("disposed")
    row = case.clock("holding")
    town.execute(update(ClockRow).where(ClockRow.id == row.id).values(budget="soon"))
    town.sweep("8 Jul 16:01")
    town.execute(update(ClockRow).where(ClockRow.id == row.id).values(budget=row.budget))
    case.goes("withdraw", moment="8 Jul 16:02")
    assert (case.seen().put_off, case.seen().next_moment_at) == (None, None)


def test_batches_are_taken_until_nothing_is_due(town: Town) -> None:
    for _ in range(5):
        town.case_in("disposed")
    assert town.sweep("8 Jul 16:01", batch=2) == Sweep(cases=5, rungs=10)


def test_lanes_of_one_sweep_tell_each_rung_once(town: Town) -> None:
    cases = [town.case_in("disposed") for _ in range(12)]
    lanes = town.site.lanes
    assert town.sweep("8 Jul 16:01", batch=2, lanes=lanes) == Sweep(cases=12, rungs=24)
    assert {tuple(case.told()) for case in cases} == {
        (("holding", 0, "skipped", None), ("holding", 1, "told", "setda.sekda"))
    }


def test_the_oldest_moment_comes_first(town: Town) -> None:
    late, early = town.case_in("disposed", "7 Jul 09:00"), town.case_in("disposed", "6 Jul 09:00")
    town.sweep("9 Jul 16:01", batch=1)
    with town.site.reading() as session:
        told = session.scalars(select(Escalation.complaint_id).order_by(Escalation.id)).all()
    # the older one is due again only after the younger one was looked at
    assert list(dict.fromkeys(told)) == [early.id, late.id]


def test_two_sweeps_at_once_record_each_rung_exactly_once(town: Town) -> None:
    cases = [town.case_in("disposed") for _ in range(24)] + [town.case_in("answered") for _ in range(8)]
    with ThreadPoolExecutor(2) as pool:
        for moment in ("8 Jul 15:00", "8 Jul 16:01", "9 Jul 16:01", "17 Jul 16:31", "20 Jul 16:01"):
            both = list(pool.map(lambda moment: town.sweep(moment, batch=3), [moment, moment]))
            town.sweep(moment)
            assert [sweep.put_off for sweep in both] == [(), ()]
    counts = {tuple(Counter(name for name, *_ in case.told()).items()) for case in cases}
    assert counts == {(("holding", 5), ("first_response", 5)), (("confirmation", 1),)}
    assert {case.state for case in cases} == {"disposed", "closed"}
    assert town.findings("20 Jul 16:01") == []


def test_a_case_that_somebody_has_locked_is_left_for_the_next_sweep(tmp_path: Path) -> None:
    # SQLite has one writer at a time
    with founded("postgresql", tmp_path) as town, ThreadPoolExecutor(1) as pool:
        busy, free = town.case_in("disposed"), town.case_in("disposed")
        with town.site.writing() as session:
            lock(town.engine, session, busy.id, SYSTEM)
            assert pool.submit(town.sweep, "8 Jul 16:01").result(timeout=20) == Sweep(cases=1, rungs=2)
        assert (len(busy.told()), len(free.told())) == (0, 2)
        assert town.sweep("8 Jul 16:01") == Sweep(cases=1, rungs=2)


def test_officers_and_a_sweep_that_work_at_once_wait_for_each_other(town: Town) -> None:
    cases = [town.case_in("disposed") for _ in range(16)]

    def finish(some: list[Case]) -> None:
        for case in some:
            case.goes("accept", "answer", moment="8 Jul 16:01")

    with ThreadPoolExecutor(3) as pool:
        swept = pool.submit(town.sweep, "8 Jul 16:01", 3)
        halves = [pool.submit(finish, part) for part in (cases[:8], cases[:7:-1])]
        assert swept.result(timeout=60).put_off == ()
        for half in halves:
            half.result(timeout=60)
    assert {case.state for case in cases} == {"answered"}
    assert town.findings("8 Jul 16:01") == []


def overdue(town: Town) -> Case:
    """A case of which two rungs of holding were told: the first to the secretary of the city."""
    case = town.case_in("disposed")
    for moment in ("8 Jul 15:00", "8 Jul 16:01"):
        town.sweep(moment)
    return case


def test_a_promise_holds_the_next_rung_once(town: Town) -> None:
    case = overdue(town)
    case.acknowledge(1, "setda.sekda", "9 Jul 08:00", promised="10 Jul 12:00")
    assert case.rungs()[1][7:] == ("8 Jul 16:01", "10 Jul 12:00", "9 Jul 08:00")
    assert [town.sweep(moment).rungs for moment in ("9 Jul 16:01", "10 Jul 12:00", "10 Jul 12:01")] == [0, 0, 1]
    assert case.told()[-1] == ("holding", 2, "told", "kota.wali-kota")
    with pytest.raises(InvalidFields) as again:
        case.acknowledge(2, "kota.wali-kota", "10 Jul 13:00", promised="20 Jul 12:00")
    assert again.value.errors == {"promised_at": ["A date was promised before: only the first one holds a rung."]}
    case.acknowledge(2, "kota.wali-kota", "10 Jul 13:00")
    # the rung after that comes at its own moment
    for moment, rungs in (("13 Jul 16:00", 3), ("13 Jul 16:01", 4)):
        town.sweep(moment)
        assert [name for name, *_ in case.told()].count("holding") == rungs
    assert town.findings("13 Jul 16:01") == []


def test_an_acknowledgement_is_recorded_and_holds_nothing_by_itself(town: Town) -> None:
    case = overdue(town)
    case.acknowledge(1, "setda.sekda", "9 Jul 08:00", note="Saya tegur.")
    with town.site.reading() as session:
        entry, row = case.entries(session)[-1], session.scalars(select(Escalation).filter_by(rung=1)).one()
        assert (row.promised_at, shown(row.acknowledged_at)) == (None, "9 Jul 08:00")
        assert (entry.move, entry.post, entry.is_public) == ("acknowledge", "setda.sekda", False)
        assert entry.internal == ('{"clock":"holding","note":"Saya tegur.","promised_at":null,"rung":1,"term":1}')
    assert town.sweep("9 Jul 16:01").rungs == 1


WRONG: list[tuple[str, str | None, LaporError]] = [
    ("pu.kepala", None, NotFound()),
    ("inspektorat.inspektur", None, NotFound()),
    ("setda.sekda", "9 Jul 08:00", InvalidFields({"promised_at": ["Must be later than now."]})),
    (
        "setda.sekda",
        "13 Jul 16:01",
        InvalidFields({"promised_at": ["Must be within another 2 working days: at most 2026-07-13T09:00:00Z."]}),
    ),
]


@pytest.mark.parametrize(("by", "promised", "error"), WRONG)
def test_only_the_told_post_acknowledges_and_promises_what_is_to_come(
    town: Town, by: str, promised: str | None, error: LaporError
) -> None:
    case = overdue(town)
    before = town.dump()
    with pytest.raises(type(error)) as refused:
        case.acknowledge(1, by, "9 Jul 08:00", promised=promised)
    assert (str(refused.value), town.dump() == before) == (str(error), True)


def test_a_rung_is_acknowledged_once_and_not_after_its_clock_has_ended(town: Town) -> None:
    case = overdue(town)
    case.acknowledge(0, "pu.kepala", "9 Jul 08:00")
    with pytest.raises(NotOpen, match="acknowledged before"):
        case.acknowledge(0, "pu.kepala", "9 Jul 08:00")
    case.goes("accept", moment="9 Jul 08:30")
    with pytest.raises(InvalidFields) as ended:
        case.acknowledge(1, "setda.sekda", "9 Jul 09:00", promised="10 Jul 12:00")
    assert ended.value.errors == {"promised_at": ["The clock is no longer running: there is nothing to hold."]}


def test_whom_the_case_has_left_acknowledges_nothing(town: Town) -> None:
    case = overdue(town)
    case.make("pass_down", "pu.penghubung", "9 Jul 08:00", unit="jalan")
    with pytest.raises(NotFound):
        case.acknowledge(1, "setda.sekda", "9 Jul 09:00")


def test_a_second_breach_in_a_new_term_is_told_again(town: Town) -> None:
    case = town.case_in("in_follow_up")
    town.sweep("24 Jul 16:31")
    case.goes("reclassify", moment="27 Jul 10:00")
    town.sweep("30 Sep 16:01")
    terms: list[Any] = [rung[1:5] for rung in case.rungs() if rung[0] == "resolution"]
    assert terms == [
        (1, 0, "skipped", None),
        (1, 1, "told", "pu.kepala"),
        (2, 0, "skipped", None),
        (2, 1, "told", "pu.kepala"),
    ]
    assert case.clock("resolution").due_at == at("30 Sep 16:00")
