"""Compile a definition and fire its moves. The only file that knows the library `transitions`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from transitions import EventData, Machine

from lapor.errors import NotOpen
from lapor.machine.definition import Definition, Move
from lapor.machine.guards import GUARDS, Facts


@dataclass(slots=True)
class _Standing:
    """What `transitions` moves: one per firing, so that a failure leaves no case moved."""

    state: str
    facts: Facts
    refused: str | None = None


class Workflow:
    """A compiled definition: one machine for all cases, no state of its own."""

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self._machine = Machine(
            model=None,
            states=list(definition.states),
            initial=definition.initial,
            transitions=[_transition(move) for move in definition.moves.values()],
            auto_transitions=False,
            send_event=True,
        )

    def fire(self, state: str, name: str, facts: Facts) -> str:
        """Return the state after the move.

        Raises:
            NotOpen: the move is unknown, does not leave `state`, or a guard refuses; `guard` names that guard.
        """
        move = self.definition.moves.get(name)
        if move is None or state not in move.sources:
            raise NotOpen(name, state)
        standing = _Standing(state, facts)
        if not self._machine.events[name].trigger(standing):
            raise NotOpen(name, state, standing.refused)
        return standing.state

    def open_moves(self, state: str, facts: Facts) -> list[Move]:
        """List the moves that are open in `state`, in the order of the definition, whoever asks."""
        return [move for move in self.definition.moves.values() if self._is_open(state, move, facts)]

    def _is_open(self, state: str, move: Move, facts: Facts) -> bool:
        try:
            self.fire(state, move.name, facts)
        except NotOpen:
            return False
        return True


def _transition(move: Move) -> dict[str, Any]:
    return {
        "trigger": move.name,
        "source": list(move.sources),
        "dest": move.target,
        "conditions": [partial(_ask, name, GUARDS[name]) for name in move.guards],
    }


def _ask(name: str, guard: Callable[[Facts], bool], event: EventData) -> bool:
    standing = cast(_Standing, event.model)
    if guard(standing.facts):
        return True
    standing.refused = name
    return False
