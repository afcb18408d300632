"""Versions of the calendar: stored once, never changed, read back as editions."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lapor.directory import revision
from lapor.machine import indonesia
from lapor.machine.calendar import Window
from lapor.machine.edition import Days, Decree, Edition, Hours, Period, Week
from lapor.records import CalendarVersion
from lapor.records.base import canonical


def read(session: Session) -> dict[int, Edition]:
    """All editions by their version, the one in force last."""
    return {
        row.id: edition_of(row.content) for row in session.scalars(select(CalendarVersion).order_by(CalendarVersion.id))
    }


def newest(session: Session) -> Edition | None:
    """The edition in force."""
    row = _newest(session)
    return edition_of(row.content) if row else None


def store(session: Session, edition: Edition) -> int:
    """Store an edition as a new version where it is not that of the newest one; return the version in force."""
    content, newest = written(edition), _newest(session)
    fingerprint = fingerprint_of(content)
    if newest is None or newest.fingerprint != fingerprint:
        newest = CalendarVersion(fingerprint=fingerprint, content=content)
        session.add(newest)
        session.flush()
        revision.grow(session)
    return newest.id


def fingerprint_of(content: Mapping[str, Any]) -> str:
    """What tells versions apart. Of the settings' versions the years are no part: their days off say as much."""
    said = content if "decree" in content else {name: part for name, part in content.items() if name != "decreed"}
    return hashlib.sha256(canonical(said).encode()).hexdigest()


def _newest(session: Session) -> CalendarVersion | None:
    return session.scalars(select(CalendarVersion).order_by(CalendarVersion.id.desc()).limit(1)).one_or_none()


def written(edition: Edition) -> dict[str, Any]:
    """An edition as it is stored, and as programs read it."""
    content = _hours_written(edition.national) | {"decreed": sorted(edition.decreed)}
    if edition.decree:
        content["decree"] = edition.decree.written
    if edition.offices:
        content["offices"] = {code: _hours_written(hours) for code, hours in edition.offices.items()}
    return content


def _hours_written(hours: Hours) -> dict[str, Any]:
    always = {
        "week": _week_written(hours.week),
        "closed": {day.isoformat(): name for day, name in hours.closed.items()},
        "special": {day.isoformat(): _spans(windows) for day, windows in hours.special.items()},
    }
    periods = [
        {
            "name": period.name,
            "from": period.first.isoformat(),
            "to": period.last.isoformat(),
            "week": _week_written(period.week),
        }
        for period in hours.periods
    ]
    decrees = {day.isoformat(): decree.written for day, decree in hours.decrees.items()}
    return always | ({"periods": periods} if periods else {}) | ({"decrees": decrees} if decrees else {})


def _week_written(week: Week) -> dict[str, list[str]]:
    return {str(weekday): _spans(windows) for weekday, windows in week.items()}


def _spans(windows: Iterable[Window]) -> list[str]:
    return [str(window) for window in windows]


def edition_of(content: Mapping[str, Any]) -> Edition:
    """The edition that was `written`."""
    # versions of old say nothing of years: they hold what the library knew
    decreed = content.get("decreed", indonesia.decreed_years())
    return Edition(
        _hours(content),
        {code: _hours(said) for code, said in content.get("offices", {}).items()},
        frozenset(decreed),
        _decree(content["decree"]) if "decree" in content else None,
    )


def _hours(content: Mapping[str, Any]) -> Hours:
    return Hours(
        _week(content["week"]),
        {date.fromisoformat(day): name for day, name in content["closed"].items()},
        _days(content["special"]),
        tuple(
            Period(each["name"], date.fromisoformat(each["from"]), date.fromisoformat(each["to"]), _week(each["week"]))
            for each in content.get("periods", ())
        ),
        {date.fromisoformat(day): _decree(said) for day, said in content.get("decrees", {}).items()},
    )


def _decree(said: Mapping[str, str]) -> Decree:
    return Decree(said["number"], date.fromisoformat(said["date"]))


def _week(said: Mapping[str, Iterable[str]]) -> Week:
    return {int(weekday): _windows(spans) for weekday, spans in said.items()}


def _days(said: Mapping[str, Iterable[str]]) -> Days:
    return {date.fromisoformat(day): _windows(spans) for day, spans in said.items()}


def _windows(spans: Iterable[str]) -> tuple[Window, ...]:
    return tuple(Window.parse(*span.split("-")) for span in spans)
