"""Small counts: what is shown of a table leaves each count that is kept back more than one thing that it can be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lapor.access.suppression import SMALLEST, table, total

Counts = dict[str, int | None]
TABLES: list[tuple[int, dict[str, int], Counts]] = [
    (1, {"a": 5, "b": 6}, {"a": 5, "b": 6}),
    (1, {"a": 5}, {"a": 5}),
    (1, {"a": 4}, {}),
    (1, {}, {}),
    # one that is small takes the next one with it, at the end the one before
    (1, {"a": 1, "b": 9, "c": 7}, {"a": None, "b": None, "c": 7}),
    (1, {"a": 9, "b": 7, "c": 1}, {"a": 9, "b": None, "c": None}),
    # two that could be nothing else than one each take a third
    (1, {"a": 1, "b": 1, "c": 8}, {"a": None, "b": None, "c": None}),
    (1, {"a": 4, "b": 2, "c": 8}, {"a": None, "b": None, "c": 8}),
    (1, dict.fromkeys("abcdefg", 1), {}),
    (0, {"a": 7, "b": 0}, {"a": None, "b": None}),
    (0, {"a": 0, "b": 7}, {"a": None, "b": None}),
    (0, {"a": 5, "b": 5}, {"a": 5, "b": 5}),
    (0, {"a": 2, "b": 2}, {}),
]


@pytest.mark.parametrize(("least", "counts", "shown"), TABLES)
def test_small_counts_are_kept_back_together_with_others(least: int, counts: dict[str, int], shown: Counts) -> None:
    assert table([*counts.items()], least=least) == shown


@given(st.lists(st.integers(1, 40), max_size=12))
def test_nothing_small_is_shown_and_what_is_shown_is_true(counts: list[int]) -> None:
    rows = [(str(n), count) for n, count in enumerate(counts)]
    shown = table(rows, least=1)
    assert all(count is None or count == dict(rows)[name] >= SMALLEST for name, count in shown.items())
    assert shown == {} or [*shown] == [name for name, _ in rows]


def tables(most: int, least: int) -> Iterator[tuple[int, ...]]:
    """Every table of up to four rows that counts up to `most`; where only what occurs is listed, 0 is no row."""
    for counts in product(range(most + 1), repeat=4 if least else 3):
        if sum(counts) <= most:
            yield counts


@pytest.mark.parametrize("least", [0, 1])
def test_no_count_that_is_kept_back_can_be_determined(least: int) -> None:
    # whoever knows the rule, the total and what is shown tries every table: brute force, and no theory
    possible: dict[tuple[int | None, tuple[tuple[str, int | None], ...]], list[dict[str, int]]] = defaultdict(list)
    for counts in tables(16, least):
        rows = [(name, count) for name, count in zip("abcd", counts, strict=False) if count >= least]
        shown = table(rows, least=least)
        possible[total(sum(counts)), tuple(shown.items())].append(dict(rows))
    for (_, seen), those in possible.items():
        for name, count in seen:
            can_be = {each[name] for each in those}
            assert len(can_be) > 1 if count is None else can_be == {count}, (seen, those)
