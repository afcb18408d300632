"""The doctor: is every case what its trail says, does somebody act on it, and was everything due told once?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lapor.access.publicity import hindrance
from lapor.errors import Unopenable
from lapor.handling import clocks, intake, trail
from lapor.machine.clock import Clock, rungs_due, timed_out
from lapor.machine.definition import Definition
from lapor.machine.engine import Engine
from lapor.oversight import erasures
from lapor.oversight.recomputing import Told, retell
from lapor.privacy import content
from lapor.records import CategoryRow, ClockRow, Complaint, Escalation, Notice, PublicVersion, TrailEntry

BATCH = 500
Row = TypeVar("Row", ClockRow, TrailEntry, Escalation, Notice, PublicVersion)


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing that is not as it must be."""

    code: str
    complaint: str
    detail: str


@dataclass(slots=True)
class Report:
    """What was looked at, counted, and what was found."""

    checked: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    broken: list[Finding] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Case:
    """A case with all that belongs to it."""

    complaint: Complaint
    definition: Definition
    entries: Sequence[TrailEntry]
    clocks: Sequence[ClockRow]
    escalations: Sequence[Escalation]
    notices: Sequence[Notice]
    public: Sequence[PublicVersion]


def count(session: Session) -> int:
    """How many cases there are to look at."""
    return session.scalar(select(func.count()).select_from(Complaint)) or 0


def examine(
    engine: Engine, session: Session, *, now: datetime, seen: Callable[[int], object] = lambda _cases: None
) -> Report:
    """Look at every case. `now` is the moment up to which everything due must have been told.

    `seen` is called with the number of cases looked at since it was last called.
    """
    report = Report()
    categories = {row.code: row.id for row in session.scalars(select(CategoryRow))}
    for cases in _batches(engine, session):
        for case in cases:
            report.broken.extend(_findings(engine, case, categories, now))
            for name in ("entries", "clocks", "escalations", "notices"):
                report.checked[name] += len(getattr(case, name))
        report.checked["complaints"] += len(cases)
        seen(len(cases))
    late = erasures.overdue(session, now)
    report.broken.extend(Finding("erasure-overdue", number, f"due {due_at}") for number, due_at in late)
    return report


def verify_trails(
    engine: Engine, session: Session, *, seen: Callable[[int], object] = lambda _cases: None
) -> tuple[int, list[trail.Break]]:
    """Verify every chain; return how many entries there are, and the first break of each broken chain."""
    entries, broken = 0, []
    for complaints in _complaints(session):
        written = _by_complaint(session, TrailEntry, complaints, TrailEntry.sequence)
        for complaint in complaints:
            chain = written[complaint.id]
            entries += len(chain)
            fault = trail.verify(engine.vault.content, complaint, chain)
            broken.extend([fault] if fault else [])
        seen(len(complaints))
    return entries, broken


def _complaints(session: Session) -> Iterator[Sequence[Complaint]]:
    last = 0
    while True:
        after = select(Complaint).where(Complaint.id > last).order_by(Complaint.id).limit(BATCH)
        found = session.scalars(after).all()
        if not found:
            return
        last = found[-1].id
        yield found
        session.expunge_all()


def _batches(engine: Engine, session: Session) -> Iterator[list[Case]]:
    for complaints in _complaints(session):
        entries = _by_complaint(session, TrailEntry, complaints, TrailEntry.sequence)
        clock_rows = _by_complaint(session, ClockRow, complaints, ClockRow.id)
        escalations = _by_complaint(session, Escalation, complaints, Escalation.id)
        notices = _by_complaint(session, Notice, complaints, Notice.id)
        public = _by_complaint(session, PublicVersion, complaints, PublicVersion.id)
        yield [
            Case(
                complaint,
                engine.workflow(complaint.kind, complaint.definition_version).definition,
                entries[complaint.id],
                clock_rows[complaint.id],
                escalations[complaint.id],
                notices[complaint.id],
                public[complaint.id],
            )
            for complaint in complaints
        ]


def _by_complaint(
    session: Session, kind: type[Row], complaints: Iterable[Complaint], order: Any
) -> Mapping[int, list[Row]]:
    ids = [complaint.id for complaint in complaints]
    found: dict[int, list[Row]] = defaultdict(list)
    for row in session.scalars(select(kind).where(kind.complaint_id.in_(ids)).order_by(kind.complaint_id, order)):
        found[row.complaint_id].append(row)
    return found


def _findings(engine: Engine, case: Case, categories: Mapping[str, int], now: datetime) -> Iterator[Finding]:
    number = case.complaint.number
    broken = trail.verify(engine.vault.content, case.complaint, case.entries)
    if broken:
        yield Finding("trail-broken", number, f"entry {broken.sequence}: {broken.why}")
        return
    try:
        told = retell(engine, case.complaint, case.entries, categories)
    except (LookupError, ValueError) as fault:
        yield Finding("trail-unreadable", number, f"{type(fault).__name__}: {fault}")
        return
    yield from (Finding(code, number, detail) for code, detail in _differences(engine, case, told))
    looked = _left(case) if case.complaint.erased_at else _neglect(engine, case, told, now)
    yield from (Finding(code, number, detail) for code, detail in looked)


def _differences(engine: Engine, case: Case, told: Told) -> Iterator[tuple[str, str]]:
    complaint, organisation = case.complaint, engine.organisation
    state = case.definition.states[told.state]
    stored_and_told = {
        "state": (complaint.state, told.state),
        "phase": (complaint.phase, state.phase),
        "is_open": (complaint.is_open, state.closed is None),
        "previous_state": (complaint.previous_state, told.previous),
        "since": (complaint.since, told.since),
        "holder": (organisation.units[complaint.holder_id].code, told.holder),
        "bound": (complaint.bound, told.bound),
        "version": (complaint.version, told.version),
        "tally": (complaint.tally, told.tally),
    }
    if complaint.erased_at is None:
        # what an erased case said is gone, and with it what only its words could prove
        stored_and_told["class"] = (complaint.classification, told.classification)
        stored_and_told["content"] = (_digest(engine, complaint), told.content)
    for name, (stored, right) in stored_and_told.items():
        if stored != right:
            yield f"{name}-differs", f"stored {stored!r}, by its trail {right!r}"
    if complaint.erased_at is None:
        yield from _clock_differences(engine, case, told)


def _left(case: Case) -> Iterator[tuple[str, str]]:
    complaint, last = case.complaint, case.entries[-1]
    if last.move != "erase":
        yield "erasure-untold", f"its trail ends with {last.move}"
    left = [name for name in (*content.TEXTS, "content_key") if getattr(complaint, name)]
    if left or any(entry.public for entry in case.entries[:-1]):
        yield "erasure-incomplete", ", ".join(left) or "its trail"


def _digest(engine: Engine, complaint: Complaint) -> str:
    try:
        texts = content.of_case(engine.vault.content, complaint)
    except Unopenable as fault:
        return str(fault)
    return intake.digest(texts["title"] or "", texts["text"] or "")


def _clock_differences(engine: Engine, case: Case, told: Told) -> Iterator[tuple[str, str]]:
    stored = sorted(map(clocks.value, case.clocks), key=_place)
    right = sorted(told.clocks, key=_place)
    if stored != right:
        yield "clocks-differ", f"stored {_said(stored, right)}, by its trail {_said(right, stored)}"
        return
    hint = Complaint()
    clocks.summarise(hint, case.clocks)
    if hint.due_at != case.complaint.due_at:
        yield "due-differs", f"stored {case.complaint.due_at}, by its clocks {hint.due_at}"
    moments = {clocks.moment_of(engine, case.definition, clock) for clock in stored} - {None}
    right_moment = min((moment for moment in moments if moment), default=None)
    if not case.complaint.put_off and right_moment != case.complaint.next_moment_at:
        yield "moment-differs", f"stored {case.complaint.next_moment_at}, by its clocks {right_moment}"


def _place(clock: Clock) -> tuple[str, int]:
    return clock.name, clock.term


def _said(clocks_here: Sequence[Clock], others: Sequence[Clock]) -> str:
    return "; ".join(str(clock) for clock in clocks_here if clock not in others) or "nothing more"


def _neglect(engine: Engine, case: Case, told: Told, now: datetime) -> Iterator[tuple[str, str]]:
    complaint, definition = case.complaint, case.definition
    running = [clock for clock in told.clocks if clock.state == "running"]
    if complaint.is_open and not any(_watches(definition, clock) for clock in running):
        yield "no-clock", f"nothing runs in {complaint.state}"
    if complaint.is_open and definition.states[complaint.state].acts is None:
        yield "nobody-acts", f"nobody must act in {complaint.state}"
    if complaint.put_off:
        yield "put-off", complaint.put_off
    yield from _untold(engine, case, running, now)
    yield from _published(case)
    recorded = {(row.clock, row.term, row.rung): row for row in case.escalations}
    written = {rung[:3] for rung in told.rungs}
    if recorded.keys() != written:
        yield "rungs-differ", f"recorded {sorted(recorded)}, by its trail {sorted(written)}"
    noticed = {notice.escalation_id for notice in case.notices}
    for row in case.escalations:
        if row.post_id is not None and row.id not in noticed:
            yield "rung-unreported", f"{row.clock} term {row.term} rung {row.rung} has no notice"


def _published(case: Case) -> Iterator[tuple[str, str]]:
    why = hindrance(case.complaint)
    for version in case.public:
        if why and version.withdrawn_at is None:
            yield "published-hidden", f"{version.public_id} is not taken back. {why}"


def _watches(definition: Definition, clock: Clock) -> bool:
    rule = definition.clocks[clock.name]
    return bool(rule.ladder or rule.then)


def _untold(engine: Engine, case: Case, running: Iterable[Clock], now: datetime) -> Iterator[tuple[str, str]]:
    if case.complaint.put_off:
        return
    for clock in running:
        rule = case.definition.clocks[clock.name]
        rungs = case.definition.ladders.get(rule.ladder or "", ())
        if rungs_due(clock, rungs, engine.calendar(clock.calendar), now) or timed_out(clock, rule, now):
            yield (
                "due-untold",
                f"{clock.name} term {clock.term}, due {clock.due_at}, has moments that nobody was told of",
            )
