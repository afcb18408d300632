"""Delivery: notices that wait are claimed under a lease, sent, and marked. Each goes out at least once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from functools import partial
from typing import Any
from urllib.parse import quote

from sqlalchemy import ColumnElement, Row, Select, and_, case, exists, or_, select, true, update
from sqlalchemy.orm import Session

from lapor.errors import Unopenable
from lapor.machine.organisation import Organisation
from lapor.notices import mail, texts
from lapor.notices.wordings import Wordings
from lapor.privacy import identity
from lapor.records import Complaint, Escalation, Notice, NoticeChoice, ReportedParty, Reporter
from lapor.records.base import Writing
from lapor.vault import Ring

LEASE = timedelta(minutes=5)
SOON = timedelta(minutes=1)
CAN_WAIT = ("warning", "work")
"""What a post may choose to be told of once a day; whatever else there is cannot wait."""
_LONGEST_MINUTES = 60
_COUNTED = ("sent", "delayed", "unaddressed", "dead", "put_off")


@dataclass(frozen=True, slots=True)
class Delivered:
    """What one batch came to. `delayed` ones wait for another attempt, those that were put off for their first.

    `lags` are how long those that were sent had waited.
    """

    sent: int = 0
    delayed: int = 0
    unaddressed: int = 0
    dead: int = 0
    put_off: int = 0
    lags: tuple[timedelta, ...] = field(default=(), compare=False, repr=False)

    @classmethod
    def of(cls, done: Mapping[str, int], lags: Sequence[timedelta] = ()) -> Delivered:
        """What was counted by the names of outcomes."""
        sent, delayed, unaddressed, dead, put_off = (done.get(name, 0) for name in _COUNTED)
        return cls(sent, delayed, unaddressed, dead, put_off, tuple(lags))

    @property
    def settled(self) -> int:
        """How many need nothing more for now: while there are some, another batch is worth its while."""
        return self.sent + self.unaddressed + self.dead + self.put_off


Waits = Callable[[str, datetime], timedelta | None]
"""How long a mail to an address of a reporter must wait at a moment; None: it goes out now, and is counted."""


def no_wait(_address: str, _now: datetime) -> timedelta | None:
    """Everybody is sent as much as there is."""
    return None


@dataclass(frozen=True, slots=True)
class _Letter:
    """A notice under lease, with all that writing and sending it needs. `attempts` counts this one too.

    `to_reporter`: whoever reported named the address. `recipient` is as it is stored, and `opened` opens it, and the code in the facts of a mail with a code.
    """

    notice_id: int
    created_at: datetime
    event: str
    facts: Mapping[str, Any]
    attempts: int
    to_reporter: bool
    recipient: str | None
    opened: Callable[[str, str | None], str | None]
    case: texts.CaseFacts

    def plain(self) -> str | None:
        """Whom it goes to.

        Raises:
            Unopenable: the address cannot be opened.
        """
        return self.opened("email", self.recipient)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt, by its name in `Delivered`. `down`: others need not be tried now.

    `pause` is how long something was put off, which is no attempt.
    """

    name: str
    fault: str | None = None
    down: bool = False
    pause: timedelta | None = None


def deliver(
    organisation: Organisation,
    writing: Writing,
    sender: mail.Sender,
    *,
    ring: Ring,
    now: datetime,
    public_url: str,
    wordings: Wordings | None = None,
    digest: bool = True,
    waits: Waits = no_wait,
    batch: int = 50,
    lease: timedelta = LEASE,
) -> Delivered:
    """Send the notices that are due at `now`, oldest first, one batch of them.

    No transaction is open while something is sent. Several deliveries may run side by side; a notice whose delivery
    dies, or is slower than the lease, goes out again with the same Message-ID. `writing` opens a session that commits
    at its end; `ring` opens the addresses of reporters. Without `wordings` those that come along are used. `digest`: what
    a daily mail will hold is left to it. `waits` is asked before each mail to a reporter, whose address anybody may have
    named, and puts it off where too many were sent to it; officers are told of everything. Call again with a fresh `now`:
    leases begin there, and last for `lease`.
    """
    until = now + lease
    with writing() as session:
        letters, unaddressed = _claim(session, organisation, ring, _due(now, batch, digest=digest), until)
    done, lags = Counter(unaddressed=unaddressed), list[timedelta]()
    for position, letter in enumerate(letters):
        outcome = _put_off(waits, letter, now) or _attempt(letter, sender, public_url, wordings, now)
        untried = letters[position + 1 :] if outcome.down else ()
        with writing() as session:
            _mark(session, letter, outcome, now, until)
            _hand_back(session, untried, outcome, now, until)
        done[outcome.name] += 1
        lags.extend([now - letter.created_at] if outcome.name == "sent" else [])
        if outcome.down:
            done["delayed"] += len(untried)
            break
    return Delivered.of(done, lags)


def _claim(
    session: Session, organisation: Organisation, ring: Ring, due: Select[Any], until: datetime
) -> tuple[list[_Letter], int]:
    """Take out a lease on what is due, until a moment; return what can be sent, and how many have no address."""
    letters = [_letter(row, organisation, ring) for row in session.execute(due)]
    addressed = [letter for letter in letters if letter.recipient]
    leased = update(Notice).where(Notice.id.in_([letter.notice_id for letter in addressed]))
    session.execute(leased.values(next_attempt_at=until, attempts=Notice.attempts + 1))
    without = [letter.notice_id for letter in letters if not letter.recipient]
    session.execute(update(Notice).where(Notice.id.in_(without)).values(state="unaddressed"))
    return addressed, len(without)


def _due(now: datetime, size: int, *, digest: bool) -> Select[Any]:
    case_columns = (Complaint.number, Complaint.door_id, Complaint.phase, Complaint.due_at)
    privacy = (Complaint.anonymous, Complaint.confidential)
    title = case((_may_read_title(), Complaint.title)).label("title")
    chosen = select(Notice.id, Notice.created_at, Notice.event, Notice.facts, Notice.attempts, Notice.post_id)
    return (
        chosen.add_columns(*case_columns, *privacy, title, Reporter.email, Reporter.data_key)
        .join(Complaint, Complaint.id == Notice.complaint_id)
        .outerjoin(Reporter, and_(Reporter.id == Complaint.reporter_id, Notice.post_id.is_(None)))
        .outerjoin(Escalation, Escalation.id == Notice.escalation_id)
        .where(Notice.state == "waiting", Notice.next_attempt_at <= now, ~_can_wait() if digest else true())
        .order_by(Notice.next_attempt_at, Notice.id)
        .limit(size)
        .with_for_update(of=Notice, skip_locked=True)
    )


def _can_wait() -> ColumnElement[bool]:
    daily = exists().where(NoticeChoice.post_id == Notice.post_id, NoticeChoice.choice == "daily")
    return and_(Notice.event.in_(CAN_WAIT), daily)


def _may_read_title() -> ColumnElement[bool]:
    """Only a post whose rung still stands, of a case that accuses nobody.

    Never the reporter: whoever submits chooses title and address, and could have us mail anything to anybody.
    """
    return and_(
        Complaint.is_open,
        Escalation.post_id == Notice.post_id,
        Escalation.outcome.in_(("warned", "told")),
        Complaint.content_key.is_(None),
        or_(Complaint.classification.is_(None), Complaint.classification != "oversight"),
        ~exists().where(ReportedParty.complaint_id == Complaint.id),
    )


def _letter(row: Row[Any], organisation: Organisation, ring: Ring) -> _Letter:
    post = organisation.posts[row.post_id] if row.post_id else None
    return _Letter(
        notice_id=row.id,
        created_at=row.created_at,
        event=row.event,
        facts=row.facts,
        attempts=row.attempts + 1,
        to_reporter=post is None,
        recipient=post.email if post else row.email,
        opened=partial(identity.field, ring, row.number, None if post else row.data_key),
        case=texts.CaseFacts(
            number=row.number,
            zone=organisation.units[row.door_id].zone,
            phase=row.phase,
            due_at=row.due_at,
            anonymous=row.anonymous,
            confidential=row.confidential,
            title=row.title,
        ),
    )


def _put_off(waits: Waits, letter: _Letter, now: datetime) -> Outcome | None:
    """What comes of a mail to a reporter that must wait; None: it may be sent."""
    if not letter.to_reporter:
        return None
    try:
        pause = waits(letter.plain() or "", now)
    except Unopenable:
        # the attempt will tell
        return None
    return (
        Outcome("put_off", "more mails were sent to this address than are sent in an hour", pause=pause)
        if pause
        else None
    )


def _attempt(
    letter: _Letter, sender: mail.Sender, public_url: str, wordings: Wordings | None, now: datetime
) -> Outcome:
    def written() -> EmailMessage:
        link = f"{public_url}/api/v1/complaints/{quote(letter.case.number, safe='')}"
        code = letter.facts.get("code")
        facts = {**letter.facts, "code": letter.opened("code", code)} if code else letter.facts
        return mail.compose(
            f"notice-{letter.notice_id}",
            texts.render(letter.event, letter.case, link, facts, wordings=wordings),
            sender=sender.address,
            recipient=letter.plain() or "",
            public_url=public_url,
            now=now,
            optional=letter.event == "work",
        )

    return attempt(sender, written)


def attempt(sender: mail.Sender, written: Callable[[], EmailMessage]) -> Outcome:
    """Write one message and send it; whatever is raised becomes an outcome."""
    try:
        sender.send(written())
    except mail.Refused as fault:
        return Outcome("dead", str(fault))
    except mail.Delayed as fault:
        return Outcome("delayed", str(fault), down=isinstance(fault, mail.Down))
    except Exception as fault:
        # one that cannot be written must not hold up the others; its words may hold an address
        return Outcome("delayed", f"it could not be written: {type(fault).__name__}")
    return Outcome("sent")


def _mark(session: Session, letter: _Letter, outcome: Outcome, now: datetime, until: datetime) -> None:
    if outcome.name == "sent":
        # true whoever holds the lease by now
        sent = update(Notice).where(Notice.id == letter.notice_id)
        session.execute(sent.values(state="sent", sent_at=now, fault=None))
    elif outcome.name == "dead":
        session.execute(_still_leased([letter], until).values(state="dead", fault=outcome.fault))
    else:
        pause = outcome.pause or wait(letter.attempts)
        tried = {"attempts": Notice.attempts - 1} if outcome.pause else {}
        again = {"next_attempt_at": now + pause, "fault": outcome.fault, **tried}
        session.execute(_still_leased([letter], until).values(again))


def _hand_back(session: Session, untried: Sequence[_Letter], outcome: Outcome, now: datetime, until: datetime) -> None:
    """Those behind a failure come before it the next time, so that none can hold up the others for good."""
    if untried:
        back = {"next_attempt_at": now + SOON, "attempts": Notice.attempts - 1, "fault": outcome.fault}
        session.execute(_still_leased(untried, until).values(back))


def _still_leased(letters: Sequence[_Letter], until: datetime) -> Any:
    ids = [letter.notice_id for letter in letters]
    return update(Notice).where(Notice.id.in_(ids), Notice.state == "waiting", Notice.next_attempt_at == until)


def wait(attempts: int) -> timedelta:
    """How long to wait after an attempt: twice as long each time, up to an hour.

    >>> [wait(attempts).seconds // 60 for attempts in (1, 2, 3, 4, 5, 6, 1000)]
    [2, 4, 8, 16, 32, 60, 60]
    """
    return timedelta(minutes=min(2 ** min(attempts, 6), _LONGEST_MINUTES))
