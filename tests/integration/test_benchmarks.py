"""What benchmarks/ measures, in small: that they run, and that they would notice. No times are compared here."""

from __future__ import annotations

import random

from benchmarks import guesses, not_found
from tests.integration.web import V1


def test_guesses_are_answered_as_far_as_limits_allow_and_passwords_are_not_even_looked_at() -> None:
    with guesses.standing("sqlite") as target:
        found = list(guesses.guess(target, 330))
    assert [(each.made, each.right, each.answered, each.refused, each.compared, each.at_most) for each in found] == [
        (110, 0, 20, 90, 110, 20),
        (110, 0, 100, 10, 110, 100),
        (110, 0, 10, 100, 10, 10),
    ]
    assert [(each.still_opens, each.holds) for each in found] == [(True, True)] * 3


def test_a_difference_of_times_is_noticed_and_none_is_not() -> None:
    chance = random.Random(7)
    one, other = ([chance.gauss(0.010, 0.002) for _ in range(200)] for _ in range(2))
    low, high = not_found.interval(one, other)
    assert low < 0 < high
    low, high = not_found.interval([took + 0.003 for took in one], other)
    assert 2 < low < high < 4


def test_pairs_are_asked_that_differ_in_nothing_but_whose_they_are() -> None:
    with not_found.opened("sqlite") as (web, cases, callers):
        for who, statuses in {not_found.STRANGER: {404}, not_found.OFFICER: {404}, not_found.WRONG: {401}}.items():
            asked = (web, cases, ("GET", f"{V1}/complaints/{{number}}/trail", None, callers[who]), 2)
            assert not_found.timed(*asked)[1] == statuses
