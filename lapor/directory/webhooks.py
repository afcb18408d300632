"""Webhooks: which unit's app listens where. What they are told, and when, is the business of the notices."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import SplitResult, urlsplit

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lapor.directory import revision
from lapor.errors import InvalidFields
from lapor.machine.engine import Subscription
from lapor.machine.organisation import Unit
from lapor.records import Webhook

EVENTS = ("complaint.moved", "complaint.escalated")


def register(
    session: Session, unit: Unit, url: str, *, events: Sequence[str], allow_private: bool, now: datetime
) -> Webhook:
    """Let the app of a unit be told; the caller commits.

    Raises:
        InvalidFields: the address is none that can be sent to, or an event is unknown.
    """
    address(url, allow_private=allow_private)
    unknown = [event for event in events if event not in EVENTS]
    if unknown:
        raise InvalidFields({"events": [f"{', '.join(unknown)}: must be one of {', '.join(EVENTS)}."]})
    chosen = sorted(set(events))
    webhook = Webhook(unit_id=unit.id, url=url, salt=secrets.token_hex(16), events=chosen, active=True, created_at=now)
    session.add(webhook)
    session.flush()
    revision.grow(session)
    return webhook


def deactivate(session: Session, webhook_id: int) -> bool:
    """Tell this webhook nothing more; returns whether it was active. Its row stays: what was sent refers to it."""
    active = update(Webhook).where(Webhook.id == webhook_id, Webhook.active)
    found = session.scalars(active.values(active=False).returning(Webhook.id)).one_or_none()
    if found:
        revision.grow(session)
    return found is not None


def subscriptions(session: Session) -> tuple[Subscription, ...]:
    """The active webhooks."""
    rows = session.scalars(select(Webhook).where(Webhook.active).order_by(Webhook.id))
    return tuple(Subscription(row.id, row.unit_id, frozenset(row.events)) for row in rows)


def secret_of(pepper: bytes, salt: str) -> str:
    """The secret that signs what a webhook is sent, as Standard Webhooks writes it."""
    key = hmac.digest(pepper, f"lapor webhook {salt}".encode(), hashlib.sha256)
    return f"whsec_{b64encode(key).decode()}"


def address(url: str, *, allow_private: bool) -> SplitResult:
    """Take an address apart.

    Raises:
        InvalidFields: it is no https address (http will do where private addresses are allowed), or more than that.
    """
    schemes = "https?" if allow_private else "https"
    wanted = "http or https" if allow_private else "https"
    try:
        parts = urlsplit(url)
        if re.fullmatch(rf"{schemes}://[!-~]+", url) and parts.hostname and parts.port != 0 and _is_plain(parts):
            return parts
    except ValueError:
        pass
    raise InvalidFields({"url": [f"Must be an {wanted} address in ASCII, without a user and without a #fragment."]})


def _is_plain(parts: SplitResult) -> bool:
    return "@" not in parts.netloc and not parts.fragment and "\\" not in parts.netloc
