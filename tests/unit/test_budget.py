"""Budgets: a number and a unit, as definitions and standards write them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lapor.machine.budget import Budget, Unit


@pytest.mark.parametrize(
    ("text", "budget"),
    [
        ("3 hours", Budget(3, Unit.HOURS)),
        ("1 hour", Budget(1, Unit.HOURS)),
        ("12 working hours", Budget(12, Unit.WORKING_HOURS)),
        ("1 working hour", Budget(1, Unit.WORKING_HOURS)),
        ("30 calendar days", Budget(30, Unit.CALENDAR_DAYS)),
        ("1 calendar day", Budget(1, Unit.CALENDAR_DAYS)),
        ("60 working days", Budget(60, Unit.WORKING_DAYS)),
        ("1 working day", Budget(1, Unit.WORKING_DAYS)),
        ("99999 hours", Budget(99999, Unit.HOURS)),
    ],
)
def test_a_budget_is_a_number_and_one_of_four_units(text: str, budget: Budget) -> None:
    assert Budget.parse(text) == budget
    assert str(budget) == text


@pytest.mark.parametrize(("text", "written"), [("1 working days", "1 working day"), ("2 hour", "2 hours")])
def test_a_wrong_plural_is_understood_and_not_repeated(text: str, written: str) -> None:
    assert str(Budget.parse(text)) == written


@pytest.mark.parametrize(
    "text",
    [
        "",
        "3",
        "3 days",
        "3 weeks",
        "3 calendar hours",
        "3  working days",
        " 3 working days",
        "3 working days\n",
        "3 Working Days",
        "0 hours",
        "-1 hours",
        "03 hours",
        "2.5 hours",
        "100000 hours",
        "٣ hours",
        "standard",
    ],
)
def test_anything_else_is_refused_with_the_units_there_are(text: str) -> None:
    message = f"{text!r} is not a whole number from 1 and one of: hours, working hours, calendar days, working days"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Budget.parse(text)


@given(st.builds(Budget, st.integers(1, 99999), st.sampled_from(Unit)))
def test_what_is_written_is_read_back(budget: Budget) -> None:
    assert Budget.parse(str(budget)) == budget
