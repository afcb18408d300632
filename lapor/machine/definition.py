"""What a workflow definition is, once read: frozen values. `reader` makes them, `proof` judges them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from lapor.machine.budget import Budget

PHASES = ("intake", "disposition", "follow_up", "closure")
CLASSES = ("oversight", "not_oversight")
OFFICES = ("coordinator", "liaison_officer", "handler", "supervisor", "inspector", "custodian", "operator")
# by office first, by function last (see access/policy.py for what a function means)
ROLES = ("reporter", *OFFICES, "system", "arbiter", "approver", "reviewer")
RECIPIENTS = ("owner", "superior", "unit head", "coordinator", "inspector", "reporter")
CATALOGUES: Mapping[str, tuple[str, ...]] = {
    "catalogue": ("incites_hatred", "no_evidence", "unclear", "not_about_government"),
    "content": ("incites_hatred",),
    "expired": ("expired",),
    "wish": ("reporters_wish",),
    "ombudsman": ("ombudsman",),
}


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing wrong with a definition; prints as `FILE:LINE: code message`."""

    file: str
    line: int
    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.code} {self.message}"


@dataclass(frozen=True, slots=True)
class Label:
    """What people read: Indonesian first, English second."""

    id: str
    en: str


@dataclass(frozen=True, slots=True)
class State:
    """Where a case can be. `closed` is None for an open state."""

    name: str
    phase: str | None
    acts: str | None
    closed: Literal["window", "final"] | None
    label: Label
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Need:
    """A field that a move takes."""

    name: str
    type: str
    optional: bool


@dataclass(frozen=True, slots=True)
class Move:
    """One step. `target` None: the case stays where it is.

    For the proofs only: `astray`, it names what is not there; `where`, the line at which each source is named.
    """

    name: str
    sources: tuple[str, ...]
    target: str | None
    by: tuple[str, ...]
    label: Label
    needs: tuple[Need, ...] = ()
    guards: tuple[str, ...] = ()
    holder: bool = False
    descends: bool = False
    counts: str | None = None
    binding: bool = False
    reason: str | None = None
    public: bool = False
    astray: bool = field(default=False, compare=False)
    line: int = field(default=0, compare=False)
    where: Mapping[str, int] = field(default_factory=dict, compare=False, repr=False)

    def leads_to(self, source: str) -> str:
        """The state after this move out of `source`."""
        return self.target or source


@dataclass(frozen=True, slots=True)
class ClockRule:
    """Where a clock lives and what ends it. A budget per class is a mapping; None is the agency's own standard.

    For the proofs only: `astray`, it names what is not there; `where`, the line of each state of `runs` and `pauses`.
    """

    name: str
    budget: Budget | Mapping[str, Budget] | None
    runs: tuple[str, ...]
    pauses: tuple[str, ...] = ()
    once: bool = False
    starts_by: tuple[str, ...] = ()
    anew: Literal["holder", "message"] | None = None
    met_by: tuple[str, ...] = ()
    extended_by: tuple[str, ...] = ()
    calendar: Literal["door", "holder"] = "door"
    then: str | None = None
    ladder: str | None = None
    label: Label | None = None
    astray: bool = field(default=False, compare=False)
    line: int = field(default=0, compare=False)
    where: Mapping[str, int] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Rung:
    """When, whom, how. `share` is in percent of the working time from start to due; `after` counts from due.

    `office_hours`: no mail before the told post's office is open. `listed`: no mail at all, the rung stands in its list.
    """

    tell: str
    share: int | None = None
    after: Budget | None = None
    warning: bool = False
    office_hours: bool = False
    listed: bool = False

    @property
    def overdue(self) -> bool:
        """Whether this rung comes at or after the due moment."""
        return self.share is None


@dataclass(frozen=True, slots=True)
class Limits:
    """How often and how long, where a guard asks. The defaults are those of SP4N-LAPOR! (PermenPANRB 5/2025)."""

    disputes: int = 2
    corrections: int = 1
    questions: int = 2
    returns: int = 2
    restarts: int = 2
    window: Budget = Budget.parse("10 working days")
    ombudsman: Budget = Budget.parse("60 calendar days")


@dataclass(frozen=True, slots=True)
class Definition:
    """A whole workflow. Mappings keep the order of the file; the fingerprint leaves labels out."""

    name: str
    version: int
    initial: str
    states: Mapping[str, State]
    moves: Mapping[str, Move]
    clocks: Mapping[str, ClockRule]
    ladders: Mapping[str, tuple[Rung, ...]]
    limits: Limits
    label: Label
    fingerprint: str
    file: str = field(default="", compare=False)
    source: str = field(default="", compare=False, repr=False)

    def acts_for(self, clock: str, state: str) -> str | None:
        """Who must act so that a clock is met: whom the state names, else who alone can, as an arbiter in follow-up."""
        meeting = [self.moves[name] for name in self.clocks[clock].met_by]
        able = [role for move in meeting if state in move.sources for role in move.by]
        acts = self.states[state].acts
        return able[0] if able and acts not in able else acts
