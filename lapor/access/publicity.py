"""What is public: the public versions of cases that may have one, for everybody and without any scope."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Row, Select, and_, exists, or_, select
from sqlalchemy.orm import Session

from lapor.access.search import says_publicly
from lapor.access.secrets import read_public_id
from lapor.errors import NotFound
from lapor.records import CategoryRow, ClockRow, Complaint, PublicVersion

CLOSED = "closed"
# what was refused for its content, and what its reporter has taken back
HIDDEN_STATES = ("blocked", "withdrawn")
ANSWERED = ("met", "missed")
TERM = "resolution"

Line = Row[PublicVersion, Complaint, str | None, bool]


def hindrance(complaint: Complaint) -> str | None:
    """Why a case has no public version, in a sentence; None where it may have one."""
    if complaint.erased_at is not None:
        return "The data of this case is erased."
    if complaint.confidential:
        return "A confidential case is never published."
    if complaint.classification == "oversight":
        return "A case that alleges misconduct is never published."
    if complaint.phase == "intake" or complaint.state in HIDDEN_STATES:
        return f"A case is published after its intake, unless it is blocked or withdrawn: now it is {complaint.state}."
    return None


def is_public() -> ColumnElement[bool]:
    """The condition that a public version is shown: it was not taken back, and its case has no `hindrance`."""
    return and_(
        PublicVersion.withdrawn_at.is_(None),
        Complaint.erased_at.is_(None),
        ~Complaint.confidential,
        Complaint.classification.is_distinct_from("oversight"),
        Complaint.phase.is_distinct_from("intake"),
        Complaint.state.not_in(HIDDEN_STATES),
    )


@dataclass(frozen=True, slots=True)
class Mark:
    """The place of a public version in the list, which begins with the newest."""

    at: datetime
    public_id: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which public versions are asked for. None leaves a filter out; `units` are ids; `phase` may be `closed`."""

    after: Mark | None = None
    limit: int = 50
    category: str | None = None
    units: Collection[int] | None = None
    phase: str | None = None
    q: str | None = None
    published_before: datetime | None = None
    published_after: datetime | None = None


@dataclass(frozen=True, slots=True)
class Published:
    """A public version with what is public of its case."""

    version: PublicVersion
    complaint: Complaint
    category: str | None
    answered: bool


def find(session: Session, public_id: str) -> Published:
    """What is public under this id, however it is written.

    Raises:
        NotFound: there is nothing, or nothing any more, or it was never published.
    """
    there = _shown().where(PublicVersion.public_id == (read_public_id(public_id) or ""))
    line = session.execute(there).one_or_none()
    if line is None:
        raise NotFound
    return _published(line)


def page(session: Session, wanted: Wanted) -> Sequence[Published]:
    """The public versions that are asked for, newest first: one more than `limit` where there are more."""
    newest = _shown().where(*_filters(session, wanted))
    newest = newest.order_by(PublicVersion.published_at.desc(), PublicVersion.public_id)
    return [_published(line) for line in session.execute(newest.limit(wanted.limit + 1))]


def _shown() -> Select[PublicVersion, Complaint, str | None, bool]:
    given = exists().where(ClockRow.complaint_id == Complaint.id, ClockRow.name == TERM, ClockRow.state.in_(ANSWERED))
    shown = select(PublicVersion, Complaint, CategoryRow.code, given.correlate(Complaint))
    shown = shown.join(Complaint, Complaint.id == PublicVersion.complaint_id)
    return shown.outerjoin(CategoryRow, CategoryRow.id == Complaint.category_id).where(is_public())


def _published(line: Line) -> Published:
    version, complaint, category, answered = line
    return Published(version, complaint, category, answered)


def _filters(session: Session, wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.category is not None:
        found.append(CategoryRow.code == wanted.category)
    if wanted.units is not None:
        found.append(Complaint.holder_id.in_(wanted.units))
    if wanted.phase is not None:
        found.append(~Complaint.is_open if wanted.phase == CLOSED else Complaint.phase == wanted.phase)
    if wanted.q is not None:
        found.append(says_publicly(session, wanted.q))
    if wanted.published_before is not None:
        found.append(PublicVersion.published_at < wanted.published_before)
    if wanted.published_after is not None:
        found.append(PublicVersion.published_at > wanted.published_after)
    if wanted.after is not None:
        found.append(_follows(wanted.after))
    return found


def _follows(mark: Mark) -> ColumnElement[bool]:
    same = and_(PublicVersion.published_at == mark.at, PublicVersion.public_id > mark.public_id)
    return or_(PublicVersion.published_at < mark.at, same)
