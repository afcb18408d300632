"""Whom a breach concerns: what is recorded, or all that was in the database; and by when they are to be told."""

from __future__ import annotations

import json
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from lapor.cli import cli
from lapor.errors import CannotRun
from lapor.handling import erasing
from lapor.oversight import breach
from lapor.oversight.breach import Touched
from lapor.records import Complaint, Token
from tests.acceptance.government import LAPOR
from tests.integration.town import COORDINATOR
from tests.integration.web import NOW, Web

PELAPOR = {"name": "TANDA-NAMA", "email": "tanda@warga.example", "phone": "+62 811 0000 111"}
LIAISON, CUSTODIAN, SECOND = "pu.penghubung", "kota.penjaga-identitas", "setda.sekda as custodian"
LAW = {"what": "identity", "reason": "TANDA-ALASAN", "legal_basis": "Pasal 15 UU 27/2022"}
DAY = timedelta(days=1)


def touched(web: Web, after: timedelta, lasting: timedelta = DAY, *, everything: bool = False) -> dict[str, Touched]:
    with web.site.reading() as session:
        found = breach.touched(session, NOW + after, NOW + after + lasting, everything=everything)
    return {case.number: case for case in found}


def several(web: Web) -> list[str]:
    """An anonymous case that is opened on the second day, a confidential one, an exported one, and one that nobody read."""
    opened = web.disposed(anonymous=True, reporter=PELAPOR)
    web.post(f"/complaints/{opened['tracking_number']}/openings", LAW, LIAISON)
    hidden = web.submit(confidential=True, reporter={"phone": "+62 811 0000 222"})
    exported, unread = web.submit(), web.submit(reporter={"email": "warga@warga.example"})
    web.watch.forward(days=1)
    for by in (CUSTODIAN, SECOND):
        web.post("/openings/1/decision", {"granted": True}, by)
    web.watch.forward(days=1)
    web.get(f"/complaints/{hidden['tracking_number']}", COORDINATOR)
    web.get(f"/complaints/{exported['tracking_number']}/export", exported["secret"])
    return [case["tracking_number"] for case in (opened, hidden, exported, unread)]


def test_a_breach_concerns_what_was_opened_looked_at_and_exported_in_its_time(web: Web) -> None:
    opened, hidden, exported, _ = several(web)
    of_opened = Touched(opened, "anonymous", contact=True, mail=True, confidential=False, how=["opening"])
    of_hidden = Touched(hidden, "named", contact=True, mail=False, confidential=True, how=["look"])
    of_exported = Touched(exported, "none", contact=False, mail=False, confidential=False, how=["export"])
    assert touched(web, -2 * DAY) == {}
    assert touched(web, timedelta(0), timedelta(hours=23)) == {}
    assert touched(web, DAY, timedelta(hours=1)) == {opened: of_opened}
    assert touched(web, 2 * DAY) == {opened: of_opened, hidden: of_hidden, exported: of_exported}
    assert touched(web, 4 * DAY) == {}


def test_whoever_had_the_database_had_all_that_was_in_it_then(web: Web) -> None:
    opened, hidden, exported, unread = several(web)
    with web.site.writing() as session:
        gone = session.query(Complaint).filter_by(number=unread).one()
        gone.is_open, gone.state = False, "withdrawn"
        erasing.erase(web.town.engine, session, gone, "wish", store=web.site.attachments, now=NOW + 3 * DAY)
    assert touched(web, -2 * DAY, everything=True) == {}
    found = touched(web, 2 * DAY, everything=True)
    assert {number: (case.identity, case.mail) for number, case in found.items()} == {
        opened: ("anonymous", True),
        hidden: ("named", False),
        exported: ("none", False),
        unread: ("erased", False),
    }
    assert set(touched(web, 4 * DAY, everything=True)) == {opened, hidden, exported}


def run(web: Web, *words: str) -> str:
    url = web.site.database.url.render_as_string(hide_password=False)
    env = {"LAPOR_DATABASE_URL": url, "LAPOR_VAR": str(web.site.settings.var), "COLUMNS": "200"}
    window = ["--from", "2026-07-08T00:00:00+00:00", "--to", "2026-07-09T00:00:00+00:00"]
    known = ["--known-at", "2026-07-10T09:00:00+07:00"]
    command = [LAPOR, "breach", "report", *window, *known, *words]
    return subprocess.run(
        command, env=env, cwd=web.site.settings.var, capture_output=True, text=True, check=True
    ).stdout


def test_the_command_lists_numbers_never_names_and_drafts_the_notice_in_both_languages(
    web: Web, tmp_path: Path
) -> None:
    opened, hidden, exported, _ = several(web)
    web.town.execute(update(Token).where(Token.role == "handler").values(last_used_at=NOW))
    told: dict[str, Any] = json.loads(run(web, "--json"))
    assert [case["number"] for case in told["cases"]] == sorted([opened, hidden, exported])
    assert (told["tokens"], told["notify_by"]) == ([], "2026-07-13T02:00:00Z")
    indonesian, english = told["notice"].split("\n----\n\n")
    assert "paling lambat Senin, 13 Juli 2026 pukul 09.00 WIB" in indonesian
    assert "Personal data in 3 reports may have been disclosed" in english
    assert "at Monday 13 July 2026, 09:00 WIB at the latest" in english
    assert "1 reporters can be told by e-mail. 2 reports have no e-mail address" in english
    file = tmp_path / "notice.txt"
    shown = run(web, "--notice", str(file))
    assert file.read_text(encoding="utf-8") == told["notice"]
    everything = run(web, "--all")
    assert [word for word in ("TANDA", "tanda@", "+62") if word in json.dumps(told) + shown + everything] == []
    assert ("Cases touched: 3" in shown, "Cases touched: 4" in everything) == (True, True)


def test_tokens_that_were_used_since_then_are_named_by_post(web: Web) -> None:
    web.token("pu.petugas")
    web.town.execute(update(Token).values(last_used_at=NOW + DAY))
    with web.site.reading() as session:
        used = [breach.used(session, web.town.engine, since, NOW + 2 * DAY) for since in (NOW, NOW + 2 * DAY)]
    assert used == [[breach.Used("pu.petugas", "handler", NOW + DAY)], []]


def test_a_breach_cannot_end_before_it_began() -> None:
    window = ["--from", "2026-07-08T00:00:00+00:00", "--to", "2026-07-07T00:00:00+00:00"]
    with pytest.raises(CannotRun, match="must not be before --from"):
        cli.main(["breach", "report", *window], standalone_mode=False)
