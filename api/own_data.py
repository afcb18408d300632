"""A copy of one's own data: everything that is held about a case and its reporter, as far as the reporter may see it."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields
from sqlalchemy import select

from api import attachments, auth, cases, erasures, messages, openings, trail, words
from api.attachments import AttachmentSchema
from api.auth import REPORTER, Call, policy
from api.complaint_schemas import CaseSchema, LabelSchema
from api.complaints import NUMBER
from api.erasures import ErasureSchema
from api.fields import Moment
from api.messages import MessageSchema
from api.openapi import Blueprint, problems
from api.openings import LookSchema, OpeningSchema
from api.publication import PublicVersionSchema
from api.trail import TrailEntrySchema
from lapor.access import exports, reading
from lapor.access.reading import Seen
from lapor.handling.unpublishing import current
from lapor.records import Complaint, Erasure, Message, Notice

blueprint = Blueprint("own-data", "What is held about reporters, for themselves.")


class NotifiedSchema(Schema):
    """A mail to the reporter: of what, when it was written, and whether it was sent."""

    event = fields.String(required=True)
    at = Moment(required=True)
    state = fields.String(required=True)


class PurposeSchema(LabelSchema):
    """What a part of the data is used for."""

    data = fields.String(required=True)


class ExportSchema(Schema):
    """Everything that is held about a case and its reporter, who is in `case`. `looks` and `openings` tell roles alone."""

    made_at = Moment(required=True)
    case = fields.Nested(CaseSchema, required=True)
    messages = fields.List(fields.Nested(MessageSchema), required=True)
    attachments = fields.List(fields.Nested(AttachmentSchema), required=True)
    public = fields.Nested(PublicVersionSchema, required=True, allow_none=True)
    trail = fields.List(fields.Nested(TrailEntrySchema), required=True)
    openings = fields.List(fields.Nested(OpeningSchema), required=True)
    looks = fields.List(fields.Nested(LookSchema), required=True)
    erasures = fields.List(fields.Nested(ErasureSchema), required=True)
    notices = fields.List(fields.Nested(NotifiedSchema), required=True)
    exports = fields.List(
        fields.Date(), required=True, metadata={"description": "Days on which copies were handed out"}
    )
    purposes = fields.List(fields.Nested(PurposeSchema), required=True)
    retention = fields.List(fields.Nested(LabelSchema), required=True)


@blueprint.route("/complaints/<number>/export", methods=["GET"], parameters=[NUMBER])
@policy(*REPORTER)
@problems(404)
@blueprint.response(200, ExportSchema)
def export(call: Call, number: str) -> dict[str, Any]:
    """Export everything that is held about the own case, and what it is held for."""
    seen = reading.find(call.session, call.engine, call.principal, number)
    told = _told(call, seen)
    # a copy is only handed out once it is written down that it was
    call.session.close()
    with auth.site().writing() as session:
        exports.record(session, seen.complaint.id, call.now.date())
        days = exports.days(session, seen.complaint.id)
    return {**told, "exports": days}


def _told(call: Call, seen: Seen) -> dict[str, Any]:
    complaint, session = seen.complaint, call.session
    written = select(Message).where(Message.complaint_id == complaint.id, Message.audience == "reporter")
    wishes = select(Erasure).where(Erasure.complaint_id == complaint.id)
    return {
        "made_at": call.now,
        "case": cases.shown(seen, call.engine),
        "messages": [messages.shown(call, complaint, each) for each in session.scalars(written.order_by(Message.id))],
        "attachments": attachments.told(call, seen),
        "public": current(session, complaint),
        "trail": trail.told(call, seen),
        "openings": openings.told(call, complaint),
        "looks": openings.looked(call, complaint),
        "erasures": [erasures.shown(call, each, complaint) for each in session.scalars(wishes.order_by(Erasure.id))],
        "notices": [_notified(notice) for notice in exports.notices(session, complaint.id)],
        "purposes": words.read("own_data.yaml")["purposes"],
        "retention": _retention(complaint),
    }


def _notified(notice: Notice) -> dict[str, Any]:
    return {"event": notice.event, "at": notice.created_at, "state": notice.state}


def _retention(complaint: Complaint) -> list[dict[str, str]]:
    settings, said = auth.site().settings, words.read("own_data.yaml")["retention"]
    days = settings.retention.closed_days.get(complaint.kind, 0)
    known = {"days": days, "hours": settings.privacy.erasure_after_hours}
    chosen = (said["days" if days else "forever"], said["wish"], said["stays"])
    return [{tongue: text.format(**known) for tongue, text in each.items()} for each in chosen]
