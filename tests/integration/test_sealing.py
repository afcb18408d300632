"""What is sealed: who reported, and what is confidential; under which key, at which place, and until when."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from lapor.errors import Unopenable
from lapor.oversight.doctor import Finding
from lapor.privacy import content, identity, rotation
from lapor.records import Complaint, Message, Reporter, TrailEntry
from lapor.site import Site
from lapor.vault import Ring
from tests.integration.conftest import founded
from tests.integration.town import COORDINATOR, DISPOSITION, Case, Town
from tests.integration.web import Web

MARKS = {"name": "Tanda Nama", "email": "tanda@surel.example", "phone": "+62 811 0000 111"}
SAID = {
    "title": "TANDA-JUDUL",
    "text": "TANDA-ISI",
    "address": "TANDA-ALAMAT",
    "remedy_sought": "TANDA-PERMINTAAN",
    "wished_agency": "TANDA-INSTANSI",
}


def stored(town: Town) -> str:
    return str(town.dump())


def test_who_reported_stands_nowhere_in_the_database(town: Town) -> None:
    case = town.submit(reporter=MARKS)
    case.goes("dispose", "accept", "answer", "confirm", moment="6 Jul 10:00")
    dumped = stored(town)
    assert [mark for mark in MARKS.values() if mark in dumped] == []


def test_what_is_confidential_stands_nowhere_in_the_database(town: Town) -> None:
    case = town.submit(reporter=MARKS, confidential=True, **SAID)
    case.goes("ask_completion", moment="6 Jul 10:00")
    case.make("complete", "reporter", "6 Jul 10:00", text="TANDA-PELENGKAP")
    case.write("TANDA-PESAN", "reporter", "6 Jul 10:00")
    case.goes("dispose", "accept", moment="6 Jul 11:00")
    case.make("propose_answer", "pu.petugas", "6 Jul 12:00", text="TANDA-KONSEP")
    case.goes("approve", moment="6 Jul 12:00")
    assert "TANDA" not in stored(town)
    assert town.findings("6 Jul 12:00") == []


def test_who_is_entitled_reads_what_is_sealed(web: Web) -> None:
    said: dict[str, Any] = {name: text for name, text in SAID.items() if name != "address"}
    case = web.submit(confidential=True, reporter=MARKS, location={"address": SAID["address"]}, **said)
    number, secret = case["tracking_number"], case["secret"]
    web.moved(case, "dispose", COORDINATOR, **DISPOSITION, reason="TANDA-ALASAN")
    web.post(f"/complaints/{number}/messages", {"text": "TANDA-PESAN"}, secret)
    for by in (secret, "pu.penghubung"):
        seen = web.get(f"/complaints/{number}", by).json
        assert (seen["title"], seen["text"], seen["remedy_sought"]) == ("TANDA-JUDUL", "TANDA-ISI", "TANDA-PERMINTAAN")
        assert seen["reporter"] == MARKS
        assert web.get(f"/complaints/{number}/trail", by).json[-1]["detail"]["reason"] == "TANDA-ALASAN"
        assert [each["text"] for each in web.get(f"/complaints/{number}/messages", by).json["items"]] == ["TANDA-PESAN"]


def test_what_is_made_confidential_later_is_sealed_from_its_beginning(town: Town) -> None:
    case = town.submit(**SAID)
    case.make("ask_completion", COORDINATOR, "6 Jul 10:00", question="TANDA-TANYA")
    case.write("TANDA-PESAN", "reporter", "6 Jul 10:00")
    assert "TANDA" in stored(town)
    case.make("tighten", "reporter", "6 Jul 11:00", confidential=True)
    assert "TANDA" not in stored(town)
    assert town.findings("6 Jul 12:00") == []
    with town.site.reading() as session:
        texts = content.of_case(town.engine.vault.content, case.row(session))
    assert texts == SAID


def test_the_file_of_the_database_keeps_nothing_of_what_was_sealed_later(tmp_path: Path) -> None:
    with founded("sqlite", tmp_path) as town:
        case = town.submit(reporter=MARKS, **{**SAID, "text": "tandaisiaduan di pasar"})
        assert b"tandaisiaduan" in _files(tmp_path)
        case.make("tighten", "reporter", "6 Jul 11:00", confidential=True)
        town.site.database.dispose()
        raw = _files(tmp_path)
    assert b"tandaisiaduan" not in raw
    assert [mark for mark in (*MARKS.values(), *SAID.values()) if mark.encode() in raw] == []


def _files(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.glob("*.sqlite3*"))


@pytest.mark.parametrize("column", ["name", "email"])
def test_what_was_moved_to_another_case_or_column_does_not_open(town: Town, column: str) -> None:
    one, other = (town.submit(reporter={**MARKS, "name": name}) for name in ("Pelapor", "Warga"))
    ring = town.engine.vault.identity
    with town.site.reading() as session:
        mine, theirs = (session.get_one(Reporter, case.seen().reporter_id) for case in (one, other))
        mine.phone = mine.name
        setattr(theirs, column, getattr(mine, column))
        with pytest.raises(Unopenable, match=r"reporters\.phone is not what is there"):
            identity.field(ring, one.number, mine.data_key, "phone", mine.phone)
        with pytest.raises(Unopenable, match=rf"reporters\.{column} is not what is there"):
            identity.opened(ring, other.number, theirs)
        with pytest.raises(Unopenable, match="is not what is there"):
            ring.rewrapped(mine.data_key or "", other.number)


def test_neither_ring_opens_what_the_other_sealed(town: Town) -> None:
    case = town.submit(reporter=MARKS, confidential=True)
    vault, row = town.engine.vault, case.seen()
    with pytest.raises(Unopenable, match=r"is not in .*identity\.keys"):
        vault.identity.open(row.content_key or "", row.number, "title", row.title)


def test_a_sealed_text_that_was_changed_is_found(town: Town) -> None:
    case = town.submit(confidential=True)
    other = town.submit(confidential=True)
    town.execute(update(Complaint).where(Complaint.id == case.id).values(text=other.seen().text))
    found = town.findings("6 Jul 10:00")
    assert [(finding.code, finding.complaint) for finding in found] == [("content-differs", case.number)]


def test_the_trail_takes_what_is_sealed_and_nothing_else(town: Town) -> None:
    case = town.submit(confidential=True)
    mine = update(TrailEntry).where(TrailEntry.complaint_id == case.id)
    for values in ({"public": "{}"}, {"public": ""}, {"salt": "0"}, {"commitment": "0"}):
        with pytest.raises(Exception, match="append-only"):
            town.execute(mine.values(values))
    town.execute(mine.values(public="sealed:AAAA"))
    assert town.findings("6 Jul 10:00") == [
        Finding("trail-broken", case.number, "entry 1: changed: its content does not give its hash")
    ]


def _keys(town: Town) -> dict[str, dict[str, int]]:
    with town.site.reading() as session:
        standing = rotation.standing(session, town.engine.vault)
    return {name: {key.split("-")[0]: count for key, count in counts.items()} for name, counts in standing.items()}


def _several(town: Town) -> list[Case]:
    return [town.submit(reporter=MARKS, confidential=hidden) for hidden in (True, False, True)]


def test_rotating_brings_every_case_under_the_newest_key(town: Town) -> None:
    cases = _several(town)
    vault, site = town.engine.vault, town.site
    assert _keys(town) == {"identity": {"k1": 3}, "content": {"k1": 2}}
    vault.identity.add()
    vault.content.add()
    seen: list[int] = []
    assert rotation.renew(site.writing, vault, site.pepper, seen=seen.append) == 5
    assert seen == [3, 2]
    assert _keys(town) == {"identity": {"k1": 0, "k2": 3}, "content": {"k1": 0, "k2": 2}}
    assert rotation.renew(site.writing, vault, site.pepper) == 0
    with site.reading() as session:
        rows = [session.get_one(Reporter, case.seen().reporter_id) for case in cases]
        known = [identity.opened(vault.identity, case.number, row) for case, row in zip(cases, rows, strict=True)]
    assert known == [identity.Identity(**MARKS)] * 3
    assert town.findings("6 Jul 10:00") == []


def test_a_process_that_runs_reads_a_key_that_another_has_added(town: Town) -> None:
    case = town.submit(reporter=MARKS)
    ring = town.engine.vault.identity
    another = Ring(ring.path)
    another.add()
    with town.site.reading() as session:
        row = session.get_one(Reporter, case.seen().reporter_id)
        wrapped = another.rewrapped(row.data_key or "", case.number)
        assert identity.field(ring, case.number, wrapped, "name", row.name) == "Tanda Nama"


def test_what_was_written_before_there_were_keys_is_sealed_when_rotating(town: Town) -> None:
    case = town.submit(reporter={**MARKS, "phone": None})
    bare = {**MARKS, "phone": None, "data_key": None, "email_index": None}
    town.execute(
        update(Reporter).values(bare), update(Complaint).values(confidential=True), update(Complaint).values(SAID)
    )
    vault, site = town.engine.vault, town.site
    assert _keys(town) == {"identity": {"k1": 0, "none": 1}, "content": {"k1": 0, "none": 1}}
    assert rotation.renew(site.writing, vault, site.pepper) == 2
    dumped = stored(town)
    assert [mark for mark in (*MARKS.values(), *SAID.values()) if mark in dumped] == []
    with site.reading() as session:
        row, mine = session.scalars(select(Reporter)).one(), case.row(session)
        assert identity.opened(vault.identity, case.number, row) == identity.Identity(**{**MARKS, "phone": None})
        assert row.email_index == identity.index(site.pepper, MARKS["email"])
        assert content.of_case(vault.content, mine) == SAID


MANY = 3000


def test_a_rotation_that_is_killed_goes_on_where_it_was(town: Town, tmp_path: Path) -> None:
    site, vault = town.site, town.engine.vault
    case = town.submit(reporter=MARKS)
    with site.reading() as session:
        row = session.scalars(select(Complaint)).one()
        columns = {each.name: getattr(row, each.name) for each in Complaint.__table__.columns if each.name != "id"}
    _multiply(town, columns)
    killed = _killed_while_rotating(site, tmp_path)
    with site.reading() as session:
        behind = rotation.outstanding(session, vault)
    assert killed == -signal.SIGKILL
    assert 0 < behind < MANY + 1
    done = _rotate(site, tmp_path)
    assert done.wait(60) == 0
    assert _keys(town)["identity"] == {"k1": 0, "k2": MANY + 1}
    with site.reading() as session:
        mine = session.get_one(Reporter, case.seen().reporter_id)
        assert identity.opened(Ring(vault.identity.path), case.number, mine).name == "Tanda Nama"


def _multiply(town: Town, columns: dict[str, Any]) -> None:
    ring = town.engine.vault.identity
    with town.site.writing() as session:
        for n in range(MANY):
            number = f"2026-COPY-{n:04}-0"
            reporter = Reporter(data_key=ring.new_key(number))
            session.add(reporter)
            copy = {**columns, "number": number, "secret_hash": str(n), "next_moment_at": None, "due_at": None}
            session.flush()
            session.add(Complaint(**{**copy, "reporter_id": reporter.id}))


def _rotate(site: Site, folder: Path) -> subprocess.Popen[bytes]:
    env = {
        "LAPOR_DATABASE_URL": site.database.url.render_as_string(hide_password=False),
        "LAPOR_VAR": str(site.settings.var),
    }
    lapor = str(Path(sys.executable).with_name("lapor"))
    return subprocess.Popen([lapor, "keys", "rotate", "--json"], cwd=folder, env=env, stdout=subprocess.DEVNULL)


def _killed_while_rotating(site: Site, folder: Path) -> int:
    rotating = _rotate(site, folder)
    newest = select(func.count()).where(Reporter.data_key.startswith("k2-"))
    while rotating.poll() is None:
        with site.reading() as session:
            if session.scalar(newest):
                rotating.kill()
                break
        time.sleep(0.005)
    return rotating.wait(60)


def test_messages_at_the_same_moment_open_each(town: Town) -> None:
    case = town.submit(confidential=True)
    for text in ("Satu.", "Dua."):
        case.write(text, "reporter", "6 Jul 10:00")
    with town.site.reading() as session:
        row = case.row(session)
        written = session.scalars(select(Message).order_by(Message.id))
        assert [content.message(town.engine.vault.content, row, each) for each in written] == ["Satu.", "Dua."]
