"""The outbox: what is to be told is written in the transaction of the case, and sent afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from lapor.notices.wordings import TO_REPORTER
from lapor.records import Complaint, Notice


def tell(
    session: Session,
    complaint: Complaint,
    event: str,
    now: datetime,
    *,
    post_id: int | None = None,
    escalation_id: int | None = None,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Tell a post of an event; without a post the reporter, if known, and if reporters are told of such an event.

    `facts` hold what the text needs beside the case: no content, no identity.
    """
    if post_id is None and (complaint.reporter_id is None or event not in TO_REPORTER):
        return
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
