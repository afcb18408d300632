"""How routes are declared: what they take is read strictly, what they answer is written down in OpenAPI 3.1."""

from __future__ import annotations

import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, NoReturn, TypeVar

import flask_smorest
from flask import Flask, Response, jsonify
from marshmallow import RAISE, Schema, ValidationError
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from api.description import complete
from api.errors import CONTENT_TYPE, ProblemSchema

View = TypeVar("View", bound=Callable[..., Any])
PREFIX = "/api/v1"
_SCHEMES = {
    "officer": {"type": "http", "scheme": "bearer", "description": "An officer's token, lapor_o_…"},
    "reporter": {
        "type": "http",
        "scheme": "bearer",
        "description": "A reporter's secret, lapor_r_…: opens one case and its parts",
    },
}
_CONFIG = {
    "API_TITLE": "lapor",
    "API_VERSION": "v1",
    "OPENAPI_VERSION": "3.1.0",
    "OPENAPI_URL_PREFIX": PREFIX,
    "OPENAPI_JSON_PATH": "openapi.json",
}


class _Parser(FlaskParser):
    """Reads JSON and query strings, and refuses whatever it does not know."""

    DEFAULT_UNKNOWN_BY_LOCATION = {"json": RAISE, "query": RAISE}

    def load_json(self, req: Any, schema: Schema) -> Any:
        """Parse the body.

        Raises:
            UnsupportedMediaType: the body is said to be something else.
            BadRequest: it is no JSON.
        """
        if not req.is_json:
            raise UnsupportedMediaType("Send JSON, and say so: Content-Type: application/json.")
        try:
            return json.loads(req.get_data(), parse_constant=_no_number)
        except (ValueError, RecursionError):
            raise BadRequest("The body is no JSON in UTF-8.") from None

    def load_querystring(self, req: Any, schema: Schema) -> Any:
        """The parameters, each given once.

        Raises:
            ValidationError: a parameter is given twice.
        """
        twice = [name for name, values in req.args.lists() if len(values) > 1]
        if twice:
            raise ValidationError({name: ["Must be given once."] for name in twice})
        return req.args.to_dict()


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


class Blueprint(flask_smorest.Blueprint):
    """A group of routes under one prefix."""

    ARGUMENTS_PARSER = _Parser()

    def __init__(self, name: str, description: str) -> None:
        super().__init__(name, name, url_prefix=PREFIX, description=description)

    def body(self, schema: type[Schema]) -> Callable[[View], View]:
        """Take a JSON body; the view gets what the schema makes of it."""
        taken = self.arguments(schema)
        return lambda view: taken(problems(400, 413, 415)(view))

    def query(self, schema: type[Schema]) -> Callable[[View], View]:
        """Take a query string; the view gets what the schema makes of it."""
        taken: Callable[[View], View] = self.arguments(schema, location="query")
        return taken


def problems(*statuses: int) -> Callable[[View], View]:
    """Write down which problems a route may answer with."""
    told: Callable[[View], View] = Blueprint.doc(responses={each: HTTPStatus(each).name for each in statuses})
    return told


def header(name: str, description: str, *, required: bool = False, pattern: str = "") -> dict[str, Any]:
    """A request header, as OpenAPI describes one."""
    shape = {"type": "string", "pattern": f"^{pattern}$"} if pattern else {"type": "string"}
    return {
        "in": "header",
        "name": name,
        "description": description,
        "required": required,
        "schema": shape,
    }


class Api(flask_smorest.Api):
    """The description of all routes; failures are problems."""

    ERROR_SCHEMA = ProblemSchema

    def __init__(self, app: Flask) -> None:
        app.config.update(_CONFIG)
        self._document: dict[str, Any] | None = None
        super().__init__(app)
        for name, scheme in _SCHEMES.items():
            self.spec.components.security_scheme(name, scheme)

    def document(self) -> dict[str, Any]:
        """The whole OpenAPI document; the same one as long as the application lives."""
        if self._document is None:
            app, told = self._app, self._told_of_schemas()
            self._document = complete(self.spec.to_dict(), app, app.config["SITE"].public_url, told)
        return self._document

    def _openapi_json(self) -> Response:
        return jsonify(self.document())

    def _told_of_schemas(self) -> dict[str, str]:
        named = {name: key[0] for key, name in self.ma_plugin.converter.refs.items()}
        return {name: " ".join((schema.__doc__ or "").split()) for name, schema in named.items()}

    def _register_responses(self) -> None:
        self.DEFAULT_RESPONSE_CONTENT_TYPE = CONTENT_TYPE
        super()._register_responses()
        del self.DEFAULT_RESPONSE_CONTENT_TYPE

    def _register_error_handlers(self) -> None:
        """`api.errors` does."""

    def _register_pagination_header(self) -> None:
        """Pages are in the body."""
