"""`lapor demo`: a fortnight of an invented city in under a minute."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import click
from rich.console import Console

from lapor import settings
from lapor.cli.here import as_json, print_json
from lapor.demo import facts, programme, story
from lapor.demo.play import Play, midnight
from lapor.demo.stage import Hands, staged
from lapor.directory import demo as city
from lapor.errors import CannotRun
from lapor.site import calendar_of


@click.command()
@as_json
@click.option(
    "--keep",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help=(
        "Keep database and mails in this folder, new or empty; without it nothing is kept. "
        "By the clock of today much has come due since: `lapor doctor`, called there, lists it."
    ),
)
def demo(as_json: bool, keep: Path | None) -> int:
    """Play a fortnight around a holiday on a simulated clock, through a server of its own; touches nothing else."""
    begun = perf_counter()
    console = Console(quiet=as_json, highlight=False)
    with _folder(keep) as folder:
        calendar = calendar_of(settings.load({}, folder))
        plan = story.read(calendar, city.read().complaints)
        with staged(folder, Hands(midnight(plan.first, calendar))) as stage:
            play, days = Play(stage, plan, calendar), []
            programme.title(console, play)
            for day in play.days():
                programme.show_day(console, play, day)
                days.append(day)
            told = facts.gather(play, days)
            told |= {"kept": str(folder) if keep else None, "seconds": round(perf_counter() - begun, 1)}
            programme.show_facts(console, play, told)
    if as_json:
        print_json(told)
    return 1 if told["doctor"]["broken"] else 0


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is None:
        with TemporaryDirectory(prefix="lapor-demo-") as made:
            yield Path(made)
        return
    try:
        keep.mkdir(parents=True, exist_ok=True)
        taken = any(keep.iterdir())
    except OSError as fault:
        raise CannotRun(f"--keep: {keep} cannot be used: {fault.strerror}.") from None
    if taken:
        raise CannotRun(f"--keep: {keep} is not empty: name a new folder.")
    yield keep.resolve()
