"""What is overdue: locked cases with all that decides which rungs are due, and whom each tells. Nothing is stored here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session, load_only

from lapor.handling import clocks
from lapor.handling.disposition import concerned
from lapor.handling.step import Party
from lapor.machine.clock import Clock, after_rung, next_moment, rungs_due, timed_out
from lapor.machine.definition import Definition, Rung
from lapor.machine.engine import Engine
from lapor.oversight import ladder
from lapor.records import ClockRow, Complaint, Escalation, ReportedParty

# what telling a rung needs of a case: no text, no identity
_NEEDED = (
    Complaint.number, Complaint.kind, Complaint.definition_version, Complaint.classification, Complaint.state,
    Complaint.holder_id, Complaint.door_id, Complaint.owner_id, Complaint.reviewer_id, Complaint.drafter_id,
    Complaint.competent_id, Complaint.reporter_id, Complaint.version, Complaint.anonymous, Complaint.confidential,
    Complaint.content_key, Complaint.trail_length, Complaint.trail_head, Complaint.due_at, Complaint.next_moment_at,
    Complaint.put_off,
)  # fmt: skip
Term = tuple[int, int]
"""The id of a clock and a term of it."""


@dataclass(frozen=True, slots=True)
class Overdue:
    """A locked case whose next moment has passed, out of its session.

    `rows` are its running clocks, `told` the posts that each term of them has told, in order, `reported` the posts that
    the case is about.
    """

    complaint: Complaint
    definition: Definition
    rows: Sequence[Row[Any]]
    told: Mapping[Term, Sequence[int]]
    reported: Collection[int]

    def time_out(self, climbs: Climbs, now: datetime) -> str | None:
        """The move that the first clock makes whose time-out has come, after these climbs."""
        rules = self.definition.clocks
        held = {change["id"]: change["held_until"] for change in climbs.changes}
        ending = [clocks.value(row) for row in self.rows if rules[row.name].then]
        now_held = (replace(clock, held_until=held.get(clock.id, clock.held_until)) for clock in ending)
        names = (clock.name for clock in now_held if timed_out(clock, rules[clock.name], now))
        return next((rules[name].then for name in names), None)


@dataclass(frozen=True, slots=True)
class Raised:
    """A rung that is due. `clock` is as it was, `upcoming` the moment of the next rung."""

    complaint: Complaint
    clock: Clock
    index: int
    tell: str
    outcome: str
    told: ladder.Told
    upcoming: datetime | None


@dataclass(frozen=True, slots=True)
class Climbs:
    """What is due of some cases: their rungs, and what changes in the rows of their clocks."""

    raised: list[Raised] = field(default_factory=list)
    changes: list[dict[str, Any]] = field(default_factory=list)


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


def gather(engine: Engine, session: Session, complaints: Sequence[Complaint]) -> list[Overdue]:
    """What decides of claimed cases which rungs are due, in three statements for all of them."""
    ids = [complaint.id for complaint in complaints]
    rows, told, parties = _running(session, ids), _told(session, ids), _parties(session, ids)
    return [
        Overdue(
            complaint,
            engine.workflow(complaint.kind, complaint.definition_version).definition,
            rows[complaint.id],
            told,
            concerned(engine.organisation, complaint.classification, parties[complaint.id]),
        )
        for complaint in complaints
    ]


def _running(session: Session, ids: Sequence[int]) -> Mapping[int, list[Row[Any]]]:
    of_them = select(*ClockRow.__table__.c).where(ClockRow.complaint_id.in_(ids), ClockRow.state == "running")
    rows = defaultdict[int, list[Row[Any]]](list)
    for row in session.execute(of_them.order_by(ClockRow.id)):
        rows[row.complaint_id].append(row)
    return rows


def _told(session: Session, ids: Sequence[int]) -> Mapping[Term, list[int]]:
    before = select(Escalation.clock_id, Escalation.term, Escalation.post_id).where(Escalation.complaint_id.in_(ids))
    told = defaultdict[Term, list[int]](list)
    for clock_id, term, post_id in session.execute(before.filter_by(outcome="told").order_by(Escalation.rung)):
        if post_id is not None:
            told[clock_id, term].append(post_id)
    return told


def _parties(session: Session, ids: Sequence[int]) -> Mapping[int, set[Party]]:
    about = select(ReportedParty.complaint_id, ReportedParty.unit_id, ReportedParty.post_id)
    parties = defaultdict[int, set[Party]](set)
    for complaint_id, unit_id, post_id in session.execute(about.where(ReportedParty.complaint_id.in_(ids))):
        parties[complaint_id].add((unit_id, post_id))
    return parties


def climb(engine: Engine, cases: Iterable[Overdue], now: datetime) -> Climbs:
    """The rungs that are due, each once told to its clock: of those of one clock the highest is told, if several are."""
    climbs = Climbs()
    for case in cases:
        moments = []
        for row in case.rows:
            upcoming = row.next_moment_at
            # of a clock that asks for nothing yet the stored moment is as good as a new one
            if upcoming and upcoming < now:
                upcoming = _climb_of_clock(engine, case, clocks.value(row), now, climbs)
            moments.append((row.due_at, upcoming))
        clocks.repeat(case.complaint, moments)
    return climbs


def _climb_of_clock(engine: Engine, case: Overdue, clock: Clock, now: datetime, climbs: Climbs) -> datetime | None:
    rule, calendar = case.definition.clocks[clock.name], engine.calendar(clock.calendar)
    rungs = case.definition.ladders.get(rule.ladder or "", ())
    due = rungs_due(clock, rungs, calendar, now)
    for index in due:
        later = after_rung(clock, rule, index, now, calendar)
        upcoming = next_moment(later, rule, rungs, calendar)
        whom, outcome = _skipped() if index < due[-1] else _told_now(engine, case, clock, rungs[index])
        climbs.raised.append(Raised(case.complaint, clock, index, rungs[index].tell, outcome, whom, upcoming))
        clock = later
    upcoming = next_moment(clock, rule, rungs, calendar)
    climbs.changes.append(clocks.climbed(clock, upcoming))
    return upcoming


def _skipped() -> tuple[ladder.Told, str]:
    return ladder.Told(None, "a higher rung was due as well"), "skipped"


def _told_now(engine: Engine, case: Overdue, clock: Clock, rung: Rung) -> tuple[ladder.Told, str]:
    acts = case.definition.acts_for(clock.name, case.complaint.state)
    before = case.told.get((clock.id or 0, clock.term), ())
    told = ladder.recipient(engine.organisation, case.complaint, acts, rung, before, case.reported)
    return told, "warned" if rung.warning else "told"
