"""Problems in the caller's language: Indonesian, unless English is liked better."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from api import errors, words
from lapor.errors import InvalidFields, LaporError, NotOpen, TooLarge, TooMany
from lapor.machine.definition import CATALOGUES, Label, Move, Need
from lapor.machine.fields import TYPES, describe
from lapor.machine.guards import GUARDS
from tests.integration.conftest import founded
from tests.integration.town import COORDINATOR
from tests.integration.web import BARE, Web


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    with founded("sqlite", tmp_path_factory.mktemp("languages")) as town:
        yield Web(town)


WITH_VALUES = (InvalidFields, NotOpen, TooLarge, TooMany)
LANGUAGES = [
    ("", "id"),
    ("id", "id"),
    ("en", "en"),
    ("en-GB", "en"),
    ("fr", "id"),
    ("*", "id"),
    ("fr, en;q=0.5", "en"),
    ("id;q=0.2, en;q=0.9", "en"),
    ("en;q=0.2, id-ID;q=0.9", "id"),
    ("\xe9;;q=x", "id"),
]


@pytest.mark.parametrize(("accepted", "language"), LANGUAGES)
def test_the_language_that_is_liked_best(web: Web, accepted: str, language: str) -> None:
    answer = web.get("/complaints/2026-0000-0000-0", COORDINATOR, Accept_Language=accepted)
    told = {"id": "Tidak ditemukan", "en": "Not found"}
    assert answer.json["title"] == told[language]
    assert answer.headers["Content-Language"] == language
    assert answer.headers["Vary"] == "Accept-Language"


def test_faults_of_fields_are_told_in_indonesian(web: Web) -> None:
    body = {"kind": "complaint", "title": " ", "colour": "red", "anonymous": "yes", "location": {"point": {"lat": 91}}}
    answer = web.post("/complaints", body, Accept_Language="id")
    assert answer.json == {
        "type": "/problems/invalid-fields",
        "title": "Beberapa isian tidak sesuai ketentuan",
        "status": 422,
        "detail": "Beberapa isian tidak sesuai ketentuan.",
        "errors": {
            "title": ["Tidak boleh kosong."],
            "text": ["Wajib diisi."],
            "anonymous": ["Harus true atau false."],
            "location.point.lat": ["Harus berupa bilangan dari -90 sampai 90."],
            "location.point.lon": ["Wajib diisi."],
            "colour": ["Isian tidak dikenal."],
        },
    }


def test_what_differs_each_time_is_kept(web: Web) -> None:
    answer = web.post("/complaints", {**BARE, "category": "a b {c}"}, Accept_Language="id")
    assert answer.json["errors"] == {"category": ["Tidak ada yang berkode 'a b {c}'."]}


@pytest.mark.parametrize(
    ("language", "detail"),
    [
        ("id", "Langkah appeal tidak terbuka pada status closed: jangka waktunya sudah lewat."),
        ("en", "The move appeal is not open in the state closed: its window has ended."),
    ],
)
def test_a_guard_is_told_in_words(web: Web, language: str, detail: str) -> None:
    case = web.answered()
    web.moved(case, "confirm", case["secret"])
    web.watch.forward(days=60)
    body = {"move": "appeal", "fields": {"reason": "Belum."}}
    headers: dict[str, Any] = {"If_Match": "*", "Accept_Language": language}
    answer = web.post(f"/complaints/{case['tracking_number']}/moves", body, case["secret"], **headers)
    assert (answer.status_code, answer.json["detail"]) == (409, detail)


def test_every_kind_of_problem_and_every_guard_has_words() -> None:
    titles = [kind.title for kind in errors.kinds()]
    sayings = [str(error()) for error in errors.OF_ERROR if issubclass(error, LaporError) and error not in WITH_VALUES]
    assert [text for text in [*titles, *sayings] if words.known(text, "id") is None] == []
    guards = words.read("words.yaml")["values"]["guard"]
    assert [name for name in GUARDS if not {"id", "en"} <= guards.get(name, {}).keys()] == []


def test_every_field_of_a_move_can_be_asked_for_in_words() -> None:
    move = Move("m", (), None, (), Label("", ""), reason=next(iter(CATALOGUES)))
    asked = [f"Required: {describe(Need('n', each, optional=False), move)}." for each in sorted(TYPES)]
    assert [text for text in asked if words.known(text, "id") is None] == []


def test_a_text_that_nobody_has_put_into_words_stays() -> None:
    assert words.said("Bits and bobs.", "id") == "Bits and bobs."
