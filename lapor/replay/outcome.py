"""What came of a replay, counted from what is stored: answers, rungs, closings, working time."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any, TextIO

from sqlalchemy import select
from sqlalchemy.orm import Session

from lapor.machine.calendar import Calendar
from lapor.records import ClockRow, Complaint, Escalation, ReplayLine, TrailEntry
from lapor.records.base import stamp
from lapor.replay.course import Course
from lapor.replay.lines import Line, Rejected

CLOCK = "first_response"


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of one line, for the first-response clock. Moments are in UTC, None where there is none."""

    n: int
    received_at: datetime | None
    due_at: datetime | None
    answered_at: datetime | None
    outcome: str

    def written(self) -> str:
        """As a line of the file that `--lines` writes."""
        return json.dumps(
            {
                "n": self.n,
                "received_at": _stamped(self.received_at),
                "due_at": _stamped(self.due_at),
                "answered_at": _stamped(self.answered_at),
                "outcome": self.outcome,
            }
        )


def _stamped(moment: datetime | None) -> str | None:
    return stamp(moment) if moment else None


def by_line(session: Session, file: str, rejected: Sequence[Rejected]) -> list[Answered]:
    """What came of each line, in the order of the numbers."""
    first = (
        select(ReplayLine.n, Complaint.received_at, ClockRow.due_at, ClockRow.stopped_at, ClockRow.state)
        .join(Complaint, Complaint.id == ReplayLine.complaint_id)
        .join(ClockRow, ClockRow.complaint_id == Complaint.id)
        .where(ReplayLine.file == file, ClockRow.name == CLOCK)
    )
    outcomes = {"met": "within", "missed": "after"}
    told = [
        Answered(n, received, due, stopped if state in outcomes else None, outcomes.get(state, "never"))
        for n, received, due, stopped, state in session.execute(first)
    ]
    told += [Answered(line.n, None, None, None, "rejected") for line in rejected]
    return sorted(told, key=lambda answered: answered.n)


def write_lines(answers: Sequence[Answered], out: TextIO) -> None:
    """Write one JSON object a line."""
    out.writelines(answered.written() + "\n" for answered in answers)


def summary(
    session: Session,
    calendar: Calendar,
    course: Course,
    answers: Sequence[Answered],
    lines: Mapping[int, Line],
    rejected: Sequence[Rejected],
) -> dict[str, Any]:
    """The numbers of a replay, as `--json` prints them. Working time is in working hours."""
    counts = Counter(answered.outcome for answered in answers)
    return {
        "submitted": sum(counts.values()) - counts["rejected"],
        "rejected": [{"n": line.n, "why": line.why} for line in rejected],
        "waiting": len(lines) - sum(counts.values()) + counts["rejected"],
        "answered": {name: counts[name] for name in ("within", "after", "never")},
        "rungs": rungs(session),
        "closed_by": closed_by(session),
        "working_hours": working_hours(calendar, answers),
        "moves": course.moves,
        "time_outs": course.swept.time_outs,
        "seconds": round(course.seconds, 1),
        "moves_per_second": round((course.moves + course.swept.time_outs) / course.seconds) if course.seconds else None,
    }


def rungs(session: Session) -> list[dict[str, Any]]:
    """For each clock and rung: how often it was told, skipped or lapsed, and to how many posts."""
    levels: dict[tuple[str, int, str], Counter[str]] = defaultdict(Counter)
    posts: dict[tuple[str, int, str], set[int]] = defaultdict(set)
    told = select(Escalation.clock, Escalation.rung, Escalation.tell, Escalation.outcome, Escalation.post_id)
    for clock, rung, tell, outcome, post_id in session.execute(told):
        levels[clock, rung, tell][outcome] += 1
        posts[clock, rung, tell].update([post_id] if post_id else [])
    return [
        {"clock": level[0], "rung": level[1], "tell": level[2], **dict(levels[level]), "posts": len(posts[level])}
        for level in sorted(levels)
    ]


def closed_by(session: Session) -> dict[str, int]:
    """How many cases ended by the hand of whom; `open` counts those that did not."""
    ends = select(Complaint.is_open, TrailEntry.role).join(
        TrailEntry, (TrailEntry.complaint_id == Complaint.id) & (TrailEntry.sequence == Complaint.trail_length)
    )
    found = Counter("open" if is_open else role for is_open, role in session.execute(ends))
    return dict(sorted(found.items()))


def working_hours(calendar: Calendar, answers: Sequence[Answered]) -> dict[str, float | None]:
    """Median and 90th percentile (nearest rank) of the working time from receipt to answer, in hours."""
    spent = sorted(_spent(calendar, answers))
    return {"median": _rank(spent, 50), "p90": _rank(spent, 90)}


def _spent(calendar: Calendar, answers: Sequence[Answered]) -> Iterator[timedelta]:
    for answered in answers:
        if answered.received_at and answered.answered_at:
            yield calendar.elapsed(answered.received_at, answered.answered_at)


def _rank(spent: Sequence[timedelta], percent: int) -> float | None:
    if not spent:
        return None
    return round(spent[ceil(len(spent) * percent / 100) - 1] / timedelta(hours=1), 2)
