"""Attachments: files that come with a case. They are streamed both ways; none is ever whole in memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from flask import Response, request
from marshmallow import Schema, fields, validate
from sqlalchemy import select
from werkzeug.exceptions import BadRequest, ClientDisconnected
from werkzeug.http import parse_options_header

from api import auth, limiting
from api.auth import HOLDERS_OF_TOKENS, Call, policy
from api.complaints import NUMBER
from api.fields import Moment, Request
from api.openapi import PREFIX, Blueprint, header, problems
from lapor.access import reading
from lapor.access.policy import gets_originals
from lapor.access.reading import Seen
from lapor.attachments.kinds import EXTENSIONS, PICTURES
from lapor.attachments.names import LONGEST
from lapor.attachments.sealed import CHUNK
from lapor.attachments.store import ORIGINAL, VIEW
from lapor.attachments.views import TELL_NOTHING
from lapor.errors import Forbidden, InvalidFields, NotFound, TooLarge, Unauthenticated
from lapor.handling import attaching
from lapor.handling.attaching import Received
from lapor.records import Attachment

blueprint = Blueprint("attachments", "Files that come with a case.")
SENDERS = ("reporter", "coordinator", "liaison_officer", "handler")
ATTACHMENT = {
    "in": "path",
    "name": "attachment",
    "description": "The id of the attachment.",
    "example": "0c9d5b1e7f2a4863b1d0e6f7a8b9c0d1",
}
_NAME = header(
    "Content-Disposition",
    "What the file is called, as in `attachment; filename*=UTF-8''lubang.jpg`. For people: it decides nothing.",
)
_FILE = {"required": True, "description": "The file itself.", "content": {"application/octet-stream": {"schema": {}}}}
_KINDS: dict[str, Any] = {kind: {"schema": {}} for kind in EXTENSIONS}
_SERVED = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "private, no-store",
}


class AttachmentSchema(Schema):
    """A file: `kind` is what it is by what it holds, `bytes` the length of the original.

    `name` is what it was called, and a neutral one where that could tell who reported.
    """

    id = fields.String(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(list(EXTENSIONS)))
    name = fields.String(required=True, metadata={"maxLength": LONGEST})
    bytes = fields.Integer(required=True)
    at = Moment(required=True)
    by_role = fields.String(required=True)


class PartQuery(Request):
    """Which of a file: its view, or with `original` what was sent."""

    original = fields.Boolean(truthy={"true"}, falsy={"false"}, load_default=False)


@blueprint.route("/complaints/<number>/attachments", methods=["POST"], parameters=[NUMBER])
@policy(*SENDERS, one_transaction=False, streamed=True, limit=limiting.word)
@problems(400, 404, 413, 422)
@blueprint.doc(parameters=[_NAME], requestBody=_FILE)
@blueprint.response(201, AttachmentSchema, headers={"Location": {"schema": {"type": "string"}}})
def attach(call: Call, number: str) -> Response | tuple[dict[str, Any], int, dict[str, str]]:
    """Attach a file: the body is the file, and nothing else.

    What it is, is found by what it holds: pictures (JPEG, PNG, WebP), PDF, office documents without macros (DOCX, XLSX,
    PPTX, ODT, ODS), film (MP4) and sound (MP3, M4A, OGG, WAV, AMR). Whatever Content-Type says is ignored. A file sent
    twice is there twice.
    """
    rules = auth.site().settings.attachments
    complaint = reading.find(call.session, call.engine, call.principal, number).complaint
    attaching.require(call.engine, call.session, complaint, actor=call.principal, most=rules.max_number)
    # nothing must be held open while somebody sends
    call.session.close()
    received = _received(complaint.number, rules.max_bytes)
    shown = _written(received, rules.max_number)
    return shown, 201, {"Location": f"{PREFIX}/complaints/{complaint.number}/attachments/{received.id}"}


@blueprint.route("/complaints/<number>/attachments", methods=["GET"], parameters=[NUMBER])
@policy(*HOLDERS_OF_TOKENS)
@problems(404)
@blueprint.response(200, AttachmentSchema(many=True))
def index(call: Call, number: str) -> list[dict[str, Any]]:
    """List the attachments of a case, oldest first."""
    return told(call, _read(call, number))


def told(call: Call, seen: Seen) -> list[dict[str, Any]]:
    """The attachments of a case whose content the caller sees."""
    of_it = select(Attachment).where(Attachment.complaint_id == seen.complaint.id).order_by(Attachment.sequence)
    return [_shown(call, seen, row) for row in call.session.scalars(of_it)]


@blueprint.route("/complaints/<number>/attachments/<attachment>", methods=["GET"], parameters=[NUMBER, ATTACHMENT])
@policy(*HOLDERS_OF_TOKENS)
@problems(404)
@blueprint.query(PartQuery)
@blueprint.doc(responses={200: {"content": _KINDS}})
@blueprint.response(200, description="The file", headers={"Content-Disposition": {"schema": {"type": "string"}}})
def show(call: Call, asked: dict[str, Any], number: str, attachment: str) -> Response:
    """Read an attachment: a picture as a view, and where the reporter is not named any other file, too.

    A view holds what is seen, read or heard, and nothing that a camera or a program wrote beside it. With `original` it
    comes as it was sent: for its reporter, and for those who see the content of a case whose reporter is named.
    """
    seen = _read(call, number)
    row = call.session.scalars(
        select(Attachment).filter_by(id=attachment, complaint_id=seen.complaint.id)
    ).one_or_none()
    if row is None:
        raise NotFound
    is_named = gets_originals(call.principal, seen.complaint)
    if asked["original"] and not is_named:
        raise Forbidden("Whoever reported is not named, and the original could tell: read it without `original`.")
    is_whole = asked["original"] or row.kind in TELL_NOTHING or (is_named and row.kind not in PICTURES)
    if not is_whole and row.view_digest is None:
        raise Forbidden("Whoever reported is not named, and the original could tell: there is no view of it.")
    return _served(call, seen, row, ORIGINAL if is_whole else VIEW)


def _received(number: str, most: int) -> Received:
    if (request.content_length or 0) > most:
        raise TooLarge(most)
    site, (_, said) = auth.site(), parse_options_header(request.headers.get("Content-Disposition", ""))
    name = said.get("filename", "")
    return attaching.receive(site.vault.content, site.attachments, number, _body(), name=name, most=most)


def _body() -> Iterator[bytes]:
    while True:
        try:
            said = request.stream.read(CHUNK)
        except (OSError, ClientDisconnected):
            raise BadRequest("The body ended too early.") from None
        if not said:
            return
        yield said


def _written(received: Received, most: int) -> dict[str, Any]:
    try:
        with auth.opened(SENDERS, writes=True) as call:
            row = attaching.attach(call.engine, call.session, received, actor=call.principal, most=most, now=call.now)
            return _shown(call, reading.find(call.session, call.engine, call.principal, received.number), row)
    except (Unauthenticated, Forbidden, NotFound, InvalidFields):
        # of any other fault nobody knows whether it was committed: then the file stays until the worker has looked
        auth.site().attachments.discard(received.id)
        raise


def _shown(call: Call, seen: Seen, row: Attachment) -> dict[str, Any]:
    name = attaching.name_of(call.engine.vault.content, seen.complaint, row, call.principal)
    return {"id": row.id, "kind": row.kind, "name": name, "bytes": row.bytes, "at": row.at, "by_role": row.role}


def _served(call: Call, seen: Seen, row: Attachment, part: str) -> Response:
    ring = call.engine.vault.content
    cipher = ring.cipher(row.data_key, seen.complaint.number)
    file = auth.site().attachments.reading(row.id, part, cipher)
    name = attaching.name_of(ring, seen.complaint, row, call.principal)
    answer = Response(file.chunks(), content_type=row.kind, headers=_SERVED)
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    answer.content_length = file.length
    answer.call_on_close(file.close)
    return answer


def _read(call: Call, number: str) -> Seen:
    seen = reading.find(call.session, call.engine, call.principal, number)
    if not seen.parts.content:
        raise Forbidden
    return seen
