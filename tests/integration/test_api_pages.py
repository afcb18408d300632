"""Pages for people: complete, readable without scripts, and nothing comes from elsewhere."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from html.parser import HTMLParser

import pytest

from api import errors, reading_room, words
from api.description import operations
from tests.integration.conftest import founded
from tests.integration.web import NOT_FOUND, V1, Web


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    with founded("sqlite", tmp_path_factory.mktemp("pages")) as town:
        yield Web(town)


class Read(HTMLParser):
    """The elements, anchors and links of a page; every element that was opened must be closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.anchors: list[str] = []
        self.links: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        assert not [name for name in given if name.startswith("on") or name in ("style", "src")]
        self.tags.add(tag)
        self.anchors += [given["id"]] if given.get("id") else []  # type: ignore[list-item]
        self.links += [given["href"]] if given.get("href") else []  # type: ignore[list-item]
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_tells_every_operation_and_every_schema(web: Web) -> None:
    answer = web.client.get(f"{V1}/docs")
    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    page, document = Read(answer.text), web.description
    named = {operation["operationId"] for _, _, operation in operations(document)}
    assert named | document["components"]["schemas"].keys() <= set(page.anchors)
    assert len(page.anchors) == len(set(page.anchors))
    assert {link for link in page.links if not link.startswith("#")} == {"openapi.json"}
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.anchors)


@pytest.mark.parametrize("path", ["/", f"{V1}/docs/"])
def test_who_knocks_at_the_front_door_is_led_to_the_page(web: Web, path: str) -> None:
    answer = web.client.get(path, headers={"Host": "localhost:4711"})
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{V1}/docs")
    assert "4711" not in str(answer.headers) + answer.text
    assert web.client.get(answer.headers["Location"]).status_code == 200


def test_pages_have_no_script_and_one_style_that_is_allowed(web: Web) -> None:
    for path in (f"{V1}/docs", "/problems/stale"):
        answer = web.client.get(path, headers={"Accept": "text/html"})
        assert not Read(answer.text).tags & {"script", "link", "img", "iframe", "object", "form"}
        style = re.findall(r"<style>(.*?)</style>", answer.text, re.DOTALL)
        known = b64encode(sha256(style[0].encode()).digest()).decode()
        told = answer.headers["Content-Security-Policy"]
        assert (len(style), f"style-src 'sha256-{known}'" in told) == (1, True)
        assert told.startswith("default-src 'none';")
        assert not re.search(r"unsafe|https?:|url\(|@import", told + style[0])
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("kind", errors.kinds(), ids=lambda kind: kind.slug)
def test_the_type_of_every_problem_leads_to_cause_and_cure(web: Web, kind: errors.Kind) -> None:
    for language in words.LANGUAGES:
        answer = web.client.get(f"/problems/{kind.slug}", headers={"Accept-Language": language})
        assert answer.json == reading_room.explained(kind, language)
        assert all(answer.json.values())
        assert answer.headers["Content-Language"] == language
        assert sorted(answer.vary) == ["Accept", "Accept-Language"]
        asked = {"Accept": "text/html,*/*;q=0.8", "Accept-Language": language}
        page = web.client.get(f"/problems/{kind.slug}", headers=asked)
        assert f'<html lang="{language}">' in page.text


def test_every_cause_belongs_to_a_kind() -> None:
    assert words.read("problems.yaml").keys() == {kind.slug for kind in errors.kinds()}


def test_a_problem_that_there_is_not(web: Web) -> None:
    answer = web.client.get("/problems/hunger")
    assert (answer.status_code, answer.json) == (404, NOT_FOUND)
