"""Definitions, calendars and standards as immutable versions: stored when first used, read back as an engine."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lapor.directory import organisation, revision, standards, webhooks
from lapor.errors import CannotRun
from lapor.machine import reader
from lapor.machine.calendar import Calendar, Window
from lapor.machine.clock import CalendarKey
from lapor.machine.definition import Definition
from lapor.machine.engine import Engine
from lapor.machine.workflow import Workflow
from lapor.records import CalendarVersion, DefinitionVersion
from lapor.records.base import canonical
from lapor.vault import Vault


def store_definitions(session: Session, definitions: Iterable[Definition]) -> None:
    """Store definitions that are new.

    Raises:
        CannotRun: a definition was changed, but kept the version under which it is stored.
    """
    stored = {(row.name, row.version): row for row in session.scalars(select(DefinitionVersion))}
    for definition in definitions:
        row = stored.get((definition.name, definition.version))
        if row is None:
            session.add(
                DefinitionVersion(
                    name=definition.name,
                    version=definition.version,
                    fingerprint=definition.fingerprint,
                    source=definition.source,
                )
            )
            revision.grow(session)
        elif row.fingerprint != definition.fingerprint:
            raise CannotRun(
                f"{definition.file}: {definition.name} was changed, but is still version {definition.version}: "
                f"cases run under what was stored. Set `version: {definition.version + 1}`, or undo the change."
            )
        elif row.source != definition.source:
            row.source = definition.source
            revision.grow(session)


def store_calendar(session: Session, calendar: Calendar) -> None:
    """Store the calendar's hours and days off as a new version where they are not those of the newest one."""
    content = _content(calendar)
    fingerprint = hashlib.sha256(canonical(content).encode()).hexdigest()
    newest = session.scalars(select(CalendarVersion).order_by(CalendarVersion.id.desc()).limit(1)).one_or_none()
    if newest is None or newest.fingerprint != fingerprint:
        session.add(CalendarVersion(fingerprint=fingerprint, content=content))
        revision.grow(session)


def engine(session: Session, *, zone: str, default_door: str, pepper: bytes, vault: Vault) -> Engine:
    """Build the engine of the moment from what is stored; `zone` is that of a government without units."""
    stored = session.scalars(select(DefinitionVersion).order_by(DefinitionVersion.id)).all()
    workflows = {(row.name, row.version): Workflow(_definition(row)) for row in stored}
    tree = organisation.read(session)
    zones = {unit.zone for unit in tree.units.values()} | {zone}
    versions = session.scalars(select(CalendarVersion).order_by(CalendarVersion.id)).all()
    return Engine(
        workflows=workflows,
        current={name: max(version for other, version in workflows if other == name) for name, _ in workflows},
        calendars={CalendarKey(each, row.id): _calendar(row, each) for row in versions for each in zones},
        calendar_version=versions[-1].id if versions else 0,
        organisation=tree,
        standards=standards.signed(session),
        default_door=default_door,
        pepper=pepper,
        vault=vault,
        subscriptions=webhooks.subscriptions(session),
    )


def _definition(row: DefinitionVersion) -> Definition:
    definition, faults = reader.read(row.source, f"{row.name} version {row.version}")
    if definition is None or faults:
        raise CannotRun(f"The stored definition {row.name} version {row.version} cannot be read: {faults}")
    return definition


def _content(calendar: Calendar) -> dict[str, Any]:
    return {
        "week": {str(day): [str(window) for window in windows] for day, windows in calendar.week.items()},
        "closed": {day.isoformat(): name for day, name in calendar.closed.items()},
        "special": {day.isoformat(): [str(window) for window in spans] for day, spans in calendar.special.items()},
    }


def _calendar(row: CalendarVersion, zone: str) -> Calendar:
    content: Mapping[str, Any] = row.content
    return Calendar(
        zone,
        {int(day): _windows(spans) for day, spans in content["week"].items()},
        {date.fromisoformat(day): name for day, name in content["closed"].items()},
        {date.fromisoformat(day): _windows(spans) for day, spans in content["special"].items()},
        version=row.id,
    )


def _windows(spans: Iterable[str]) -> tuple[Window, ...]:
    return tuple(Window.parse(*span.split("-")) for span in spans)
