"""The outbox: what is to be told is written in the transaction of the case, and sent afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from lapor.notices.wordings import TO_REPORTER
from lapor.records import Complaint, Notice, many

Row = dict[str, Any]
"""A notice as it is stored, by column."""


def tell(
    session: Session,
    complaint: Complaint,
    event: str,
    now: datetime,
    *,
    post_id: int | None = None,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Tell a post of an event; without a post the reporter, if known, and if reporters are told of such an event.

    `facts` hold what the text needs beside the case: no content, no identity.
    """
    for row in rows(complaint, event, now, post_id=post_id, facts=facts):
        session.add(Notice(complaint=complaint, **row))


def rows(
    complaint: Complaint,
    event: str,
    now: datetime,
    *,
    post_id: int | None = None,
    escalation_id: int | None = None,
    facts: Mapping[str, Any] | None = None,
) -> list[Row]:
    """What `tell` would store: one notice or none."""
    if post_id is None and (complaint.reporter_id is None or event not in TO_REPORTER):
        return []
    return [
        {
            "complaint_id": complaint.id,
            "escalation_id": escalation_id,
            "post_id": post_id,
            "event": event,
            "facts": dict(facts or {}),
            "state": "waiting",
            "created_at": now,
            "next_attempt_at": now,
            "attempts": 0,
        }
    ]


def store(session: Session, told: Sequence[Row]) -> None:
    """Store notices of many cases in one statement."""
    many.add(session, Notice, told)
