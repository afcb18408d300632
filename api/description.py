"""The OpenAPI document made whole: what routes do not say of themselves stands in `openapi.yaml` beside this file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from http import HTTPStatus
from typing import Any

from flask import Flask

from api import errors, words

Document = dict[str, Any]
_METHODS = ("get", "post", "put", "patch", "delete")
_RETRY_AFTER = {"schema": {"type": "integer"}, "description": "Seconds to wait"}
_HEADERS: Mapping[int, Mapping[str, Any]] = {
    401: {"WWW-Authenticate": {"schema": {"type": "string"}, "description": "What is needed", "example": errors.REALM}},
    429: {"Retry-After": {**_RETRY_AFTER, "example": 600}},
    503: {"Retry-After": {**_RETRY_AFTER, "example": int(errors.RETRY_AFTER)}},
}


def complete(document: Document, app: Flask, public_url: str, schemas: Mapping[str, str]) -> Document:
    """The document with all that clients and checkers ask for; `schemas` says what each schema is."""
    said = words.read("openapi.yaml")
    whole = deepcopy(document)
    contact = {**said["info"]["contact"], "url": public_url}
    whole["info"] = {**whole["info"], **said["info"], "contact": contact}
    whole["servers"] = [{"url": public_url, "description": said["server"]}]
    whole["tags"] = [*whole["tags"], *said["tags"]]
    whole["paths"].update(said["paths"])
    _tell_schemas(whole["components"]["schemas"], schemas, said["examples"]["schemas"])
    _tell_problems(whole["components"]["responses"], said["headers"])
    endpoints = dict(_endpoints(app))
    for path, method, operation in operations(whole):
        endpoint = endpoints[path, method]
        view: Any = app.view_functions[endpoint]
        _tell_operation(operation, endpoint, view.policy)
        if "security" in operation:
            operation.setdefault("parameters", []).append(said["language"])
        for status, links in said["links"].get(endpoint, {}).items():
            operation["responses"][status]["links"] = links
    for parameter in _parameters(whole["paths"]):
        if parameter["name"] in said["examples"]["parameters"]:
            parameter["example"] = said["examples"]["parameters"][parameter["name"]]
    return whole


def operations(document: Document) -> Iterator[tuple[str, str, Document]]:
    """Each operation with its path and method."""
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                yield path, method, item[method]


def template(rule: str) -> str:
    """A rule of Flask as OpenAPI writes it."""
    return re.sub(r"<(?:[^<>]*:)?(\w+)>", r"{\1}", rule)


def _endpoints(app: Flask) -> Iterator[tuple[tuple[str, str], str]]:
    for rule in app.url_map.iter_rules():
        for method in rule.methods or ():
            yield (template(rule.rule), method.lower()), rule.endpoint


def _tell_operation(operation: Document, endpoint: str, policy: tuple[str, ...]) -> None:
    operation["operationId"] = endpoint
    if operation["tags"] != ["service"]:
        callers = "Anybody may call." if "anyone" in policy else f"For: {', '.join(policy)}."
        operation["description"] = "\n\n".join(filter(None, (operation.get("description"), callers)))
        operation["responses"].pop("default", None)


def _tell_schemas(schemas: Document, told: Mapping[str, str], examples: Mapping[str, Any]) -> None:
    for name, schema in schemas.items():
        schema.update({"description": told[name]} if told.get(name) else {})
        schema.update({"examples": [examples[name]]} if name in examples else {})


def _tell_problems(responses: Document, headers: Document) -> None:
    responses.pop("DEFAULT_ERROR", None)
    for name, response in responses.items():
        status = HTTPStatus[name].value
        kinds = {kind.slug: kind for kind in errors.kinds() if kind.status == status}
        response["description"] = "; ".join(kind.title for kind in kinds.values())
        response["headers"] = {**headers, **_HEADERS.get(status, {})}
        content = response["content"][errors.CONTENT_TYPE]
        content["examples"] = {slug: {"value": kind.told(f"{kind.title}.")} for slug, kind in kinds.items()}


def _parameters(paths: Document) -> Iterator[Document]:
    for item in paths.values():
        yield from item.get("parameters", ())
        for method in _METHODS:
            yield from item.get(method, {}).get("parameters", ())
