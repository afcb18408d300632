"""Whether what is out of scope is answered as fast as what does not exist: pairs of requests in random order.

Of each pair one asks for a case of others and one for a number that nobody has; then the medians are compared. A
difference is none if its 95 % bootstrap interval contains 0, or lies within a millisecond. The time of the processor is
compared as well: it sees differences that a busy machine hides, but none that lie in the server of PostgreSQL.
"""

from __future__ import annotations

import gc
import json
import random
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from time import perf_counter, thread_time
from typing import Any, TypeAlias

import click
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.asking import asker, environ
from lapor.access.secrets import REPORTER_PREFIX, new_number, new_secret
from tests import postgres
from tests.files import PDF
from tests.integration.conftest import GENEROUS, founded, plainly_connected
from tests.integration.town import COORDINATOR, DISPOSITION
from tests.integration.web import V1, Web

KINDS = ("sqlite", "postgresql")
# seconds by the clock on the wall, and of the processor
Took: TypeAlias = tuple[float, float]
STRANGER, OFFICER, WRONG = "reporter of another case", "officer of another agency", "wrong secret"
ROUTES: Sequence[tuple[str, str, Mapping[str, Any] | None]] = (
    ("GET", "", None),
    ("GET", "/moves", None),
    ("GET", "/trail", None),
    ("GET", "/messages", None),
    ("GET", "/attachments", None),
    ("GET", "/attachments/{file}", None),
    ("GET", "/openings", None),
    ("POST", "/messages", {"text": "Halo."}),
    ("POST", "/moves", {"move": "tighten", "fields": {"confidential": True}}),
)
FEW, RESAMPLED, LIMIT = 20, 1000, 1.0
# of many intervals of 95 % some lie beside 0 by chance: those are measured once more, with more pairs
AGAIN = 5


@dataclass(frozen=True)
class Compared:
    """Medians in milliseconds, and the intervals of their difference: of others minus of nobody."""

    database: str
    caller: str
    route: str
    pairs: int
    of_others: float
    of_nobody: float
    interval: tuple[float, float]
    of_processor: tuple[float, float]
    statuses: Sequence[int]

    @property
    def is_none(self) -> bool:
        """Whether nobody could tell the two apart."""
        return len(self.statuses) == 1 and all(
            low <= 0 <= high or max(abs(low), abs(high)) < LIMIT for low, high in (self.interval, self.of_processor)
        )


@dataclass(frozen=True)
class Cases:
    """Numbers and files of cases of others, and as many that nobody has."""

    others: Sequence[tuple[str, str]]
    nobodys: Sequence[tuple[str, str]]


@contextmanager
def opened(kind: str) -> Iterator[tuple[Web, Cases, dict[str, str]]]:
    """A town with cases of the health agency, and those for whom they are not there."""
    with tempfile.TemporaryDirectory() as folder, founded(kind, Path(folder), **GENEROUS) as town:
        web = Web(town)
        own = web.submit()["secret"]
        others = []
        for _ in range(FEW):
            case = web.submit()
            number = case["tracking_number"]
            web.moved(case, "dispose", COORDINATOR, **{**DISPOSITION, "unit": "kesehatan"})
            others.append((number, web.upload(f"/complaints/{number}/attachments", PDF, case["secret"]).json["id"]))
        cases = Cases(others, [(new_number(2026), "0" * 32) for _ in range(FEW)])
        callers = {STRANGER: own, OFFICER: web.token("pu.penghubung"), WRONG: new_secret(REPORTER_PREFIX)}
        with plainly_connected(town):
            yield web, cases, callers


def compared(kind: str, pairs: int, *, shows: bool) -> Iterator[Compared]:
    """Compare on every route that reads or writes a case."""
    with opened(kind) as (web, cases, callers):
        every = [(who, *route) for who in callers for route in ROUTES]
        for who, method, suffix, body in track(every, f"{kind:10}", console=Console(stderr=True), disable=not shows):
            asked = f"{V1}/complaints/{{number}}{suffix}"
            for number in (pairs, AGAIN * pairs):
                times, statuses = timed(web, cases, (method, asked, body, callers[who]), number)
                of_others, of_nobody = (round(1000 * median(wall for wall, _ in each), 3) for each in times)
                wall, processor = (interval(*([took[at] for took in each] for each in times)) for at in (0, 1))
                route = f"{method} {suffix}"
                found = Compared(kind, who, route, number, of_others, of_nobody, wall, processor, sorted(statuses))
                if found.is_none:
                    break
            yield found


def timed(
    web: Web, cases: Cases, asked: tuple[str, str, Any, str], pairs: int
) -> tuple[tuple[list[Took], list[Took]], set[int]]:
    """How long each answer took, of cases of others and of nobody; and all statuses."""
    ask, (method, path, body, token) = asker(web.app), asked
    times: tuple[list[Took], list[Took]] = ([], [])
    statuses = set()
    gc.collect()
    gc.disable()
    try:
        # the first few warm up what is cached
        for turn in range(-FEW, pairs):
            for side in random.sample((0, 1), 2):
                number, file = (cases.others, cases.nobodys)[side][turn % FEW]
                given = environ(method, path.format(number=number, file=file), token=token, body=body)
                began = perf_counter(), thread_time()
                statuses.add(ask(given))
                took = perf_counter() - began[0], thread_time() - began[1]
                if turn >= 0:
                    times[side].append(took)
    finally:
        gc.enable()
    return times, statuses


def interval(one: Sequence[float], other: Sequence[float]) -> tuple[float, float]:
    """The 95 % bootstrap interval of the difference of two medians, in milliseconds."""
    differences = sorted(
        median(random.choices(one, k=len(one))) - median(random.choices(other, k=len(other))) for _ in range(RESAMPLED)
    )
    at = RESAMPLED // 40
    return round(1000 * differences[at], 3), round(1000 * differences[-at - 1], 3)


def _table(found: Sequence[Compared]) -> Table:
    table = Table("database", "caller", "route", "of others", "of nobody", "95 %", "95 % of processor", "told apart")
    for each in found:
        medians = f"{each.of_others:.2f} ms", f"{each.of_nobody:.2f} ms"
        intervals = (f"{low:+.3f} … {high:+.3f} ms" for low, high in (each.interval, each.of_processor))
        told = "no" if each.is_none else "yes"
        table.add_row(each.database, each.caller, each.route, *medians, *intervals, told)
    return table


@click.command(context_settings={"max_content_width": 100})
@click.option("--pairs", default=200, show_default=True, help="Pairs of requests for each route and caller.")
@click.option("--database", type=click.Choice(KINDS), multiple=True, default=KINDS, help="By default both.")
@click.option("--json", "in_json", is_flag=True, help="One object on stdout.")
def main(pairs: int, database: Sequence[str], *, in_json: bool) -> None:
    """Ask for cases of others and for cases of nobody, and compare how long the answers take."""
    try:
        found = [each for kind in database for each in compared(kind, pairs, shows=sys.stderr.isatty())]
    finally:
        postgres.stop_own()
    apart = [each for each in found if not each.is_none]
    if in_json:
        print(json.dumps({"told_apart": len(apart), "compared": [asdict(each) for each in found]}, indent=2))
    else:
        Console(width=150).print(_table(found))
    sys.exit(1 if apart else 0)


if __name__ == "__main__":
    main()
