"""What a definition must satisfy before it is used: six proofs, on its graph and on the product of states and clocks.

Guards are not looked at: what holds for every path holds for those that guards leave open.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple, TypeVar

from lapor.machine.definition import ROLES, ClockRule, Definition, Fault, Move, Rung, State

_Node = TypeVar("_Node", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Proof:
    """What the proofs found, and how much they looked at: reachable configurations of state and clocks."""

    faults: tuple[Fault, ...]
    configurations: int
    states: int
    moves: int


class Status(StrEnum):
    """How a clock stands. `SPENT`: it ran and may not start again; `IDLE`: it may."""

    IDLE = "idle"
    RUNNING = "running"
    PAUSED = "paused"
    SPENT = "spent"


_ALIVE = (Status.RUNNING, Status.PAUSED)


class Configuration(NamedTuple):
    """A state, and the status of every clock in the order of the definition."""

    state: str
    clocks: tuple[Status, ...]


def prove(definition: Definition) -> Proof:
    """Try the six proofs; the faults come sorted by line, each with the shortest path that shows it."""
    subject = _Subject(definition)
    faults = [fault for proof in _PROOFS for fault in proof(subject)]
    return Proof(tuple(sorted(faults)), len(subject.configurations), len(definition.states), len(definition.moves))


def opening(rule: ClockRule, state: str) -> Status:
    """The status of a clock when a case is submitted into `state`."""
    return Status.RUNNING if state in rule.runs and not rule.starts_by else Status.IDLE


def turned(rule: ClockRule, status: Status, move: Move, source: str) -> Status:
    """The status of a clock after a move out of `source`."""
    target = move.leads_to(source)
    is_alive = status in _ALIVE
    is_met = is_alive and move.name in rule.met_by
    is_anew = rule.anew == "holder" and move.holder
    if is_alive and not is_met and not is_anew and target in (*rule.runs, *rule.pauses):
        return Status.RUNNING if target in rule.runs else Status.PAUSED
    is_spent = rule.once and status is not Status.IDLE and not is_anew
    starts = is_anew or (target != source and not is_met)
    if rule.starts_by:
        starts = move.name in rule.starts_by or (is_anew and is_alive)
    if starts and target in rule.runs and not is_spent:
        return Status.RUNNING
    return Status.SPENT if is_spent else Status.IDLE


@dataclass(frozen=True, slots=True)
class _Graph:
    """Edges by source: the move and the state it leads to."""

    edges: Mapping[str, Sequence[tuple[Move, str]]]

    def only(self, keep: Callable[[Move], bool]) -> _Graph:
        return _Graph({source: [edge for edge in edges if keep(edge[0])] for source, edges in self.edges.items()})

    def paths(self, start: str) -> dict[str, str]:
        """The shortest path to every state that can be reached, nearest first."""
        return _paths(start, self.edges.__getitem__, str)


def _paths(
    start: _Node, onward: Callable[[_Node], Iterable[tuple[Move, _Node]]], title: Callable[[_Node], str]
) -> dict[_Node, str]:
    found = {start: title(start)}
    queue = deque([start])
    while queue:
        here = queue.popleft()
        for move, there in onward(here):
            if there not in found:
                found[there] = f"{found[here]} -{move.name}-> {title(there)}"
                queue.append(there)
    return found


@dataclass(frozen=True)
class _Subject:
    """A definition as the proofs see it.

    `sure` leaves out moves that are astray, or start where proof 1 refuses them, for what must not be reachable; in
    `possible` they may lead anywhere, for what must be reachable: so that one mistake is one fault.
    """

    definition: Definition

    @cached_property
    def sure(self) -> _Graph:
        return self._graph(lambda move: [way for way in self._ways(move) if self._is_sure(move, way[0])])

    @cached_property
    def possible(self) -> _Graph:
        return self._graph(self._ways)

    def _graph(self, ways: Callable[[Move], Iterable[tuple[str, str]]]) -> _Graph:
        edges: dict[str, list[tuple[Move, str]]] = {state: [] for state in self.definition.states}
        for move in self.definition.moves.values():
            for source, target in ways(move):
                edges[source].append((move, target))
        return _Graph(edges)

    def _ways(self, move: Move) -> Iterator[tuple[str, str]]:
        states = self.definition.states
        is_anywhere = move.astray and not (move.sources and set(move.sources) <= set(states))
        for source in states if is_anywhere else move.sources:
            for target in states if move.astray and move.target not in states else [move.leads_to(source)]:
                yield source, target

    def _is_sure(self, move: Move, source: str) -> bool:
        return not move.astray and _refused(self.definition.states[source], move) is None

    @cached_property
    def officers(self) -> _Graph:
        """What may happen without the reporter's doing anything."""
        return self.possible.only(lambda move: move.by != ("reporter",))

    @cached_property
    def reached(self) -> Collection[str]:
        """The states that may be reached; all of them where the initial state is unknown."""
        states, initial = self.definition.states, self.definition.initial
        return self.possible.paths(initial).keys() if initial in states else states.keys()

    @cached_property
    def _sure_paths(self) -> Mapping[str, str]:
        initial = self.definition.initial
        return self.sure.paths(initial) if initial in self.definition.states else {}

    @cached_property
    def configurations(self) -> Mapping[Configuration, str]:
        """The reachable configurations, nearest first, with the path to each."""
        initial, rules = self.definition.initial, self.definition.clocks.values()
        if initial not in self.definition.states:
            return {}
        start = Configuration(initial, tuple(opening(rule, initial) for rule in rules))
        return _paths(start, self._onward, lambda configuration: configuration.state)

    def _onward(self, here: Configuration) -> Iterator[tuple[Move, Configuration]]:
        rules = self.definition.clocks.values()
        for move, target in self.sure.edges[here.state]:
            clocks = zip(rules, here.clocks, strict=True)
            yield move, Configuration(target, tuple(turned(rule, status, move, here.state) for rule, status in clocks))

    def path(self, state: str) -> str:
        """The shortest path to a state; the state alone where no path is sure."""
        return self._sure_paths.get(state, state)

    def open_states(self) -> list[State]:
        """The open states that may be reached: what is wrong with others is that they cannot."""
        return [state for state in self.definition.states.values() if not state.closed and state.name in self.reached]

    def fault(self, line: int, code: str, message: str, path: str) -> Fault:
        return Fault(self.definition.file, line, code, f"{message}: {path}")


def _leads_from_closed(subject: _Subject) -> Iterator[Fault]:
    """Proof 1: nothing starts from a final state, and only the reporter leads out of a window."""
    for move in subject.definition.moves.values():
        for source in move.sources:
            state = subject.definition.states.get(source)
            message = _refused(state, move) if state else None
            if message:
                path = f"{subject.path(source)} -{move.name}-> {move.leads_to(source)}"
                yield subject.fault(move.where[source], "move-from-final", message, path)


def _refused(state: State, move: Move) -> str | None:
    if state.closed == "final":
        return f"{state.name} is final, so {move.name} cannot start from it"
    is_out = state.closed == "window" and move.leads_to(state.name) != state.name
    if is_out and not move.astray and move.by != ("reporter",):
        return f"only the reporter leads out of {state.name}, so {move.name} must be by the reporter alone"
    return None


def _unreachable(subject: _Subject) -> Iterator[Fault]:
    """Proof 2, first half: every state is reachable."""
    lost = [name for name in subject.definition.states if name not in subject.reached]
    reach = {name: [other for other in subject.possible.paths(name) if other in lost] for name in lost}
    back = {name: [other for other in lost if name in reach[other]] for name in lost}
    for name in _origins(back):
        others = [other for other in reach[name] if other != name]
        message = f"no path from {subject.definition.initial} leads to {', nor on to '.join([name, *others])}"
        yield Fault(subject.definition.file, subject.definition.states[name].line, "unreachable", message)


def _origins(causes: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """The first of each group whose trouble comes from no other group; `causes` has all causes, near and far."""
    for name, found in causes.items():
        group = [other for other in found if name in causes[other]]
        if group == list(found) and name == group[0]:
            yield name


def _needs_reporter(subject: _Subject) -> Iterator[Fault]:
    """Proof 2, second half: from every open state an end is reachable without the reporter's doing anything."""
    closed = {state.name for state in subject.definition.states.values() if state.closed}
    states = [state.name for state in subject.open_states()]
    yield from _stuck(subject, states, closed, "needs-reporter", "no end can be reached unless the reporter acts")


def _stuck_doors(subject: _Subject) -> Iterator[Fault]:
    """Proof 4, first half: from intake and disposition a change of holder is reachable without the reporter."""
    doors = {
        name for name, edges in subject.officers.edges.items() if any(move.holder or move.astray for move, _ in edges)
    }
    states = [state.name for state in subject.open_states() if state.phase in ("intake", "disposition")]
    yield from _stuck(subject, states, doors, "stuck-door", "the holder cannot change unless the reporter acts")


def _stuck(subject: _Subject, states: list[str], goal: set[str], code: str, message: str) -> Iterator[Fault]:
    """Fault the states from which officers cannot reach the goal: the first of those that explain each other."""
    ahead = {name: subject.officers.paths(name).keys() for name in states}
    stuck = [name for name in states if goal.isdisjoint(ahead[name])]
    for name in _origins({name: [other for other in stuck if other in ahead[name]] for name in stuck}):
        line = subject.definition.states[name].line
        yield subject.fault(line, code, f"from {name} {message}", subject.path(name))


def _nobody_acts(subject: _Subject) -> Iterator[Fault]:
    """Proof 3, first half: in every open state somebody acts, and can lead the case on."""
    for state in subject.open_states():
        ways = [move for move, target in subject.possible.edges[state.name] if target != state.name]
        if state.acts is None:
            yield subject.fault(state.line, "nobody-acts", f"nobody acts in {state.name}", subject.path(state.name))
        elif state.acts in ROLES and not any(move.astray or state.acts in move.by for move in ways):
            message = f"{state.acts} acts in {state.name}, but has no move that leads on"
            yield subject.fault(state.line, "nobody-acts", message, subject.path(state.name))


def _no_clock(subject: _Subject) -> Iterator[Fault]:
    """Proof 3, second half: in every open configuration a clock runs that climbs a ladder or fires a move."""
    definition = subject.definition
    if any(rule.astray for rule in definition.clocks.values()):
        return
    shown: dict[str, str] = {}
    for here, path in subject.configurations.items():
        is_watched = any(_watches(definition, rule, here) for rule in _running(definition, here))
        if not definition.states[here.state].closed and not is_watched:
            shown.setdefault(here.state, path)
    for name, path in shown.items():
        message = f"no clock runs in {name} that climbs a ladder or fires a move"
        yield subject.fault(definition.states[name].line, "no-clock", message, path)


def _running(definition: Definition, here: Configuration) -> Iterator[ClockRule]:
    for rule, status in zip(definition.clocks.values(), here.clocks, strict=True):
        # not every unit has a published standard, so that its clock may not exist
        if status is Status.RUNNING and rule.budget is not None:
            yield rule


def _watches(definition: Definition, rule: ClockRule, here: Configuration) -> bool:
    """Whether a running clock tells somebody other than the reporter once it is due, or fires a move."""
    # a ladder that is not there is a fault of its own
    rungs = (definition.ladders.get(rule.ladder) or (Rung("owner"),)) if rule.ladder else ()
    if any(rung.overdue and rung.tell != "reporter" for rung in rungs):
        return True
    move = definition.moves.get(rule.then or "")
    return move is not None and (move.astray or _fires(move, here.state))


def _fires(move: Move, state: str) -> bool:
    return "system" in move.by and state in move.sources and move.leads_to(state) != state


def _unreasoned_ends(subject: _Subject) -> Iterator[Fault]:
    """Proof 4, second half: what ends a case before follow-up names a catalogue of reasons."""
    states = subject.definition.states
    for move in subject.definition.moves.values():
        ends = [
            f"{subject.path(source.name)} -{move.name}-> {target}"
            for source in states.values()
            for way, target in subject.sure.edges[source.name]
            if way is move and not source.closed and source.phase in ("intake", "disposition") and states[target].closed
        ]
        if ends and move.reason is None:
            message = f"{move.name} ends a case before follow-up, so it must name a catalogue of reasons"
            yield subject.fault(move.line, "unreasoned-end", message, min(ends, key=_length))


def _length(path: str) -> int:
    return path.count("-> ")


def _uncounted_cycles(subject: _Subject) -> Iterator[Fault]:
    """Proof 5, first half: what changes the holder, neither binding nor descending, lies on no uncounted cycle."""
    uncounted = subject.sure.only(lambda move: not move.counts)
    for move in subject.definition.moves.values():
        if move.holder and not move.binding and not move.descends:
            cycles = list(_cycles(subject, uncounted, move))
            if cycles:
                message = f"{move.name} can change the holder again and again, and nothing counts it"
                yield subject.fault(move.line, "uncounted-cycle", message, min(cycles, key=_length))


def _cycles(subject: _Subject, graph: _Graph, move: Move) -> Iterator[str]:
    """The cycles through a move, from every state on them, with the way to that state."""
    reach = {state: graph.paths(state) for state in graph.edges}
    for source, edges in graph.edges.items():
        for target in [target for way, target in edges if way is move]:
            for start in [start for start in reach[target] if source in reach[start]]:
                way_round = f"{reach[start][source]} -{move.name}-> {reach[target][start]}"
                yield subject.path(start) + way_round.removeprefix(start)


def _returns_after_binding(subject: _Subject) -> Iterator[Fault]:
    """Proof 5, second half: after a binding move no counted move is reachable."""
    bound = [
        (f"{subject.path(source)} -{move.name}-> ", subject.sure.paths(target))
        for source, edges in subject.sure.edges.items()
        for move, target in edges
        if move.binding
    ]
    for move in [move for move in subject.definition.moves.values() if move.counts and not move.astray]:
        ways = [
            f"{start}{paths[source]} -{move.name}-> {move.leads_to(source)}"
            for start, paths in bound
            for source in move.sources
            if source in paths
        ]
        if ways:
            message = f"{move.name} is still possible after a binding decision"
            yield subject.fault(move.line, "return-after-binding", message, min(ways, key=_length))


def _clocks_in_closed(subject: _Subject) -> Iterator[Fault]:
    """Proof 6: no clock lives in a closed state."""
    for index, rule in enumerate(subject.definition.clocks.values()):
        for name, line in rule.where.items():
            state = subject.definition.states.get(name)
            if state and state.closed:
                configurations = subject.configurations.items()
                alive = (path for here, path in configurations if here.state == name and here.clocks[index] in _ALIVE)
                message = f"the clock {rule.name} would live in {name}, which is closed"
                yield subject.fault(line, "clock-in-closed", message, next(alive, subject.path(name)))


_PROOFS = (
    _leads_from_closed,
    _unreachable,
    _needs_reporter,
    _nobody_acts,
    _no_clock,
    _stuck_doors,
    _unreasoned_ends,
    _uncounted_cycles,
    _returns_after_binding,
    _clocks_in_closed,
)
