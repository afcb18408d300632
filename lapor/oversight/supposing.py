"""What if cases had run under other budgets: told again from their trails, breaches counted before and after. Writes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from lapor.errors import CannotRun, InvalidFields, Unopenable
from lapor.machine.budget import Budget
from lapor.machine.clock import Calendars, Clock, Step, advance
from lapor.machine.definition import CLASSES, Definition
from lapor.machine.edition import Edition
from lapor.machine.engine import Engine, Standard
from lapor.machine.workflow import Workflow
from lapor.oversight import recomputing
from lapor.records import CategoryRow, Complaint, TrailEntry

BATCH = 200
_ALWAYS = datetime.min.replace(tzinfo=UTC)
Legal = Mapping[str, Budget | Mapping[str, Budget]]


@dataclass(frozen=True, slots=True)
class Supposed:
    """Other standards, in the place of those for the same, other legal budgets by their clocks, and another calendar."""

    standards: tuple[Standard, ...] = ()
    legal: Legal = field(default_factory=dict)
    edition: Edition | None = None

    def clocks(self, engine: Engine) -> Collection[str]:
        """The names of the clocks that run otherwise: under another calendar all that end with a breach."""
        if self.edition is None:
            return (*(("standard",) if self.standards else ()), *self.legal)
        rules = [rule for flow in engine.workflows.values() for rule in flow.definition.clocks.values()]
        return {rule.name for rule in rules if not rule.then}


@dataclass(frozen=True, slots=True, order=True)
class Line:
    """The clocks of one name in the cases that an agency holds: how many, and how many breached, before and after."""

    agency: str
    clock: str
    clocks_before: int
    breached_before: int
    clocks_after: int
    breached_after: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was told again; cases of which nothing can be told, as they are erased or broken, are left out."""

    cases: int
    left_out: int
    lines: tuple[Line, ...]


def read(file: Path, engine: Engine, session: Session) -> Supposed:
    """Read a file of other budgets: a list of standards, or a mapping with `standards` and `clocks`.

    Raises:
        CannotRun: it cannot be read, or names what is not there; every fault at once.
    """
    try:
        said = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as fault:
        raise CannotRun(f"{file} cannot be read: {fault}") from None
    parts = {"standards": said} if isinstance(said, list) else said
    if not isinstance(parts, dict) or parts.keys() - {"standards", "clocks"} or not parts:
        raise CannotRun(f"{file} must be a list of standards, or have `standards`, `clocks` or both.")
    categories = {row.code: row.id for row in session.scalars(select(CategoryRow))}
    faults: list[str] = []
    standards = [_standard(engine, categories, entry, faults) for entry in parts.get("standards") or ()]
    legal = {name: _legal(engine, name, budget, faults) for name, budget in (parts.get("clocks") or {}).items()}
    if faults:
        raise CannotRun(f"{file}: " + "; ".join(faults))
    found = [standard for standard in standards if standard]
    return Supposed(tuple(found), {name: budget for name, budget in legal.items() if budget})


def _standard(engine: Engine, categories: Mapping[str, int], entry: Any, faults: list[str]) -> Standard | None:
    given = entry if isinstance(entry, dict) else {}
    unit = engine.organisation.unit_codes.get(str(given.get("unit")))
    category, of_class = given.get("category"), given.get("class")
    budget = _budget(given.get("budget"), faults)
    is_known = given.get("kind") in engine.current and of_class in (None, *CLASSES)
    if given.keys() - {"unit", "kind", "class", "category", "budget"} or not is_known or unit is None:
        faults.append(f"{entry} is no {{unit, kind, class?, category?, budget}} of what there is")
        return None
    if category is not None and category not in categories:
        faults.append(f"there is no category {category}")
    return Standard(unit.id, given["kind"], of_class, categories.get(category or ""), budget, date.min, _ALWAYS)


def _legal(engine: Engine, name: str, said: Any, faults: list[str]) -> Budget | Mapping[str, Budget] | None:
    rules = [flow.definition.clocks[name] for flow in engine.workflows.values() if name in flow.definition.clocks]
    if not any(rule.budget for rule in rules):
        faults.append(f"there is no clock {name} with a budget by law")
    elif any(rule.then for rule in rules):
        faults.append(f"the clock {name} ends with a move, not with a breach: what came after it cannot be supposed")
    if isinstance(said, dict):
        budgets = {of_class: _budget(text, faults) for of_class, text in said.items()}
        if set(said) != set(CLASSES):
            faults.append(f"{name} needs a budget for each class: {', '.join(CLASSES)}")
        return {of_class: budget for of_class, budget in budgets.items() if budget}
    return _budget(said, faults)


def _budget(text: Any, faults: list[str]) -> Budget | None:
    try:
        return Budget.parse(str(text))
    except ValueError as fault:
        faults.append(str(fault))
    return None


def engine_under(engine: Engine, supposed: Supposed) -> Engine:
    """The engine with other budgets, and the other calendar from the first day; nothing of the given one changes."""
    replaced = {standard.place for standard in supposed.standards}
    kept = [standard for standard in engine.standards if standard.place not in replaced]
    workflows = {key: Workflow(_under(flow.definition, supposed.legal)) for key, flow in engine.workflows.items()}
    under = engine.throughout(supposed.edition) if supposed.edition else engine
    return replace(under, standards=(*kept, *supposed.standards), workflows=workflows)


def _under(definition: Definition, legal: Legal) -> Definition:
    named = {name: budget for name, budget in legal.items() if name in definition.clocks}
    clocks = {name: replace(definition.clocks[name], budget=budget) for name, budget in named.items()}
    return replace(definition, clocks={**definition.clocks, **clocks})


def count(session: Session, since: datetime | None, until: datetime | None) -> int:
    """How many cases were received in the period."""
    return session.scalar(select(func.count()).select_from(_received(since, until).subquery())) or 0


def suppose(
    engine: Engine,
    session: Session,
    supposed: Supposed,
    *,
    since: datetime | None,
    until: datetime | None,
    now: datetime,
    seen: Callable[[int], object] = lambda _cases: None,
) -> Outcome:
    """Tell the cases received from `since` up to `until` again, as they ran and as they would have, and count breaches.

    What people did and when stays as it was. `seen` is called as that of `doctor.examine`.
    """
    other, names = engine_under(engine, supposed), supposed.clocks(engine)
    categories = {row.code: row.id for row in session.scalars(select(CategoryRow))}
    counts: Counter[tuple[str, str, str]] = Counter()
    cases = told = 0
    for batch in _batches(session, since, until):
        for complaint, entries in batch:
            both = _both(engine, other, complaint, entries, categories)
            agency = engine.organisation.units[engine.organisation.agency(complaint.holder_id)].code
            for when, clocks in both.items():
                counts.update(_counted(agency, clocks, names, now, when))
            told += bool(both)
        cases += len(batch)
        seen(len(batch))
    return Outcome(told, cases - told, tuple(sorted(_lines(counts))))


def _both(
    engine: Engine, other: Engine, complaint: Complaint, entries: list[TrailEntry], categories: Mapping[str, int]
) -> Mapping[str, list[Clock]]:
    """The clocks of a case as they ran and as they would have; none of one whose trail says nothing."""
    if complaint.erased_at:
        return {}
    try:
        before = recomputing.retell(engine, complaint, entries, categories)
        after = recomputing.retell(other, complaint, entries, categories, advancing=_as_far_as_possible)
    except (LookupError, ValueError, Unopenable):
        return {}
    return {"before": before.clocks, "after": after.clocks}


def _counted(
    agency: str, clocks: Iterable[Clock], names: Collection[str], now: datetime, when: str
) -> Iterator[tuple[str, str, str]]:
    for clock in clocks:
        if clock.name in names:
            yield agency, clock.name, f"clocks_{when}"
            if is_breached(clock, now):
                yield agency, clock.name, f"breached_{when}"


def is_breached(clock: Clock, now: datetime) -> bool:
    """Whether a clock ran beyond its due moment: until it stopped, or now; one that is paused did not."""
    return (clock.stopped_at or clock.paused_at or now) > clock.due_at


def _lines(counts: Counter[tuple[str, str, str]]) -> Iterator[Line]:
    columns = ("clocks_before", "breached_before", "clocks_after", "breached_after")
    for agency, clock in {(agency, clock) for agency, clock, _ in counts}:
        yield Line(agency, clock, *(counts[agency, clock, column] for column in columns))


def _as_far_as_possible(
    definition: Definition, clocks: Collection[Clock], step: Step, calendars: Calendars
) -> list[Clock]:
    """As `advance`; a clock whose other budget would not have allowed an extension goes without it."""
    try:
        return advance(definition, clocks, step, calendars)
    except InvalidFields:
        alone = [replace(definition, clocks={name: rule}) for name, rule in definition.clocks.items()]
        return [clock for one in alone for clock in _one_advanced(one, clocks, step, calendars)]


def _one_advanced(definition: Definition, clocks: Collection[Clock], step: Step, calendars: Calendars) -> list[Clock]:
    own = [clock for clock in clocks if clock.name in definition.clocks]
    try:
        return advance(definition, own, step, calendars)
    except InvalidFields:
        return advance(definition, own, replace(step, new_due=None), calendars)


def _received(since: datetime | None, until: datetime | None) -> Select[Complaint]:
    bounds = [Complaint.received_at >= since] if since else []
    return select(Complaint).where(*bounds, *([Complaint.received_at < until] if until else []))


def _batches(
    session: Session, since: datetime | None, until: datetime | None
) -> Iterator[list[tuple[Complaint, list[TrailEntry]]]]:
    last = 0
    while True:
        following = _received(since, until).where(Complaint.id > last).order_by(Complaint.id).limit(BATCH)
        found = session.scalars(following).all()
        if not found:
            return
        ids, last = [complaint.id for complaint in found], found[-1].id
        entries: dict[int, list[TrailEntry]] = {each: [] for each in ids}
        of_them = select(TrailEntry).where(TrailEntry.complaint_id.in_(ids))
        for entry in session.scalars(of_them.order_by(TrailEntry.complaint_id, TrailEntry.sequence)):
            entries[entry.complaint_id].append(entry)
        yield [(complaint, entries[complaint.id]) for complaint in found]
        session.expunge_all()
