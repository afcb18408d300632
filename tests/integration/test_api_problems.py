"""Every failure is a problem: whatever is asked, and whatever breaks."""

from __future__ import annotations

import logging
from io import BytesIO

import pytest
from werkzeug.test import TestResponse

from tests.integration.town import COORDINATOR, Town
from tests.integration.web import NOT_FOUND, V1, Web, problem


def sent(
    web: Web, body: bytes, content_type: str | None = "application/json", path: str = "/complaints"
) -> TestResponse:
    return web.client.post(V1 + path, data=body, content_type=content_type)


@pytest.mark.parametrize(
    "path", ["/index.html", "/api", V1, f"{V1}/", f"{V1}/complaints/", f"{V1}//complaints", f"{V1}/x", "/%00"]
)
def test_what_is_nowhere_is_not_found(web: Web, path: str) -> None:
    answer = web.client.get(path)
    assert (answer.status_code, answer.mimetype, answer.json) == (404, "application/problem+json", NOT_FOUND)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS"])
def test_a_method_that_is_not_allowed_names_those_that_are(web: Web, method: str) -> None:
    answer = web.client.open(f"{V1}/complaints", method=method)
    assert problem(answer) == (405, "method-not-allowed", None)
    assert sorted(answer.headers["Allow"].split(", ")) == ["GET", "HEAD", "POST"]


BODIES = [
    (b"", "empty"),
    (b"{", "cut"),
    (b"{'kind': 1}", "not JSON"),
    (b'{"kind": NaN}', "NaN"),
    (b'{"kind": -Infinity}', "infinity"),
    (b'{"kind": "\xff"}', "not UTF-8"),
    (b"[" * 100_000, "deep"),
    (b'{"kind": ' + b"9" * 5000 + b"}", "a long number"),
]


@pytest.mark.parametrize("body", [body for body, _ in BODIES], ids=[name for _, name in BODIES])
def test_a_body_that_cannot_be_read(web: Web, body: bytes) -> None:
    assert problem(sent(web, body)) == (400, "unreadable", None)


def test_null_is_no_body(web: Web) -> None:
    assert problem(sent(web, b"null")) == (422, "invalid-fields", {"body": ["Invalid input type."]})


@pytest.mark.parametrize(
    "content_type", [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]
)
def test_a_body_that_is_said_to_be_no_json(web: Web, content_type: str | None) -> None:
    assert problem(sent(web, b"{}", content_type)) == (415, "unsupported-media-type", None)


def test_a_body_that_is_too_large(web: Web) -> None:
    limit = web.site.settings.server.max_body_bytes
    assert problem(sent(web, b" " * limit)) == (400, "unreadable", None)
    assert problem(sent(web, b" " * (limit + 1))) == (413, "too-large", None)


def test_a_body_without_a_length_that_is_too_large(web: Web) -> None:
    chunked = {"wsgi.input_terminated": True, "CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked"}
    told = []
    for size in (10, web.site.settings.server.max_body_bytes + 1):
        body = BytesIO(b" " * size)
        answer = web.client.post(
            f"{V1}/complaints", input_stream=body, content_type="application/json", environ_overrides=chunked
        )
        told.append(problem(answer))
    assert told == [(400, "unreadable", None), (413, "too-large", None)]


TOKENS = [
    "Bearer",
    "Bearer ",
    "Bearer x",
    "Bearer lapor_o_x",
    "Bearer lapor_r_x",
    "Basic eDp4",
    "Bearer \xe9",
    "x" * 5000,
]


@pytest.mark.parametrize("token", TOKENS)
@pytest.mark.parametrize("path", ["/complaints", "/units", "/complaints/2026-0000-0000-0"])
def test_a_token_that_is_none(web: Web, path: str, token: str) -> None:
    answer = web.client.get(V1 + path, headers={"Authorization": token})
    assert problem(answer) == (401, "unauthenticated", None)
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="lapor"'


def test_a_token_ends(web: Web) -> None:
    assert web.get("/complaints", COORDINATOR).status_code == 200
    web.watch.forward(days=365)
    assert problem(web.get("/complaints", COORDINATOR)) == (401, "unauthenticated", None)


def test_who_calls_is_asked_before_what_is_sent(web: Web) -> None:
    assert problem(web.get("/complaints?colour=red")) == (401, "unauthenticated", None)
    assert problem(web.post("/complaints", {}, "pu.petugas")) == (403, "forbidden", None)


def test_what_breaks_is_written_down_and_not_told(town: Town, caplog: pytest.LogCaptureFixture) -> None:
    web = Web(town, alone=True)

    @web.app.get("/broken")
    def broken() -> str:
        raise RuntimeError("the password is 1234")

    with caplog.at_level(logging.ERROR):
        answer = web.client.get("/broken")
    assert problem(answer) == (500, "broken", None)
    assert "1234" not in answer.text
    assert "RuntimeError: the password is 1234" in caplog.text


def test_problems_carry_the_headers_of_all_answers(web: Web) -> None:
    answer = web.client.get("/nowhere")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
