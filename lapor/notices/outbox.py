"""The outbox: what is to be told is written in the transaction of the case, and sent afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from lapor.notices.texts import REPORTER_EVENTS
from lapor.records import Complaint, Notice


def tell_reporter(
    session: Session,
    complaint: Complaint,
    event: str,
    now: datetime,
    *,
    escalation_id: int | None = None,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Tell the reporter of an event, where the reporter is known and the event is one that reporters are told of."""
    if complaint.reporter_id is not None and event in REPORTER_EVENTS:
        _tell(session, complaint, event, now, None, escalation_id, facts)


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
    _tell(session, complaint, event, now, post_id, escalation_id, facts)


def _tell(
    session: Session,
    complaint: Complaint,
    event: str,
    now: datetime,
    post_id: int | None,
    escalation_id: int | None,
    facts: Mapping[str, Any] | None,
) -> None:
    session.add(
        Notice(
            complaint=complaint,
            escalation_id=escalation_id,
            post_id=post_id,
            event=event,
            facts=dict(facts or {}),
            state="waiting",
            created_at=now,
            next_attempt_at=now,
            attempts=0,
        )
    )
