"""`lapor clock`: how due moments came about, and how many cases other budgets would have breached."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, astuple, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from lapor.access import reading
from lapor.access.principal import SYSTEM
from lapor.cli.here import as_json, print_json, print_table, progress, site_here
from lapor.directory import calendar_file
from lapor.errors import CannotRun, NotFound
from lapor.machine.explaining import IN_DAYS, Day
from lapor.oversight import reckoning, supposing
from lapor.oversight.reckoning import PARTIES, WHY, Explanation
from lapor.oversight.supposing import Supposed
from lapor.site import edition_of


@click.group()
def clock() -> None:
    """The clocks of cases."""


@clock.command()
@click.argument("number")
@click.option("--clock", "name", help="Such as resolution; default: every clock of the case.")
@as_json
def explain(number: str, name: str | None, as_json: bool) -> None:
    """Explain day by day how the due moments of a case came about, and who had to act how long."""
    site = site_here()
    with site.reading() as session:
        engine = site.engine(session)
        try:
            seen = reading.find(session, engine, SYSTEM, number)
            if seen.complaint.erased_at:
                raise CannotRun(f"{number} is erased: its trail says nothing any more.")
            told = reckoning.explain(engine, session, seen.complaint, now=datetime.now(UTC), name=name)
        except NotFound:
            raise CannotRun(f"There is no case {number}{f' with a clock {name}' if name else ''}.") from None
    if as_json:
        print_json([reckoning.shown(each, internal=True) for each in told])
        return
    for each in told:
        _print(each)


@clock.command("what-if")
@click.option("--standard", "file", type=click.Path(path_type=Path), help="YAML with other budgets.")
@click.option(
    "--calendar", "days", type=click.Path(path_type=Path), help="Another calendar, as `calendar import` takes it."
)
@click.option("--from", "since", type=click.DateTime(["%Y-%m-%d"]), help="Received on this day or later.")
@click.option("--to", "until", type=click.DateTime(["%Y-%m-%d"]), help="Received on this day or earlier.")
@as_json
def what_if(
    file: Path | None, days: Path | None, since: datetime | None, until: datetime | None, as_json: bool
) -> None:
    """Recompute cases under other budgets or days, and count the breaches before and after; nothing is written.

    The first FILE is a list of standards, each {unit, kind, class?, category?, budget}, or has such a list as `standards`, and
    legal budgets as `clocks`: {resolution: 10 working days}, or for each class one. What people did stays as it was.
    """
    if file is None and days is None:
        raise CannotRun("Name other budgets as --standard FILE, another calendar as --calendar FILE, or both.")
    site = site_here()
    zone = site.settings.zone
    begin = since and since.replace(tzinfo=zone)
    end = until and (until + timedelta(days=1)).replace(tzinfo=zone)
    with site.reading() as session:
        engine = site.engine(session)
        supposed = supposing.read(file, engine, session) if file else Supposed()
        if days:
            base, units = edition_of(site.settings), engine.organisation.unit_codes
            supposed = replace(supposed, edition=calendar_file.load(days, base=base, units=units))
        with progress("cases", supposing.count(session, begin, end)) as seen:
            found = supposing.suppose(
                engine, session, supposed, since=begin, until=end, now=datetime.now(UTC), seen=seen
            )
    if as_json:
        print_json(asdict(found))
        return
    left = f", {found.left_out} erased or broken ones left out" if found.left_out else ""
    columns = ("agency", "clock", "clocks", "breached", "clocks then", "breached then")
    print_table(f"Cases: {found.cases}{left}", columns, map(astuple, found.lines))


def _print(told: Explanation) -> None:
    of_it, zone = told.clock, ZoneInfo(told.clock.calendar.zone)
    click.echo(f"{told.label.en} ({of_it.name}), {of_it.state}, of {told.unit}: {of_it.budget}")
    click.echo(f"Calendar {of_it.calendar.zone}, version {of_it.calendar.version}; a time is working time.")
    days = [
        (
            f"{day.day:%a} {day.day}",
            ", ".join(map(str, day.windows)),
            day.holiday or WHY[day.why].en,
            _so_far(told, day),
        )
        for day in told.days
    ]
    print_table("Day by day", ("day", "office", "why", "used up"), days)
    for title, columns, rows in _tables(told, zone):
        print_table(title, columns, rows) if rows else None
    click.echo(f"{told.sentence.en}\n")


def _tables(told: Explanation, zone: ZoneInfo) -> Iterator[tuple[str, tuple[str, ...], list[tuple[Any, ...]]]]:
    def local(moment: datetime | None) -> str | None:
        return f"{moment.astimezone(zone):%a %Y-%m-%d %H:%M}" if moment else None

    pauses = [tuple(map(local, (each.begin, each.end, each.before, each.after))) for each in told.pauses]
    yield "Pauses", ("from", "to", "due without it", "due with it"), pauses
    more = told.extension
    given = [(more.budget, local(more.before), local(more.after))] if more else []
    yield "Extension", ("by", "due without it", "due with it"), given
    changes = [
        (local(each.at), each.move, each.post or each.role, each.term, local(each.old), local(each.new))
        for each in told.changes
    ]
    yield "In the trail", ("at", "move", "by", "term", "due before", "due after"), changes
    promises = [(local(each.at), local(each.promised_at)) for each in told.promises]
    yield "Promised", ("at", "until"), promises
    shares = [
        (PARTIES[each.party].en, each.unit, _hours(each.ran), _hours(each.stood), _hours(each.ran + each.stood))
        for each in told.shares
    ]
    whole = ("together", None, None, None, _hours(told.elapsed))
    yield "Who had to act", ("who", "unit", "running", "paused", "together"), [*shares, whole]


def _so_far(told: Explanation, day: Day) -> str:
    return str(day.total.days) if told.clock.budget.unit in IN_DAYS else _hours(day.total)


def _hours(time: timedelta) -> str:
    minutes, seconds = divmod(int(time.total_seconds()), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
