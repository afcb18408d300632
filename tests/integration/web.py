"""The API of the small city, as people use it. Every answer is held against what the OpenAPI document says of it."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import chain
from typing import Any, TypeAlias

import jsonschema
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from werkzeug.test import TestResponse

from api import words
from api.app import create_app
from api.description import template
from lapor.access import tokens
from lapor.oversight import escalation
from lapor.settings import Server
from lapor.site import Site
from tests.integration.town import COORDINATOR, DISPOSITION, Town

# a TestResponse whose json is whatever was asked for
Answer: TypeAlias = Any
# what argon2 does at least; test_sessions.py tries what it does by default
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
# Monday 6 July 2026, 09:00 in Jakarta
NOW = datetime(2026, 7, 6, 2, 0, tzinfo=UTC)
V1, DESCRIBED = "/api/v1", "described"
BARE = {"kind": "complaint", "title": "Jalan berlubang", "text": "Di depan pasar."}
NOT_FOUND = {
    "type": "/problems/not-found",
    "title": "Not found",
    "status": 404,
    "detail": "There is nothing here, or nothing that the caller may see.",
}


class Watch:
    """A clock that stands still until it is put forward."""

    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **by: float) -> None:
        self.at += timedelta(**by)


class Web:
    """Calls the API by the code of a post, "CODE as ROLE", or a reporter's secret."""

    def __init__(self, town: Town, hasher: PasswordHasher | None = CHEAP, *, alone: bool = False) -> None:
        # the engine of the town was built from an equal database
        town.site._built.engine = town.engine
        with town.site.reading() as session:
            town.site._built.revision = _revision(session)
        self.town, self.site, self.watch = town, town.site, Watch()
        self._app = _shared(town.site) if hasher and not alone else create_app(town.site, hasher=hasher)
        self._of_town = {"SITE": town.site, "CLOCK": self.watch, "HASHER": hasher or self._app.config["HASHER"]}
        self._tokens: dict[str, str] = {}

    @property
    def app(self) -> Flask:
        """The application, at work for this town; `alone`: an application that works for no other, and may be changed."""
        self._app.config.update(self._of_town)
        return self._app

    @property
    def client(self) -> FlaskClient:
        """Whoever asks, for this town."""
        self._app.config.update(self._of_town)
        return self._client

    @cached_property
    def _client(self) -> FlaskClient:
        client = self._app.test_client(use_cookies=False)
        # tests read English; what is told in Indonesian is compared in test_api_languages.py
        client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
        return client

    @property
    def description(self) -> dict[str, Any]:
        """The OpenAPI document, asked for once of each application."""
        if DESCRIBED not in self._app.extensions:
            found: Answer = self.client.open(f"{V1}/openapi.json", method="GET", headers={})
            self._app.extensions[DESCRIBED] = dict(found.json)
        return dict(self._app.extensions[DESCRIBED])

    def token(self, by: str) -> str:
        """The token of a caller, made when first asked for."""
        if by.startswith("lapor_"):
            return by
        if by not in self._tokens:
            code, _, role = by.partition(" as ")
            with self.site.writing() as session:
                engine = self.site.engine(session)
                post = engine.organisation.post_codes[code]
                self._tokens[by] = tokens.create(session, engine, post, role=role or None, days=365, now=NOW)
        return self._tokens[by]

    def get(self, path: str, by: str | None = None, **headers: str) -> Answer:
        """Get a path below /api/v1."""
        return self._called("GET", path, by, headers)

    def post(self, path: str, body: object, by: str | None = None, **headers: str) -> Answer:
        """Post JSON to a path below /api/v1."""
        return self._called("POST", path, by, headers, json=body)

    def put(self, path: str, body: object, by: str | None = None, **headers: str) -> Answer:
        """Put JSON to a path below /api/v1."""
        return self._called("PUT", path, by, headers, json=body)

    def upload(self, path: str, body: bytes | io.RawIOBase, by: str | None = None, **headers: str) -> Answer:
        """Post a file to a path below /api/v1; a stream is sent without saying how long it is."""
        if isinstance(body, bytes):
            return self._called("POST", path, by, headers, data=body)
        streamed = {"wsgi.input": io.BufferedReader(body), "wsgi.input_terminated": True}
        chunked = {**streamed, "HTTP_TRANSFER_ENCODING": "chunked"}
        return self._called("POST", path, by, headers, environ_overrides=chunked)

    def delete(self, path: str, by: str | None = None, **headers: str) -> Answer:
        """Delete what is at a path below /api/v1."""
        return self._called("DELETE", path, by, headers)

    def _called(self, method: str, path: str, by: str | None, named: Mapping[str, str], **sent: Any) -> Answer:
        headers = {name.replace("_", "-"): value for name, value in named.items()}
        if by:
            headers["Authorization"] = f"Bearer {self.token(by)}"
        answer = self.client.open(V1 + path, method=method, headers=headers, **sent)
        self._conforms(method, answer)
        return answer

    def _conforms(self, method: str, answer: TestResponse) -> None:
        adapter = self.app.url_map.bind_to_environ(answer.request.environ)
        rule, _ = adapter.match(return_rule=True)
        told = self.description["paths"][template(rule.rule)][method.lower()]["responses"][str(answer.status_code)]
        if "$ref" in told:
            told = self.description["components"]["responses"][told["$ref"].rsplit("/", 1)[1]]
        if answer.status_code in (204, 304):
            assert answer.data == b""
            return
        described = told["content"][answer.mimetype]
        if not str(answer.mimetype).endswith("json"):
            return
        schema = {**described["schema"], "components": self.description["components"]}
        jsonschema.validate(answer.json, schema, jsonschema.Draft202012Validator)
        if answer.headers.get("Content-Language") == "en":
            _has_words(dict(answer.json or {}))

    def submit(self, by: str | None = None, **said: Any) -> dict[str, Any]:
        """Submit a complaint and return it, with its secret."""
        answer = self.post("/complaints", {**BARE, **said}, by)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json
        return made

    def move(self, case: Mapping[str, Any], name: str, by: str, **fields: Any) -> Answer:
        """Make a move of a case as it is now."""
        number = case["tracking_number"]
        version = self.get(f"/complaints/{number}", by).headers.get("ETag", '"0"')
        return self.post(f"/complaints/{number}/moves", {"move": name, "fields": fields}, by, If_Match=version)

    def moved(self, case: Mapping[str, Any], name: str, by: str, **fields: Any) -> dict[str, Any]:
        """Make a move that is open, and return the case."""
        answer = self.move(case, name, by, **fields)
        assert answer.status_code == 200, answer.text
        shown: dict[str, Any] = answer.json
        return shown

    def disposed(self, **said: Any) -> dict[str, Any]:
        """Submit a complaint, dispose it to the public works agency, and return it as submitted, with its secret."""
        case = self.submit(**said)
        self.moved(case, "dispose", COORDINATOR, **DISPOSITION)
        return case

    def answered(self, **said: Any) -> dict[str, Any]:
        """Submit a complaint, have it disposed, accepted and answered, and return it as submitted, with its secret."""
        case = self.disposed(**said)
        self.moved(case, "accept", "pu.penghubung")
        self.moved(case, "answer", "pu.penghubung", text="Sudah ditambal.")
        return case

    def sweep(self, **later: float) -> escalation.Sweep:
        """Put the clock forward and let the worker sweep once."""
        self.watch.forward(**later)
        return escalation.sweep(self.town.engine, self.site.writing, now=self.watch.at)

    @contextmanager
    def statements(self) -> Iterator[list[str]]:
        """The SQL statements that run meanwhile, of all connections."""
        ran: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            ran.append(statement)

        event.listen(self.site.database, "before_cursor_execute", note)
        try:
            yield ran
        finally:
            event.remove(self.site.database, "before_cursor_execute", note)


_apps: dict[tuple[Server, str], Flask] = {}


def _shared(site: Site) -> Flask:
    # making one takes longer than most tests; what it is made of is these settings, and the rest is read at each request
    key = (site.settings.server, site.public_url)
    return _apps.get(key) or _apps.setdefault(key, create_app(site))


def _has_words(told: Mapping[str, Any]) -> None:
    texts = [told["title"], told["detail"], *chain.from_iterable(told.get("errors", {}).values())]
    assert [text for text in texts if words.known(text, "id") is None] == [], "not in api/words.yaml"


def problem(answer: Answer) -> tuple[int, str, Any]:
    """The status, slug and fields of a problem."""
    assert answer.mimetype == "application/problem+json"
    told = json.loads(answer.text)
    assert told["status"] == answer.status_code
    return answer.status_code, told["type"].removeprefix("/problems/"), told.get("errors")


def _revision(session: Any) -> int:
    from lapor.directory import revision

    return revision.number(session)
