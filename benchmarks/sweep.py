"""The sweep over very many open cases, beside a bare claim in SQL and a job per case, all in one run on PostgreSQL.

`python -m benchmarks.sweep --open 1000000 --due 50000 --json`
"""

from __future__ import annotations

import json
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from benchmarks import jobs
from benchmarks.bare import claim_all
from benchmarks.multitude import multiply, settle
from benchmarks.submissions import citizens
from lapor.oversight import amending
from lapor.scheduler import give_way
from tests import postgres
from tests.integration.conftest import founded
from tests.integration.town import Town, at

# the hour in which parts are due, a minute apart; until it nothing is
HOUR, QUIET = "8 Jul 16", "8 Jul 15:59"
PARTS = 8
FEW = 10_000
LOOKS = 200
QUIET_SECONDS = 10
say = Console(stderr=True).print

Part = tuple[str, int]
"""The moment at which a part of the cases is claimed, and how many they are."""


@click.command()
@click.option("--open", "open_cases", default=1_000_000, help="Open cases, those that are due included.")
@click.option(
    "--due", default=50_000, help="Cases of which a rung is due: for our sweep, and again for the bare claim."
)
@click.option("--batch", default=500, help="Cases to one transaction, for both.")
@click.option(
    "--lanes", default=2, help="Batches that our sweep has under way at once, as a worker on PostgreSQL has 2."
)
@click.option("--jobs", "sample", default=500, help="Cases that get a job each.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
def main(open_cases: int, due: int, batch: int, lanes: int, sample: int, as_json: bool) -> None:
    """Measure it."""
    sizes = [due // PARTS] * 2 * PARTS + [due // PARTS] * 2 + [sample]
    try:
        with (
            tempfile.TemporaryDirectory() as folder,
            filled(Path(folder), FEW, ()) as (few, _),
            filled(Path(folder), open_cases - sum(sizes), sizes) as (many, parts),
        ):
            measured: dict[str, Any] = {"open": open_cases, "due": due, "batch": batch, "lanes": lanes}
            measured |= nothing_due(few, many)
            measured |= side_by_side(many, parts[: 2 * PARTS], batch, lanes)
            measured |= among_citizens(many, parts[2 * PARTS : -1], batch, lanes)
            measured |= {"jobs_per_second": round(jobs.rate(many, *parts[-1]))}
            measured |= {"ratio_to_jobs": round(measured["cases_per_second"] / measured["jobs_per_second"], 1)}
    finally:
        postgres.stop_own()
    show(measured, as_json=as_json)


@contextmanager
def filled(folder: Path, idle: int, sizes: Sequence[int]) -> Iterator[tuple[Town, list[Part]]]:
    """A town with so many cases of which nothing is due in that hour, and parts of these sizes of which something is."""
    with founded("postgresql", folder) as town:
        late, fresh = town.case_in("disposed"), town.case_in("disposed", "8 Jul 15:00")
        town.sweep(QUIET)
        parts = [(f"{HOUR}:{minute + 1:02}", size) for minute, size in enumerate(sizes)]
        for minute, size in enumerate(sizes):
            say(f"{size} cases that are overdue from {parts[minute][0]} on")
            multiply(late, size, first=(minute + 1) * 10_000_000, later=timedelta(minutes=minute))
        say(f"{idle} other open cases")
        multiply(fresh, idle, first=500_000_000)
        # the model itself is of no part
        late.goes("withdraw", moment=QUIET)
        settle(late)
        yield town, parts


def nothing_due(few: Town, many: Town) -> dict[str, float]:
    """How long a sweep takes that finds nothing, in turn with few and with many open cases."""
    spent = [(timed(lambda: look(few)), timed(lambda: look(many))) for _ in range(LOOKS)]
    in_few, in_many = (statistics.median(times) for times in zip(*spent, strict=True))
    return {
        f"nothing_due_ms_{FEW}": round(in_few * 1000, 2),
        "nothing_due_ms": round(in_many * 1000, 2),
        "nothing_due_ratio": round(in_many / in_few, 2),
    }


def look(town: Town) -> None:
    """What a worker looks for at each tick: clocks under a former calendar, and moments that have passed."""
    amending.amend(town.engine, town.site.writing, now=at(QUIET))
    town.sweep(QUIET)


def side_by_side(town: Town, parts: Sequence[Part], batch: int, lanes: int) -> dict[str, float]:
    """Our sweep and the bare claim in turn, a part each; memory is that of this process, which runs both."""
    ours = bare = 0.0
    for (bare_at, size), (ours_at, _) in zip(parts[::2], parts[1::2], strict=True):
        bare += timed(lambda: expect(claim_all(town, bare_at, batch), size))  # noqa: B023
        ours += timed(lambda: expect(town.sweep(ours_at, batch=batch, lanes=lanes).rungs, size))  # noqa: B023
        say(f"bare claim {bare:.1f} s, our sweep {ours:.1f} s so far")
    told = sum(size for _, size in parts[::2])
    return {
        "seconds": round(ours, 1),
        "cases_per_second": round(told / ours),
        "bare_cases_per_second": round(told / bare),
        "ratio_to_bare": round(bare / ours, 2),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def among_citizens(town: Town, parts: Sequence[Part], batch: int, lanes: int) -> dict[str, float]:
    """How long a submission takes while nothing else goes on, and while a sweep does."""
    with citizens(town) as found:
        # as a worker does
        give_way()
        time.sleep(QUIET_SECONDS)
        begun = time.monotonic()
        for moment, size in parts:
            expect(town.sweep(moment, batch=batch, lanes=lanes).rungs, size)
        ended = time.monotonic()
        time.sleep(QUIET_SECONDS)
    # the first ones still warm up
    quiet = [*found.waited(0, begun)[20:], *found.waited(ended, ended + QUIET_SECONDS)]
    busy = found.waited(begun, ended)
    return {
        "submission_ms": round(statistics.median(quiet) * 1000, 1),
        "submission_ms_during_sweep": round(statistics.median(busy) * 1000, 1),
        "submission_ratio": round(statistics.median(busy) / statistics.median(quiet), 2),
        "submissions_during_sweep": len(busy),
    }


def timed(act: Callable[[], object]) -> float:
    """How many seconds it takes."""
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def expect(done: int, due: int) -> None:
    """Refuse to measure what was not done."""
    if done != due:
        raise SystemExit(f"{due} cases were due, and {done} were told")


def show(measured: dict[str, Any], *, as_json: bool) -> None:
    """Print what was measured."""
    if as_json:
        click.echo(json.dumps(measured))
        return
    table = Table("measured", "value")
    for name, value in measured.items():
        table.add_row(name, str(value))
    Console().print(table)


if __name__ == "__main__":
    main()
