"""Canaries: unique marks in all that people say; then every page, list, mail, log and file is searched for them."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lapor.notices.delivery import deliver
from lapor.notices.mailbox import Mailbox
from lapor.oversight.doctor import examine
from tests.files import PDF
from tests.integration.people import OFFICERS
from tests.integration.town import COORDINATOR, DISPOSITION
from tests.integration.web import V1, Web

LIAISON = "pu.penghubung"
READERS = {
    **OFFICERS,
    "mayor": "kota.wali-kota",
    "another agency": "kesehatan.penghubung",
    "another door": "rsud.koordinator-pengaduan",
}
KINDS: dict[str, dict[str, Any]] = {
    "anonymous": {"anonymous": True},
    "confidential": {"confidential": True},
    "both": {"anonymous": True, "confidential": True},
    "unidentified": {"confidential": True, "reporter": None},
}
IDENTITY = ("name", "email", "phone")
# what of which cases somebody may see: holders read what they hold, and know who is not anonymous
MAY_SEE: dict[str, set[str]] = {
    "visitor": set(),
    "stranger": set(),
    "coordinator": {"anonymous words"},
    "liaison_officer": {
        "anonymous words",
        "confidential words",
        "confidential identity",
        "both words",
        "unidentified words",
    },
    "handler": {"anonymous words", "confidential words", "confidential identity", "both words", "unidentified words"},
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


WORDS = ("title", "text", "nik", "address", "wish", "message", "draft", "internal", "file")
MARKS = {
    f"{kind} {family}": [mark(kind, part) for part in parts]
    for kind in KINDS
    for family, parts in (("identity", IDENTITY), ("words", WORDS))
    if (kind, family) != ("unidentified", "identity")
}


def said(kind: str) -> dict[str, Any]:
    identity: dict[str, Any] = {"reporter": {part: mark(kind, part) for part in IDENTITY}}
    return {
        "title": mark(kind, "title"),
        "text": f"{mark(kind, 'text')} NIK {mark(kind, 'nik')}",
        "location": {"address": mark(kind, "address")},
        "remedy_sought": mark(kind, "wish"),
        **{name: value for name, value in (identity | KINDS[kind]).items() if value is not None},
    }


@pytest.fixture
def cases(web: Web) -> dict[str, dict[str, Any]]:
    """A case of each kind, whose answer public works are drafting; each with words in every place that takes some."""
    made = {kind: web.submit(**said(kind)) for kind in KINDS}
    for kind, case in made.items():
        web.moved(case, "dispose", COORDINATOR, **DISPOSITION)
        web.moved(case, "accept", LIAISON)
        path = f"/complaints/{case['tracking_number']}/messages"
        web.post(path, {"text": mark(kind, "message")}, case["secret"])
        web.post(path, {"text": mark(kind, "internal"), "audience": "internal"}, LIAISON)
        name = f"attachment; filename={mark(kind, 'file')}.pdf"
        web.upload(path.replace("messages", "attachments"), PDF, case["secret"], Content_Disposition=name)
        web.moved(case, "propose_answer", "pu.petugas", text=mark(kind, "draft"))
    return made


def pages(web: Web, cases: dict[str, dict[str, Any]], by: str | None) -> Iterator[str]:
    """Whatever the routes that read answer, for every case, and every search for every mark."""
    rules = [rule.rule for rule in web.app.url_map.iter_rules() if "GET" in (rule.methods or ())]
    numbers = [case["tracking_number"] for case in cases.values()]
    headers = {"Authorization": f"Bearer {web.token(by)}"} if by else {}
    for rule in rules:
        for number in numbers if "<number>" in rule else numbers[:1]:
            path = rule.replace("<number>", number).replace("<name>", "complaint").replace("<slug>", "stale")
            yield web.client.open(re.sub(r"<[^>]+>", "1", path), method="GET", headers=headers).text
    for name, words in MARKS.items():
        answers = [_searched(web, word, headers) for word in words]
        # what is confidential, and who reported, is found by nobody, not even counted
        assert name == "anonymous words" or [len(answer.json.get("items", ())) for answer in answers] == [0] * len(
            words
        )
        yield from (answer.text for answer in answers)


def _searched(web: Web, word: str, headers: dict[str, str]) -> Any:
    query = {"q": word, "limit": 200}
    return web.client.open(f"{V1}/complaints", method="GET", headers=headers, query_string=query)


def seen(text: str) -> set[str]:
    """Which marks stand in a text, whatever the case of their letters and the signs between digits."""
    flat = text.casefold()
    return {name for name, found in MARKS.items() if any(each.casefold() in flat for each in found)}


def found_by(web: Web, cases: dict[str, dict[str, Any]], by: str | None) -> set[str]:
    return set[str]().union(*map(seen, pages(web, cases, by)))


def test_on_every_page_a_mark_stands_only_where_it_may(web: Web, cases: dict[str, dict[str, Any]]) -> None:
    other = web.submit()
    callers = {"visitor": None, "stranger": other["secret"], **READERS}
    assert {role: found_by(web, cases, by) for role, by in callers.items()} == MAY_SEE


def test_a_reporter_sees_the_own_case_and_no_other(web: Web, cases: dict[str, dict[str, Any]]) -> None:
    for kind, case in cases.items():
        own = "".join(pages(web, cases, case["secret"]))
        assert seen(own) == {name for name in MARKS if name.startswith(f"{kind} ")}
        assert (mark(kind, "draft") in own, mark(kind, "internal") in own) == (False, False)


def test_no_mail_log_metric_or_dump_holds_what_is_hidden(
    web: Web, cases: dict[str, dict[str, Any]], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for case in cases.values():
        web.moved(case, "approve", LIAISON)
    web.sweep(days=10)
    box, town = Mailbox(tmp_path / "mail"), web.town
    organisation, ring = town.engine.organisation, town.engine.vault.identity
    while deliver(
        organisation, web.site.writing, box, ring=ring, now=web.watch.at, public_url="https://kota.example"
    ).settled:
        pass
    addresses = [mark(kind, "email") for kind in KINDS]
    mails = [file.read_text() for file in box.folder.glob("*.eml")]
    assert len(mails) > 8
    bodies = [re.sub(rf"^To: ({'|'.join(map(re.escape, addresses))})$", "", mail, flags=re.MULTILINE) for mail in mails]
    assert set[str]().union(*map(seen, bodies)) == set()
    assert seen(caplog.text) == set()
    assert seen(web.client.get("/metrics").text) == set()
    public = {"anonymous words"}
    assert seen(str(town.dump())) == public
    with web.site.reading() as session:
        assert seen(str(examine(town.engine, session, now=web.watch.at))) == set()
    town.site.database.dispose()
    for file in tmp_path.glob("*.sqlite3*"):
        assert seen(file.read_bytes().decode("latin-1")) <= public
