"""Canaries: unique marks in all that people say; then every page, list, mail, log and file is searched for them."""

from __future__ import annotations

import hashlib
import logging
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from PIL import Image
from sqlalchemy import inspect

from lapor.notices.delivery import deliver
from lapor.notices.mailbox import Mailbox
from lapor.oversight.doctor import examine
from tests.files import PDF, picture
from tests.integration.people import OFFICERS
from tests.integration.rehearsal import rehearsed
from tests.integration.town import COORDINATOR, DISPOSITION, Town
from tests.integration.web import V1, Web

LIAISON = "pu.penghubung"
READERS = {
    **OFFICERS,
    "mayor": "kota.wali-kota",
    "another agency": "kesehatan.penghubung",
    "another door": "rsud.koordinator-pengaduan",
}
Cases: TypeAlias = dict[str, dict[str, Any]]
KINDS: dict[str, dict[str, Any]] = {
    "anonymous": {"anonymous": True},
    "confidential": {"confidential": True},
    "both": {"anonymous": True, "confidential": True},
    "unidentified": {"confidential": True, "reporter": None},
}
IDENTITY = ("name", "email", "phone")
# of a file that somebody who is named has sent, name and origin are no secret
HELD = {f"{kind} words" for kind in KINDS} | {f"confidential {family}" for family in ("identity", "files")}
# what of which cases somebody may see: holders read what they hold, and know who is not anonymous
MAY_SEE: dict[str, set[str]] = {
    "visitor": set(),
    "stranger": set(),
    "coordinator": {"anonymous words"},
    "liaison_officer": HELD,
    "handler": HELD,
    "supervisor": {"anonymous words"},
    "mayor": {"anonymous words"},
    "inspector": {"anonymous words"},
    "custodian": set(),
    "operator": set(),
    "another agency": set(),
    "another door": set(),
}


def mark(kind: str, part: str) -> str:
    """A word that stands nowhere else; a number for what must be one."""
    if part == "phone":
        return f"+62 811 77{[*KINDS].index(kind)}3 4455"
    if part == "nik":
        return f"317401{[*KINDS].index(kind)}101850001"
    # no two alike: a search forgives misspellings
    word = f"t{hashlib.sha256(f'{kind} {part}'.encode()).hexdigest()[:16]}"
    return f"{word}@surel.example" if part == "email" else word


WORDS = ("title", "text", "nik", "address", "wish", "message", "draft", "internal")
FILES = ("document", "photo", "artist")
MARKS = {
    f"{kind} {family}": [mark(kind, part) for part in parts]
    for kind in KINDS
    for family, parts in (("identity", IDENTITY), ("words", WORDS), ("files", FILES))
    if (kind, family) != ("unidentified", "identity")
}

FOUND = [("anonymous", "title"), ("anonymous", "text")]
NAMES = {each.casefold(): name for name, words in MARKS.items() for each in words}
ANY_MARK = re.compile("|".join(map(re.escape, NAMES)))


def said(kind: str) -> dict[str, Any]:
    identity: dict[str, Any] = {"reporter": {part: mark(kind, part) for part in IDENTITY}}
    return {
        "title": mark(kind, "title"),
        "text": f"{mark(kind, 'text')} NIK {mark(kind, 'nik')}",
        "location": {"address": mark(kind, "address")},
        "remedy_sought": mark(kind, "wish"),
        **{name: value for name, value in (identity | KINDS[kind]).items() if value is not None},
    }


def photo(artist: str) -> bytes:
    exif = Image.Exif()
    exif[0x013B] = artist
    return picture("JPEG", (80, 60), exif=exif.tobytes())


def reported(web: Web) -> Cases:
    """A case of each kind, whose answer public works are drafting; each with words in every place that takes some."""
    made = {kind: web.submit(**said(kind)) for kind in KINDS}
    for kind, case in made.items():
        web.moved(case, "dispose", COORDINATOR, **DISPOSITION)
        web.moved(case, "accept", LIAISON)
        path = f"/complaints/{case['tracking_number']}"
        web.post(f"{path}/messages", {"text": mark(kind, "message")}, case["secret"])
        web.post(f"{path}/messages", {"text": mark(kind, "internal"), "audience": "internal"}, LIAISON)
        files = {f"{mark(kind, 'document')}.pdf": PDF, f"{mark(kind, 'photo')}.jpg": photo(mark(kind, "artist"))}
        for name, file in files.items():
            named = {"Content_Disposition": f"attachment; filename={name}"}
            sent = web.upload(f"{path}/attachments", file, case["secret"], **named)
            case.setdefault("files", []).append(sent.json["id"])
        web.moved(case, "propose_answer", "pu.petugas", text=mark(kind, "draft"))
    return made


NONE: dict[str, Any] = {"tracking_number": "", "files": []}


@pytest.fixture(scope="module")
def scene(shared_town: Town) -> Iterator[tuple[Web, Cases]]:
    with rehearsed(shared_town) as web:
        yield web, reported(web)


def paths(web: Web, cases: Cases) -> Iterator[str]:
    """Whatever can be read: every route that reads, for every case and every file."""
    for rule in (rule.rule for rule in web.app.url_map.iter_rules() if "GET" in (rule.methods or ())):
        for case in cases.values() if "<number>" in rule else [NONE]:
            path = rule.replace("<number>", case["tracking_number"]).replace("<name>", "complaint")
            for file in case["files"] if "<attachment>" in rule else [""]:
                yield re.sub(r"<[^>]+>", "1", path.replace("<attachment>", file))
                if file:
                    yield f"{path.replace('<attachment>', file)}?original=true"


def pages(web: Web, cases: Cases, by: str | None) -> Iterator[str]:
    """Whatever somebody is answered on every path, and to every search for a mark."""
    headers = {"Authorization": f"Bearer {web.token(by)}"} if by else {}
    for path in paths(web, cases):
        yield web.client.open(path, method="GET", headers=headers).get_data().decode("utf-8", "replace")
    for kind in KINDS:
        for part in (*IDENTITY, "title", "text", "message"):
            answer = _searched(web, mark(kind, part), headers)
            # what is confidential, and who reported, is found by nobody, not even counted
            assert answer.json.get("items", []) == [] or (kind, part) in FOUND
            yield answer.text


def _searched(web: Web, word: str, headers: dict[str, str]) -> Any:
    query = {"q": word, "limit": 200}
    return web.client.open(f"{V1}/complaints", method="GET", headers=headers, query_string=query)


def seen(text: str) -> set[str]:
    """Which marks stand in a text, whatever the case of their letters."""
    return {NAMES[found] for found in ANY_MARK.findall(text.casefold())}


def found_by(web: Web, cases: Cases, by: str | None) -> set[str]:
    return set[str]().union(*map(seen, pages(web, cases, by)))


def test_on_every_page_a_mark_stands_only_where_it_may(scene: tuple[Web, Cases]) -> None:
    web, cases = scene
    other = web.submit()
    callers = {"visitor": None, "stranger": other["secret"], **READERS}
    assert {role: found_by(web, cases, by) for role, by in callers.items()} == MAY_SEE


def test_a_reporter_sees_the_own_case_and_no_other(scene: tuple[Web, Cases]) -> None:
    web, cases = scene
    for kind, case in cases.items():
        own = "".join(pages(web, cases, case["secret"]))
        assert seen(own) == {name for name in MARKS if name.startswith(f"{kind} ")}
        assert (mark(kind, "draft") in own, mark(kind, "internal") in own) == (False, False)


def test_nothing_that_is_left_behind_holds_what_is_hidden(
    town: Town, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    # whatever asks for a temporary file finds no place for it
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    web, box = Web(town), Mailbox(tmp_path / "mail")
    cases = reported(web)
    for case in cases.values():
        web.moved(case, "approve", LIAISON)
    found_by(web, cases, LIAISON)
    web.sweep(days=10)
    organisation, ring = town.engine.organisation, town.engine.vault.identity
    while deliver(
        organisation, web.site.writing, box, ring=ring, now=web.watch.at, public_url="https://kota.example"
    ).settled:
        pass
    with web.site.reading() as session:
        told = str(examine(town.engine, session, now=web.watch.at))
    assert seen(told + caplog.text + web.client.get("/metrics").text) == set()
    public = {"anonymous words"}
    assert (seen(str(town.dump())), seen(tables(town))) == (public, public)
    town.site.database.dispose()
    files = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert {path.suffix for path in files} >= {".eml", ".original", ".view", ".key", ".keys"}
    addresses = "|".join(re.escape(mark(kind, "email")) for kind in KINDS)
    for path, held in files.items():
        text = held.decode("utf-8", "replace")
        if path.suffix == ".eml":
            text = re.sub(rf"^To: ({addresses})$", "", text, flags=re.MULTILINE)
        assert seen(f"{path} {text}") <= (public if ".sqlite3" in path.name else set()), path


def tables(town: Town) -> str:
    """Every row of every table that the database has, whether we know of it or not."""
    with town.site.database.connect() as connection:
        names = inspect(connection).get_table_names()
        assert len(names) > 20
        return "".join(str(connection.exec_driver_sql(f'SELECT * FROM "{name}"').all()) for name in names)
