"""Small counts kept back, so that a published table singles out nobody."""

from __future__ import annotations

from collections.abc import Sequence

SMALLEST = 5


def total(count: int) -> int | None:
    """A count that stands by itself; None: too small to be shown.

    >>> [total(4), total(5)]
    [None, 5]
    """
    return count if count >= SMALLEST else None


def table(rows: Sequence[tuple[str, int]], *, least: int) -> dict[str, int | None]:
    """The counts of a table whose total is known: None is kept back; empty where nothing can be shown.

    `rows` come in an order that does not depend on their counts. Each counts at least `least`: 1 where only what occurs
    is listed. A small one is kept back together with those that follow it, until together they exceed the least that
    they can be by as much as a row that is shown. So each of them can still be one thing or another, even for somebody
    who knows this rule; what is left at the end joins what came before it.

    >>> table([("a", 9), ("b", 2), ("c", 7), ("d", 6), ("e", 1)], least=1)
    {'a': 9, 'b': None, 'c': None, 'd': None, 'e': None}
    >>> table([("a", 2), ("b", 1)], least=1)
    {}
    """
    groups: list[list[tuple[str, int]]] = []
    waiting: list[tuple[str, int]] = []
    for row in rows:
        waiting.append(row)
        if sum(count - least for _, count in waiting) >= SMALLEST - least:
            groups.append(waiting)
            waiting = []
    if not groups:
        return {}
    groups[-1] += waiting
    return {name: count if len(group) == 1 else None for group in groups for name, count in group}
