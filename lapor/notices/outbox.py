"""The outbox: what is to be told is written in the transaction of the case, and sent afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from lapor.notices.texts import REPORTER_EVENTS
from lapor.records import Complaint, Notice


def tell_reporter(session: Session, complaint: Complaint, event: str, now: datetime) -> None:
    """Tell the reporter of an event, where the reporter is known and the event is one that reporters are told of."""
    if complaint.reporter_id is not None and event in REPORTER_EVENTS:
        session.add(_notice(complaint, event, now))


def tell_post(
    session: Session,
    complaint: Complaint,
    post_id: int,
    event: str,
    now: datetime,
    *,
    escalation_id: int | None = None,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Tell a post of an event. `facts` hold what the text needs beside the case: no content, no identity."""
    notice = _notice(complaint, event, now)
    notice.post_id, notice.escalation_id, notice.facts = post_id, escalation_id, dict(facts or {})
    session.add(notice)


def _notice(complaint: Complaint, event: str, now: datetime) -> Notice:
    return Notice(
        complaint=complaint,
        event=event,
        facts={},
        state="waiting",
        created_at=now,
        next_attempt_at=now,
        attempts=0,
    )
