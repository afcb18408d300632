"""Definitions, calendars and standards as immutable versions: stored when first used, read back as an engine."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from lapor.directory import editions, organisation, revision, standards, webhooks
from lapor.errors import CannotRun
from lapor.machine import reader
from lapor.machine.definition import Definition
from lapor.machine.engine import Engine, calendars_of
from lapor.machine.workflow import Workflow
from lapor.records import DefinitionVersion
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


def engine(session: Session, *, zone: str, default_door: str, pepper: bytes, vault: Vault) -> Engine:
    """Build the engine of the moment from what is stored; `zone` is that of a government without units."""
    stored = session.scalars(select(DefinitionVersion).order_by(DefinitionVersion.id)).all()
    workflows = {(row.name, row.version): Workflow(_definition(row)) for row in stored}
    tree = organisation.read(session)
    zones = {unit.zone for unit in tree.units.values()} | {zone}
    known = editions.read(session)
    calendars = [calendars_of(edition, sorted(zones), version) for version, edition in known.items()]
    return Engine(
        workflows=workflows,
        current={name: max(version for other, version in workflows if other == name) for name, _ in workflows},
        calendars=dict(ChainMap(*calendars)),
        calendar_version=max(known, default=0),
        organisation=tree,
        standards=standards.signed(session),
        default_door=default_door,
        pepper=pepper,
        vault=vault,
        subscriptions=webhooks.subscriptions(session),
        editions=known,
    )


def _definition(row: DefinitionVersion) -> Definition:
    definition, faults = reader.read(row.source, f"{row.name} version {row.version}")
    if definition is None or faults:
        raise CannotRun(f"The stored definition {row.name} version {row.version} cannot be read: {faults}")
    return definition
