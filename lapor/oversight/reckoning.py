"""How the due moments of a case came about, and who had to act how long: its clocks, held against its trail."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lapor.errors import NotFound
from lapor.handling import clocks
from lapor.handling.splitting import SPLIT_OFF
from lapor.machine import explaining
from lapor.machine.budget import Budget, Unit
from lapor.machine.clock import Clock
from lapor.machine.definition import Definition, Label
from lapor.machine.engine import Engine
from lapor.machine.explaining import Day, Granted, Held, Share, Turn
from lapor.notices import texts
from lapor.notices.wordings import Words, shipped
from lapor.privacy import content
from lapor.records import Complaint, TrailEntry

WHY: Mapping[str, Label] = {
    "day_0": Label("hari ke-0: hari mulai", "day 0: the day of the start"),
    "counted": Label("dihitung", "counted"),
    "holiday": Label("hari libur", "holiday"),
    "weekend": Label("akhir pekan", "weekend"),
    "outside": Label("bukan hari kantor", "outside the office's week"),
    "after_hours": Label("setelah jam kantor", "after office hours"),
    "paused": Label("dijeda", "paused"),
    "rolled": Label("hari kantor berikutnya", "the next office day"),
}
PARTIES: Mapping[str, Label] = {
    "reporter": Label("Pelapor", "Reporter"),
    "door": Label("Koordinator di pintu masuk", "Coordinator at the door"),
    "arbiter": Label("Penetap kewenangan", "Arbiter"),
    "reviewer": Label("Peninjau", "Reviewer"),
    "unit": Label("Unit pemegang laporan", "Unit that holds the case"),
    "nobody": Label("Tidak ada yang ditunggu", "Nobody"),
    "whole": Label("Sebelum dipisahkan dari laporan asal", "Before it was split off"),
}
# as whom the roles that act are charged; all others act for the unit that holds the case
_PARTY = {"reporter": "reporter", "coordinator": "door", "arbiter": "arbiter"}
_PARTY |= {"reviewer": "reviewer", "inspector": "reviewer"}
_UNITS: Mapping[Unit, str] = {
    Unit.HOURS: "jam",
    Unit.WORKING_HOURS: "jam kerja",
    Unit.CALENDAR_DAYS: "hari kalender",
    Unit.WORKING_DAYS: "hari kerja",
}


Written = Sequence[tuple[TrailEntry, Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Change:
    """An entry of the trail that changed a clock: by whom, and its due moment before and after. `old` None: it started."""

    at: datetime
    move: str
    is_public: bool
    role: str
    post: str | None
    term: int
    state: str
    old: datetime | None
    new: datetime


@dataclass(frozen=True, slots=True)
class Promise:
    """A date that an officer promised when acknowledging: until then the next rung waits. It moves no due moment."""

    at: datetime
    promised_at: datetime


@dataclass(frozen=True, slots=True)
class Explanation:
    """One run of one clock, explained. `elapsed` is all working time since its start, pauses included: that of all shares."""

    clock: Clock
    label: Label
    unit: str
    days: Sequence[Day]
    pauses: Sequence[Held]
    extension: Granted | None
    changes: Sequence[Change]
    promises: Sequence[Promise]
    elapsed: timedelta
    shares: Sequence[Share]
    sentence: Label


def explain(
    engine: Engine, session: Session, complaint: Complaint, *, now: datetime, name: str | None = None
) -> list[Explanation]:
    """Explain every run of every clock of a case that is not erased, or of the one with this name; in their order.

    Raises:
        NotFound: no clock of this name ever ran.
    """
    definition = engine.workflow(complaint.kind, complaint.definition_version).definition
    written = [(entry, _said(engine, complaint, entry)) for entry in _entries(session, complaint)]
    found = [clocks.value(row) for row in clocks.of_case(session, complaint) if name in (None, row.name)]
    if not found:
        raise NotFound
    runs = {clock.name: iter(_runs(written, complaint, clock.name)) for clock in found}
    turns = {name: list(_turns(definition, complaint, name, written)) for name in runs}
    return [
        _explained(engine, definition, clock, next(runs[clock.name]), turns[clock.name], written, now)
        for clock in found
    ]


def _explained(
    engine: Engine,
    definition: Definition,
    clock: Clock,
    changes: Sequence[Change],
    turns: Sequence[Turn],
    written: Written,
    now: datetime,
) -> Explanation:
    calendar = engine.calendar(clock.calendar)
    shares = explaining.shares(clock, calendar, turns, now)
    label = definition.clocks[clock.name].label or Label(clock.name, clock.name)
    return Explanation(
        clock=clock,
        label=label,
        unit=engine.organisation.units[clock.unit].code,
        days=explaining.days(clock, calendar),
        pauses=explaining.held(clock, calendar),
        extension=explaining.granted(clock, calendar),
        changes=changes,
        promises=list(_promises(written, clock.name, {change.term for change in changes})),
        elapsed=calendar.elapsed(clock.started_at, clock.stopped_at or now),
        shares=shares,
        sentence=_sentence(clock, label),
    )


def _entries(session: Session, complaint: Complaint) -> Sequence[TrailEntry]:
    of_it = select(TrailEntry).where(TrailEntry.complaint_id == complaint.id)
    return session.scalars(of_it.order_by(TrailEntry.sequence)).all()


def _said(engine: Engine, complaint: Complaint, entry: TrailEntry) -> Mapping[str, Any]:
    public, internal = map(json.loads, content.payload(engine.vault.content, complaint, entry))
    return {**public, **internal}


def _turns(definition: Definition, complaint: Complaint, name: str, written: Written) -> Iterator[Turn]:
    for entry, _ in written:
        if entry.move == SPLIT_OFF:
            # who had to act until then stands in the trail of the whole
            yield Turn(complaint.received_at, "whole")
        if entry.move in ("submit", SPLIT_OFF) or entry.move in definition.moves:
            acts = definition.acts_for(name, entry.target)
            party = _PARTY.get(acts, "unit") if acts else "nobody"
            yield Turn(_since(complaint, entry), party, entry.holder if party == "unit" else None)


def _runs(written: Written, complaint: Complaint, name: str) -> list[list[Change]]:
    """What the trail says of a clock, run by run: one begins where there was none before."""
    runs: list[list[Change]] = []
    for entry, said in written:
        for told in said.get("clocks", ()):
            if told["name"] == name:
                runs += [] if told["old"] else [[]]
                runs[-1].append(_change(complaint, entry, told))
    return runs


def _change(complaint: Complaint, entry: TrailEntry, told: Mapping[str, Any]) -> Change:
    old, new = told["old"] and datetime.fromisoformat(told["old"]), datetime.fromisoformat(told["new"])
    by = (entry.move, entry.is_public, entry.role, entry.post)
    return Change(_since(complaint, entry), *by, told["term"], told["state"], old, new)


def _promises(written: Written, name: str, terms: Collection[int]) -> Iterator[Promise]:
    for entry, said in written:
        if entry.move == "acknowledge" and said["promised_at"] and said["clock"] == name and said["term"] in terms:
            yield Promise(entry.at, datetime.fromisoformat(said["promised_at"]))


def _since(complaint: Complaint, entry: TrailEntry) -> datetime:
    """The moment from which an entry counts: what was keyed in later was received before."""
    return complaint.received_at if entry.move == "submit" else entry.at


def _sentence(clock: Clock, label: Label) -> Label:
    """What the due moment follows from, to be said to anybody; a clock that stands still is due later."""
    (since, until, held), (start, due, stands) = (_spoken(clock, words) for words in shipped().words)
    budget, unit, more = clock.budget, _UNITS[clock.budget.unit], clock.allowed.amount - clock.budget.amount
    longer = (f" + {more} {unit}", f" + {Budget(more, budget.unit)}") if more else ("", "")
    still = (f", bergeser selama dijeda sejak {held}", f", and moves while paused since {stands}") if held else ("", "")
    return Label(
        f"{label.id}: {budget.amount} {unit}{longer[0]} sejak {since}, jadi tenggatnya {until}{still[0]}.",
        f"{label.en}: {budget}{longer[1]} from {start}, so it is due on {due}{still[1]}.",
    )


def _spoken(clock: Clock, words: Words) -> list[str]:
    """Start, due moment and the begin of an open pause, in words."""
    moments = (clock.started_at, clock.due_at, clock.paused_at)
    return [texts.spoken(words, moment, clock.calendar.zone) if moment else "" for moment in moments]


def shown(told: Explanation, *, internal: bool) -> dict[str, Any]:
    """An explanation for programs. Without `internal`, of the trail what is public, and nobody by their post."""
    clock = told.clock
    return {
        **{name: getattr(clock, name) for name in ("name", "term", "started_at", "due_at", "state", "stopped_at")},
        "label": told.label,
        "budget": str(clock.budget),
        "unit": told.unit,
        "calendar": {"zone": clock.calendar.zone, "version": clock.calendar.version},
        "days": [_day(day, clock) for day in told.days],
        "pauses": [
            {"from": each.begin, "to": each.end, "old_due": each.before, "new_due": each.after} for each in told.pauses
        ],
        "extension": told.extension
        and {"by": str(told.extension.budget), "old_due": told.extension.before, "new_due": told.extension.after},
        "changes": [_entry(each, internal=internal) for each in told.changes if internal or each.is_public],
        "promises": [asdict(each) for each in told.promises] if internal else [],
        "elapsed": told.elapsed.total_seconds(),
        "shares": [_share(each) for each in told.shares],
        "sentence": told.sentence,
    }


def amount(used: timedelta, clock: Clock) -> int:
    """What is used up of a budget, as a number: whole days of one in days, else seconds."""
    return used.days if clock.budget.unit in explaining.IN_DAYS else int(used.total_seconds())


def _day(day: Day, clock: Clock) -> dict[str, Any]:
    windows = [str(window) for window in day.windows]
    numbers = {"used": amount(day.used, clock), "total": amount(day.total, clock)}
    named = {"why": day.why, "label": WHY[day.why], "holiday": day.holiday}
    return {"day": day.day, **named, "windows": windows, **numbers}


def _entry(change: Change, *, internal: bool) -> dict[str, Any]:
    said = {name: getattr(change, name) for name in ("at", "move", "term", "state", "old", "new")}
    return {**said, "actor_role": change.role, **({"post": change.post} if internal else {})}


def _share(share: Share) -> dict[str, Any]:
    times = {"ran": share.ran.total_seconds(), "stood": share.stood.total_seconds()}
    return {"party": share.party, "label": PARTIES[share.party], "unit": share.unit, **times}
