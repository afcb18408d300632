"""Published vectors of working time: all of them pass, and what differs is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lapor.machine.vectors import Difference, Outcome, check

PUBLISHED = json.loads((Path(__file__).parent / "working_time_vectors.json").read_text(encoding="utf-8"))
OFFICE = {"mon": [["09:00", "17:00"]], "tue": [["09:00", "17:00"]]}
DUE = {
    "id": "due",
    "op": "due",
    "tz": "Asia/Jakarta",
    "hours": OFFICE,
    "holidays": [],
    "pauses": [],
    "start": "2025-07-07T10:00:00+07:00",
    "minutes": 60,
    "expected": "2025-07-07T11:00:00+07:00",
}
ELAPSED = {**DUE, "id": "elapsed", "op": "elapsed", "end": "2025-07-07T10:30:00+07:00", "expected": 30}
NEXT_OPEN = {**DUE, "id": "next", "op": "next_open", "expected": "2025-07-07T10:00:00+07:00"}
IS_WORKING = {**DUE, "id": "is", "op": "is_working", "expected": True}
ADD = {
    "id": "add",
    "op": "add_days_date",
    "workdays": ["mon", "tue"],
    "holidays": [],
    "start": "2025-07-07",
    "n": 1,
    "expected": "2025-07-08",
}
COUNT = {
    **ADD,
    "id": "count",
    "op": "count_days",
    "end": "2025-07-08",
    "count_mode": "inclusive_both",
    "expected": 2,
}
NATIONAL = {
    "id": "id",
    "op": "add_days_date",
    "calendar": "ID",
    "workdays": ["mon", "tue", "wed", "thu", "fri"],
    "start": "2025-03-27",
    "n": 5,
    "expected": "2025-04-14",
}
AMENDMENT = {
    "id": "amend-2025-08-18",
    "case": {"op": "add_days_date", "start": "2025-08-13", "n": 5, "before": "2025-08-20", "after": "2025-08-21"},
}


def test_all_published_vectors_pass() -> None:
    assert check(PUBLISHED) == Outcome(checked=128, differences=[])


def test_a_file_may_hold_only_some_of_the_lists() -> None:
    assert check({}) == Outcome(0, [])
    assert check({"vectors": [DUE, ELAPSED, NEXT_OPEN, IS_WORKING, ADD, COUNT]}) == Outcome(6, [])
    assert check({"indonesia": [NATIONAL]}) == Outcome(1, [])
    assert check({"calendar_amendments": [AMENDMENT]}) == Outcome(2, [])


@pytest.mark.parametrize(
    ("vector", "wrong", "expected", "got"),
    [
        (DUE, "2025-07-07T12:00:00+07:00", "2025-07-07T05:00:00+00:00", "2025-07-07T04:00:00+00:00"),
        (ELAPSED, 31.5, "31.5 minutes", "30.0 minutes"),
        (NEXT_OPEN, "2025-07-08T09:00:00+07:00", "2025-07-08T02:00:00+00:00", "2025-07-07T03:00:00+00:00"),
        (IS_WORKING, False, "False", "True"),
        (ADD, "2025-07-14", "2025-07-14", "2025-07-08"),
        (COUNT, 3, "3", "2"),
        (NATIONAL, "2025-04-07", "2025-04-07", "2025-04-14"),
    ],
)
def test_a_wrong_answer_is_a_difference(vector: dict[str, Any], wrong: object, expected: str, got: str) -> None:
    found = check({"vectors": [{**vector, "expected": wrong}, vector]})
    assert found == Outcome(2, [Difference(vector["id"], vector["op"], expected, got)])


def test_an_amendment_is_checked_before_and_after() -> None:
    swapped = {**AMENDMENT["case"], "before": "2025-08-21", "after": "2025-08-20"}  # type: ignore[dict-item]
    assert check({"calendar_amendments": [{**AMENDMENT, "case": swapped}]}).differences == [
        Difference("amend-2025-08-18 before", "add_days_date", "2025-08-21", "2025-08-20"),
        Difference("amend-2025-08-18 after", "add_days_date", "2025-08-20", "2025-08-21"),
    ]


def without(vector: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in vector.items() if name != key}


@pytest.mark.parametrize(
    ("vector", "reason"),
    [
        (without(DUE, "tz"), "malformed: 'tz' is missing"),
        (without(DUE, "pauses"), "malformed: 'pauses' is missing"),
        (without(DUE, "minutes"), "malformed: 'minutes' is missing"),
        (
            {**DUE, "op": "guess"},
            "malformed: the op is none of due, elapsed, next_open, is_working, add_days_date, count_days",
        ),
        ({**DUE, "tz": "Asia/Bandung"}, "malformed: there is no zone 'Asia/Bandung'"),
        ({**DUE, "start": "2025-07-07T10:00:00"}, "malformed: start needs a zone: 2025-07-07T10:00:00"),
        ({**DUE, "start": 5}, "malformed: start is no text: 5"),
        ({**DUE, "minutes": -1}, "malformed: working time cannot be negative: -1 day, 23:59:00"),
        ({**DUE, "minutes": 1e300}, "malformed: minutes is no number of minutes: 1e+300"),
        ({**DUE, "minutes": "60"}, "malformed: minutes is no number of minutes: '60'"),
        ({**DUE, "hours": {"senin": []}}, "malformed: senin: a weekday is one of mon, tue, wed, thu, fri, sat, sun"),
        ({**DUE, "hours": []}, "malformed: the hours are no table of weekdays: []"),
        (
            {**DUE, "hours": {}},
            "malformed: The calendar has too little working time in 100 years, so nothing can be due.",
        ),
        (
            {**DUE, "hours": {"mon": [["17:00", "09:00"]]}},
            "malformed: office hours open before they close, within 00:00 and 24:00, not 17:00-09:00",
        ),
        ({**IS_WORKING, "expected": 1}, "malformed: expected is neither true nor false: 1"),
        ({**ADD, "n": 1.5}, "malformed: n is no whole number: 1.5"),
        ({**ADD, "n": True}, "malformed: n is no whole number: True"),
        ({**COUNT, "count_mode": "exclusive"}, "malformed: count_mode 'exclusive' is unknown"),
        ({**NATIONAL, "calendar": "NL"}, "malformed: calendar 'NL' is unknown"),
    ],
)
def test_a_malformed_vector_is_a_difference_with_its_reason(vector: dict[str, Any], reason: str) -> None:
    (difference,) = check({"vectors": [vector]}).differences
    assert (difference.id, difference.op, difference.got) == (vector["id"], vector["op"], reason)


def test_what_is_no_vector_is_a_difference() -> None:
    nothing = Difference("?", "?", "?", "malformed: 5 is no vector")
    assert check({"vectors": 5, "indonesia": [5], "calendar_amendments": [5]}) == Outcome(3, [nothing] * 3)
    assert check({"vectors": [{}]}).differences[0].id == "?"


def test_an_amendment_that_names_no_day_is_a_difference() -> None:
    reason = "malformed: amended is no text: None"
    assert [d.got for d in check({"calendar_amendments": [{**AMENDMENT, "id": "x"}]}).differences] == [reason] * 2
    (caseless,) = check({"calendar_amendments": [{"id": "amend-2025-08-18"}]}).differences
    assert caseless.id == "amend-2025-08-18"


def test_a_far_reach_over_national_holidays_ends() -> None:
    assert check({"indonesia": [{**NATIONAL, "n": 10**9}]}).checked == 1


def test_a_difference_reads_as_one_line() -> None:
    line = str(Difference("id-002", "due", "2025-04-14", "2025-04-07"))
    assert line == "id-002 (due): expected 2025-04-14, got 2025-04-07"
