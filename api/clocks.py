"""The clocks of a case, explained: how each due moment came about, and who had to act how long."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from api.auth import HOLDERS_OF_TOKENS, Call, policy
from api.complaint_schemas import ClockSchema, LabelSchema
from api.complaints import NUMBER
from api.fields import Moment
from api.openapi import Blueprint, problems
from lapor.access import reading
from lapor.errors import Forbidden
from lapor.machine.explaining import REASONS
from lapor.oversight import reckoning

blueprint = Blueprint("clocks", "How due moments came about.")


class CalendarKeySchema(Schema):
    """The calendar that a clock runs under."""

    zone = fields.String(required=True)
    version = fields.Integer(required=True)


class ExplainedDaySchema(Schema):
    """A local day. `used` and `total` are days of a budget in days, seconds of one in hours."""

    day = fields.Date(required=True)
    why = fields.String(required=True, validate=validate.OneOf(REASONS))
    label = fields.Nested(LabelSchema, required=True)
    holiday = fields.String(required=True, allow_none=True)
    windows = fields.List(fields.String(), required=True)
    used = fields.Integer(required=True)
    total = fields.Integer(required=True)


class ExplainedPauseSchema(Schema):
    """A pause, and the due moment without it and with it; `to` and `new_due` are null while it lasts."""

    from_ = Moment(data_key="from", attribute="from", required=True)
    to = Moment(required=True, allow_none=True)
    old_due = Moment(required=True)
    new_due = Moment(required=True, allow_none=True)


class ExplainedExtensionSchema(Schema):
    """An extension, and the due moment without it and with it."""

    by = fields.String(required=True)
    old_due = Moment(required=True)
    new_due = Moment(required=True)


class ExplainedChangeSchema(Schema):
    """An entry of the trail that changed the clock. `old` is null where it started; reporters see the public ones."""

    at = Moment(required=True)
    move = fields.String(required=True)
    actor_role = fields.String(required=True)
    post = fields.String(metadata={"description": "For officers"}, allow_none=True)
    term = fields.Integer(required=True)
    state = fields.String(required=True)
    old = Moment(required=True, allow_none=True)
    new = Moment(required=True)


class ExplainedPromiseSchema(Schema):
    """A date that an officer promised to the ladder; it moves no due moment."""

    at = Moment(required=True)
    promised_at = Moment(required=True)


class ExplainedShareSchema(Schema):
    """Who had to act, and for how many seconds of working time: while the clock ran, and while it stood still."""

    party = fields.String(required=True, validate=validate.OneOf(tuple(reckoning.PARTIES)))
    label = fields.Nested(LabelSchema, required=True)
    unit = fields.String(required=True, allow_none=True)
    ran = fields.Float(required=True)
    stood = fields.Float(required=True)


class ExplainedClockSchema(ClockSchema):
    """One run of a clock. `elapsed` is the seconds of working time since its start: those of all shares together."""

    label = fields.Nested(LabelSchema, required=True)
    unit = fields.String(required=True)
    calendar = fields.Nested(CalendarKeySchema, required=True)
    stopped_at = Moment(required=True, allow_none=True)
    days = fields.List(fields.Nested(ExplainedDaySchema), required=True)
    pauses = fields.List(fields.Nested(ExplainedPauseSchema), required=True)
    extension = fields.Nested(ExplainedExtensionSchema, required=True, allow_none=True)
    changes = fields.List(fields.Nested(ExplainedChangeSchema), required=True)
    promises = fields.List(fields.Nested(ExplainedPromiseSchema), required=True)
    elapsed = fields.Float(required=True)
    shares = fields.List(fields.Nested(ExplainedShareSchema), required=True)
    sentence = fields.Nested(LabelSchema, required=True)


@blueprint.route("/complaints/<number>/clocks/<clock>", methods=["GET"], parameters=[NUMBER])
@policy(*HOLDERS_OF_TOKENS)
@problems(404)
@blueprint.response(200, ExplainedClockSchema(many=True))
def explain(call: Call, number: str, clock: str) -> list[dict[str, Any]]:
    """Explain every run of a clock of a case day by day, and say who had to act how long."""
    seen = reading.find(call.session, call.engine, call.principal, number)
    if not seen.parts.content:
        raise Forbidden
    told = reckoning.explain(call.engine, call.session, seen.complaint, now=call.now, name=clock)
    return [reckoning.shown(each, internal=seen.parts.internal) for each in told]
