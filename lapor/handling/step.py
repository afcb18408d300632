"""One step of a case being written: the part that submitting and moving share. Nothing here decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from lapor.access.principal import Principal
from lapor.handling import clocks, trail
from lapor.machine import clock
from lapor.machine.definition import Definition, Move, State
from lapor.machine.engine import Engine
from lapor.machine.organisation import Post, Unit
from lapor.notices import outbox, webhook_outbox
from lapor.records import CategoryRow, ClockRow, Complaint, Escalation

Party = tuple[int | None, int | None]
"""The id of a reported unit, or that of a reported post."""


@dataclass(slots=True)
class Making:
    """A move that is being made, between its checks and its entry in the trail.

    `values` are the checked fields; `public` and `internal` grow to what the trail says. `reported` is whom the case is
    about, None until somebody asks. `former_id` is the holder before a hand-over.
    """

    engine: Engine
    session: Session
    complaint: Complaint
    actor: Principal
    now: datetime
    definition: Definition
    clock_rows: Sequence[ClockRow] = ()
    move: Move | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    public: dict[str, Any] = field(default_factory=dict)
    internal: dict[str, Any] = field(default_factory=dict)
    reported: set[Party] | None = None
    former_id: int | None = None

    @property
    def name(self) -> str:
        """The move as the trail and the texts call it."""
        return self.move.name if self.move else "submit"

    @property
    def at(self) -> datetime:
        """The moment from which clocks count: of a submission its receipt, which may be keyed in later."""
        return self.now if self.move else self.complaint.received_at


def write(making: Making, target: str) -> list[ClockRow]:
    """Put the case into `target`: state, clocks, trail, outboxes, in this order; return the clocks that it started.

    The caller commits.
    """
    complaint, source = making.complaint, making.complaint.state if making.move else None
    enter(making, making.definition.states[target], source)
    taken = step_of(making, source, target)
    if taken.holder_changes and any(row.rung or row.term > 1 for row in making.clock_rows):
        _lapse_rungs(making)
    making.internal["clocks"], started = clocks.step(making.engine, complaint, making.clock_rows, taken)
    trail.append(making.engine.vault.content, making.session, complaint, _happening(making, source, target))
    new_due = {"new_due": taken.new_due.isoformat()} if taken.new_due else {}
    outbox.tell(making.session, complaint, making.name, making.now, facts=new_due)
    clocks.store(making.session, complaint, started)
    tell_apps(making, making.name, source, target)
    return started


def enter(making: Making, state: State, source: str | None) -> None:
    """Set state and phase; the moment of entering stays where the move does not leave."""
    complaint = making.complaint
    if state.name != source:
        complaint.previous_state, complaint.since = source, making.at
    complaint.state, complaint.phase, complaint.is_open = state.name, state.phase, state.closed is None
    complaint.version = (complaint.version or 0) + 1
    if making.move:
        complaint.tally = counted(complaint.tally, making.move)
    take_part(complaint, making.actor)


def take_part(complaint: Complaint, actor: Principal) -> None:
    """Remember of an officer that they had a part in what became of a case: they will not review it."""
    if actor.post and actor.post.code not in complaint.took_part:
        complaint.took_part = [*complaint.took_part, actor.post.code]


def counted(tally: Mapping[str, int], move: Move) -> dict[str, int]:
    """The tally after a move: the move itself, and what it counts."""
    names = [move.name, *([move.counts] if move.counts else [])]
    return {**tally, **{name: tally.get(name, 0) + 1 for name in names}}


def step_of(making: Making, source: str | None, target: str) -> clock.Step:
    """The step as clocks see it."""
    complaint = making.complaint
    return taken(
        making.engine,
        making.definition,
        Placed(complaint.door_id, complaint.holder_id, complaint.classification, complaint.category_id),
        move=making.move,
        source=source,
        target=target,
        at=making.at,
        dates=[value for value in making.values.values() if isinstance(value, date)],
        calendar_version=making.engine.calendar_version,
        holder_changes=making.former_id is not None,
    )


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a case stands after a step, as far as budgets and calendars depend on it."""

    door_id: int
    holder_id: int
    classification: str | None
    category_id: int | None


def taken(
    engine: Engine,
    definition: Definition,
    placed: Placed,
    *,
    move: Move | None,
    source: str | None,
    target: str,
    at: datetime,
    dates: Sequence[date],
    calendar_version: int,
    holder_changes: bool,
) -> clock.Step:
    """A step as clocks see it; `dates` are those among its fields, of which an extension takes the first.

    A move that names a holder gives a holder anew, also where it is the same; `holder_changes` tells of all others.
    """
    door = engine.key(placed.door_id, calendar_version)
    extends = move is not None and any(move.name in rule.extended_by for rule in definition.clocks.values())
    on = engine.calendar(door).day(at)
    return clock.Step(
        move=move,
        source=source,
        target=target,
        at=at,
        holder=placed.holder_id,
        holder_changes=move is not None and (move.holder or holder_changes),
        door_calendar=door,
        holder_calendar=engine.key(placed.holder_id, calendar_version),
        classification=placed.classification,
        standard=engine.standard(
            placed.holder_id, definition.name, placed.classification, placed.category_id, on=on, at=at
        ),
        new_due=next(iter(dates), None) if extends else None,
    )


def _lapse_rungs(making: Making) -> None:
    # the former chain has nothing more to do with the case; the count of its rungs stays
    told = update(Escalation).where(
        Escalation.complaint_id == making.complaint.id, Escalation.outcome.in_(("told", "warned"))
    )
    making.session.execute(told.values(outcome="lapsed"), execution_options={"synchronize_session": False})


def tell_apps(making: Making, what: str, source: str | None, target: str) -> None:
    """Tell the apps of units of a move, or of what came of one."""
    complaint = making.complaint
    said = {
        "move": what,
        "from": source,
        "to": target,
        "holder": making.engine.organisation.units[complaint.holder_id].code,
        "version": complaint.version,
    }
    webhook_outbox.tell(
        making.engine,
        making.session,
        complaint,
        "complaint.moved",
        making.now,
        said=said,
        former_id=making.former_id,
    )


def _happening(making: Making, source: str | None, target: str) -> trail.Happening:
    complaint, actor = making.complaint, making.actor
    fields = {name: plain(value) for name, value in making.values.items()}
    is_public = making.move is None or making.move.public
    public = {**fields, **making.public} if is_public else dict(making.public)
    internal = making.internal if is_public else {**fields, **making.internal}
    return trail.Happening(
        at=making.now,
        role=actor.role,
        post=actor.post.code if actor.post else None,
        move=making.name,
        source=source,
        target=target,
        holder=making.engine.organisation.units[complaint.holder_id].code,
        calendar_version=making.engine.calendar_version,
        is_public=is_public,
        public=public,
        internal=internal,
    )


def plain(value: Any) -> Any:
    """A field's value as the trail writes it: codes for units, posts and categories, numbers for cases, text for dates."""
    if isinstance(value, Unit | Post | CategoryRow):
        return value.code
    if isinstance(value, Complaint):
        return value.number
    return value.isoformat() if isinstance(value, date) else value
