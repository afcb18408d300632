"""`lapor calendar`: what is a working day, when a budget ends, and whether all vectors come out right."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from lapor.cli.here import as_json, print_json, print_table, settings_here
from lapor.errors import CannotRun
from lapor.machine import indonesia, vectors
from lapor.machine.budget import Budget
from lapor.machine.calendar import Calendar
from lapor.site import calendar_of


class _Moment(click.ParamType[datetime]):
    name = "moment"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read an RFC 3339 moment with its offset."""
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value} is no moment such as 2026-03-17T09:00:00+07:00", param, ctx)
        if moment.tzinfo is None:
            self.fail(f"{value} has no offset such as +07:00", param, ctx)
        return moment


class _Budget(click.ParamType[Budget]):
    name = "budget"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> Budget:
        """Read a budget such as "3 working days"."""
        try:
            return Budget.parse(value)
        except ValueError as fault:
            self.fail(str(fault), param, ctx)


MOMENT = _Moment()


@click.group()
def calendar() -> None:
    """Working days, office hours, due moments."""


@calendar.command()
@click.option("--from", "start", type=MOMENT, required=True, help="The receipt, with its offset.")
@click.option("--budget", type=_Budget(), required=True, help='Such as "3 working days".')
@click.option("--zone", help="The zone of the office, such as Asia/Makassar; default: that of the settings.")
@as_json
def due(start: datetime, budget: Budget, zone: str | None, as_json: bool) -> None:
    """Print the moment at which a budget ends."""
    office = _office(zone)
    moment = office.due(start, budget).astimezone(ZoneInfo(office.zone))
    if as_json:
        print_json({"due_at": moment.isoformat(), "zone": office.zone, "budget": str(budget)})
    else:
        click.echo(moment.isoformat())


@calendar.command()
@click.option("--year", type=click.IntRange(2002, 2040), help="Default: this year.")
@as_json
def show(year: int | None, as_json: bool) -> None:
    """Print the days off of a year, Saturdays and Sundays left out."""
    office = _office(None)
    year = year or datetime.now(ZoneInfo(office.zone)).year
    days = {day: name for day, name in office.closed.items() if day.year == year}
    working = office.count_days(date(year, 1, 1), date(year, 12, 31))
    if as_json:
        listed = [{"date": day.isoformat(), "name": name} for day, name in sorted(days.items())]
        print_json({"year": year, "decreed": indonesia.decreed(year), "working_days": working, "closed": listed})
        return
    rows = [(day, f"{day:%a}", name) for day, name in sorted(days.items())]
    print_table(f"{year}: {working} working days in {office.zone}", ("date", "day", "name"), rows)
    if not indonesia.decreed(year):
        click.echo("No joint leave is decreed for this year yet: what is due in it will move with the decree.")


@calendar.command()
@click.argument("file", type=click.Path(path_type=Path))
@as_json
def check(file: Path, as_json: bool) -> int:
    """Run a file of working-time vectors and list the differences."""
    try:
        outcome = vectors.check(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError) as fault:
        raise CannotRun(f"{file} cannot be read: {fault}") from None
    listed = [
        {"id": each.id, "op": each.op, "expected": each.expected, "got": each.got} for each in outcome.differences
    ]
    if as_json:
        print_json({"checked": outcome.checked, "differences": listed})
    else:
        rows = [(each["id"], each["op"], each["expected"], each["got"]) for each in listed]
        print_table(f"{outcome.checked} vectors, {len(rows)} differences", ("id", "op", "expected", "got"), rows)
    return 1 if listed else 0


def _office(zone: str | None) -> Calendar:
    settings = settings_here()
    known = calendar_of(settings)
    if zone is None:
        return known
    try:
        return Calendar(zone, known.week, known.closed, known.special)
    except ValueError as fault:
        raise CannotRun(f"--zone: {fault}") from None
