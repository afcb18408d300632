"""Every failure as a problem (RFC 9457): one table says which error is which."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, json
from marshmallow import Schema, fields
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException

from api import words
from api.hosts import Misdirected
from lapor.errors import (
    Forbidden,
    InvalidFields,
    KeyInFlight,
    KeyReused,
    LaporError,
    NotFound,
    NotOpen,
    NotPublishable,
    NotRecognised,
    Stale,
    TooMany,
    Unauthenticated,
    Unavailable,
)

CONTENT_TYPE = "application/problem+json"
RETRY_AFTER = "5"
REALM = 'Bearer realm="lapor"'
log = logging.getLogger(__name__)


class IfMatchMissing(LaporError):
    """Name the version that you have read: send its ETag as If-Match."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What all problems of one kind share."""

    status: int
    slug: str
    title: str

    def told(self, detail: str) -> dict[str, Any]:
        """The members of a problem of this kind."""
        return {"type": f"/problems/{self.slug}", "title": self.title, "status": self.status, "detail": detail}


BROKEN = Kind(500, "broken", "Something is broken here")
OF_ERROR: Mapping[type[Exception], Kind] = {
    InvalidFields: Kind(422, "invalid-fields", "Some fields are not as they must be"),
    NotOpen: Kind(409, "not-open", "The move is not open now"),
    NotPublishable: Kind(409, "not-publishable", "The case cannot be published"),
    Stale: Kind(412, "stale", "The case has changed"),
    StaleDataError: Kind(412, "stale", "The case has changed"),
    IfMatchMissing: Kind(428, "if-match-missing", "If-Match is missing"),
    Forbidden: Kind(403, "forbidden", "Not allowed"),
    NotFound: Kind(404, "not-found", "Not found"),
    Unauthenticated: Kind(401, "unauthenticated", "A valid token is needed"),
    NotRecognised: Kind(401, "not-recognised", "Not recognised"),
    TooMany: Kind(429, "too-many-requests", "Too many requests"),
    Misdirected: Kind(421, "misdirected", "Another server is asked for"),
    KeyInFlight: Kind(409, "key-in-flight", "The same request is under way"),
    KeyReused: Kind(422, "key-reused", "The idempotency key was used before"),
    Unavailable: Kind(503, "unavailable", "Not available now"),
    PoolExhausted: Kind(503, "unavailable", "Not available now"),
}
OF_STATUS: Mapping[int, Kind] = {
    400: Kind(400, "unreadable", "The request cannot be read"),
    404: OF_ERROR[NotFound],
    405: Kind(405, "method-not-allowed", "This method is not allowed here"),
    413: Kind(413, "too-large", "The request is too large"),
    415: Kind(415, "unsupported-media-type", "The body must be JSON"),
    422: OF_ERROR[InvalidFields],
}
_SAID_BY_TITLE = (InvalidFields, StaleDataError, PoolExhausted)


def kinds() -> list[Kind]:
    """All kinds of problems, each once, by status."""
    return sorted({BROKEN, *OF_ERROR.values(), *OF_STATUS.values()}, key=lambda kind: (kind.status, kind.slug))


class ProblemSchema(Schema):
    """What went wrong (RFC 9457). `type` is stable; `errors` lists texts by field."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    errors = fields.Dict(keys=fields.String(), values=fields.List(fields.String()))


def problem(kind: Kind, detail: str, **members: Any) -> Response:
    """The answer that tells a problem, in the caller's language."""
    answer = Response(json.dumps(_told(kind, detail, members)), kind.status, content_type=CONTENT_TYPE)
    answer.content_language.add(words.language())
    answer.vary.add("Accept-Language")
    return answer


def _told(kind: Kind, detail: str, more: Mapping[str, Any]) -> dict[str, Any]:
    language = words.language()
    said = kind.told(detail)
    said |= {name: words.said(said[name], language) for name in ("title", "detail")}
    if "errors" in more:
        listed: Mapping[str, list[str]] = more["errors"]
        more = {"errors": {name: [words.said(text, language) for text in texts] for name, texts in listed.items()}}
    return {**said, **more}


def of_error(error: Exception) -> Response:
    """The answer to an error of ours; any other is logged, and told without saying what it was."""
    kind, detail, members = _kind_of(error)
    answer = problem(kind, detail, **members)
    if kind.status == 401:
        answer.headers["WWW-Authenticate"] = REALM
    if isinstance(error, TooMany):
        answer.headers["Retry-After"] = str(error.retry_after)
    if kind.status == 503:
        answer.headers["Retry-After"] = RETRY_AFTER
    return answer


def told_of(error: Exception) -> dict[str, Any]:
    """The members of the problem that an error is, in the caller's language."""
    kind, detail, members = _kind_of(error)
    return _told(kind, detail, members)


def _kind_of(error: Exception) -> tuple[Kind, str, dict[str, Any]]:
    kind = next((OF_ERROR[each] for each in type(error).__mro__ if each in OF_ERROR), BROKEN)
    if kind is BROKEN:
        log.error("A request failed.", exc_info=error)
        return kind, "This is our fault. It was written down; try again later.", {}
    detail = f"{kind.title}." if isinstance(error, _SAID_BY_TITLE) else str(error)
    return kind, detail, {"errors": error.errors} if isinstance(error, InvalidFields) else {}


def of_http(error: HTTPException) -> Response:
    """The answer to what the framework refuses: its headers stay, its words are ours."""
    status = error.code or 500
    kind = OF_STATUS.get(status) or Kind(status, f"http-{status}", error.name)
    if status == 404:
        return of_error(NotFound())
    found = getattr(error, "data", None)
    if found and "messages" in found:
        return of_error(InvalidFields(dict(_listed(found["messages"]))))
    answer = problem(kind, error.description or kind.title)
    for name, value in error.get_headers():
        if name.lower() != "content-type":
            answer.headers[name] = value
    return answer


def _listed(tree: Mapping[Any, Any]) -> Iterator[tuple[str, list[str]]]:
    """Each fault with the path of its field; the first level only tells where the fields were."""
    for below in tree.values():
        yield from _fields(below, ())


def _fields(tree: Any, path: tuple[str, ...]) -> Iterator[tuple[str, list[str]]]:
    if isinstance(tree, Mapping):
        for name, below in tree.items():
            yield from _fields(below, path if name == "_schema" else (*path, str(name)))
    else:
        yield ".".join(path) or "body", list(tree)


def register(app: Flask) -> None:
    """Answer every failure of the application with a problem."""
    app.register_error_handler(HTTPException, of_http)
    app.register_error_handler(Exception, of_error)
