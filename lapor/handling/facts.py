"""What guards ask about a case, gathered before they are asked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import datetime

from lapor.handling import clocks, closure
from lapor.machine import clock
from lapor.machine.engine import Engine
from lapor.machine.guards import Facts
from lapor.records import ClockRow, Complaint


def gather(
    engine: Engine,
    complaint: Complaint,
    rows: Iterable[ClockRow],
    now: datetime,
    reported: Callable[[], Collection[int]],
) -> Facts:
    """The facts of a case at `now`, without the fields of any move. `reported` gives the reported posts where asked."""
    definition = engine.workflow(complaint.kind, complaint.definition_version).definition
    alive = [value for value in map(clocks.value, rows) if value.is_alive]
    calendar = engine.calendar(engine.key(complaint.door_id))
    closed = definition.states[complaint.state].closed == "window"
    limits = definition.limits
    leaving = (move for move in definition.moves.values() if complaint.state in move.sources)
    asked = any("higher_post_left" in move.guards for move in leaving)
    return Facts(
        now=now,
        state=complaint.state,
        previous=complaint.previous_state,
        tally=complaint.tally,
        bound=complaint.bound,
        limits=limits,
        window_ends=calendar.due(complaint.since, limits.window) if closed else None,
        ombudsman_from=calendar.due(complaint.completed_at, limits.ombudsman),
        higher_post=asked and closure.next_reviewer(engine.organisation, complaint, reported()) is not None,
        extendable=any(clock.may_extend(definition.clocks[value.name], value, now) for value in alive),
        arbitration_pending=any(value.name == "arbitration" for value in alive),
        hidden=complaint.anonymous or complaint.confidential,
        linked=complaint.linked_to_id is not None,
    )
