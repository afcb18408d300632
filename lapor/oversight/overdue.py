"""What is overdue: locked cases with all that decides which rungs are due, and whom each tells. Nothing is stored here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, and_, func, or_, select
from sqlalchemy.orm import Session, aliased, load_only

from lapor.handling import clocks
from lapor.handling.disposition import concerned
from lapor.handling.step import Party
from lapor.machine.clock import Clock, after_rung, next_moment, rungs_due, stood_by, timed_out
from lapor.machine.definition import ClockRule, Definition, Rung
from lapor.machine.engine import Engine
from lapor.oversight import ladder
from lapor.records import ClockRow, Complaint, Escalation, ReportedParty, many

# what telling a rung needs of a case: no text, no identity
_NEEDED = (
    Complaint.number, Complaint.kind, Complaint.definition_version, Complaint.classification, Complaint.state,
    Complaint.holder_id, Complaint.door_id, Complaint.owner_id, Complaint.reviewer_id, Complaint.drafter_id,
    Complaint.competent_id, Complaint.reporter_id, Complaint.version, Complaint.anonymous, Complaint.confidential,
    Complaint.content_key, Complaint.trail_length, Complaint.trail_head, Complaint.due_at, Complaint.next_moment_at,
    Complaint.put_off, Complaint.linked_to_id, Complaint.whole_id,
)  # fmt: skip
_RUNNING = (ClockRow.state == "running",)
Term = tuple[int, int]
"""The id of a clock and a term of it."""
Moments = tuple[datetime, datetime | None]
"""When clocks are due, and when they next ask for something."""
Telling = Mapping[str, tuple[datetime, str]]
"""The clocks that tell of a matter elsewhere, by name: when they are due, and the number of their case."""


@dataclass(frozen=True, slots=True)
class Overdue:
    """A locked case whose next moment has passed, out of its session.

    `rows` are the clocks whose moment has passed, `others` the earliest due and next moments of those that run beside
    them, `told` the posts that each term has told, in order, each with the post in whose place it was, `reported` the
    posts that the case is about, `telling` what runs in the case that it is linked to or
    a part of.
    """

    complaint: Complaint
    definition: Definition
    rows: Sequence[Row[Any]]
    others: Sequence[Moments]
    told: Mapping[Term, Mapping[int, int]]
    reported: Collection[int]
    telling: Telling


@dataclass(frozen=True, slots=True)
class Raised:
    """A rung that is due. `clock` is as it was, `upcoming` the moment of the next rung."""

    complaint: Complaint
    clock: Clock
    index: int
    rung: Rung
    outcome: str
    told: ladder.Told
    upcoming: datetime | None


@dataclass(frozen=True, slots=True)
class StoodBy:
    """A clock whose rung is due and waits, as the case with this number tells of the matter. `clock` waits already."""

    complaint: Complaint
    clock: Clock
    number: str


@dataclass(frozen=True, slots=True)
class Climbs:
    """What is due of some cases: rungs, those that wait, changes in the rows of clocks, how late each was looked at.

    `time_outs` are the moves that clocks make whose time is over, one for a case at most, by the ids of the cases.
    """

    raised: list[Raised] = field(default_factory=list)
    waiting: list[StoodBy] = field(default_factory=list)
    changes: list[dict[str, Any]] = field(default_factory=list)
    lags: list[timedelta] = field(default_factory=list)
    time_outs: dict[int, str] = field(default_factory=dict)


def claim(session: Session, now: datetime, size: int, complaint_id: int | None = None) -> Sequence[Complaint]:
    """Lock cases whose next moment has passed, oldest first, or a certain one; another sweep's are left to it.

    They have left the session: what is due of them is written as a whole, in a few statements.
    """
    due = select(Complaint).options(load_only(*_NEEDED, raiseload=True)).where(Complaint.next_moment_at < now)
    if complaint_id is not None:
        due = due.where(Complaint.id == complaint_id)
    oldest = due.order_by(Complaint.next_moment_at).limit(size).with_for_update(of=Complaint, skip_locked=True)
    complaints = session.scalars(oldest).all()
    session.expunge_all()
    return complaints


def gather(engine: Engine, session: Session, complaints: Sequence[Complaint], now: datetime) -> list[Overdue]:
    """What decides of claimed cases which rungs are due, in four statements for all of them, or five."""
    ids = [complaint.id for complaint in complaints]
    rows, others = _due(session, ids, now), _others(session, ids, now)
    told, parties = _told(session, ids), _parties(session, ids)
    telling = _telling(session, [each.id for each in complaints if each.linked_to_id or each.whole_id])
    return [
        Overdue(
            complaint,
            engine.workflow(complaint.kind, complaint.definition_version).definition,
            rows[complaint.id],
            others[complaint.id],
            told,
            concerned(engine.organisation, complaint.classification, parties[complaint.id]),
            telling[complaint.id],
        )
        for complaint in complaints
    ]


def _due(session: Session, ids: Sequence[int], now: datetime) -> Mapping[int, list[Row[Any]]]:
    of_them = select(*ClockRow.__table__.c).where(many.among(session, ClockRow.complaint_id, ids))
    rows = defaultdict[int, list[Row[Any]]](list)
    for row in session.execute(of_them.where(*_RUNNING, ClockRow.next_moment_at < now).order_by(ClockRow.id)):
        rows[row.complaint_id].append(row)
    return rows


def _others(session: Session, ids: Sequence[int], now: datetime) -> Mapping[int, list[Moments]]:
    # of a clock that asks for nothing yet the stored moments are as good as new ones
    later = or_(ClockRow.next_moment_at.is_(None), ClockRow.next_moment_at >= now)
    earliest = select(ClockRow.complaint_id, func.min(ClockRow.due_at), func.min(ClockRow.next_moment_at))
    of_them = earliest.where(many.among(session, ClockRow.complaint_id, ids), *_RUNNING, later)
    others = defaultdict[int, list[Moments]](list)
    for complaint_id, due_at, next_moment_at in session.execute(of_them.group_by(ClockRow.complaint_id)):
        others[complaint_id].append((due_at, next_moment_at))
    return others


def _told(session: Session, ids: Sequence[int]) -> Mapping[Term, dict[int, int]]:
    columns = Escalation.clock_id, Escalation.term, Escalation.post_id, Escalation.instead_of_id
    before = select(*columns).where(many.among(session, Escalation.complaint_id, ids)).filter_by(outcome="told")
    told = defaultdict[Term, dict[int, int]](dict)
    for clock_id, term, post_id, instead_of_id in session.execute(before.order_by(Escalation.rung)):
        if post_id is not None:
            # who is told again was told last
            told[clock_id, term].pop(post_id, None)
            told[clock_id, term][post_id] = instead_of_id or post_id
    return told


def _parties(session: Session, ids: Sequence[int]) -> Mapping[int, set[Party]]:
    about = select(ReportedParty.complaint_id, ReportedParty.unit_id, ReportedParty.post_id)
    parties = defaultdict[int, set[Party]](set)
    for complaint_id, unit_id, post_id in session.execute(
        about.where(many.among(session, ReportedParty.complaint_id, ids))
    ):
        parties[complaint_id].add((unit_id, post_id))
    return parties


def _telling(session: Session, ids: Sequence[int]) -> Mapping[int, dict[str, tuple[datetime, str]]]:
    """What runs in the cases that these are linked to or parts of, at the same unit, where neither alleges misconduct."""
    telling = defaultdict[int, dict[str, tuple[datetime, str]]](dict)
    if not ids:
        return telling
    earlier = aliased(Complaint)
    alike = earlier.holder_id == Complaint.holder_id
    harmless = (of.classification.is_distinct_from("oversight") for of in (Complaint, earlier))
    runs = select(Complaint.id, ClockRow.name, ClockRow.due_at, earlier.number)
    runs = runs.join(earlier, and_(earlier.id.in_((Complaint.linked_to_id, Complaint.whole_id)), alike, *harmless))
    # a clock that has told the top has nobody left to tell
    still = and_(*_RUNNING, ClockRow.next_moment_at.is_not(None))
    runs = runs.join(ClockRow, and_(ClockRow.complaint_id == earlier.id, still))
    among = runs.where(many.among(session, Complaint.id, ids)).order_by(ClockRow.due_at.desc())
    for complaint_id, name, due_at, number in session.execute(among):
        telling[complaint_id][name] = due_at, number
    return telling


def climb(engine: Engine, cases: Iterable[Overdue], now: datetime) -> Climbs:
    """The rungs that are due, each once told to its clock: of those of one clock the highest is told, if several are."""
    climbs = Climbs()
    for case in cases:
        climbed = [(row.due_at, _climb_of_clock(engine, case, clocks.value(row), now, climbs)) for row in case.rows]
        clocks.repeat(case.complaint, [*climbed, *case.others])
        climbs.lags.extend(now - row.next_moment_at for row in case.rows)
    return climbs


def _climb_of_clock(engine: Engine, case: Overdue, clock: Clock, now: datetime, climbs: Climbs) -> datetime | None:
    rule, calendar = case.definition.clocks[clock.name], engine.calendar(clock.calendar)
    rungs = case.definition.ladders.get(rule.ladder or "", ())
    due = rungs_due(clock, rungs, calendar, now)
    teller = _teller(case, clock, rule, rungs[due[-1]]) if due else None
    if teller:
        clock, due = stood_by(clock, now, calendar), []
        climbs.waiting.append(StoodBy(case.complaint, clock, teller))
    upcoming = None if due else next_moment(clock, rule, rungs, calendar)
    for index in due:
        later = after_rung(clock, rule, index, now, calendar)
        upcoming = next_moment(later, rule, rungs, calendar)
        whom, outcome = _skipped() if index < due[-1] else _told_now(engine, case, clock, rungs[index], now)
        climbs.raised.append(Raised(case.complaint, clock, index, rungs[index], outcome, whom, upcoming))
        clock = later
    climbs.changes.append(clocks.climbed(clock, upcoming))
    if rule.then and timed_out(clock, rule, now):
        climbs.time_outs.setdefault(case.complaint.id, rule.then)
    return upcoming


def _teller(case: Overdue, clock: Clock, rule: ClockRule, rung: Rung) -> str | None:
    """The number of the case that tells officers of this clock's matter, as it is due no later; None where none does."""
    due_at, number = case.telling.get(clock.name, (None, None))
    is_told = due_at is not None and due_at <= clock.due_at
    return number if is_told and rule.then is None and rung.tell != "reporter" else None


def _skipped() -> tuple[ladder.Told, str]:
    return ladder.Told(None, "a higher rung was due as well"), "skipped"


def _told_now(engine: Engine, case: Overdue, clock: Clock, rung: Rung, now: datetime) -> tuple[ladder.Told, str]:
    acts = case.definition.acts_for(clock.name, case.complaint.state)
    before = case.told.get((clock.id or 0, clock.term), {})
    told = ladder.recipient(engine.organisation, case.complaint, acts, rung, before, case.reported, now)
    return told, "warned" if rung.warning else "told"
