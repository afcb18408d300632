"""`lapor replay`: a year of complaints in minutes."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import Any

import click

from lapor import settings
from lapor.cli.calendars import MOMENT
from lapor.cli.here import as_json, print_json, print_table, progress
from lapor.errors import CannotRun
from lapor.machine import reader
from lapor.records import schema
from lapor.replay import outcome
from lapor.replay.course import Replay, prepare
from lapor.replay.lines import Line, Rejected, fingerprint, read
from lapor.site import Site, load_definitions, open_site

PATH = click.Path(path_type=Path)


@click.command()
@click.argument("file", type=PATH)
@click.option("--units", "units_file", type=PATH, required=True, help="Units and posts, JSON.")
@click.option("--database", help="The address of the database; default: that of the settings.")
@click.option("--workflow", "workflow_file", type=PATH, help="Another definition of complaints.")
@click.option("--lines", "lines_file", type=PATH, help="Write what came of each line, one JSON object a line.")
@click.option("--until", type=MOMENT, help="Stop the simulated clock there.")
@as_json
def replay(
    file: Path,
    units_file: Path,
    database: str | None,
    workflow_file: Path | None,
    lines_file: Path | None,
    until: datetime | None,
    as_json: bool,
) -> int:
    """Replay FILE on a simulated clock. Ctrl-C stops it; called again it goes on where it stopped."""
    site = _site(database, workflow_file)
    units = _units(units_file)
    lines, rejected = read(file, {unit["name"]: unit["code"] for unit in units})
    prepare(site, units, lines)
    with progress("complaints", len(lines)) as seen, _stopping() as stop:
        run = Replay(site, fingerprint(file), {line.n: line for line in lines}, until, seen, lambda: bool(stop))
        run.run()
    numbers = _count(site, run, lines, rejected, lines_file)
    print_json(numbers) if as_json else _show(numbers)
    if stop:
        click.echo("Stopped; the same command goes on from here.", err=True)
        return 130
    return 0


def _site(database: str | None, workflow_file: Path | None) -> Site:
    env = {**os.environ, **({"LAPOR_DATABASE_URL": database} if database else {})}
    site = open_site(settings.load(env, Path.cwd()))
    definitions = load_definitions(site.settings)
    if workflow_file:
        chosen = reader.load(workflow_file)
        definitions = [each for each in definitions if each.name != chosen.name] + [chosen]
    schema.migrate(site.database)
    site.prepare(definitions)
    return site


def _units(path: Path) -> Sequence[Mapping[str, Any]]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise CannotRun(f"{path} cannot be read: {fault}") from None
    if not isinstance(found, list) or not all(isinstance(unit, dict) for unit in found):
        raise CannotRun(f"{path} must be a list of units.")
    return found


@contextmanager
def _stopping() -> Iterator[list[int]]:
    asked: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        asked.append(number)

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked
    finally:
        for number, former in before.items():
            signal.signal(number, former)


def _count(
    site: Site, run: Replay, lines: Sequence[Line], rejected: Sequence[Rejected], lines_file: Path | None
) -> dict[str, Any]:
    with site.reading() as session:
        engine = site.engine(session)
        calendar = engine.calendar(engine.key(engine.organisation.root.id))
        answers = outcome.by_line(session, run.file, rejected)
        if lines_file:
            with lines_file.open("w", encoding="utf-8") as out:
                outcome.write_lines(answers, out)
        return outcome.summary(session, calendar, run.course, answers, run.lines, rejected)


def _show(numbers: Mapping[str, Any]) -> None:
    answered, hours = numbers["answered"], numbers["working_hours"]
    rows = [
        ("submitted", numbers["submitted"]),
        ("rejected", ", ".join(f"{line['n']} ({line['why']})" for line in numbers["rejected"]) or 0),
        *((f"answered {name}" if name != "never" else "never answered", answered[name]) for name in answered),
        *(
            (f"closed by {who}" if who != "open" else "still open", count)
            for who, count in numbers["closed_by"].items()
        ),
        ("working hours to answer, median", hours["median"]),
        ("working hours to answer, 90th percentile", hours["p90"]),
        ("moves per second", f"{numbers['moves_per_second']} ({numbers['seconds']} s)"),
    ]
    print_table("replay", ("what", "count"), rows)
    outcomes = ("warned", "told", "skipped", "lapsed")
    rungs = [
        (rung["clock"], rung["rung"], rung["tell"], *(rung.get(name) for name in outcomes), rung["posts"])
        for rung in numbers["rungs"]
    ]
    print_table("rungs", ("clock", "rung", "tell", *outcomes, "posts"), rungs)
