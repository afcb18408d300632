"""`lapor calendar`: what is a working day, when a budget ends, what a decree moves, and whether all vectors come out right."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import click

from lapor.cli.here import as_json, print_json, print_table, progress, settings_here, site_here
from lapor.directory import calendar_file
from lapor.errors import CannotRun
from lapor.machine import vectors
from lapor.machine.budget import Budget
from lapor.machine.calendar import Calendar
from lapor.machine.clock import CalendarKey
from lapor.machine.edition import Edition, Hours, Period, Week
from lapor.oversight import amending
from lapor.site import Site, calendar_in_force, edition_of


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
@click.option("--unit", help="The code of a unit; default: the national hours.")
@click.option("--year", type=click.IntRange(2002, 2040), help="Default: this year.")
@as_json
def show(unit: str | None, year: int | None, as_json: bool) -> None:
    """Print the calendar in force: hours, and the days off of a year with their decrees, Saturdays and Sundays left out."""
    version, edition, key = _in_force(unit=unit)
    office = edition.calendar(key.zone, key.office, version)
    year = year or datetime.now(ZoneInfo(key.zone)).year
    working = office.count_days(date(year, 1, 1), date(year, 12, 31))
    told = {
        "version": version,
        "decree": edition.decree and edition.decree.written,
        "zone": key.zone,
        "hours_of": key.office or None,
    }
    if as_json:
        counted = {"year": year, "decreed": year in edition.decreed, "working_days": working}
        print_json({**counted, **told, **_listed(edition.hours(key.office), year)})
        return
    _print_hours(edition, key, year)
    _print_days(f"{year}: {working} working days in {key.zone}", edition.hours(key.office), year)
    if year not in edition.decreed:
        click.echo("No joint leave is decreed for this year yet: what is due in it will move with the decree.")


def _listed(hours: Hours, year: int) -> dict[str, Any]:
    """Hours for programs: the week, periods and days of a year."""
    periods = [
        {"name": each.name, "from": each.first.isoformat(), "to": each.last.isoformat(), "week": _week(each.week)}
        for each in _periods(hours, year)
    ]
    closed = [_day(hours, day, {"name": name}) for day, name in sorted(hours.closed.items()) if day.year == year]
    special = [
        _day(hours, day, {"hours": [*map(str, windows)]})
        for day, windows in sorted(hours.special.items())
        if day.year == year
    ]
    worked = [_day(hours, day, {}) for day in _worked(hours) if day.year == year]
    return {"week": _week(hours.week), "periods": periods, "closed": closed, "worked": worked, "special": special}


def _periods(hours: Hours, year: int) -> list[Period]:
    return [period for period in hours.periods if period.first.year <= year <= period.last.year]


def _worked(hours: Hours) -> list[date]:
    """Days off that are worked after all: a decree says so, and nothing else is said of them."""
    return sorted(hours.decrees.keys() - hours.closed.keys() - hours.special.keys())


def _day(hours: Hours, day: date, said: Mapping[str, Any]) -> dict[str, Any]:
    decree = {"decree": hours.decrees[day].written} if day in hours.decrees else {}
    return {"date": day.isoformat(), **said, **decree}


def _week(week: Week) -> dict[str, list[str]]:
    return {calendar_file.WEEKDAYS[weekday]: [*map(str, windows)] for weekday, windows in sorted(week.items())}


def _print_hours(edition: Edition, key: CalendarKey, year: int) -> None:
    source = f"by {edition.decree}" if edition.decree else "by the settings"
    hours, named = edition.hours(key.office), f"hours of {key.office}" if key.office else "national hours"
    periods = {f"{each.name}, {each.first} to {each.last}": each.week for each in _periods(hours, year)}
    weeks = [_week(week) for week in (hours.week, *periods.values())]
    rows = [(name, *(", ".join(week.get(name, ())) for week in weeks)) for name in calendar_file.WEEKDAYS]
    print_table(f"Calendar version {key.version}, {source}; {named}", ("", "usually", *periods), rows)


def _print_days(title: str, hours: Hours, year: int) -> None:
    special = {day: " ".join(map(str, windows)) for day, windows in hours.special.items()}
    said = {**hours.closed, **special, **dict.fromkeys(_worked(hours), "worked after all")}
    days = sorted((day, name) for day, name in said.items() if day.year == year)
    rows = [(day, f"{day:%a}", name, hours.decrees.get(day)) for day, name in days]
    print_table(title, ("date", "day", "name", "decree"), rows)


@calendar.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Tell what would change, and change nothing.")
@as_json
def import_(file: Path, dry_run: bool, as_json: bool) -> int:
    """Make FILE the calendar in force, and compute open clocks anew: first it tells which of them move, and by how much.

    What FILE does not say is as the settings have it. Started again after it was killed, it goes on where it was.
    """
    site, now = site_here(), datetime.now(UTC)
    base = edition_of(site.settings)
    with site.reading() as session:
        engine = site.engine(session)
        edition = calendar_file.load(file, base=base, units=engine.organisation.unit_codes)
        seen = amending.preview(engine, session, edition, now=now)
    if not as_json:
        _print_preview(edition, seen)
    if dry_run:
        done, version = amending.Amended(), None
    else:
        version = site.adopt(edition)
        done = _amend(site)
    if as_json:
        faults = [{"complaint": number, "fault": fault} for number, fault in done.faults]
        amended = {
            "version": version,
            "cases": done.cases,
            "clocks": done.clocks,
            "moved": done.moved,
            "faults": faults,
        }
        print_json(
            {
                "decree": edition.decree and edition.decree.written,
                **_told(seen),
                "amended": None if dry_run else amended,
            }
        )
    elif not dry_run:
        click.echo(f"Version {version} is in force. Open clocks computed anew: {done.clocks}, moved: {done.moved}.")
        if done.faults:
            print_table(f"Cases that failed: {len(done.faults)}", ("number", "fault"), done.faults)
    return 1 if done.faults else 0


def _amend(site: Site) -> amending.Amended:
    with site.reading() as session:
        engine = site.engine(session)
        waiting = amending.waiting(engine, session)
    with progress("cases", waiting) as seen:
        return amending.amend(engine, site.writing, now=datetime.now(UTC), batch=site.settings.worker.batch, seen=seen)


def _told(seen: amending.Preview) -> dict[str, Any]:
    groups = {"by_clock": seen.by_clock, "by_agency": seen.by_agency}
    listed = {name: {key: _spread(moves) for key, moves in sorted(group.items())} for name, group in groups.items()}
    return {"open": seen.open, "moves": _spread(seen.moves), **listed}


def _spread(moves: Sequence[timedelta]) -> dict[str, Any]:
    """How many clocks move, and by how many hours: later is more than nothing, earlier less."""
    hours = [move / timedelta(hours=1) for move in moves]
    if not hours:
        return {"clocks": 0}
    return {"clocks": len(hours), "min_hours": min(hours), "median_hours": median(hours), "max_hours": max(hours)}


def _print_preview(edition: Edition, seen: amending.Preview) -> None:
    groups = {"all": seen.moves} | {f"clock {name}": moves for name, moves in sorted(seen.by_clock.items())}
    groups |= {f"agency {code}": moves for code, moves in sorted(seen.by_agency.items())}
    rows = [
        (name, *(_by(part) if isinstance(part, float) else part for part in _spread(moves).values()))
        for name, moves in groups.items()
        if moves
    ]
    title = f"{edition.decree}: {len(seen.moves)} of {seen.open} open clocks move"
    print_table(title, ("of", "clocks", "least", "median", "most"), rows)


def _by(hours: float) -> str:
    """How much later, in days and hours, as in "+1 d 00:30"."""
    minutes = round(abs(hours) * 60)
    return f"{'-' if hours < 0 else '+'}{minutes // 1440} d {minutes // 60 % 24:02}:{minutes % 60:02}"


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
    version, edition, key = _in_force()
    try:
        return edition.calendar(zone or key.zone, version=version)
    except ValueError as fault:
        raise CannotRun(f"--zone: {fault}") from None


def _in_force(unit: str | None = None) -> tuple[int, Edition, CalendarKey]:
    """The version in force, its edition, and which of its calendars a unit has; the national one without a unit."""
    settings = settings_here()
    version, edition, organisation = calendar_in_force(settings)
    if unit is None:
        return version, edition, CalendarKey(settings.zone.key, version)
    found = organisation.unit_codes.get(unit)
    if found is None:
        raise CannotRun(f"--unit: there is no unit with the code {unit!r}.")
    above = (organisation.units[each].code for each in reversed(found.path))
    return version, edition, CalendarKey(found.zone, version, edition.office(above))
