"""Clocks as values: what starts, pauses, meets and extends them, when they are due, and which rung comes next."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import lru_cache
from itertools import takewhile

from lapor.errors import InvalidFields
from lapor.machine.budget import Budget, Unit
from lapor.machine.calendar import Calendar
from lapor.machine.definition import ClockRule, Definition, Move, Rung

ALIVE = ("running", "paused")
RESPITE = Budget(1, Unit.WORKING_DAYS)
"""How long a time-out waits for whoever was reminded too late."""
Pauses = tuple[tuple[datetime, datetime], ...]


@dataclass(frozen=True, slots=True)
class CalendarKey:
    """The zone and version of a calendar, and the unit whose hours it has; "" for the national ones."""

    zone: str
    version: int
    office: str = ""


@dataclass(frozen=True, slots=True)
class Clock:
    """One clock of one case. `rung` is the index of the next rung to tell in this term.

    `term` grows whenever the due moment changes for another reason than pausing. `paused_at` is set while paused.
    `due_at` leaves an open pause out: it is the due moment if the clock ran on from where it paused.
    `id` tells which stored clock this is, None where it is not stored yet.
    """

    name: str
    term: int
    budget: Budget
    calendar: CalendarKey
    unit: int
    started_at: datetime
    due_at: datetime
    pauses: Pauses = ()
    paused_at: datetime | None = None
    extension: int = 0
    restarts: int = 0
    state: str = "running"
    stopped_at: datetime | None = None
    rung: int = 0
    held_until: datetime | None = None
    id: int | None = field(default=None, compare=False)

    @property
    def is_alive(self) -> bool:
        """Whether it runs or is paused."""
        return self.state in ALIVE

    @property
    def allowed(self) -> Budget:
        """The budget with what an extension added: one further budget at most, also after a change of class."""
        return replace(self.budget, amount=self.budget.amount + min(self.extension, self.budget.amount))


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a case as clocks see it. `move` is None for the submission."""

    move: Move | None
    source: str | None
    target: str
    at: datetime
    holder: int
    holder_changes: bool
    door_calendar: CalendarKey
    holder_calendar: CalendarKey
    classification: str | None
    standard: Budget | None = None
    new_due: date | None = None

    def is_by(self, moves: Iterable[str]) -> bool:
        """Whether this step is one of these moves."""
        return self.move is not None and self.move.name in moves


Calendars = Callable[[CalendarKey], Calendar]


def advance(definition: Definition, clocks: Collection[Clock], step: Step, calendars: Calendars) -> list[Clock]:
    """Return all clocks of a case after a step, those that ended included; those of one name in order of their start.

    Raises:
        InvalidFields: an extension asks for a date that is not later than the due moment, or too late.
    """
    done = [clock for clock in clocks if not clock.is_alive]
    alive = {clock.name: clock for clock in clocks if clock.is_alive}
    if step.new_due and not any(_extended(definition, alive, step, calendars)):
        raise InvalidFields({"new_due": ["Must be later than the due moment."]})
    past = {clock.name: clock for clock in [*done, *alive.values()]}
    after: list[Clock] = list(done)
    for rule in definition.clocks.values():
        kept = _carry(rule, alive.get(rule.name), step, calendars)
        after.extend([kept] if kept else [])
        was_met = kept is not None and kept.state in ("met", "missed")
        if not (kept and kept.is_alive) and _starts(rule, past, step, was_met=was_met):
            after.extend(_start(rule, kept or past.get(rule.name), step, calendars))
    return after


def _carry(rule: ClockRule, clock: Clock | None, step: Step, calendars: Calendars) -> Clock | None:
    if clock is None:
        return None
    if step.is_by(rule.met_by):
        return _stop(clock, step.at, calendars, met=True)
    if rule.anew == "holder" and step.holder_changes:
        return _stop(clock, step.at, calendars, met=False)
    if step.target in rule.runs:
        return _adjusted(rule, _resume(clock, step.at, calendars), step, calendars)
    if step.target in rule.pauses:
        return _pause(_adjusted(rule, clock, step, calendars), step.at)
    return _stop(clock, step.at, calendars, met=False)


def runs_on(rule: ClockRule, move: Move, target: str) -> bool:
    """Whether a running clock runs on after a move to a state: it is neither met nor started anew by it."""
    is_ended = move.name in rule.met_by or (rule.anew == "holder" and move.holder)
    return not is_ended and target in rule.runs


def _starts(rule: ClockRule, past: Mapping[str, Clock], step: Step, *, was_met: bool) -> bool:
    anew = rule.anew == "holder" and step.holder_changes
    before = past.get(rule.name)
    spent = rule.once and before is not None and not (rule.anew == "holder" and before.unit != step.holder)
    if step.target not in rule.runs or (spent and not anew):
        return False
    if rule.starts_by:
        return step.is_by(rule.starts_by) or (anew and before is not None and before.is_alive)
    return anew or (step.target != step.source and not was_met)


def _start(rule: ClockRule, before: Clock | None, step: Step, calendars: Calendars) -> list[Clock]:
    key = step.holder_calendar if rule.calendar == "holder" else step.door_calendar
    budget = _budget(rule, step, calendars(key), step.at)
    if budget is None:
        return []
    term = before.term + 1 if before else 1
    due = calendars(key).due(step.at, budget)
    return [Clock(rule.name, term, budget, key, step.holder, step.at, due)]


def _budget(rule: ClockRule, step: Step, calendar: Calendar, start: datetime) -> Budget | None:
    if isinstance(rule.budget, Budget):
        return rule.budget
    if rule.budget is None:
        return step.standard
    # a case that nobody has classified yet runs under the strictest class
    given = rule.budget.get(step.classification or "")
    return given or min(rule.budget.values(), key=lambda budget: calendar.due(start, budget))


def _stop(clock: Clock, at: datetime, calendars: Calendars, *, met: bool) -> Clock:
    ended = _resume(clock, at, calendars)
    state = "lapsed" if not met else "met" if at <= ended.due_at else "missed"
    return replace(ended, state=state, stopped_at=at)


def _pause(clock: Clock, at: datetime) -> Clock:
    breached = at > clock.due_at
    return clock if breached or clock.state == "paused" else replace(clock, state="paused", paused_at=at)


def _resume(clock: Clock, at: datetime, calendars: Calendars) -> Clock:
    if clock.paused_at is None:
        return clock
    resumed = replace(clock, state="running", pauses=(*clock.pauses, (clock.paused_at, at)), paused_at=None)
    return _with_due(resumed, calendars)


def _with_due(clock: Clock, calendars: Calendars) -> Clock:
    due = calendars(clock.calendar).due(clock.started_at, clock.allowed, clock.pauses)
    return replace(clock, due_at=due)


def _adjusted(rule: ClockRule, clock: Clock, step: Step, calendars: Calendars) -> Clock:
    if step.new_due and step.is_by(rule.extended_by) and may_extend(rule, clock, step.at):
        clock = _extend(clock, step.new_due, calendars)
    budget = _budget(rule, step, calendars(clock.calendar), clock.started_at)
    if isinstance(rule.budget, Mapping) and budget is not None and budget != clock.budget:
        clock = _new_term(replace(clock, budget=budget), calendars)
    return clock


def _new_term(clock: Clock, calendars: Calendars) -> Clock:
    return _with_due(replace(clock, term=clock.term + 1, rung=0, held_until=None), calendars)


def may_extend(rule: ClockRule, clock: Clock, at: datetime) -> bool:
    """Whether a clock may still be extended: it runs, is not breached, and was not extended before."""
    return bool(rule.extended_by) and clock.state == "running" and not clock.extension and at <= clock.due_at


def _extend(clock: Clock, new_due: date, calendars: Calendars) -> Clock:
    """Grant the fewest further units of the budget that reach `new_due`, a date in the clock's zone."""
    calendar = calendars(clock.calendar)
    if new_due <= calendar.day(clock.due_at):
        return clock
    for extra in range(1, clock.budget.amount + 1):
        longer = _new_term(replace(clock, extension=extra), calendars)
        if calendar.day(longer.due_at) >= new_due:
            return longer
    last = calendar.day(longer.due_at).isoformat()
    raise InvalidFields({"new_due": [f"Must be at most one further budget later: {last}."]})


def _extended(definition: Definition, alive: Mapping[str, Clock], step: Step, calendars: Calendars) -> Iterable[bool]:
    for name, clock in alive.items():
        rule = definition.clocks[name]
        if step.is_by(rule.extended_by) and may_extend(rule, clock, step.at) and step.new_due:
            yield step.new_due > calendars(clock.calendar).day(clock.due_at)


def restart(clock: Clock, at: datetime, calendars: Calendars) -> Clock:
    """Start a clock anew from `at` in a new term, as a message of the reporter does."""
    anew = replace(clock, started_at=at, pauses=(), paused_at=None, state="running", restarts=clock.restarts + 1)
    return _new_term(anew, calendars)


def amend(
    rule: ClockRule,
    clock: Clock,
    ladder: tuple[Rung, ...],
    key: CalendarKey,
    state: str,
    at: datetime,
    calendars: Calendars,
) -> Clock:
    """A clock under another version of its calendar, from `at` on; its case is in this state.

    Another due moment is another term. A rung told stays told in it where its new moment has passed as well; from the
    first of the others on the ladder is told again. A breach that is none any more no longer keeps the clock from pausing.
    """
    moved = _with_due(replace(clock, calendar=key), calendars)
    if moved.due_at == clock.due_at:
        return moved
    stands, moments = clock.paused_at or at, rung_moments(moved, ladder[: clock.rung], calendars(key))
    kept = len([*takewhile(lambda moment: moment < stands, moments)])
    held = clock.held_until if kept == clock.rung else None
    anew = replace(moved, term=clock.term + 1, rung=kept, held_until=held)
    return _pause(anew, at) if state in rule.pauses else anew


def rung_moments(clock: Clock, ladder: Iterable[Rung], calendar: Calendar) -> list[datetime]:
    """The moment of each rung in this term, in the order of the ladder."""
    return [_moment_of(rung, clock, calendar) for rung in ladder]


def _moment_of(rung: Rung, clock: Clock, calendar: Calendar) -> datetime:
    if rung.share is not None:
        return calendar.at_share(clock.started_at, clock.due_at, rung.share, clock.pauses)
    return _after(calendar, clock.due_at, rung.after) if rung.after else clock.due_at


@lru_cache(maxsize=4096)
def _after(calendar: Calendar, due_at: datetime, budget: Budget) -> datetime:
    # whole towns are due at the same closing
    return calendar.due(due_at, budget)


def next_moment(clock: Clock, rule: ClockRule, ladder: tuple[Rung, ...], calendar: Calendar) -> datetime | None:
    """When this clock next asks for something: a rung or its time-out; None while paused, ended or told to the top."""
    if clock.state != "running":
        return None
    moments = [_moment_of(rung, clock, calendar) for rung in ladder[clock.rung : clock.rung + 1]]
    moments += [clock.due_at] if rule.then else []
    if clock.held_until is not None:
        moments = [max(moment, clock.held_until) for moment in moments]
    return min(moments, default=None)


def rungs_due(clock: Clock, ladder: tuple[Rung, ...], calendar: Calendar, now: datetime) -> list[int]:
    """The indexes of the rungs whose moment has passed and that were not told in this term.

    A rung never comes before the one below it: the first that is not due ends the search.
    """
    if _is_held(clock, now):
        return []
    remaining = range(clock.rung, len(ladder))
    return list(takewhile(lambda index: _moment_of(ladder[index], clock, calendar) < now, remaining))


def timed_out(clock: Clock, rule: ClockRule, now: datetime) -> bool:
    """Whether the time-out of a clock has come."""
    return rule.then is not None and clock.state == "running" and clock.due_at < now and not _is_held(clock, now)


def _is_held(clock: Clock, now: datetime) -> bool:
    return clock.held_until is not None and now <= clock.held_until


def stood_by(clock: Clock, at: datetime, calendar: Calendar) -> Clock:
    """The clock whose rung waits for a working day, as the case that its own is linked to tells of both."""
    return replace(clock, held_until=calendar.due(at, RESPITE))


def after_rung(clock: Clock, rule: ClockRule, rung: int, at: datetime, calendar: Calendar) -> Clock:
    """The clock after a rung of it was told at a moment.

    A time-out whose reminder comes only now that it is due waits for a working day: nothing ends without a word.
    """
    is_late = rule.then is not None and clock.due_at < at
    return replace(clock, rung=rung + 1, held_until=calendar.due(at, RESPITE) if is_late else None)
