"""Statistics for everybody: counts of what is public, and of nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lapor.access import suppression
from lapor.access.publicity import ANSWERED, CLOSED, TERM, is_public
from lapor.machine.organisation import Organisation
from lapor.records import CategoryRow, ClockRow, Complaint, PublicVersion

Counts = Mapping[str, int | None]


@dataclass(frozen=True, slots=True)
class Statistics:
    """How many cases are public, by this and that; None is kept back. A table without rows would single out somebody.

    `answered` counts those with an answer, `terms` by whether it came within its term.
    """

    published: int | None
    tables: Mapping[str, Counts]
    answered: int | None
    terms: Counts


def count(session: Session, organisation: Organisation) -> Statistics:
    """Count what is public, in one query."""
    lines = session.execute(_lines()).all()
    sums = {name: _summed(lines, of, organisation) for name, of in _TABLES.items()}
    met, missed = (sum(line.cases for line in lines if line.term == state) for state in ANSWERED)
    return Statistics(
        suppression.total(sum(line.cases for line in lines)),
        {name: suppression.table(sorted(found.items()), least=1) for name, found in sums.items()},
        suppression.total(met + missed),
        suppression.table([("within_term", met), ("after_term", missed)], least=0),
    )


def _lines() -> Any:
    stopped = select(ClockRow.complaint_id, func.max(ClockRow.state).label("state")).group_by(ClockRow.complaint_id)
    stopped_term = stopped.where(ClockRow.name == TERM, ClockRow.state.in_(ANSWERED)).subquery()
    by = (CategoryRow.code, Complaint.holder_id, Complaint.phase, PublicVersion.month, stopped_term.c.state)
    lines = select(*by[:-1], by[-1].label("term"), func.count().label("cases")).select_from(PublicVersion)
    lines = lines.join(Complaint, Complaint.id == PublicVersion.complaint_id)
    lines = lines.outerjoin(CategoryRow, CategoryRow.id == Complaint.category_id)
    lines = lines.outerjoin(stopped_term, stopped_term.c.complaint_id == Complaint.id)
    return lines.where(is_public()).group_by(*by)


def _summed(lines: Iterable[Any], of: Callable[[Any, Organisation], str], organisation: Organisation) -> Counter[str]:
    found: Counter[str] = Counter()
    for line in lines:
        found[of(line, organisation)] += line.cases
    return found


def _agency(line: Any, organisation: Organisation) -> str:
    """The unit below the root that holds a case, or has whoever holds it below."""
    path = organisation.units[line.holder_id].path
    return organisation.units[path[min(1, len(path) - 1)]].code


_TABLES: Mapping[str, Callable[[Any, Organisation], str]] = {
    "by_category": lambda line, _: line.code or "",
    "by_unit": _agency,
    "by_phase": lambda line, _: line.phase or CLOSED,
    "by_month": lambda line, _: line.month,
}
