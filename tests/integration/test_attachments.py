"""Attachments: who may send them, what is shown of them to whom, what is kept of them, and what is left after a crash."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import delete, select, update

from lapor import scheduler
from lapor.attachments.store import Store
from lapor.handling import attaching
from lapor.oversight import stocktaking
from lapor.oversight.doctor import Finding
from lapor.privacy import rotation
from lapor.records import Attachment, Complaint
from lapor.site import Site
from tests import files
from tests.files import MARKS, PDF, marked, picture
from tests.integration.test_atomicity import Struck, striking
from tests.integration.town import COORDINATOR, DISPOSITION, Town
from tests.integration.web import NOT_FOUND, V1, Answer, Web, problem

PELAPOR = {"name": "Pelapor", "email": "pelapor@warga.example", "phone": "+62 811 0000 111"}
LIAISON, HANDLER, HEAD, INSPECTOR = "pu.penghubung", "pu.petugas", "pu.kepala", "inspektorat.inspektur"
NAMED = "TANDA-NAMA foto.jpg"
# a file that has no view
SPEECH = files.TAKEN["amr"][0]
# files of every sort that hold their owner's name
TELLING = {
    "application/pdf": PDF,
    files.DOCX: files.open_xml(files.DOCX, **{"docProps/core.xml": "<dc:creator>TANDA-PEMILIK</dc:creator>"}),
    "video/mp4": files.film(b"isom") + files.box(b"uuid", b"TANDA-PEMILIK"),
    "audio/mpeg": files.sound() + b"TAG" + b"TANDA-PEMILIK".ljust(125),
    "audio/amr": b"#!AMR\n" + bytes(32),
}
SHIELDED = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-store",
}


def path(case: dict[str, Any], suffix: str = "") -> str:
    return f"/complaints/{case['tracking_number']}/attachments{suffix}"


def send(web: Web, case: dict[str, Any], by: str, said: bytes = SPEECH, name: str = NAMED, **more: str) -> Answer:
    headers = {"Content_Disposition": f"attachment; filename*=UTF-8''{name}"} if name else {}
    return web.upload(path(case), said, by, **headers, **more)


def sent(web: Web, case: dict[str, Any], by: str, said: bytes = SPEECH, name: str = NAMED) -> dict[str, Any]:
    answer = send(web, case, by, said, name)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json
    return made


def read(web: Web, case: dict[str, Any], made: dict[str, Any], by: str, query: str = "") -> Answer:
    return web.get(path(case, f"/{made['id']}{query}"), by)


def on_disk(site: Site) -> list[Path]:
    return sorted(file for file in site.attachments.folder.rglob("*") if file.is_file())


def stock(town: Town, now: datetime | None = None) -> list[Finding]:
    """What is found of attachments."""
    with town.site.reading() as session:
        ring, store = town.engine.vault.content, town.site.attachments
        return list(stocktaking.examine(ring, store, session, now=now or datetime.now(UTC)))


def limited(web: Web, **rules: Any) -> Web:
    """The same API with other limits."""
    site = web.site
    settings = replace(site.settings, attachments=replace(site.settings.attachments, **rules))
    changed = replace(web.town, site=replace(site, settings=settings))
    other = Web(changed)
    other._tokens = web._tokens
    return other


def test_a_file_is_sent_listed_and_read(web: Web) -> None:
    case = web.submit(reporter=PELAPOR)
    answer = send(web, case, case["secret"], PDF, "..%2F..%2Fsurat%20lama.pdf", Content_Type="text/html")
    made = answer.json
    assert made == {
        "id": made["id"],
        "kind": "application/pdf",
        "name": "surat lama.pdf",
        "bytes": len(PDF),
        "at": "2026-07-06T02:00:00Z",
        "by_role": "reporter",
    }
    assert answer.headers["Location"] == V1 + path(case, f"/{made['id']}")
    second = sent(web, case, COORDINATOR, files.sound(), "")
    assert (second["name"], second["kind"], second["by_role"]) == ("lampiran.mp3", "audio/mpeg", "coordinator")
    for by in (case["secret"], COORDINATOR, INSPECTOR):
        assert web.get(path(case), by).json == [made, second]
        read_back = read(web, case, made, by)
        assert (read_back.status_code, read_back.data, read_back.mimetype) == (200, PDF, "application/pdf")
    named = {"Content-Disposition": "attachment; filename*=UTF-8''surat%20lama.pdf", "Content-Length": str(len(PDF))}
    shielded = {**SHIELDED, **named}
    assert {name: read_back.headers[name] for name in shielded} == shielded
    assert web.site.settings.attachments.folder == web.site.settings.var / "attachments"


@pytest.mark.parametrize("kind", files.TAKEN)
def test_every_kind_comes_back_as_what_it_is(web: Web, kind: str) -> None:
    said, media_type = files.TAKEN[kind]
    case = web.submit()
    made = sent(web, case, case["secret"], said)
    assert (made["kind"], made["bytes"]) == (media_type, len(said))
    whole = read(web, case, made, case["secret"], "?original=true")
    assert (whole.mimetype, whole.data) == (media_type, said)
    assert stock(web.town) == []


def test_a_file_of_many_chunks_comes_back_whole(web: Web) -> None:
    said = files.wave() + os.urandom(1_500_000)
    case = web.submit(confidential=True)
    made = sent(web, case, case["secret"], said)
    assert read(web, case, made, case["secret"]).data == said
    assert len(said) > web.site.settings.server.max_body_bytes


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP"])
def test_a_photo_tells_officers_nothing_but_what_is_on_it(web: Web, name: str) -> None:
    case, said = web.submit(anonymous=True, reporter=PELAPOR), marked(name)
    made = sent(web, case, case["secret"], said)
    web.moved(case, "dispose", COORDINATOR, **DISPOSITION)
    for by in (LIAISON, HANDLER, COORDINATOR, INSPECTOR, case["secret"]):
        answer = read(web, case, made, by)
        shown = Image.open(io.BytesIO(answer.data))
        assert (answer.mimetype, shown.format, shown.size) == (f"image/{name.lower()}", name, (60, 80))
        assert int(answer.headers["Content-Length"]) == len(answer.data)
        assert (dict(shown.getexif()), [mark for mark in (*MARKS, b"TANDA") if mark in answer.data]) == ({}, [])
    web.site.database.dispose()
    kept = b"".join(file.read_bytes() for file in web.site.settings.var.rglob("*") if file.is_file())
    assert (len(on_disk(web.site)), b"TANDA" in kept, "TANDA" in str(web.town.dump())) == (2, False, False)
    assert read(web, case, made, case["secret"], "?original=true").data == said


@pytest.mark.parametrize("kind", ["application/pdf", files.DOCX, "video/mp4", "audio/mpeg", "audio/amr"])
def test_no_other_file_tells_officers_who_sent_it_where_the_reporter_is_not_named(web: Web, kind: str) -> None:
    said, case = TELLING[kind], web.submit(anonymous=True, reporter=PELAPOR)
    made = sent(web, case, case["secret"], said)
    web.moved(case, "dispose", COORDINATOR, **DISPOSITION)
    for by in (LIAISON, HANDLER, COORDINATOR, INSPECTOR):
        answer = read(web, case, made, by)
        assert (answer.status_code, answer.mimetype, b"TANDA" in answer.data) == (200, kind, False)
        assert read(web, case, made, by, "?original=true").status_code == 403
    assert read(web, case, made, case["secret"]).data == said
    assert [finding.detail for finding in stock(web.town)] == []


def test_where_the_reporter_is_named_officers_get_documents_as_they_came_until_that_is_hidden(web: Web) -> None:
    case = web.disposed(reporter=PELAPOR)
    made = sent(web, case, case["secret"], PDF)
    assert read(web, case, made, LIAISON).data == PDF
    web.moved(case, "tighten", case["secret"], anonymous=True)
    hidden = read(web, case, made, LIAISON)
    assert (hidden.status_code, b"TANDA" in hidden.data) == (200, False)


def test_a_document_without_a_view_is_not_shown_where_the_reporter_is_not_named(web: Web) -> None:
    case = web.disposed()
    made = sent(web, case, case["secret"], PDF)
    web.town.execute(update(Attachment).values(view_bytes=None, view_digest=None))
    answer = read(web, case, made, LIAISON)
    why = "Whoever reported is not named, and the original could tell: there is no view of it."
    assert (problem(answer), answer.json["detail"]) == ((403, "forbidden", None), why)
    assert read(web, case, made, case["secret"]).data == PDF


def test_the_original_is_for_its_reporter_and_where_the_reporter_is_named_for_who_sees_the_content(web: Web) -> None:
    hidden: dict[str, Any] = {
        "named": {"reporter": PELAPOR},
        "anonymous": {"reporter": PELAPOR, "anonymous": True},
        "unidentified": {},
    }
    why = "Whoever reported is not named, and the original could tell: read it without `original`."
    for name, said in hidden.items():
        case = web.disposed(**said)
        made = sent(web, case, case["secret"], marked())
        assert read(web, case, made, case["secret"], "?original=true").data == marked()
        for by in (LIAISON, COORDINATOR, INSPECTOR):
            answer = read(web, case, made, by, "?original=true")
            assert (answer.status_code == 200 and answer.data == marked()) == (name == "named")
            if name != "named":
                assert (problem(answer), answer.json["detail"]) == ((403, "forbidden", None), why)


def test_a_name_that_could_tell_who_reported_is_shown_to_its_reporter_alone(web: Web) -> None:
    case = web.disposed(anonymous=True, reporter=PELAPOR)
    made = sent(web, case, case["secret"], picture("JPEG"), "KTP%20Budi.jpg")
    second = sent(web, case, LIAISON, PDF, "Surat%20Budi.pdf")
    assert (made["name"], second["name"]) == ("KTP Budi.jpg", "lampiran-2.pdf")
    listed = {by: [each["name"] for each in web.get(path(case), by).json] for by in (LIAISON, case["secret"])}
    assert listed == {LIAISON: ["lampiran-1.jpg", "lampiran-2.pdf"], case["secret"]: ["KTP Budi.jpg", "Surat Budi.pdf"]}
    served = read(web, case, made, LIAISON).headers["Content-Disposition"]
    assert served == "attachment; filename*=UTF-8''lampiran-1.jpg"


def test_who_may_send_a_file(web: Web) -> None:
    def outcomes(case: dict[str, Any]) -> dict[str, int]:
        callers = (case["secret"], COORDINATOR, LIAISON, HANDLER, HEAD, INSPECTOR, "kesehatan.penghubung")
        tried = {by: send(web, case, by).status_code for by in callers}
        return {by.partition("_")[0] if by.startswith("lapor_r_") else by: status for by, status in tried.items()}

    nobody = {HEAD: 403, INSPECTOR: 403, "kesehatan.penghubung": 404}
    at_door, handed_on = web.submit(), web.disposed(confidential=True)
    assert outcomes(at_door) == {"lapor": 201, COORDINATOR: 201, LIAISON: 404, HANDLER: 404, **nobody}
    assert outcomes(handed_on) == {"lapor": 201, COORDINATOR: 403, LIAISON: 201, HANDLER: 201, **nobody}
    assert problem(send(web, at_door, "kota.penjaga-identitas")) == (403, "forbidden", None)
    assert web.upload(path(at_door), SPEECH).status_code == 401
    assert len(on_disk(web.site)) == 5


def test_who_does_not_see_the_content_sees_no_attachment(web: Web) -> None:
    case, other = web.disposed(confidential=True), web.disposed()
    made, elsewhere = sent(web, case, case["secret"]), sent(web, other, other["secret"])
    for by in (COORDINATOR, HEAD):
        for suffix in ("", f"/{made['id']}", f"/{made['id']}?original=true"):
            assert problem(web.get(path(case, suffix), by)) == (403, "forbidden", None)
    outside: dict[str, Answer] = {
        "another agency": web.get(path(case, f"/{made['id']}"), "kesehatan.penghubung"),
        "another agency's list": web.get(path(case), "kesehatan.penghubung"),
        "another reporter": read(web, case, made, other["secret"]),
        "an attachment of another case": read(web, case, elsewhere, case["secret"]),
        "an id that nobody has": web.get(path(case, "/" + "0" * 32), case["secret"]),
        "another agency that sends": send(web, case, "kesehatan.penghubung"),
        "no case": web.get("/complaints/2026-0000-0000-0/attachments", LIAISON),
    }
    assert {name: answer.json for name, answer in outside.items()} == dict.fromkeys(outside, NOT_FOUND)


def test_reading_what_is_confidential_leaves_a_trace_and_reading_the_rest_none(web: Web) -> None:
    case, public = web.disposed(confidential=True, reporter=PELAPOR), web.disposed(reporter=PELAPOR)
    for each in (case, public):
        made = sent(web, each, each["secret"], picture("PNG"))
        assert read(web, each, made, HANDLER, "?original=true").status_code == 200
    numbers = [each["tracking_number"] for each in (case, public)]
    looks = [web.get(f"/complaints/{number}/looks", INSPECTOR).json for number in numbers]
    assert looks[1] == []
    assert {"role": "handler", "post": HANDLER, "what": "content", "days": 1} in looks[0]


def test_the_trail_says_what_came_and_not_what_it_is_called(web: Web) -> None:
    case = web.submit()
    made = sent(web, case, case["secret"])
    entry = web.get(f"/complaints/{case['tracking_number']}/trail", COORDINATOR).json[-1]
    assert (entry["move"], entry["actor_role"], entry["label"]["en"]) == ("attach", "reporter", "File attached")
    assert entry["detail"] == {"id": made["id"], "kind": "audio/amr", "bytes": len(SPEECH)}
    assert len(web.get(f"/complaints/{case['tracking_number']}/trail", case["secret"]).json) == 1
    assert web.town.findings("6 Jul 12:00") == []


class Streamed(io.RawIOBase):
    """A body that is made while it is read."""

    given = 0

    def said(self) -> bytes:
        """What comes next: here without end."""
        return bytes(1000) if self.given else SPEECH

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        said = self.said()[: len(buffer)]
        buffer[: len(said)] = said
        self.given += len(said)
        return len(said)


def test_a_file_that_is_too_long_is_refused_as_soon_as_it_is(web: Web) -> None:
    case, small = web.submit(), limited(web, max_bytes=100_000)
    before = web.town.kept()
    exact = PDF + bytes(100_000 - len(PDF))
    said = send(small, case, case["secret"], exact + b"x")
    body = Streamed()
    endless = small.upload(path(case), body, case["secret"])
    for answer in (said, endless):
        assert problem(answer) == (413, "too-large", None)
        assert answer.json["detail"] == "The file has more than 100000 bytes."
    assert body.given < 300_000
    assert (web.town.kept(), on_disk(web.site)) == (before, [])
    assert send(small, case, case["secret"], exact).status_code == 201


def test_no_other_body_may_be_longer_for_it(web: Web) -> None:
    case = web.submit()
    long = {"text": "x" * 1_000_001}
    answer = web.post(f"/complaints/{case['tracking_number']}/messages", long, case["secret"])
    assert problem(answer) == (413, "too-large", None)


REFUSED = {
    "nothing": (b"", "The file is empty."),
    "a page": (b"<html><script>alert(1)</script></html>", "Files of this kind are not taken; those are: "),
    "macros": (
        files.open_xml(files.DOCX, **{"word/vbaProject.bin": b""}),
        "The document holds macros: save it without",
    ),
    "a picture that is an archive": (picture("PNG") + files.archive({"a": "a"}), "The file is of two kinds at once."),
    "half a picture": (picture("JPEG", (900, 900))[:-2000], "The picture is damaged."),
}


@pytest.mark.parametrize(("said", "why"), REFUSED.values(), ids=REFUSED)
def test_nothing_is_kept_of_what_is_refused(web: Web, said: bytes, why: str) -> None:
    case = web.submit()
    before = web.town.kept()
    answer = send(web, case, case["secret"], said)
    status, slug, errors = problem(answer)
    assert (status, slug, list(errors), errors["file"][0].startswith(why)) == (422, "invalid-fields", ["file"], True)
    assert (web.town.kept(), on_disk(web.site)) == (before, [])


def test_a_body_that_breaks_off_is_told_and_not_kept(web: Web) -> None:
    class Broken(Streamed):
        def said(self) -> bytes:
            if self.given:
                raise ConnectionResetError
            return SPEECH

    case = web.submit()
    answer = web.upload(path(case), Broken(), case["secret"])
    assert (problem(answer), answer.json["detail"]) == ((400, "unreadable", None), "The body ended too early.")
    assert on_disk(web.site) == []


def test_a_case_has_no_more_attachments_than_it_may(web: Web) -> None:
    case, few = web.submit(), limited(web, max_number=2)
    for _ in range(2):
        sent(few, case, case["secret"])
    before = on_disk(web.site)
    full = {"file": ["A case has at most 2 attachments."]}
    assert problem(send(few, case, case["secret"])) == (422, "invalid-fields", full)
    assert on_disk(web.site) == before
    other = web.submit()
    assert send(few, other, other["secret"]).status_code == 201


def test_of_many_that_are_sent_at_once_no_more_are_kept(web: Web) -> None:
    case, few = web.submit(), limited(web, max_number=3)
    token, start = case["secret"], Barrier(6)

    def attempt(_number: int) -> int:
        client = few.app.test_client(use_cookies=False)
        start.wait()
        return client.post(V1 + path(case), data=SPEECH, headers={"Authorization": f"Bearer {token}"}).status_code

    with ThreadPoolExecutor(6) as pool:
        outcomes = sorted(pool.map(attempt, range(6)))
    assert outcomes == [201, 201, 201, 422, 422, 422]
    with web.site.reading() as session:
        assert sorted(session.scalars(select(Attachment.sequence))) == [1, 2, 3]
    assert (len(on_disk(web.site)), stock(web.town), web.town.findings("6 Jul 12:00")) == (3, [], [])


def test_who_loses_the_case_while_sending_leaves_nothing_behind(web: Web) -> None:
    case = web.disposed()

    class Slow(Streamed):
        def said(self) -> bytes:
            if self.given:
                return b""
            web.moved(case, "pass_down", LIAISON, unit="jalan")
            return SPEECH

    answer = web.upload(path(case), Slow(), LIAISON)
    assert (answer.json, on_disk(web.site)) == (NOT_FOUND, [])


def test_a_failure_at_any_step_leaves_no_row_without_its_file(town: Town) -> None:
    case, n = town.submit(), 0
    before = town.dump()
    while True:
        n += 1
        received = receive(town, case.number)
        with striking(town.site.database, n) as struck:
            try:
                attach(town, case.id, received)
                break
            except Struck:
                assert (struck != [], town.dump(), len(stock(town))) == (True, before, 0)
    assert n > 4
    # what was received before lies there, and belongs to nothing
    assert len(on_disk(town.site)) == n
    assert (stock(town), len(stock(town, datetime.now(UTC) + timedelta(hours=2)))) == ([], n - 1)


def receive(town: Town, number: str, said: bytes = SPEECH) -> attaching.Received:
    ring, store = town.engine.vault.content, town.site.attachments
    return attaching.receive(ring, store, number, iter([said]), name="a.pdf", most=10_000)


def attach(town: Town, case_id: int, received: attaching.Received) -> None:
    with town.site.writing() as session:
        now = datetime(2026, 7, 6, 3, tzinfo=UTC)
        attaching.attach(town.engine, session, received, actor=town.who("reporter", case_id), most=10, now=now)


KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from lapor import settings
from lapor.access.principal import Principal
from lapor.handling import attaching
from lapor.site import open_site
url, var, number, case_id, where = sys.argv[1:]
site = open_site(settings.load({"LAPOR_DATABASE_URL": url, "LAPOR_VAR": var}, Path(var)))
def body():
    yield b"#!AMR\\n" + bytes(32)
    if where == "while it comes":
        os.kill(os.getpid(), signal.SIGKILL)
received = attaching.receive(site.vault.content, site.attachments, number, body(), name="a.pdf", most=1000)
if where == "before its row":
    os.kill(os.getpid(), signal.SIGKILL)
with site.writing() as session:
    actor = Principal("reporter", cases=frozenset((int(case_id),)))
    engine = site.engine(session)
    attaching.attach(engine, session, received, actor=actor, most=10, now=datetime.now(UTC))
    session.flush()
    if where == "before it is committed":
        os.kill(os.getpid(), signal.SIGKILL)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_process_that_is_killed_leaves_at_worst_a_file_that_the_worker_removes(town: Town) -> None:
    case, site = town.submit(), town.site
    places = {"while it comes": 1, "before its row": 1, "before it is committed": 1, "after it is committed": 0}
    url = site.database.url.render_as_string(hide_password=False)
    attach(town, case.id, receive(town, case.number))
    for where, orphans in places.items():
        rows, there = len(town.dump()["attachments"]), len(on_disk(site))
        arguments = [url, str(site.settings.var), case.number, str(case.id), where]
        killed = subprocess.run(
            [sys.executable, "-c", KILLED, *arguments], check=False, capture_output=True, timeout=60
        )
        assert (where, killed.returncode, killed.stderr) == (where, -signal.SIGKILL, b"")
        assert (len(town.dump()["attachments"]) - rows, len(on_disk(site)) - there) == (1 - orphans, 1)
        # what may still be under way is nothing to be told
        assert stock(town) == []
        later = datetime.now(UTC) + timedelta(hours=2)
        assert [finding.code for finding in stock(town, later)] == ["attachment-orphan"] * orphans
        for file in on_disk(site):
            two_days_ago = datetime.now(UTC).timestamp() - 2 * 86_400
            os.utime(file, (two_days_ago, two_days_ago))
        scheduler.tidy_once(site)
        assert stock(town, later) == []
    assert town.findings("6 Jul 09:00") == []


def test_what_belongs_to_nothing_stays_for_a_day_and_in_a_database_without_attachments_for_good(town: Town) -> None:
    case, site = town.submit(), town.site
    left = receive(town, case.number)
    file = site.attachments.folder / left.id[:2] / left.id[2:4] / f"{left.id}.original"
    written = datetime.fromtimestamp(file.stat().st_mtime, UTC)

    def tidied(after: timedelta) -> int:
        with site.reading() as session:
            return stocktaking.tidy(site.attachments, session, now=written + after)

    assert (tidied(timedelta(days=30)), file.exists()) == (0, True)
    attach(town, case.id, receive(town, case.number))
    assert (tidied(timedelta(hours=23)), file.exists()) == (0, True)
    assert (tidied(timedelta(hours=25)), file.exists(), len(on_disk(site))) == (1, False, 1)


def test_each_damage_is_found(web: Web) -> None:
    case = web.submit()
    number, store = case["tracking_number"], web.site.attachments
    ids = [sent(web, case, case["secret"], picture("PNG"))["id"] for _ in range(6)]

    def file(id_: str, part: str) -> Path:
        return store.folder / id_[:2] / id_[2:4] / f"{id_}.{part}"

    assert stock(web.town) == []
    file(ids[0], "original").unlink()
    file(ids[1], "view").write_bytes(b"x")
    file(ids[2], "view").rename(file(ids[2], "gone"))
    other = web.site.vault.content.new_key("2026-0000-0000-0")
    web.town.execute(
        update(Attachment).where(Attachment.id == ids[3]).values(data_key=other),
        update(Attachment).where(Attachment.id == ids[4]).values(bytes=1),
        delete(Attachment).where(Attachment.id == ids[5]),
    )
    found = stock(web.town, datetime.now(UTC) + timedelta(hours=2))
    length = len(picture("PNG"))
    closed = f"What was sealed for {web.site.vault.content.current} {number} is not what is there."
    assert sorted(found) == sorted(
        [
            Finding("attachment-missing", number, f"{ids[0]}.original is not there"),
            Finding("attachment-changed", number, f"{ids[1]}.view is not what was written"),
            Finding("attachment-missing", number, f"{ids[2]}.view is not there"),
            Finding("attachment-orphan", "-", f"{ids[2]}.gone belongs to no attachment"),
            Finding("attachment-unopenable", number, f"{ids[3]}.original: {closed}"),
            Finding("attachment-unopenable", number, f"{ids[3]}.view: {closed}"),
            Finding("attachment-unopenable", number, f"{ids[4]}.original: it has {length} bytes, not 1"),
            *(
                Finding("attachment-orphan", "-", f"{ids[5]}.{part} belongs to no attachment")
                for part in ("original", "view")
            ),
        ]
    )


def test_the_doctor_reads_attachments_too(web: Web) -> None:
    case = web.submit()
    sent(web, case, case["secret"], picture("PNG"))
    site = web.site
    env = {"LAPOR_DATABASE_URL": site.database.url.render_as_string(hide_password=False)}
    env["LAPOR_VAR"] = str(site.settings.var)
    lapor = str(Path(sys.executable).with_name("lapor"))

    def codes() -> list[str]:
        told = subprocess.run([lapor, "doctor"], env=env, capture_output=True, text=True, check=False, timeout=60)
        assert "attachments: 1)" in told.stdout, told.stderr
        return [code for code in ("attachment-missing", "due-untold") if code in told.stdout]

    before = codes()
    for file in on_disk(site):
        file.unlink()
    assert codes() == ["attachment-missing", *before]


def test_a_file_that_is_gone_is_our_fault_and_is_told_as_such(web: Web) -> None:
    case = web.submit()
    made = sent(web, case, case["secret"])
    on_disk(web.site)[0].unlink()
    assert problem_of(web, case, made) == (500, "broken", None)


def problem_of(web: Web, case: dict[str, Any], made: dict[str, Any]) -> Any:
    headers = {"Authorization": f"Bearer {case['secret']}"}
    return problem(web.client.get(V1 + path(case, f"/{made['id']}"), headers=headers))


def test_rotating_brings_attachments_under_the_newest_key(web: Web) -> None:
    hidden, public = web.submit(confidential=True), web.submit()
    made = [(case, sent(web, case, case["secret"], picture("PNG"))) for case in (hidden, public)]
    vault, site = web.town.engine.vault, web.site
    before = [file.read_bytes() for file in on_disk(site)]
    vault.content.add()
    with site.reading() as session:
        assert rotation.outstanding(session, vault) == 3
    assert rotation.renew(site.writing, vault, site.pepper) == 3
    with site.reading() as session:
        standing = rotation.standing(session, vault)["content"]
    assert {key.split("-")[0]: count for key, count in standing.items()} == {"k1": 0, "k2": 3}
    assert [file.read_bytes() for file in on_disk(site)] == before
    for case, each in made:
        assert read(web, case, each, case["secret"], "?original=true").data == picture("PNG")
        assert web.get(path(case), case["secret"]).json == [each]
    assert stock(web.town) == []


def test_all_attachments_of_a_case_are_removed_when_that_is_committed(web: Web) -> None:
    case, other = web.submit(), web.submit()
    for each in (case, case, other):
        sent(web, each, each["secret"], picture("PNG"))
    store = web.site.attachments

    def remove(*, committed: bool) -> int:
        with web.site.writing() as session:
            row = session.scalars(select(Complaint).filter_by(number=case["tracking_number"])).one()
            removed = attaching.remove_all(store, session, row)
            if not committed:
                session.rollback()
        return removed

    assert (remove(committed=False), len(on_disk(web.site))) == (2, 6)
    assert web.get(path(case), case["secret"]).json != []
    assert (remove(committed=True), len(on_disk(web.site))) == (2, 2)
    assert web.get(path(case), case["secret"]).json == []
    assert (stock(web.town, datetime.now(UTC) + timedelta(hours=2)), web.town.findings("6 Jul 12:00")) == ([], [])


def test_another_folder_may_be_chosen(web: Web, tmp_path: Path) -> None:
    settings = replace(
        web.site.settings, attachments=replace(web.site.settings.attachments, folder=tmp_path / "elsewhere")
    )
    assert replace(web.site, settings=settings).attachments == Store(tmp_path / "elsewhere")
