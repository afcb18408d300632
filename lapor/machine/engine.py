"""The engine: compiled definitions, calendars, standards, organisation and webhooks of one moment, frozen."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from lapor.machine.budget import Budget
from lapor.machine.calendar import Calendar
from lapor.machine.clock import CalendarKey
from lapor.machine.edition import Edition
from lapor.machine.organisation import Organisation
from lapor.machine.workflow import Workflow
from lapor.vault import NO_VAULT, Vault


@dataclass(frozen=True, slots=True)
class Standard:
    """A version of a service standard (standar pelayanan), valid from a date and never before it was signed.

    Without a budget it withdraws the version before it.
    """

    unit_id: int
    kind: str
    classification: str | None
    category_id: int | None
    budget: Budget | None
    valid_from: date
    signed_at: datetime

    @property
    def place(self) -> tuple[int, str, str | None, int | None]:
        """What it is for: a later version for the same supersedes it."""
        return self.unit_id, self.kind, self.classification, self.category_id


@dataclass(frozen=True, slots=True)
class Subscription:
    """An active webhook: the app of a unit that is told of the cases in its subtree. No `events`: of all."""

    webhook_id: int
    unit_id: int
    events: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Engine:
    """What `move` needs to know beside the case. `current` names the newest version of each kind.

    `editions` are what `calendars` were made from, by version.
    """

    workflows: Mapping[tuple[str, int], Workflow]
    current: Mapping[str, int]
    calendars: Mapping[CalendarKey, Calendar]
    calendar_version: int
    organisation: Organisation
    standards: tuple[Standard, ...] = ()
    default_door: str = ""
    pepper: bytes = field(default=b"", repr=False)
    vault: Vault = field(default=NO_VAULT, repr=False)
    subscriptions: tuple[Subscription, ...] = ()
    editions: Mapping[int, Edition] = field(default_factory=dict)

    def workflow(self, kind: str, version: int | None = None) -> Workflow:
        """The workflow of a kind: the newest version, or the one that a case started with."""
        return self.workflows[kind, version or self.current[kind]]

    def calendar(self, key: CalendarKey) -> Calendar:
        """The calendar that a clock runs under."""
        return self.calendars[key]

    def key(self, unit_id: int, version: int | None = None) -> CalendarKey:
        """The calendar of a unit: the version in force, or another one, with the hours of the nearest unit that has its own."""
        unit, version = self.organisation.units[unit_id], version or self.calendar_version
        edition = self.editions.get(version)
        above = (self.organisation.units[each].code for each in reversed(unit.path))
        return CalendarKey(unit.zone, version, edition.office(above) if edition else "")

    def is_provisional(self, key: CalendarKey, start: datetime, due: datetime) -> bool:
        """Whether a due moment may move with a decree: a year from start to due was not decreed in that version."""
        edition = self.editions.get(key.version)
        return edition is not None and edition.is_provisional(start, due, key.zone)

    def amended(self, edition: Edition) -> Engine:
        """The engine as it would be with one more version of the calendar, which is then in force."""
        version = self.calendar_version + 1
        zones = {key.zone for key in self.calendars}
        return replace(
            self,
            calendars={**self.calendars, **calendars_of(edition, zones, version)},
            calendar_version=version,
            editions={**self.editions, version: edition},
        )

    def throughout(self, edition: Edition) -> Engine:
        """The engine as if every version of the calendar had been this one."""
        zones, versions = ({getattr(key, name) for key in self.calendars} for name in ("zone", "version"))
        calendars = [calendars_of(edition, zones, version) for version in versions]
        return replace(self, calendars=dict(ChainMap(*calendars)), editions=dict.fromkeys(versions, edition))

    def standard(
        self, unit_id: int, kind: str, classification: str | None, category_id: int | None, *, on: date, at: datetime
    ) -> Budget | None:
        """The standard of a unit on a day, or of the nearest unit above it, as signed by a moment: the most specific."""
        path = self.organisation.units[unit_id].path
        fitting: Iterable[Standard] = (
            standard
            for standard in self.standards
            if standard.unit_id in path
            and standard.kind == kind
            and standard.classification in (None, classification)
            and standard.category_id in (None, category_id)
            and standard.valid_from <= on
            and standard.signed_at <= at
        )
        in_turn = sorted(fitting, key=lambda standard: (standard.valid_from, standard.signed_at))
        newest = {standard.place: standard for standard in in_turn}
        in_force = (standard for standard in newest.values() if standard.budget)
        best = max(in_force, key=lambda standard: _weight(standard, path), default=None)
        return best.budget if best else None


def calendars_of(edition: Edition, zones: Iterable[str], version: int) -> dict[CalendarKey, Calendar]:
    """The calendars of a version: those of each office and the national one, in each zone."""
    keys = [CalendarKey(zone, version, office) for zone in zones for office in ("", *edition.offices)]
    return {key: edition.calendar(key.zone, key.office, version) for key in keys}


def _weight(standard: Standard, path: tuple[int, ...]) -> tuple[bool, bool, int]:
    return standard.category_id is not None, standard.classification is not None, path.index(standard.unit_id)
