"""The application: routes, answers to failures, limits. Wired by whoever serves it."""

from __future__ import annotations

from datetime import UTC, datetime

from argon2 import PasswordHasher
from flask import Flask, Response
from flask.json.provider import DefaultJSONProvider

from api import (
    absences,
    accounts,
    answer_templates,
    attachments,
    bulk,
    clocks,
    complaints,
    directory,
    erasures,
    errors,
    escalations,
    health,
    hosts,
    invitations,
    messages,
    moves,
    openings,
    own_data,
    public,
    publication,
    reading_room,
    reporters,
    service_standards,
    sessions,
    tenures,
    tokens,
    trail,
    work,
    workflows,
)
from api.auth import Clock, anyone, require_policies
from api.openapi import Api
from lapor.site import Site

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
_ROOMS = (
    complaints,
    moves,
    openings,
    reporters,
    own_data,
    erasures,
    bulk,
    trail,
    clocks,
    messages,
    attachments,
    publication,
    public,
    escalations,
    work,
    answer_templates,
    directory,
    service_standards,
    absences,
    workflows,
    sessions,
    accounts,
    tokens,
    invitations,
    tenures,
)


class _Json(DefaultJSONProvider):
    """Members stand in the order in which they are declared."""

    sort_keys = False


def create_app(site: Site, *, clock: Clock | None = None, hasher: PasswordHasher | None = None) -> Flask:
    """Make the application of a site. `clock` returns the aware moment, by default the time.

    `hasher` has the parameters of argon2id, by default those that its library recommends.

    Raises:
        LookupError: a route does not declare who may call it.
    """
    app = Flask("lapor", static_folder=None)
    app.config.update(
        SITE=site,
        CLOCK=clock or _time,
        HASHER=hasher or PasswordHasher(),
        MAX_CONTENT_LENGTH=site.settings.server.max_body_bytes,
        PROVIDE_AUTOMATIC_OPTIONS=False,
    )
    app.json = _Json(app)
    # a redirect would repeat the Host header of whoever asks
    app.url_map.merge_slashes = False
    hosts.register(app, site.settings.server.hosts, site.public_url)
    api = Api(app)
    for room in _ROOMS:
        api.register_blueprint(room.blueprint)
    app.view_functions["api-docs.openapi_json"] = anyone(app.view_functions["api-docs.openapi_json"])
    health.register(app)
    reading_room.register(app, api)
    errors.register(app)
    app.after_request(_guarded)
    require_policies(app)
    return app


def _time() -> datetime:
    return datetime.now(UTC)


def _guarded(answer: Response) -> Response:
    for name, value in _HEADERS.items():
        answer.headers.setdefault(name, value)
    return answer
