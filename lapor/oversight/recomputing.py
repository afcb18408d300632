"""A case told again from its trail: what state, holder, counts and clocks it must have. Trusts nothing that is stored."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from lapor.handling import clocks, step
from lapor.handling.splitting import SPLIT_OFF
from lapor.machine.clock import Calendars, Clock, Step, advance, after_rung, restart, stood_by
from lapor.machine.definition import Definition
from lapor.machine.engine import Engine
from lapor.privacy import content
from lapor.records import Complaint, TrailEntry

Advancing = Callable[[Definition, Collection[Clock], Step, Calendars], list[Clock]]


@dataclass(slots=True)
class Told:
    """What the trail says of a case so far."""

    state: str = ""
    holder: str = ""
    previous: str | None = None
    since: datetime | None = None
    classification: str | None = None
    category_id: int | None = None
    bound: bool = False
    version: int = 0
    tally: dict[str, int] = field(default_factory=dict)
    clocks: list[Clock] = field(default_factory=list)
    rungs: set[tuple[str, int, int, str]] = field(default_factory=set)
    content: str = ""
    advancing: Advancing = advance


def retell(
    engine: Engine,
    complaint: Complaint,
    entries: Iterable[TrailEntry],
    categories: Mapping[str, int],
    *,
    advancing: Advancing = advance,
) -> Told:
    """Tell a case again from the entries of its trail, in their order. `categories` are ids by code.

    `advancing` is what a step does to clocks, for those who suppose other ones than there were. Of an erased case, whose entries say nothing any more, state, holder and counts alone.
    """
    definition = engine.workflow(complaint.kind, complaint.definition_version).definition
    told = Told(advancing=advancing)
    for entry in entries:
        if complaint.erased_at is None:
            _read(engine, definition, complaint, told, entry, categories)
        if entry.move in ("submit", SPLIT_OFF) or entry.move in definition.moves:
            _moved(definition, complaint, told, entry)
    return told


def _read(
    engine: Engine,
    definition: Definition,
    complaint: Complaint,
    told: Told,
    entry: TrailEntry,
    categories: Mapping[str, int],
) -> None:
    """What an entry says in its payload."""
    public, internal = map(json.loads, content.payload(engine.vault.content, complaint, entry))
    said = {**public, **internal}
    if entry.move == "submit" or entry.move in definition.moves:
        _run_clocks(engine, definition, complaint, told, entry, said, categories)
    elif entry.move == SPLIT_OFF:
        _begin(engine, told, said, categories)
    elif entry.move == "amend":
        told.clocks = [_amended(engine, definition, complaint, told, entry, clock) for clock in told.clocks]
    elif entry.move in _NOTES:
        told.clocks = [_NOTES[entry.move](engine, definition, told, entry, said, clock) for clock in told.clocks]


def _run_clocks(
    engine: Engine,
    definition: Definition,
    complaint: Complaint,
    told: Told,
    entry: TrailEntry,
    said: Mapping[str, Any],
    categories: Mapping[str, int],
) -> None:
    move = definition.moves.get(entry.move)
    told.content = said.get("content", told.content)
    told.classification = said.get("classification", told.classification)
    told.category_id = categories.get(said.get("category", ""), told.category_id)
    holder = engine.organisation.unit_codes[entry.holder].id
    taken = step.taken(
        engine,
        definition,
        step.Placed(complaint.door_id, holder, told.classification, told.category_id),
        move=move,
        source=entry.source,
        target=entry.target,
        at=entry.at if move else complaint.received_at,
        dates=_dates(move.needs if move else (), said),
        calendar_version=entry.calendar_version,
        holder_changes=told.holder != entry.holder,
    )
    told.clocks = told.advancing(definition, told.clocks, taken, engine.calendar)


def _begin(engine: Engine, told: Told, said: Mapping[str, Any], categories: Mapping[str, int]) -> None:
    """A part begins as its whole stood; its clocks stood there already."""
    told.content, told.classification = said["content"], said["classification"]
    told.category_id = categories.get(said["category"] or "")
    told.clocks = [clocks.read(engine, each) for each in said["clocks"]]


def _moved(definition: Definition, complaint: Complaint, told: Told, entry: TrailEntry) -> None:
    """What an entry tells even where it says nothing any more."""
    move = definition.moves.get(entry.move)
    if entry.target != entry.source:
        told.previous = entry.source
        told.since = complaint.received_at if entry.move == "submit" else entry.at
    told.state, told.holder, told.version = entry.target, entry.holder, told.version + 1
    if move:
        told.tally = step.counted(told.tally, move)
        told.bound = told.bound or (move.binding and move.holder)


def _dates(needs: Iterable[Any], said: Mapping[str, Any]) -> list[date]:
    return [date.fromisoformat(said[need.name]) for need in needs if need.type == "date" and need.name in said]


def _told_rung(
    engine: Engine, definition: Definition, told: Told, entry: TrailEntry, said: Mapping[str, Any], clock: Clock
) -> Clock:
    if not _is_about(clock, said):
        return clock
    told.rungs.add((clock.name, clock.term, said["rung"], said["outcome"]))
    rule, calendar = definition.clocks[clock.name], engine.calendar(clock.calendar)
    return after_rung(clock, rule, said["rung"], entry.at, calendar)


def _promised(
    _engine: Engine, _definition: Definition, _told: Told, _entry: TrailEntry, said: Mapping[str, Any], clock: Clock
) -> Clock:
    if not _is_about(clock, said) or not said["promised_at"]:
        return clock
    return replace(clock, held_until=datetime.fromisoformat(said["promised_at"]))


def _stood_by(
    engine: Engine, _definition: Definition, _told: Told, entry: TrailEntry, said: Mapping[str, Any], clock: Clock
) -> Clock:
    return stood_by(clock, entry.at, engine.calendar(clock.calendar)) if _is_about(clock, said) else clock


def _restarted(
    engine: Engine, _definition: Definition, _told: Told, entry: TrailEntry, said: Mapping[str, Any], clock: Clock
) -> Clock:
    named = {change["name"] for change in said["clocks"]}
    return restart(clock, entry.at, engine.calendar) if clock.is_alive and clock.name in named else clock


def _amended(
    engine: Engine, definition: Definition, complaint: Complaint, told: Told, entry: TrailEntry, clock: Clock
) -> Clock:
    """A clock under the version of the calendar that the entry names, with those of its rungs that stay told."""
    if not clock.is_alive:
        return clock
    version, door = entry.calendar_version, complaint.door_id
    anew = clocks.amended(engine, definition, clock, door=door, state=told.state, at=entry.at, version=version)
    kept = {rung for rung in told.rungs if rung[:2] == (clock.name, clock.term) and rung[2] < anew.rung}
    told.rungs = told.rungs - kept | {(name, anew.term, rung, outcome) for name, _, rung, outcome in kept}
    return anew


def _is_about(clock: Clock, said: Mapping[str, Any]) -> bool:
    return clock.is_alive and (clock.name, clock.term) == (said["clock"], said["term"])


_NOTES = {"escalate": _told_rung, "acknowledge": _promised, "stand_by": _stood_by, "restart": _restarted}
