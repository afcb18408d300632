"""The outbox of webhooks: what agencies' apps are to be told is written in the transaction of the case."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, insert, literal, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from lapor.machine.engine import Engine, Subscription
from lapor.records import Complaint, ReportedParty, Webhook, WebhookDelivery
from lapor.records.base import Json, Moment

_FILLED = (
    "webhook_id",
    "message_id",
    "complaint_id",
    "event",
    "payload",
    "state",
    "created_at",
    "next_attempt_at",
    "attempts",
)


def tell(
    engine: Engine,
    session: Session,
    complaint: Complaint,
    event: str,
    now: datetime,
    *,
    said: Mapping[str, Any],
    former_id: int | None = None,
) -> None:
    """Tell the apps of the units above the holder, and above the former one at a hand-over, in one statement.

    The case is stored and its trail has been written: the trail's length tells one event of a case from another.
    `said` holds no content, no identity.
    """
    chosen = _concerned(engine, complaint, event, former_id)
    if not chosen:
        return
    payload = {"type": event, "timestamp": now.isoformat(), "data": {"number": complaint.number, **said}}
    if complaint.anonymous or complaint.confidential:
        payload = bare(payload)
    ids = [hook.webhook_id for hook in chosen]
    told = select(
        Webhook.id,
        _message_id(complaint),
        literal(complaint.id, WebhookDelivery.complaint_id.type),
        literal(event),
        literal(payload, Json()),
        literal("waiting"),
        literal(now, Moment()),
        literal(now, Moment()),
        literal(0),
    ).where(Webhook.id.in_(ids), Webhook.active)
    if complaint.classification == "oversight":
        told = told.where(~is_reported(engine, chosen, complaint.id))
    with session.no_autoflush:
        session.execute(insert(WebhookDelivery).from_select(_FILLED, told))


def bare(payload: Mapping[str, Any]) -> dict[str, Any]:
    """What may be told of an anonymous or confidential case: that something happened."""
    return {**payload, "data": {"number": payload["data"]["number"]}}


def is_reported(
    engine: Engine, subscriptions: tuple[Subscription, ...], complaint_id: int | InstrumentedAttribute[int]
) -> ColumnElement[bool]:
    """Whether a complaint is about a webhook's unit: the unit itself, one above it, or a post of these."""
    parties = [and_(Webhook.id == hook.webhook_id, _party_above(engine, hook)) for hook in subscriptions]
    return exists().where(ReportedParty.complaint_id == complaint_id, or_(false(), *parties))


def _party_above(engine: Engine, hook: Subscription) -> ColumnElement[bool]:
    units = engine.organisation.units[hook.unit_id].path
    posts = [post.id for post in engine.organisation.posts.values() if post.unit_id in units]
    return or_(ReportedParty.unit_id.in_(units), ReportedParty.post_id.in_(posts))


def _concerned(engine: Engine, complaint: Complaint, event: str, former_id: int | None) -> tuple[Subscription, ...]:
    if not engine.subscriptions:
        return ()
    units = engine.organisation.units
    above = {*units[complaint.holder_id].path, *units[former_id or complaint.holder_id].path}
    wanted = (hook for hook in engine.subscriptions if event in (hook.events or {event}))
    return tuple(hook for hook in wanted if hook.unit_id in above)


def _message_id(complaint: Complaint) -> ColumnElement[str]:
    told = literal(f"_{complaint.number}_{complaint.trail_length}")
    return literal("msg_").concat(Webhook.id.cast(WebhookDelivery.message_id.type)).concat(told)
