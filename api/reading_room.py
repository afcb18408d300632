"""Pages for people: the description of the API, and what each kind of problem means. No script, nothing from outside."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from functools import cache
from hashlib import sha256
from itertools import cycle
from typing import Any

import flask
from flask import Flask, Response, jsonify, redirect, render_template, request
from markupsafe import Markup, escape

from api import errors, words
from api.auth import anyone
from api.description import operations
from api.errors import Kind
from api.openapi import PREFIX, Api
from lapor.errors import NotFound

Explained = dict[str, Any]
blueprint = flask.Blueprint("reading-room", __name__, template_folder="templates")
# as a template includes it
_STYLE = (words.HERE / "templates" / "style.css").read_text(encoding="utf-8").removesuffix("\n")
_HASH = b64encode(sha256(_STYLE.encode()).digest()).decode()
_CSP = f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


@blueprint.get("/")
@anyone
def front_door() -> Any:
    """To the page of the API, by its path: no Host header is repeated."""
    return redirect(f"{PREFIX}/docs")


@blueprint.get(f"{PREFIX}/docs", strict_slashes=False)
@anyone
def docs() -> Any:
    """The API as a page, from the OpenAPI document."""
    if request.path.endswith("/"):
        # its links start at the folder of the API
        return front_door()
    api: Api = flask.current_app.extensions["api"]
    return _page("docs.html", "en", document=api.document(), chapters=_chapters(api.document()))


@blueprint.get("/problems/<slug>")
@anyone
def problem(slug: str) -> Response:
    """What a kind of problem comes of, and what helps: a page for browsers, else JSON."""
    language = words.language()
    told = next((explained(kind, language) for kind in errors.kinds() if kind.slug == slug), None)
    if told is None:
        raise NotFound
    if request.accept_mimetypes.best_match(("application/json", "text/html")) == "text/html":
        answer = _page("problem.html", language, told=told, names=_NAMES[language])
    else:
        answer = jsonify(told)
        answer.content_language.add(language)
    answer.vary.update(("Accept", "Accept-Language"))
    return answer


_NAMES = {"id": ("Sebab", "Yang dapat dilakukan"), "en": ("Cause", "Cure")}


def explained(kind: Kind, language: str) -> Explained:
    """A kind of problem with its cause and its cure."""
    more = _causes()[kind.slug]
    title = words.said(kind.title, language)
    told = {"type": f"/problems/{kind.slug}", "title": title, "status": kind.status}
    return {**told, "cause": more["cause"][language], "cure": more["cure"][language]}


def register(app: Flask, api: Api) -> None:
    """Add the pages."""
    app.extensions["api"] = api
    app.register_blueprint(blueprint)


@cache
def _causes() -> Mapping[str, Any]:
    causes: Mapping[str, Any] = words.read("problems.yaml")
    return causes


def _page(name: str, language: str, **said: Any) -> Response:
    text = render_template(name, language=language, **said)
    answer = Response(text, content_type="text/html; charset=utf-8")
    answer.headers["Content-Security-Policy"] = _CSP
    answer.content_language.add(language)
    return answer


def _chapters(document: dict[str, Any]) -> list[tuple[Mapping[str, str], list[Any]]]:
    told = list(operations(document))
    return [(tag, [each for each in told if tag["name"] in each[2]["tags"]]) for tag in document["tags"]]


@blueprint.app_template_filter("prose")
def _prose(text: str) -> Markup:
    """Paragraphs, and `code`."""
    return Markup().join(Markup("<p>{}</p>").format(_marked(part)) for part in text.strip().split("\n\n"))


def _marked(text: str) -> Markup:
    # what stands between marks comes at every second place
    shapes = cycle((Markup("{}"), Markup("<code>{}</code>")))
    parts = re.split(r"`([^`]+)`", text)
    return Markup().join(shape.format(part) for shape, part in zip(shapes, parts, strict=False))


@blueprint.app_template_filter("shape")
def _shape(schema: Mapping[str, Any]) -> Markup:
    """What a value must be, in a few words; a schema of its own is linked."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return Markup('<a href="#{0}">{0}</a>').format(name)
    if "anyOf" in schema:
        return Markup(" or ").join(_shape(each) for each in schema["anyOf"])
    if "enum" in schema:
        return Markup("one of ") + Markup(", ").join(Markup("<code>{}</code>").format(each) for each in schema["enum"])
    if schema.get("type") == "array":
        return Markup("list of ") + _shape(schema["items"])
    kinds = schema.get("type", "anything")
    kind = " or ".join(kinds) if isinstance(kinds, list) else kinds
    return escape(" ".join([kind, *_limits(schema)]))


def _limits(schema: Mapping[str, Any]) -> Iterator[str]:
    if "format" in schema:
        yield f"({schema['format']})"
    if "maxLength" in schema:
        yield f"of at most {schema['maxLength']} characters"
    if "minimum" in schema and "maximum" in schema:
        yield f"from {schema['minimum']} to {schema['maximum']}"
    if "default" in schema:
        yield f"[{flask.json.dumps(schema['default'])}]"


@blueprint.app_template_filter("example")
def _example(value: Any) -> str:
    return flask.json.dumps(value, indent=2, ensure_ascii=False, sort_keys=False)
