"""Full-text search: words in any order, nothing confidential, and nothing that anybody types breaks it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import Engine, event, text

from lapor.access import reading
from lapor.access.reading import Asked
from lapor.records import schema
from tests.integration.conftest import founded
from tests.integration.town import COORDINATOR, Town, at
from tests.integration.web import Web, problem

NOON = at("6 Jul 12:00")
REPORTS = {
    "Jalan berlubang di Melati": "Sudah ditambal sendiri,tetapi rusak lagi.Tolong diperbaiki.",
    "Lampu jalan mati": "Gelap sejak 3 hari; rawan kecelakaan (dua kali).",
    "Café berisik": "Musik sampai pagi di Jl.Merdeka no. 5 — \"AND\" OR 'NEAR'!",
    "Pungutan di loket": "Petugas meminta uang.",
}


def fill(town: Town) -> None:
    """Four cases, the last one confidential."""
    for title, said in REPORTS.items():
        town.submit(title=title, text=said, confidential=title.startswith("Pungutan"))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def searched(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A town with these four cases and no others, for tests that only search."""
    with founded(str(request.param), tmp_path_factory.mktemp("searched")) as town:
        fill(town)
        yield town


def found(town: Town, q: str, by: str = COORDINATOR) -> list[str]:
    """The titles that a search finds, oldest first."""
    with town.site.reading() as session:
        page = reading.page(session, town.engine, town.who(by), Asked("received", q=q), now=NOON)
    return [seen.complaint.title for seen in page.items]


HOLE, LAMP, CAFE, _ = REPORTS
SEARCHES: list[tuple[str, list[str]]] = [
    ("jalan", [HOLE, LAMP]),
    ("JALAN", [HOLE, LAMP]),
    ("melati jalan", [HOLE]),
    ("jalan gelap mati", [LAMP]),
    ("rusak tolong", [HOLE]),
    ("merdeka jl", [CAFE]),
    ("3 hari", [LAMP]),
    ("dua-kali", [LAMP]),
    ("Café", [CAFE]),
    ("jalan merdeka", []),
    ("pungutan", []),
    ("uang", []),
    ("tidak ada", []),
]


@pytest.mark.parametrize(("q", "titles"), SEARCHES)
def test_all_words_are_found_in_any_order(searched: Town, q: str, titles: list[str]) -> None:
    assert found(searched, q) == titles


TYPED: list[tuple[str, list[str]]] = [
    ("'", []),
    ('"', []),
    ("* - ^ : ( ) { } + |", []),
    ("—…", []),
    ("%", []),
    ("_", []),
    ("\\", []),
    ("&|!:*", []),
    ("²", []),
    ("\u0301", []),
    ("🕳", []),
    ('"jalan', [HOLE, LAMP]),
    ("jalan'; DROP TABLE complaints; --", []),
    ("title:jalan", []),
    ("-jalan", [HOLE, LAMP]),
    ("!jalan & (", [HOLE, LAMP]),
    ("gel*", []),
    ("AND", [CAFE]),
    ("or AND near", [CAFE]),
    ("NEAR(musik pagi, 2)", []),
    ("musik <-> pagi", [CAFE]),
    ("x" * 200, []),
    ("a " * 99, []),
]


@pytest.mark.parametrize(("q", "titles"), TYPED)
def test_nothing_that_anybody_types_breaks_it(searched: Town, q: str, titles: list[str]) -> None:
    assert found(searched, q) == titles


def test_a_word_with_nul_is_refused(web: Web) -> None:
    errors = {"q": ["Must not contain NUL or half a surrogate pair."]}
    assert problem(web.get(f"/complaints?q={quote('jalan')}%00", COORDINATOR)) == (422, "invalid-fields", errors)


def test_what_is_made_confidential_leaves_the_search_for_good(town: Town) -> None:
    fill(town)
    case = town.submit(title="Melati layu", text="Di taman.")
    assert found(town, "melati") == [HOLE, "Melati layu"]
    case.attempt("tighten", "reporter", "6 Jul 10:00", {"confidential": True})
    assert found(town, "melati") == [HOLE]
    assert found(town, "taman") == []
    case.attempt("tighten", "reporter", "6 Jul 10:00", {"anonymous": True})
    assert found(town, "taman") == []
    assert indexed(town, "melati") == 1


def indexed(town: Town, word: str) -> int:
    """How many entries of the index hold a word, whatever the cases say."""
    if town.site.database.dialect.name == "sqlite":
        asked = "SELECT 1 FROM complaint_search WHERE complaint_search MATCH :word"
    else:
        asked = "SELECT 1 FROM complaints WHERE NOT confidential AND to_tsvector(title) @@ to_tsquery(:word)"
    with town.site.reading() as session:
        return len(session.execute(text(asked), {"word": word}).all())


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_the_index_of_sqlite_is_sound_after_whatever_happens_to_cases(town: Town) -> None:
    fill(town)
    town.execute(
        text("UPDATE complaints SET confidential = 1 - confidential WHERE id < 3"),
        text("UPDATE complaints SET title = 'Lain' WHERE id IN (2, 3)"),
        text("UPDATE complaints SET confidential = 0 WHERE id = 2"),
        text("UPDATE complaints SET confidential = 1 WHERE id = 4"),
    )
    vocabulary = "CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab(main, complaint_search, 'instance')"
    with town.site.writing() as session:
        session.execute(text(vocabulary))
        entered = session.execute(text("SELECT DISTINCT doc FROM temp.vocabulary ORDER BY doc")).scalars().all()
        titles = session.execute(text("SELECT doc FROM temp.vocabulary WHERE term = 'lain' ORDER BY doc"))
        assert (entered, titles.scalars().all()) == ([2, 3], [2, 3])


def test_what_was_stored_before_the_search_is_found_afterwards(town: Town) -> None:
    fill(town)
    database = town.site.database
    below = "0001"
    assert schema.migrate(database, below) == (schema.head(), below)
    assert schema.migrate(database) == (below, schema.head())
    assert [found(town, q) for q in ("melati jalan", "pungutan")] == [[HOLE], []]
    assert indexed(town, "pungutan") == 0


@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_a_stem_finds_its_forms_and_a_misspelt_title_is_found(town: Town) -> None:
    fill(town)
    asked = {
        "tambal": [HOLE],
        "tambalan": [HOLE],
        "perbaiki": [HOLE],
        "kerusakan": [HOLE],
        "lampunya": [LAMP],
        "berlubag": [HOLE],
        "lampuu mati": [LAMP],
        "pungutn": [],
    }
    assert {q: found(town, q) for q in asked} == asked


COPIES = """
    INSERT INTO complaints ({columns})
    SELECT {values} FROM complaints, generate_series(1, 5000) AS n WHERE complaints.id = 1
"""


@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_the_index_is_used_where_there_are_many_cases(town: Town) -> None:
    fill(town)
    unlike = {"id": "n + 10", "number": "'x' || n", "secret_hash": "'x' || n", "title": "'Sampah ' || n", "text": "'-'"}
    with town.site.reading() as session:
        names = session.execute(text("SELECT * FROM complaints LIMIT 0")).keys()
    copied = COPIES.format(columns=", ".join(names), values=", ".join(unlike.get(name, name) for name in names))
    town.execute(text(copied), text("ANALYZE complaints"))
    for q, index in (("gelap mati", "ix_complaints_words"), ("berlubag", "ix_complaints_title")):
        asked = _asking(town, q)
        with town.site.reading() as session:
            plan = session.connection().exec_driver_sql(f"EXPLAIN {asked[0]}", asked[1]).scalars().all()
        assert index in "\n".join(plan), "\n".join(plan)
        assert "Seq Scan on complaints" not in "\n".join(plan)
    assert found(town, "gelap mati") == [LAMP]


def _asking(town: Town, q: str) -> tuple[str, Any]:
    """The statement, with its parameters, that a search runs."""
    ran: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        ran.append((statement, parameters))

    event.listen(town.site.database, "before_cursor_execute", note)
    found(town, q)
    event.remove(town.site.database, "before_cursor_execute", note)
    return next(each for each in ran if "plainto_tsquery" in each[0])


def _is_sqlite(database: Engine) -> bool:
    return database.dialect.name == "sqlite"
