"""What a submission must be, which lists can be asked for, and what a case looks like."""

from __future__ import annotations

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from api.cases import CHANNELS
from api.fields import Code, Day, Degrees, EmailAddress, Flag, Line, Moment, Request, Text
from api.pages import PageQuery, page_of
from lapor.access.reading import SORTS
from lapor.access.standing import BANDS
from lapor.handling.intake import LONGEST_TITLE
from lapor.machine.definition import CLASSES, PHASES, ROLES

LONGEST_LINE = 200
_PHONE = r"\+?[0-9][0-9 ()./-]{3,30}"


class PointSchema(Request):
    """Degrees (WGS 84)."""

    lat = Degrees(limit=90, required=True)
    lon = Degrees(limit=180, required=True)


class LocationSchema(Request):
    """Where it happened: the code of a region, an address in words, a point."""

    region = Code()
    address = Text(longest=1000)
    point = fields.Nested(PointSchema)


class ReporterSchema(Request):
    """Who reports. Without it nobody is known, and only number and secret lead to the case."""

    name = Line(longest=LONGEST_LINE)
    email = EmailAddress()
    phone = Line(longest=32, pattern=_PHONE, example="a phone number such as +62 812 3456 7890")

    @validates_schema
    def names_somebody(self, given: dict[str, str], **_: object) -> None:
        """Refuse a reporter without name, e-mail and phone."""
        if not given:
            raise ValidationError("Give a name, an email or a phone, or leave `reporter` out.")


class SubmissionSchema(Request):
    """What somebody reports."""

    kind = Code(required=True)
    title = Text(longest=LONGEST_TITLE, required=True)
    text = Text(required=True)
    category = Code()
    incident_date = Day()
    location = fields.Nested(LocationSchema)
    anonymous = Flag(load_default=False)
    confidential = Flag(load_default=False)
    reporter = fields.Nested(ReporterSchema)
    remedy_sought = Text()
    wished_agency = Text(longest=LONGEST_LINE)
    channel = fields.String(load_default="website", validate=validate.OneOf(CHANNELS))
    door = Code(metadata={"description": "Code of the unit where it comes in; left out: the default door"})
    received_at = Moment(metadata={"description": "When it was received; only for officers who key it in"})


class Bit(fields.Boolean):
    """True or false in a query string."""

    def __init__(self, said: str) -> None:
        super().__init__(truthy={"true"}, falsy={"false"}, metadata={"description": said})


class CasesFilter(PageQuery):
    """Filters of a list of cases."""

    state = Text(longest=LONGEST_LINE)
    phase = fields.String(validate=validate.OneOf(PHASES))
    holder = Code()
    kind = Code()
    category = Code()
    open = Bit("Not closed, archived, blocked, withdrawn or referred")
    overdue = Bit("The earliest due moment of its running clocks has passed")
    overdue_days = fields.String(
        validate=validate.OneOf(BANDS), metadata={"description": "Overdue for so many calendar days"}
    )
    warned = Bit("An officer was warned that a running clock comes to its end")
    unacknowledged = Bit("An officer was told or warned, and has not acknowledged it")
    promised = Bit("A told officer has promised a date that is still to come")
    waiting_for = fields.String(
        validate=validate.OneOf(ROLES), metadata={"description": "The role that acts in the state of the case"}
    )
    due_before = Moment()
    linked_to = Text(longest=LONGEST_LINE, metadata={"description": "Number of an earlier case about the same matter"})
    part_of = Text(longest=LONGEST_LINE, metadata={"description": "Split off from the case with this tracking number"})
    q = Text(
        longest=LONGEST_LINE,
        metadata={"description": "Words of title and text, in any order; confidential ones are never found"},
    )


class CasesQuery(CasesFilter):
    """Filters and order of a list of cases."""

    sort = fields.String(
        load_default="due",
        validate=validate.OneOf(SORTS),
        metadata={"description": "due: the earliest first, what is not due last; received: the earliest first"},
    )


class LabelSchema(Schema):
    """What people read, in Indonesian and in English."""

    id = fields.String(required=True)
    en = fields.String(required=True)


class HolderSchema(Schema):
    """The unit that has the case now."""

    code = fields.String(required=True)
    name = fields.String(required=True)


class NextSchema(Schema):
    """What the case waits for, and until when."""

    text = fields.Nested(LabelSchema, required=True)
    by = Moment(required=True, allow_none=True)


class ClockSchema(Schema):
    """One run of one clock. `due_at` leaves an open pause out."""

    name = fields.String(required=True)
    term = fields.Integer(required=True)
    budget = fields.String(required=True)
    started_at = Moment(required=True)
    due_at = Moment(required=True)
    state = fields.String(required=True, validate=validate.OneOf(("running", "paused", "met", "missed", "lapsed")))
    stopped_at = Moment(metadata={"description": "When it ended: if after `due_at`, too late, also where it lapsed"})
    provisional = fields.Boolean(
        metadata={
            "description": "True where a year up to `due_at` has no decreed days off yet: it may move with the decree"
        }
    )


class CaseSchema(Schema):
    """A case. Whoever may see no more than its row gets the first members only."""

    tracking_number = fields.String(required=True)
    state = fields.String(required=True)
    phase = fields.String(required=True, allow_none=True)
    label = fields.Nested(LabelSchema, required=True)
    holder = fields.Nested(HolderSchema, required=True)
    version = fields.Integer(required=True)
    next = fields.Nested(NextSchema, required=True)
    erased = fields.Boolean(metadata={"description": "True where nothing but the row is left of the case"})
    part_of = fields.String(
        metadata={"description": "The tracking number of the case that it was split off from, if the caller sees that"}
    )
    kind = fields.String()
    received_at = Moment()
    title = fields.String()
    text = fields.String()
    category = fields.String(allow_none=True)
    location = fields.Nested(LocationSchema, allow_none=True)
    anonymous = fields.Boolean()
    confidential = fields.Boolean()
    clocks = fields.List(fields.Nested(ClockSchema))
    answer_by = Moment(
        metadata={"description": "The earlier of the law's budget and the agency's standard, if one runs"}
    )
    incident_date = fields.Date()
    remedy_sought = fields.String()
    wished_agency = fields.String()
    channel = fields.String()
    door = fields.String()
    reporter = fields.Nested(ReporterSchema)
    linked_to = fields.String(
        metadata={"description": "Number of an earlier case about the same matter, if that is there for the caller"}
    )
    class_ = fields.String(
        data_key="class", attribute="class", allow_none=True, validate=validate.OneOf((*CLASSES, None))
    )


class SubmittedSchema(CaseSchema):
    """The new case, and the reporter's secret: shown this once."""

    secret = fields.String(required=True)


CasePageSchema = page_of(CaseSchema, "CasePage")
