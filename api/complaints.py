"""Complaints: submit one, list those in scope, read one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from flask import Response, json, request
from marshmallow import Schema
from sqlalchemy import literal, select
from sqlalchemy.orm import Session

from api import cases, idempotency, limiting, pages
from api.auth import HOLDERS_OF_TOKENS, READERS, REPORTER, Call, policy
from api.complaint_schemas import CasePageSchema, CaseSchema, CasesQuery, SubmissionSchema, SubmittedSchema
from api.fields import any_moment, zulu
from api.openapi import PREFIX, Blueprint, header, problems
from lapor.access import reading
from lapor.access.policy import parts
from lapor.access.principal import Principal
from lapor.access.reading import Asked, Mark, Seen
from lapor.errors import InvalidFields
from lapor.handling import intake
from lapor.handling.intake import Received, Submission
from lapor.machine.engine import Engine
from lapor.privacy.content import TEXTS
from lapor.privacy.identity import Identity
from lapor.records import CategoryRow, RegionRow

blueprint = Blueprint("complaints", "Complaints, aspirations and information requests.")
NUMBER = {
    "in": "path",
    "name": "number",
    "description": "Tracking number; lower case, O for 0, I and L for 1, and left out hyphens are forgiven.",
    "example": "2026-7QK4-M2ZD-5",
}
ETAG = {"ETag": {"description": "The version of the case", "schema": {"type": "string"}}}
_KEY_HEADER = header(
    idempotency.HEADER,
    "22 to 200 random characters; sent again with the same body: the same submission, answered alike.",
    pattern=idempotency.PATTERN,
)
# nobody keys in what was received before there were rules for complaints; a year has four digits
EARLIEST = datetime.fromisoformat("2002-01-01T00:00:00Z")


@blueprint.post("/complaints")
@idempotency.once
@problems(409)
@policy("visitor", "reporter", "coordinator", limit=limiting.submission)
@blueprint.doc(parameters=[_KEY_HEADER])
@blueprint.body(SubmissionSchema)
@blueprint.response(201, SubmittedSchema, headers={**ETAG, "Location": {"schema": {"type": "string"}}})
def submit(call: Call, given: dict[str, Any]) -> Response:
    """Submit a complaint, an aspiration or an information request.

    The answer holds the secret, which opens the case for its reporter and is never shown again.
    A coordinator submits for somebody else, at a counter or from a letter.
    """
    submission = _submission(call, given)
    received = intake.receive(call.engine, call.session, submission, actor=call.principal, now=call.now)
    seen = _as_its_reporter(call, received, submission)
    answer = _answer({**cases.shown(seen, call.engine), "secret": received.secret}, SubmittedSchema(), 201)
    answer.headers["Location"] = f"{PREFIX}/complaints/{received.complaint.number}"
    answer.set_etag(str(received.complaint.version))
    idempotency.keep(call.session, answer)
    return answer


@blueprint.get("/complaints")
@policy(*REPORTER, *READERS)
@blueprint.query(CasesQuery)
@blueprint.response(200, CasePageSchema)
def index(call: Call, asked: dict[str, Any]) -> dict[str, Any]:
    """List the cases that are there for the caller.

    Filters that ask for content (kind, category, q) find only cases whose content the caller may see.
    """
    page = listed(call, asked_for(call.engine, asked))
    return {**page, "items": [cases.shown(seen, call.engine) for seen in page["items"]]}


def listed(call: Call, asked: Asked) -> dict[str, Any]:
    """A page of the cases that were asked for, each as `Seen`."""
    page = reading.page(call.session, call.engine, call.principal, asked, now=call.now)
    last = page.next
    cursor = pages.write_cursor(asked.sort, zulu(last.at) if last.at else None, last.id) if last else None
    return {"items": page.items, "next": cursor}


@blueprint.route("/complaints/<number>", methods=["GET"], parameters=[NUMBER])
@policy(*HOLDERS_OF_TOKENS)
@problems(404)
@blueprint.doc(parameters=[header("If-None-Match", "The ETag of what is known: 304 while it is still so.")])
@blueprint.alt_response(304, success=True)
@blueprint.response(200, CaseSchema, headers=ETAG)
def show(call: Call, number: str) -> Response:
    """Read a case."""
    answer = of_case(reading.find(call.session, call.engine, call.principal, number), call.engine)
    tag, _ = answer.get_etag()
    if tag and request.if_none_match.contains_weak(tag):
        answer.status_code, answer.data = 304, b""
        del answer.headers["Content-Type"]
    return answer


def of_case(seen: Seen, engine: Engine) -> Response:
    """The answer that shows a case, with its version as ETag."""
    answer = _answer(cases.shown(seen, engine), CaseSchema(), 200)
    answer.set_etag(str(seen.complaint.version))
    return answer


def _answer(members: Mapping[str, Any], schema: Schema, status: int) -> Response:
    return Response(json.dumps(schema.dump(members)), status, content_type="application/json")


def asked_for(engine: Engine, given: dict[str, Any]) -> Asked:
    """What a query asks for.

    Raises:
        InvalidFields: there is no such holder, or the cursor is none of this list.
    """
    filters = {name: value for name, value in given.items() if name not in ("cursor", "holder")}
    asked = Asked(**filters)
    if "holder" in given:
        unit = engine.organisation.unit_codes.get(given["holder"])
        if unit is None:
            raise InvalidFields({"holder": [f"There is no unit with the code {given['holder']!r}."]})
        asked = replace(asked, holder=unit.id)

    def mark(sort: str, at: str | None, row: int) -> Mark:
        if sort != asked.sort or (at is None and sort == "received"):
            raise ValueError(sort)
        return Mark(any_moment(at) if at else None, pages.an_id(row))

    return replace(asked, after=pages.read_cursor(given.get("cursor"), mark))


def _submission(call: Call, given: dict[str, Any]) -> Submission:
    where = given.pop("location", {})
    codes = {"door": given.pop("door", None), "category": given.pop("category", None)}
    codes["location.region"] = where.pop("region", None)
    door = call.engine.organisation.unit_codes.get(codes["door"] or "")
    category, region = _find(call.session, codes["category"], codes["location.region"])
    found = {"door": door, "category": category, "location.region": region}
    unknown = [name for name, code in codes.items() if code is not None and found[name] is None]
    errors = {name: [f"There is none with the code {codes[name]!r}."] for name in unknown} | _untimely(call, given)
    if errors:
        raise InvalidFields(errors)
    given.setdefault("received_at", call.now)
    return Submission(**given, **where, door=door, category=category, region=region)


def _find(session: Session, category: str | None, region: str | None) -> tuple[CategoryRow | None, RegionRow | None]:
    """What goes by these codes, found at once: a submission is the last to wait for the database."""
    if category is None and region is None:
        return None, None
    one = select(literal(1).label("one")).subquery()
    both = select(CategoryRow, RegionRow).select_from(one).outerjoin(CategoryRow, CategoryRow.code == category)
    found_category, found_region = session.execute(both.outerjoin(RegionRow, RegionRow.code == region)).one()
    return found_category, found_region


def _untimely(call: Call, given: Mapping[str, Any]) -> dict[str, list[str]]:
    errors = {}
    received, happened = given.get("received_at"), given.get("incident_date")
    # wherever it happened, it was a day there that has begun
    today = max(calendar.day(call.now) for calendar in call.engine.calendars.values())
    if happened and happened > today:
        errors["incident_date"] = ["Must not be in the future."]
    if received and call.principal.role != "coordinator":
        errors["received_at"] = ["Only for officers who key in what was received elsewhere."]
    elif received and not EARLIEST <= received <= call.now:
        errors["received_at"] = [f"Must not be in the future, nor before {EARLIEST.year}."]
    return errors


def _as_its_reporter(call: Call, received: Received, submission: Submission) -> Seen:
    complaint = received.complaint
    reporter = Principal("reporter", cases=frozenset((complaint.id,)))
    return Seen(
        complaint,
        parts(reporter, complaint, call.engine.organisation, told=False),
        received.clocks,
        submission.category.code if submission.category else None,
        submission.region.code if submission.region else None,
        Identity(**submission.reporter) if submission.reporter else None,
        {name: getattr(submission, name) for name in TEXTS},
    )
