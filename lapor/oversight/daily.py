"""The daily mail: each post that chose it is told once a day what is new to it and what waits for it."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, or_, select, update
from sqlalchemy.orm import Session, load_only

from lapor.handling.disposition import concerned
from lapor.handling.duty import responsible, turn
from lapor.handling.step import Party
from lapor.machine.engine import Engine
from lapor.machine.organisation import Organisation, Post
from lapor.notices import digest, mail
from lapor.notices.choice import opening_after
from lapor.notices.delivery import CAN_WAIT, LEASE, SOON, Delivered, Outcome, attempt, wait
from lapor.notices.digest import Digest, Entry
from lapor.notices.wordings import Wordings
from lapor.records import Complaint, Notice, NoticeChoice, ReportedParty
from lapor.records.base import Writing, canonical


@dataclass(frozen=True, slots=True)
class _Issue:
    """A daily mail under lease. `news` are the notices that it holds; `attempts` counts this one too."""

    choice_id: int
    post: Post
    digest_at: datetime
    upcoming: datetime
    attempts: int
    news: Sequence[Row[Any]]
    waiting: Sequence[Entry]

    @property
    def notice_ids(self) -> list[int]:
        return [notice.id for notice in self.news]

    @property
    def name(self) -> str:
        """What the message is called by: the same whenever it is made again."""
        held = canonical([self.post.code, self.digest_at.isoformat(), self.notice_ids])
        return "digest-" + hashlib.sha256(held.encode()).hexdigest()[:32]


def send(
    engine: Engine,
    writing: Writing,
    sender: mail.Sender,
    *,
    now: datetime,
    public_url: str,
    wordings: Wordings,
    batch: int = 50,
) -> Delivered:
    """Send the daily mails that are due at `now`, one batch of them; a post that nothing waits for is sent none.

    As in `delivery.deliver`: no transaction is open while something is sent, several may run side by side, and a mail
    whose sending dies goes out again with the same Message-ID. A notice is marked sent with the mail that holds it.
    """
    with writing() as session:
        issues, unaddressed = _claim(session, engine, now, batch)
    done = Counter(unaddressed=unaddressed)
    for position, issue in enumerate(issues):
        writer = _Writer(issue, engine, sender.address, now, public_url, wordings)
        outcome = attempt(sender, writer)
        untried = issues[position + 1 :] if outcome.down else []
        with writing() as session:
            _mark(session, issue, outcome, now)
            _hand_back(session, untried, now)
        done[outcome.name] += 1
        if outcome.down:
            done["delayed"] += len(untried)
            break
    return Delivered.of(done)


@dataclass(frozen=True, slots=True)
class _Writer:
    issue: _Issue
    engine: Engine
    sender: str
    now: datetime
    public_url: str
    wordings: Wordings

    def __call__(self) -> EmailMessage:
        issue, key = self.issue, self.engine.key(self.issue.post.unit_id)
        held = Digest(
            day=self.engine.calendar(key).day(issue.digest_at),
            zone=key.zone,
            warnings=tuple(_warning(each) for each in issue.news if each.event == "warning"),
            work=tuple(dict.fromkeys(Entry(each.number, each.due_at) for each in issue.news if each.event == "work")),
            waiting=issue.waiting,
        )
        return mail.compose(
            issue.name,
            digest.render(held, f"{self.public_url}/api/v1/complaints", self.wordings),
            sender=self.sender,
            recipient=issue.post.email or "",
            public_url=self.public_url,
            now=self.now,
            optional=True,
        )


def _warning(notice: Row[Any]) -> Entry:
    return Entry(notice.number, datetime.fromisoformat(notice.facts["due_at"]), notice.facts["clock"])


def _claim(session: Session, engine: Engine, now: datetime, size: int) -> tuple[list[_Issue], int]:
    """Take out a lease on what is due; return what is to be sent, and how many posts have no address."""
    due = select(NoticeChoice).where(NoticeChoice.choice == "daily", NoticeChoice.next_attempt_at <= now)
    due = due.order_by(NoticeChoice.next_attempt_at, NoticeChoice.id).limit(size)
    choices = session.scalars(due.with_for_update(skip_locked=True)).all()
    if not choices:
        return [], 0
    # what a mail holds is settled when it is first tried, and stays so when it is made again
    fresh = update(NoticeChoice).where(NoticeChoice.id.in_([choice.id for choice in choices if not choice.attempts]))
    session.execute(fresh.values(digest_at=now), execution_options={"synchronize_session": "evaluate"})
    issues = list(_issues(session, engine, choices, now))
    unaddressed = [issue for issue in issues if issue.news and not issue.post.email]
    sendable = [issue for issue in issues if issue.post.email and _is_due(engine, issue, now)]
    _lease(session, issues, sendable, now)
    without = [notice_id for issue in unaddressed for notice_id in issue.notice_ids]
    session.execute(update(Notice).where(Notice.id.in_(without)).values(state="unaddressed"))
    return sendable, len(unaddressed)


def _is_due(engine: Engine, issue: _Issue, now: datetime) -> bool:
    """Whether there is anything to tell, on a working day; one that was tried before may have been taken already."""
    calendar = engine.calendar(engine.key(issue.post.unit_id))
    today = calendar.day(now)
    return bool(issue.news or issue.waiting) and (issue.attempts > 1 or calendar.count_days(today, today) > 0)


def _lease(session: Session, issues: Iterable[_Issue], sendable: Sequence[_Issue], now: datetime) -> None:
    leased = {issue.choice_id for issue in sendable}
    rows = [
        {
            "id": issue.choice_id,
            "digest_at": issue.digest_at,
            "next_attempt_at": now + LEASE,
            "attempts": issue.attempts,
        }
        if issue.choice_id in leased
        else {"id": issue.choice_id, "digest_at": issue.upcoming, "next_attempt_at": issue.upcoming, "attempts": 0}
        for issue in issues
    ]
    session.execute(update(NoticeChoice), rows)
    held = [notice_id for issue in sendable for notice_id in issue.notice_ids]
    tried = {"next_attempt_at": now + LEASE, "attempts": Notice.attempts + 1}
    session.execute(update(Notice).where(Notice.id.in_(held)).values(tried))


def _issues(session: Session, engine: Engine, choices: Sequence[NoticeChoice], now: datetime) -> Iterator[_Issue]:
    posts = {choice.post_id: engine.organisation.posts[choice.post_id] for choice in choices}
    news, waiting = _news(session, choices), _waiting(session, engine, posts)
    for choice in choices:
        post = posts[choice.post_id]
        yield _Issue(
            choice_id=choice.id,
            post=post,
            digest_at=choice.digest_at or now,
            upcoming=opening_after(engine.calendar(engine.key(post.unit_id)), now),
            attempts=choice.attempts + 1,
            news=news[post.id],
            waiting=waiting[post.id],
        )


def _news(session: Session, choices: Sequence[NoticeChoice]) -> Mapping[int, list[Row[Any]]]:
    held = (
        select(Notice.id, Notice.post_id, Notice.event, Notice.facts, Complaint.number, Complaint.due_at)
        .join(Complaint, Complaint.id == Notice.complaint_id)
        .join(NoticeChoice, NoticeChoice.post_id == Notice.post_id)
        .where(NoticeChoice.id.in_([choice.id for choice in choices]), Notice.created_at <= NoticeChoice.digest_at)
        .where(Notice.state == "waiting", Notice.event.in_(CAN_WAIT))
        .order_by(Notice.id)
    )
    grouped: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in session.execute(held):
        grouped[row.post_id].append(row)
    return grouped


def _waiting(session: Session, engine: Engine, posts: Collection[int]) -> Mapping[int, list[Entry]]:
    """The open cases in which each post must act, what is due first; none that the post is reported in."""
    near = and_(Complaint.is_open, _near(engine, posts))
    columns = (
        Complaint.number, Complaint.kind, Complaint.definition_version, Complaint.state, Complaint.classification,
        Complaint.door_id, Complaint.holder_id, Complaint.owner_id, Complaint.reviewer_id, Complaint.competent_id,
        Complaint.drafter_id, Complaint.due_at,
    )  # fmt: skip
    cases = select(Complaint).options(load_only(*columns)).where(near)
    parties: dict[int, list[Party]] = defaultdict(list)
    about = select(ReportedParty.complaint_id, ReportedParty.unit_id, ReportedParty.post_id)
    of_them = ReportedParty.complaint_id.in_(select(Complaint.id).where(near))
    for complaint_id, unit_id, post_id in session.execute(about.where(of_them)):
        parties[complaint_id].append((unit_id, post_id))
    grouped: dict[int, list[Entry]] = defaultdict(list)
    for case in session.scalars(cases.order_by(Complaint.due_at.is_(None), Complaint.due_at, Complaint.id)):
        barred = concerned(engine.organisation, case.classification, parties[case.id])
        for post_id in _who_acts(engine, case) & {*posts} - barred:
            grouped[post_id].append(Entry(case.number, case.due_at))
    return grouped


def _who_acts(engine: Engine, case: Complaint) -> set[int]:
    """The post that must act; where nobody is assigned yet, also the one that was told of the work."""
    acts = engine.workflow(case.kind, case.definition_version).definition.states[case.state].acts
    if acts in (None, "reporter"):
        return set()
    told = turn(engine.organisation, case, acts)
    return {responsible(engine.organisation, case, acts).id, *([told.id] if told else [])}


def _receiver(organisation: Organisation, unit_id: int) -> int:
    able = (post.id for post in organisation.receivers(unit_id) if not post.vacant)
    return next(able, organisation.head(unit_id).id)


def _near(engine: Engine, posts: Collection[int]) -> ColumnElement[bool]:
    """A condition that all cases satisfy in which one of the posts must act, and not many others."""
    organisation = engine.organisation
    heads = {unit_id for unit_id in organisation.units if organisation.head(unit_id).id in posts}
    units = heads | {unit_id for unit_id in organisation.units if _receiver(organisation, unit_id) in posts}
    keepers = {
        unit_id: organisation.coordinator(unit_id) or organisation.head(unit_id) for unit_id in organisation.units
    }
    doors = {unit_id for unit_id, keeper in keepers.items() if keeper.id in posts}
    arbitrates = any(post_id == organisation.inspector.id or _keeps_a_door(organisation, post_id) for post_id in posts)
    return or_(
        Complaint.owner_id.in_(posts),
        Complaint.reviewer_id.in_(posts),
        Complaint.holder_id.in_(units),
        and_(Complaint.door_id.in_(doors), Complaint.state.in_(_states(engine, "coordinator"))),
        Complaint.state.in_(_states(engine, "arbiter") if arbitrates else ()),
    )


def _keeps_a_door(organisation: Organisation, post_id: int) -> bool:
    return organisation.posts[post_id].role == "coordinator"


def _states(engine: Engine, acts: str) -> set[str]:
    definitions = (workflow.definition for workflow in engine.workflows.values())
    return {state.name for each in definitions for state in each.states.values() if state.acts == acts}


def _mark(session: Session, issue: _Issue, outcome: Outcome, now: datetime) -> None:
    held = update(Notice).where(Notice.id.in_(issue.notice_ids))
    this = update(NoticeChoice).where(NoticeChoice.id == issue.choice_id, NoticeChoice.digest_at == issue.digest_at)
    leased = this.where(NoticeChoice.next_attempt_at == now + LEASE)
    done = {"digest_at": issue.upcoming, "next_attempt_at": issue.upcoming, "attempts": 0}
    if outcome.name == "sent":
        # true whoever holds the lease by now
        session.execute(held.values(state="sent", sent_at=now, fault=None))
        session.execute(this.values(done))
        return
    if outcome.pause:
        untried = held.where(Notice.state == "waiting", Notice.next_attempt_at == now + LEASE)
        session.execute(untried.values(attempts=Notice.attempts - 1, fault=outcome.fault))
        session.execute(leased.values(next_attempt_at=now + outcome.pause, attempts=NoticeChoice.attempts - 1))
        return
    fresh = held.where(Notice.state == "waiting", Notice.next_attempt_at == now + LEASE)
    if outcome.name == "dead":
        session.execute(fresh.values(state="dead", fault=outcome.fault))
        session.execute(leased.values(done))
    else:
        session.execute(fresh.values(fault=outcome.fault))
        session.execute(leased.values(next_attempt_at=now + wait(issue.attempts)))


def _hand_back(session: Session, untried: Sequence[_Issue], now: datetime) -> None:
    ids = [issue.choice_id for issue in untried]
    leased = update(NoticeChoice).where(NoticeChoice.id.in_(ids), NoticeChoice.next_attempt_at == now + LEASE)
    if ids:
        session.execute(leased.values(next_attempt_at=now + SOON, attempts=NoticeChoice.attempts - 1))
