"""Publication: what the coordinator of its door makes public of a case, and what is proposed for that."""

from __future__ import annotations

from typing import Any

from flask import Response, json
from marshmallow import Schema, fields, validate

from api.auth import Call, policy
from api.complaint_schemas import LONGEST_LINE
from api.complaints import ETAG, NUMBER
from api.fields import Moment, Request, Text
from api.moves import asked_version
from api.openapi import Blueprint, header, problems
from lapor.access import policy as rules
from lapor.access import reading
from lapor.access.publicity import hindrance
from lapor.access.reading import Seen
from lapor.access.secrets import read_number
from lapor.errors import Forbidden
from lapor.handling import publishing, unpublishing
from lapor.handling.publishing import Edited
from lapor.machine.fields import LONGEST_TEXT
from lapor.privacy.masking import CERTAIN, WORDS, findings, masked
from lapor.records import PublicVersion

blueprint = Blueprint("publication", "What of a case is public: nothing, before a coordinator has published it.")
PUBLISHERS = ("coordinator",)
_ONE = "/complaints/<number>/publication"
_TEXTS = ("title", "text")


class EditedSchema(Request):
    """What is to become public. `accept` names kinds of personal data that are meant to stay, for a reason."""

    # what masks a text may be longer than what it hides
    title = Text(longest=2 * LONGEST_LINE, required=True)
    text = Text(longest=2 * LONGEST_TEXT, required=True)
    accept = fields.List(fields.String(validate=validate.OneOf(CERTAIN)), load_default=tuple)
    reason = Text(longest=LONGEST_LINE)


class PublicVersionSchema(Schema):
    """What is public of a case."""

    public_id = fields.String(required=True)
    title = fields.String(required=True)
    text = fields.String(required=True)
    published_at = Moment(required=True)


class ProposalSchema(Schema):
    """The original with a word in brackets for each finding."""

    title = fields.String(required=True)
    text = fields.String(required=True)


class FindingSchema(Schema):
    """Personal data in the original. What is certain must be masked, or accepted with a reason."""

    field = fields.String(required=True, validate=validate.OneOf(_TEXTS))
    kind = fields.String(required=True, validate=validate.OneOf(tuple(WORDS)))
    start = fields.Integer(required=True)
    end = fields.Integer(required=True)
    text = fields.String(required=True)
    certain = fields.Boolean(required=True)


class PublicationSchema(Schema):
    """What is public of a case, null if nothing is; whether it may be published now; what is proposed, and why."""

    published = fields.Nested(PublicVersionSchema, required=True, allow_none=True)
    publishable = fields.Boolean(required=True)
    proposal = fields.Nested(ProposalSchema, required=True)
    findings = fields.List(fields.Nested(FindingSchema), required=True)


@blueprint.route(_ONE, methods=["GET"], parameters=[NUMBER])
@policy(*PUBLISHERS)
@problems(404)
@blueprint.response(200, PublicationSchema, headers=ETAG)
def show(call: Call, number: str) -> Response:
    """Read what is public of a case, and a proposal in which personal data is masked."""
    seen = reading.find(call.session, call.engine, call.principal, number)
    complaint = seen.complaint
    if not seen.parts.content or not rules.publishes(call.principal, complaint, call.engine.organisation):
        raise Forbidden
    said = {
        "published": unpublishing.current(call.session, complaint),
        "publishable": hindrance(complaint) is None,
        "proposal": {name: masked(seen.texts[name] or "") for name in _TEXTS},
        "findings": [each for name in _TEXTS for each in _found(seen, name)],
    }
    answer = Response(json.dumps(PublicationSchema().dump(said)), content_type="application/json")
    answer.set_etag(str(complaint.version))
    return answer


@blueprint.route(_ONE, methods=["PUT"], parameters=[NUMBER])
@policy(*PUBLISHERS)
@problems(404, 409, 412, 428)
@blueprint.doc(parameters=[header("If-Match", "The ETag of the case as it was read.", required=True)])
@blueprint.body(EditedSchema)
@blueprint.response(200, PublicVersionSchema)
def publish(call: Call, given: dict[str, Any], number: str) -> PublicVersion:
    """Publish a case, or replace what is public of it."""
    return publishing.publish(
        call.engine,
        call.session,
        read_number(number) or "",
        Edited(**given),
        actor=call.principal,
        now=call.now,
        version=asked_version(),
    )


@blueprint.route(_ONE, methods=["DELETE"], parameters=[NUMBER])
@policy(*PUBLISHERS)
@problems(404)
@blueprint.response(204)
def unpublish(call: Call, number: str) -> None:
    """Take back what is public of a case; its public text is erased."""
    publishing.unpublish(call.engine, call.session, read_number(number) or "", actor=call.principal, now=call.now)


def _found(seen: Seen, name: str) -> list[dict[str, Any]]:
    text = seen.texts[name] or ""
    return [
        {
            "field": name,
            "kind": each.kind,
            "start": each.start,
            "end": each.end,
            "text": text[each.start : each.end],
            "certain": each.kind in CERTAIN,
        }
        for each in findings(text)
    ]
