"""Erasing: whatever a case says of its reporter and of what was reported leaves the tables, for good.

Number, kind, class, category, region, holder, states, clocks and moments stay: statistics need them, and tell of nobody.
"""

from __future__ import annotations

import secrets

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from lapor.privacy.content import TEXTS
from lapor.privacy.identity import FIELDS
from lapor.records import (
    Complaint,
    Erasure,
    Gathering,
    IdempotencyKey,
    Message,
    Notice,
    Opening,
    PublicVersion,
    Reporter,
    TrailEntry,
    WebhookDelivery,
)

_NEVER_NULL = ("title", "text")
_UNSAID = ("incident_date", "latitude", "longitude", "content_key", "put_off")


def empty(session: Session, complaint: Complaint) -> None:
    """Empty a locked case that has its `erased_at`: texts and keys, here and in every table that has some of its own.

    The database lets the trail be emptied only after `erased_at` is stored.
    """
    for name in TEXTS:
        setattr(complaint, name, "" if name in _NEVER_NULL else None)
    for name in _UNSAID:
        setattr(complaint, name, None)
    # of the shape that it had, and the hash of nothing
    complaint.secret_hash = secrets.token_hex(32)
    session.flush()
    _forget_reporter(session, complaint)
    _empty_what_was_written(session, complaint.id)
    _empty_what_others_were_told(session, complaint.id)


def _forget_reporter(session: Session, complaint: Complaint) -> None:
    reporter = session.get(Reporter, complaint.reporter_id, populate_existing=True) if complaint.reporter_id else None
    if reporter is None:
        return
    index = reporter.email_index
    for name in (*FIELDS, "data_key", "email_index"):
        setattr(reporter, name, None)
    session.flush()
    others = select(Reporter.id).where(Reporter.email_index == index).exists()
    session.execute(delete(Gathering).where(Gathering.email_index == index, ~others))


def _empty_what_was_written(session: Session, complaint_id: int) -> None:
    emptied = (
        (Message, {"text": ""}),
        (Opening, {"reason": "", "legal_basis": None}),
        (Erasure, {"legal_basis": None}),
        (TrailEntry, {"public": "", "internal": "", "salt": ""}),
    )
    for record, values in emptied:
        of_it = update(record).where(record.complaint_id == complaint_id).values(values)
        session.execute(of_it, execution_options={"synchronize_session": False})


def _empty_what_others_were_told(session: Session, complaint_id: int) -> None:
    # a mail server names the address that it refuses
    for record, emptied in ((Notice, {"facts": {}, "fault": None}), (WebhookDelivery, {"payload": {}, "fault": None})):
        of_it = record.complaint_id == complaint_id
        session.execute(delete(record).where(of_it, record.state != "sent"))
        session.execute(update(record).where(of_it).values(emptied))
    session.execute(delete(PublicVersion).where(PublicVersion.complaint_id == complaint_id))
    session.execute(delete(IdempotencyKey).where(IdempotencyKey.complaint_id == complaint_id))
