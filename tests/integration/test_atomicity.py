"""A change happens as a whole or not at all: whatever statement fails, and whoever writes at the same time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from threading import Barrier

import pytest
from sqlalchemy import Engine, event

from lapor.errors import LaporError, NotOpen, Stale
from lapor.handling.move import move
from tests.integration.town import COORDINATOR, DISPOSITION, REPORTER, Case, Town, at

NOON = "6 Jul 12:00"
MISCONDUCT = {**DISPOSITION, "classification": "oversight", "reported": "kesehatan, pu.kepala"}


class Struck(Exception):
    """The statement that was struck down."""


@contextmanager
def striking(database: Engine, n: int) -> Iterator[list[object]]:
    """Let the n-th statement fail before it reaches the database; commits count. What was struck is in the list."""
    steps, struck = count(1), list[object]()

    def strike(*details: object) -> None:
        if next(steps) == n:
            struck.append(details)
            raise Struck

    event.listen(database, "before_cursor_execute", strike)
    event.listen(database, "commit", strike)
    try:
        yield struck
    finally:
        event.remove(database, "before_cursor_execute", strike)
        event.remove(database, "commit", strike)


def struck_at_each_step(town: Town, act: Callable[[], object]) -> None:
    """Let one statement after another fail, each time with nothing left behind, until it is done."""
    before, failures = town.dump(), 0
    while True:
        with striking(town.site.database, failures + 1):
            try:
                act()
                break
            except Struck:
                failures += 1
        assert town.dump() == before
    assert failures > 4


def submitting(town: Town) -> Callable[[], object]:
    return lambda: town.submit(reporter=REPORTER, confidential=True)


def disposing(town: Town) -> Callable[[], object]:
    case = town.submit(reporter=REPORTER)
    return lambda: case.attempt("dispose", COORDINATOR, NOON, MISCONDUCT)


def passing_down_while_overdue(town: Town) -> Callable[[], object]:
    case = town.case_in("disposed")
    town.sweep("9 Jul 07:00")
    assert case.told() == [("holding", 0, "skipped", None), ("holding", 1, "told", "setda.sekda")]
    return lambda: case.goes("pass_down", moment="9 Jul 08:00")


def approving(town: Town) -> Callable[[], object]:
    case = town.case_in("awaiting_approval", reporter=REPORTER)
    return lambda: case.goes("approve", moment=NOON)


def appealing(town: Town) -> Callable[[], object]:
    case = town.case_in("closed")
    return lambda: case.goes("appeal", moment=NOON)


def withdrawing(town: Town) -> Callable[[], object]:
    case = town.submit()
    case.attempt("dispose", COORDINATOR, NOON, MISCONDUCT)
    return lambda: case.goes("withdraw", moment=NOON)


def splitting(town: Town) -> Callable[[], object]:
    case = town.submit(reporter=REPORTER, confidential=True)
    case.attempt("dispose", COORDINATOR, NOON, MISCONDUCT)
    case.goes("accept", moment=NOON)
    by, said = "pu.penghubung", {"title": "Lampu mati", "text": "Di jalan yang sama."}
    return lambda: case.attempt("split", by, NOON, said)


def writing(town: Town) -> Callable[[], object]:
    case = town.case_in("answered")
    return lambda: case.write("Belum.", "reporter", "7 Jul 10:00")


def promising(town: Town) -> Callable[[], object]:
    case = town.case_in("disposed")
    town.sweep("9 Jul 07:00")
    return lambda: case.acknowledge(1, "setda.sekda", "9 Jul 08:00", promised="13 Jul 08:00")


DEEDS = [
    submitting,
    disposing,
    passing_down_while_overdue,
    approving,
    appealing,
    withdrawing,
    splitting,
    writing,
    promising,
]


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.__name__)
def test_a_failure_at_any_step_leaves_nothing_behind(town: Town, deed: Callable[[Town], Callable[[], object]]) -> None:
    act = deed(town)
    before = town.dump()
    struck_at_each_step(town, act)
    after = town.dump()
    assert {name for name in after if after[name] != before[name]} >= {"complaints", "trail"}
    town.sweep("9 Jul 08:00")
    assert town.findings("9 Jul 08:00") == []


def test_a_sweep_that_fails_once_at_any_step_still_tells_each_rung_once(town: Town) -> None:
    rungs = [("holding", 0, "skipped", None), ("holding", 1, "told", "setda.sekda")]
    for n in count(1):
        case = town.case_in("disposed")
        before = town.dump()
        with striking(town.site.database, n) as struck:
            try:
                town.sweep("9 Jul 07:00")
            except Struck:
                assert (town.dump(), n) == (before, 1)
                town.sweep("9 Jul 07:00")
        assert (case.told(), case.seen().put_off) == (rungs, None)
        if not struck:
            break
    assert n > 8
    assert town.findings("9 Jul 07:00") == []


def outcomes(*attempts: Callable[[], None]) -> list[str]:
    """What came of attempts that were made at once, each by a thread with a session of its own."""
    start = Barrier(len(attempts))

    def attempt(act: Callable[[], None]) -> str:
        start.wait()
        try:
            act()
        except LaporError as fault:
            return type(fault).__name__
        return "made"

    with ThreadPoolExecutor(len(attempts)) as pool:
        return sorted(pool.map(attempt, attempts))


def test_of_two_writers_at_once_one_wins_and_the_other_has_a_conflict(town: Town) -> None:
    cases = [town.case_in("disposed") for _ in range(5)]

    def accepting(case: Case, version: int | None) -> Callable[[], None]:
        return lambda: case.attempt("accept", "pu.penghubung", NOON, {}, version)

    for case in cases[:3]:
        assert outcomes(accepting(case, 2), accepting(case, 2)) == ["Stale", "made"]
    for case in cases[3:]:
        assert outcomes(*[accepting(case, None)] * 4) == ["NotOpen", "NotOpen", "NotOpen", "made"]
    assert {tuple(case.trail()) for case in cases} == {("submit", "dispose", "accept")}
    assert town.findings(NOON) == []


def test_a_disposition_is_either_recalled_or_accepted(town: Town) -> None:
    case = town.case_in("disposed")

    def recall() -> None:
        case.attempt("recall", COORDINATOR, NOON, {"reason": "Salah unit."})

    assert outcomes(lambda: case.goes("accept", moment=NOON), recall) == ["NotOpen", "made"]
    assert case.state in ("in_follow_up", "contested")


@pytest.mark.parametrize(("version", "conflict"), [(2, Stale), (None, NotOpen)])
def test_the_second_writer_waits_for_the_first_and_reads_afresh(
    town: Town, version: int | None, conflict: type[LaporError]
) -> None:
    case = town.case_in("disposed")
    with ThreadPoolExecutor(1) as pool:
        with town.site.writing() as session:
            actor = town.who("pu.penghubung")
            move(town.engine, session, case.id, "accept", actor=actor, fields={}, now=at(NOON), version=version)
            session.flush()
            second = pool.submit(case.attempt, "accept", "pu.penghubung", NOON, {}, version)
            with pytest.raises(TimeoutError):
                second.result(timeout=0.2)
        assert type(second.exception(timeout=20)) is conflict
    assert case.trail() == ["submit", "dispose", "accept"]


def test_a_case_that_left_the_scope_while_one_waited_is_not_there(town: Town) -> None:
    case = town.case_in("disposed")
    with ThreadPoolExecutor(1) as pool:
        with town.site.writing() as session:
            fields = {"unit": "jalan"}
            actor = town.who("pu.penghubung")
            move(town.engine, session, case.id, "pass_down", actor=actor, fields=fields, now=at(NOON))
            session.flush()
            second = pool.submit(case.attempt, "accept", "pu.penghubung", NOON, {})
            with pytest.raises(TimeoutError):
                second.result(timeout=0.2)
        assert type(second.exception(timeout=20)).__name__ == "NotFound"
