"""Delivery to webhooks: messages that wait are claimed under a lease, sent, and marked. Each goes out at least once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, and_, case, delete, or_, select, update
from sqlalchemy.orm import Session

from lapor.directory import webhooks
from lapor.machine.engine import Engine
from lapor.notices import webhook, webhook_outbox
from lapor.notices.delivery import LEASE, wait
from lapor.notices.mail import Delayed, Down
from lapor.records import Complaint, Webhook, WebhookDelivery
from lapor.records.base import Writing, canonical

REMOVED = "the webhook is not active any more"


@dataclass(frozen=True, slots=True)
class Delivered:
    """What one batch came to. `delayed` ones wait for another attempt."""

    sent: int = 0
    delayed: int = 0
    dead: int = 0
    withheld: int = 0

    @property
    def claimed(self) -> int:
        """How many there were: while there are some, another batch is worth its while."""
        return self.sent + self.delayed + self.dead + self.withheld


@dataclass(frozen=True, slots=True)
class _Parcel:
    """A message under lease. `attempts` counts this one too."""

    id: int
    webhook_id: int
    attempts: int
    message: webhook.Message


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What came of an attempt, by its name in `Delivered`. `down`, `gone`: so it is for all messages to this webhook."""

    name: str
    fault: str | None = None
    down: bool = False
    gone: bool = False


def deliver(
    engine: Engine, writing: Writing, sender: webhook.Sender, *, now: datetime, attempts: int, batch: int = 20
) -> Delivered:
    """Send the messages that are due at `now`, oldest first, one batch of them; after `attempts` one is given up.

    No transaction is open while something is sent. Several deliveries may run side by side; a message whose delivery
    dies, or is slower than the lease, goes out again with the same id. `writing` opens a session that commits at its
    end. Call again with a fresh `now`: leases begin there.
    """
    with writing() as session:
        parcels, done = _claim(session, engine, now, batch)
    while parcels:
        parcel = parcels[0]
        outcome = _attempt(parcel, sender, now)
        of_all = outcome.down or outcome.gone
        settled = [each for each in parcels if each.webhook_id == parcel.webhook_id] if of_all else [parcel]
        with writing() as session:
            _mark(session, settled, outcome, now, attempts)
        parcels = [each for each in parcels if each not in settled]
        done.update(_name(each, outcome, attempts) for each in settled)
    return Delivered(**done)


def is_due(session: Session, now: datetime) -> bool:
    """Whether anything is due at `now`: looking takes no lock."""
    due = select(WebhookDelivery.id).where(WebhookDelivery.state == "waiting", WebhookDelivery.next_attempt_at <= now)
    return session.scalars(due.limit(1)).one_or_none() is not None


def _claim(session: Session, engine: Engine, now: datetime, size: int) -> tuple[list[_Parcel], Counter[str]]:
    """Take out a lease on what is due. What may not be told any more is dropped, what nobody listens to given up."""
    rows = session.execute(_due(engine, now, size)).all()
    withheld = [row.id for row in rows if row.is_reported]
    unheard = [row.id for row in rows if not row.active and not row.is_reported]
    leased = [row for row in rows if row.active and not row.is_reported]
    if withheld:
        session.execute(delete(WebhookDelivery).where(WebhookDelivery.id.in_(withheld)))
    if unheard:
        session.execute(_these(unheard).values(state="dead", fault=REMOVED))
    if leased:
        lease = {"next_attempt_at": now + LEASE, "attempts": WebhookDelivery.attempts + 1}
        session.execute(_these([row.id for row in leased]).values(lease))
    return [_parcel(row, engine) for row in leased], Counter(withheld=len(withheld), dead=len(unheard))


def _due(engine: Engine, now: datetime, size: int) -> Select[Any]:
    about = and_(
        Complaint.classification == "oversight",
        webhook_outbox.is_reported(engine, engine.subscriptions, WebhookDelivery.complaint_id),
    )
    chosen = select(WebhookDelivery.id, WebhookDelivery.message_id, WebhookDelivery.payload, WebhookDelivery.attempts)
    return (
        chosen.add_columns(Webhook.id.label("webhook_id"), Webhook.url, Webhook.salt, Webhook.active)
        .add_columns(or_(Complaint.anonymous, Complaint.confidential).label("is_private"))
        .add_columns(case((about, True), else_=False).label("is_reported"))
        .join(Webhook, Webhook.id == WebhookDelivery.webhook_id)
        .join(Complaint, Complaint.id == WebhookDelivery.complaint_id)
        .where(WebhookDelivery.state == "waiting", WebhookDelivery.next_attempt_at <= now)
        .order_by(WebhookDelivery.next_attempt_at, WebhookDelivery.id)
        .limit(size)
        .with_for_update(of=WebhookDelivery, skip_locked=True)
    )


def _parcel(row: Row[Any], engine: Engine) -> _Parcel:
    # a case may have become private since it was written
    payload = webhook_outbox.bare(row.payload) if row.is_private else row.payload
    secret = webhooks.secret_of(engine.pepper, row.salt)
    message = webhook.Message(row.message_id, row.url, secret, canonical(payload))
    return _Parcel(row.id, row.webhook_id, row.attempts + 1, message)


def _attempt(parcel: _Parcel, sender: webhook.Sender, now: datetime) -> _Outcome:
    try:
        sender.send(parcel.message, now=now)
    except webhook.Gone as fault:
        return _Outcome("dead", str(fault), gone=True)
    except Delayed as fault:
        return _Outcome("delayed", str(fault), down=isinstance(fault, Down))
    except Exception as fault:
        # one that cannot be sent must not hold up the others
        return _Outcome("delayed", f"it could not be sent: {type(fault).__name__}")
    return _Outcome("sent")


def _name(parcel: _Parcel, outcome: _Outcome, attempts: int) -> str:
    return "dead" if outcome.name == "delayed" and parcel.attempts >= attempts else outcome.name


def _mark(session: Session, settled: Sequence[_Parcel], outcome: _Outcome, now: datetime, attempts: int) -> None:
    """Write down what came of an attempt; where a webhook is down or gone, all that is due to it shares that."""
    first, leased = settled[0], _still_leased(settled, now)
    if outcome.name == "sent":
        # true whoever holds the lease by now
        session.execute(_these([first.id]).values(state="sent", sent_at=now, fault=None))
    elif outcome.gone:
        session.execute(leased.values(state="dead", fault=outcome.fault))
        webhooks.deactivate(session, first.webhook_id)
    else:
        given_up = case((WebhookDelivery.attempts >= attempts, "dead"), else_="waiting")
        later = {"next_attempt_at": now + wait(first.attempts), "fault": outcome.fault}
        session.execute(leased.values(later | {"state": given_up}))
        if outcome.down:
            session.execute(_due_to(first.webhook_id, now).values(later | {"attempts": WebhookDelivery.attempts + 1}))


def _these(ids: Sequence[int]) -> Any:
    return update(WebhookDelivery).where(WebhookDelivery.id.in_(ids))


def _still_leased(parcels: Sequence[_Parcel], now: datetime) -> Any:
    these = _these([parcel.id for parcel in parcels])
    return these.where(WebhookDelivery.state == "waiting", WebhookDelivery.next_attempt_at == now + LEASE)


def _due_to(webhook_id: int, now: datetime) -> Any:
    """What is due to a webhook and was not claimed: without this a long queue to one that is down holds up the others."""
    return update(WebhookDelivery).where(
        WebhookDelivery.webhook_id == webhook_id,
        WebhookDelivery.state == "waiting",
        WebhookDelivery.next_attempt_at <= now,
    )
