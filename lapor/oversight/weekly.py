"""The weekly mail: each supervisor and coordinator is told, when the week begins, how the cases in their scope stand."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from email.message import EmailMessage
from zoneinfo import ZoneInfo

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from lapor.access import counting, wall
from lapor.access.principal import Principal
from lapor.machine.calendar import Calendar
from lapor.machine.engine import Engine
from lapor.machine.organisation import Post
from lapor.notices import mail, standing
from lapor.notices.delivery import LEASE, SOON, Delivered, Outcome, attempt, wait
from lapor.notices.digest import Entry
from lapor.notices.standing import Standing
from lapor.notices.wordings import Wordings
from lapor.records import PostRow, WeeklyMail, many
from lapor.records.base import Writing, canonical

ROLES = ("supervisor", "coordinator")
LISTED = 20
"""So many of the cases that are overdue are named."""
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class _Issue:
    """A weekly mail under lease. `attempts` counts this one too."""

    row_id: int
    post: Post
    calendar: Calendar
    week_of: date
    upcoming: datetime
    attempts: int

    @property
    def name(self) -> str:
        """What the message is called by: the same whenever it is made again."""
        held = canonical([self.post.code, self.week_of.isoformat()])
        return "weekly-" + hashlib.sha256(held.encode()).hexdigest()[:32]


def choose(session: Session, post: Post, calendar: Calendar, *, wanted: bool, now: datetime) -> datetime | None:
    """Mail a post each week, or never; return when it is next. The caller commits; `calendar` is that of its unit."""
    known = session.scalars(select(WeeklyMail).filter_by(post_id=post.id).with_for_update()).one_or_none()
    chosen = known or WeeklyMail(post_id=post.id, attempts=0)
    if not wanted or chosen.next_attempt_at is None:
        chosen.next_attempt_at, chosen.attempts = opening_after(calendar, now) if wanted else None, 0
    session.add(chosen)
    return chosen.next_attempt_at


def opening_after(calendar: Calendar, moment: datetime) -> datetime:
    """When an office next opens for the first time in a week: on Monday, or the first working day after it."""
    monday, zone = _monday(calendar.day(moment)), ZoneInfo(calendar.zone)
    # a week without a working day has the opening of the one after it
    openings = (calendar.next_open(datetime.combine(monday + n * _WEEK, time(), zone)) for n in (0, 1))
    return next(opening for opening in openings if opening > moment)


def send(
    engine: Engine,
    reading: Writing,
    writing: Writing,
    sender: mail.Sender,
    *,
    now: datetime,
    public_url: str,
    wordings: Wordings,
    batch: int = 50,
) -> Delivered:
    """Send the weekly mails that are due at `now`, one batch of them; a post without cases is put off for a week.

    As in `daily.send`: no transaction is open while something is sent, several may run side by side, and a mail whose
    sending dies goes out again with the same Message-ID, and the counts of then. `reading` opens a session that only reads.
    """
    with writing() as session:
        _enrol(session, engine, now)
        issues, done = _claim(session, engine, now, batch)
    for position, issue in enumerate(issues):
        with reading() as session:
            held = stands(session, engine, issue.post, now=now)
        writer = _Writer(issue, held, sender.address, now, public_url, wordings)
        outcome = Outcome("put_off") if held.is_empty else attempt(sender, writer)
        untried = issues[position + 1 :] if outcome.down else []
        with writing() as session:
            _mark(session, issue, outcome, now)
            _hand_back(session, untried, now)
        done[outcome.name] += 1
        if outcome.down:
            done["delayed"] += len(untried)
            break
    return Delivered.of(done)


def stands(session: Session, engine: Engine, post: Post, *, now: datetime) -> Standing:
    """How the cases in the scope of a post stand, behind the wall of its agency: what is hidden is not counted."""
    principal, calendar = Principal(post.role, post), engine.calendar(engine.key(post.unit_id))
    wall.put_up(session, engine.organisation, principal)
    tallies = counting.tallies(session, engine, principal, now=now)
    counts = {_word(name): sum(tally.counts[name] for tally in tallies) for name in counting.COUNTED}
    monday = datetime.combine(_monday(calendar.day(now)), time(), ZoneInfo(calendar.zone))
    last = datetime.combine(monday.date() - _WEEK, time(), monday.tzinfo)
    counts["closed"] = counting.closed(session, engine, principal, since=last, before=monday)
    oldest = counting.oldest_overdue(session, engine, principal, limit=LISTED, now=now) if counts["overdue"] else []
    return Standing(calendar.day(now), calendar.zone, counts, [Entry(number, due_at) for number, due_at in oldest])


def _word(name: str) -> str:
    """What a count is called among the words.

    >>> _word("overdue 0-1")
    'overdue_0_1'
    """
    return name.replace(" ", "_").replace("-", "_")


@dataclass(frozen=True, slots=True)
class _Writer:
    issue: _Issue
    held: Standing
    sender: str
    now: datetime
    public_url: str
    wordings: Wordings

    def __call__(self) -> EmailMessage:
        return mail.compose(
            self.issue.name,
            standing.render(self.held, f"{self.public_url}/api/v1/work/summary", self.wordings),
            sender=self.sender,
            recipient=self.issue.post.email or "",
            public_url=self.public_url,
            now=self.now,
            optional=True,
        )


def _enrol(session: Session, engine: Engine, now: datetime) -> None:
    """Note when those are mailed first who have come to oversee others; other senders may do the same meanwhile."""
    known = exists().where(WeeklyMail.post_id == PostRow.id)
    missing = session.scalars(select(PostRow.id).where(PostRow.role.in_(ROLES), PostRow.email.is_not(None), ~known))
    posts = [engine.organisation.posts[post_id] for post_id in missing if post_id in engine.organisation.posts]
    rows = [
        {"post_id": post.id, "next_attempt_at": opening_after(_calendar(engine, post), now), "attempts": 0}
        for post in posts
    ]
    if rows:
        new = many.INSERTS[session.get_bind().dialect.name](WeeklyMail)
        session.execute(new.on_conflict_do_nothing(index_elements=[WeeklyMail.post_id]), rows)


def _claim(session: Session, engine: Engine, now: datetime, size: int) -> tuple[list[_Issue], Counter[str]]:
    """Take out a lease on what is due; return what is to be sent, and what came of all else."""
    due = select(WeeklyMail).where(WeeklyMail.next_attempt_at <= now)
    due = due.order_by(WeeklyMail.next_attempt_at, WeeklyMail.id).limit(size)
    issues = [_issue(engine, row, now) for row in session.scalars(due.with_for_update(skip_locked=True))]
    done, sendable = Counter[str](), list[_Issue]()
    for issue in issues:
        if issue.post.role not in ROLES or issue.post.vacant or not issue.post.email:
            done["unaddressed"] += 1
        elif issue.attempts == 1 and not _works(issue.calendar, now):
            done["put_off"] += 1
        else:
            sendable.append(issue)
    _lease(session, issues, sendable, now)
    return sendable, done


def _issue(engine: Engine, row: WeeklyMail, now: datetime) -> _Issue:
    post = engine.organisation.posts[row.post_id]
    calendar = _calendar(engine, post)
    # which week a mail is of is settled when it is first tried, and stays so when it is made again
    return _Issue(
        row_id=row.id,
        post=post,
        calendar=calendar,
        week_of=row.week_of if row.week_of and row.attempts else _monday(calendar.day(now)),
        upcoming=opening_after(calendar, now),
        attempts=row.attempts + 1,
    )


def _lease(session: Session, issues: Sequence[_Issue], sendable: Sequence[_Issue], now: datetime) -> None:
    leased = {issue.row_id for issue in sendable}
    rows = [
        {"id": issue.row_id, "week_of": issue.week_of, "next_attempt_at": now + LEASE, "attempts": issue.attempts}
        if issue.row_id in leased
        else {"id": issue.row_id, "week_of": issue.week_of, "next_attempt_at": issue.upcoming, "attempts": 0}
        for issue in issues
    ]
    if rows:
        session.execute(update(WeeklyMail), rows)


def _mark(session: Session, issue: _Issue, outcome: Outcome, now: datetime) -> None:
    # who has chosen to have none meanwhile stays without
    this = update(WeeklyMail).where(WeeklyMail.id == issue.row_id, WeeklyMail.next_attempt_at.is_not(None))
    this = this.where(WeeklyMail.week_of == issue.week_of)
    leased = this.where(WeeklyMail.next_attempt_at == now + LEASE)
    done = {"next_attempt_at": issue.upcoming, "attempts": 0}
    if outcome.name == "sent":
        # true whoever holds the lease by now
        session.execute(this.values(**done, sent_at=now))
    elif outcome.name == "delayed":
        session.execute(leased.values(next_attempt_at=now + wait(issue.attempts)))
    else:
        session.execute(leased.values(done))


def _hand_back(session: Session, untried: Sequence[_Issue], now: datetime) -> None:
    ids = [issue.row_id for issue in untried]
    leased = update(WeeklyMail).where(WeeklyMail.id.in_(ids), WeeklyMail.next_attempt_at == now + LEASE)
    if ids:
        session.execute(leased.values(next_attempt_at=now + SOON, attempts=WeeklyMail.attempts - 1))


def _calendar(engine: Engine, post: Post) -> Calendar:
    return engine.calendar(engine.key(post.unit_id))


def _works(calendar: Calendar, now: datetime) -> bool:
    today = calendar.day(now)
    return calendar.count_days(today, today) > 0


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
