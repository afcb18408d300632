"""What is shown of files where nobody may learn who sent them: everything but what was written beside it."""

from __future__ import annotations

import io
import struct
import zipfile
from typing import Any

import pytest
from PIL import Image
from pypdf import PdfReader

from lapor.attachments import kinds, views
from lapor.attachments.papers import bare_jpeg
from lapor.errors import InvalidFields
from tests.files import (
    DOCX,
    MARKS,
    ODT,
    PPTX,
    TAKEN,
    XLSX,
    archive,
    box,
    film,
    marked,
    open_document,
    open_xml,
    pdf,
    sound,
    wave,
)

OWNER = b"TANDA-PEMILIK"


def view(said: bytes, kind: str) -> bytes:
    out: Any = io.BytesIO()
    views.draw(io.BytesIO(said), kind, out)
    return bytes(out.getvalue())


def refusal(said: bytes, kind: str) -> list[str]:
    with pytest.raises(InvalidFields) as refused:
        view(said, kind)
    return refused.value.errors["file"]


@pytest.mark.parametrize("name", [name for name, (_, kind) in TAKEN.items() if kind not in views.TELL_NOTHING])
def test_a_view_is_of_the_kind_that_it_was_drawn_of_and_its_own_view(name: str) -> None:
    said, kind = TAKEN[name]
    drawn = view(said, kind)
    assert kinds.kind_of(io.BytesIO(drawn)) == kind
    if not kind.startswith("image/") and kind != "application/pdf":
        assert view(drawn, kind) == drawn


def test_speech_in_amr_has_no_room_for_anything_else() -> None:
    assert {"audio/amr"} == views.TELL_NOTHING


def test_a_pdf_keeps_its_pages_alone() -> None:
    said = pdf(jpeg=marked())
    drawn = view(said, "application/pdf")
    assert [mark for mark in (*MARKS, b"TANDA", b"daftar", b"pypdf") if mark in drawn] == []
    read = PdfReader(io.BytesIO(drawn))
    assert (read.metadata, read.attachments, len(read.pages)) == (None, {}, 1)
    remarks: Any = read.pages[0]["/Annots"]
    assert remarks[0].get_object()["/Contents"] == "Di sini."


@pytest.mark.parametrize("said", [pdf(locked="x"), pdf()[:300], b"%PDF-1.4\nx"])
def test_a_pdf_that_cannot_be_written_anew_is_refused_with_what_to_do(said: bytes) -> None:
    assert refusal(said, "application/pdf") == ["The PDF is damaged or locked: print it to a new one."]


def test_a_jpeg_loses_what_lies_beside_and_behind_the_picture() -> None:
    said = marked(orientation=1)
    bare = bare_jpeg(said + OWNER)
    assert [mark for mark in (*MARKS, b"TANDA") if mark in bare] == []
    assert Image.open(io.BytesIO(bare)).tobytes() == Image.open(io.BytesIO(said)).tobytes()
    assert (bare_jpeg(bare), bare_jpeg(b"x")) == (bare, b"x")


PROPERTIES = {
    "docProps/core.xml": "<cp:coreProperties><dc:creator>TANDA-PEMILIK</dc:creator></cp:coreProperties>",
    "docProps/app.xml": "<Properties><Company>TANDA-PEMILIK</Company></Properties>",
    "docProps/custom.xml": "<Properties><property>TANDA-PEMILIK</property></Properties>",
}
OF_WORD: dict[str, str | bytes] = {
    "word/document.xml": '<w:p><w:ins w:id="1" w:author="TANDA-PEMILIK" w:date="0"><w:t>Jalan</w:t></w:ins></w:p>',
    "word/comments.xml": "<w:comment w:author='TANDA-PEMILIK' w:initials=\"TANDA\"/>",
    "word/people.xml": '<w15:person w15:author="TANDA-PEMILIK"><w15:presenceInfo w15:userId="TANDA"/></w15:person>',
    "word/media/image1.jpeg": marked(),
    "word/embeddings/sheet.xlsx": b"TANDA-PEMILIK",
}
OF_EXCEL = {
    "xl/workbook.xml": '<x15ac:absPath url="C:\\Users\\TANDA\\" xmlns:x15ac="x"/><fileSharing userName="TANDA"/>',
    "xl/comments1.xml": "<comments><authors><author>TANDA-PEMILIK</author></authors></comments>",
    "xl/persons/person.xml": '<person displayName="TANDA-PEMILIK" id="1" userId="TANDA" providerId="AD"/>',
}
OF_POWERPOINT = {"ppt/commentAuthors.xml": '<p:cmAuthor id="0" name="TANDA-PEMILIK" initials="TANDA"/>'}
OF_OPEN = {
    "meta.xml": "<office:document-meta><dc:creator>TANDA-PEMILIK</dc:creator></office:document-meta>",
    "content.xml": "<text:p>Jalan<office:annotation><dc:creator>TANDA</dc:creator></office:annotation></text:p>",
}
DOCUMENTS: list[tuple[str, bytes, dict[str, bytes]]] = [
    (
        DOCX,
        open_xml(DOCX, **PROPERTIES, **OF_WORD),
        {"word/document.xml": b'<w:p><w:ins w:id="1" w:author="-" w:date="0"><w:t>Jalan</w:t></w:ins></w:p>'},
    ),
    (XLSX, open_xml(XLSX, **PROPERTIES, **OF_EXCEL), {"main.xml": b"<main/>"}),
    (PPTX, open_xml(PPTX, **PROPERTIES, **OF_POWERPOINT), {"main.xml": b"<main/>"}),
    (
        ODT,
        archive({"mimetype": ODT, **OF_OPEN}),
        {"content.xml": b"<text:p>Jalan<office:annotation><dc:creator></dc:creator></office:annotation></text:p>"},
    ),
]


@pytest.mark.parametrize(("kind", "said", "kept"), DOCUMENTS)
def test_a_document_keeps_its_text_and_loses_the_names_beside_it(
    kind: str, said: bytes, kept: dict[str, bytes]
) -> None:
    drawn = view(said, kind)
    with zipfile.ZipFile(io.BytesIO(said)) as before, zipfile.ZipFile(io.BytesIO(drawn)) as after:
        assert after.namelist() == before.namelist()
        assert [name for name in after.namelist() if b"TANDA" in after.read(name)] == []
        assert {name: after.read(name) for name in kept} == kept
        assert {entry.date_time for entry in after.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert kinds.kind_of(io.BytesIO(drawn)) == kind


def test_a_document_with_a_damaged_picture_or_entry_is_refused() -> None:
    assert refusal(open_xml(DOCX, **{"word/media/a.png": b"x"}), DOCX) == ["The picture is damaged."]
    broken = open_document(ODT).replace(b"PK\x03\x04", b"PK\x03\x05")
    assert refusal(broken, ODT) == ["The document is damaged or locked."]


def described() -> bytes:
    place = box(b"udta", box(b"\xa9xyz", OWNER))
    times = box(b"mvhd", bytes(4) + b"\1" * 8 + b"\2" * 8)
    long_times = box(b"mdhd", b"\1" + bytes(3) + b"\1" * 16 + b"\2" * 8)
    handler = box(b"hdlr", bytes(8) + b"vide" + bytes(12) + OWNER)
    track = box(b"trak", box(b"mdia", long_times + handler) + box(b"meta", OWNER))
    return box(b"moov", times + place + track) + box(b"uuid", OWNER) + box(b"mdat", b"\3" * 9)


def test_a_film_keeps_every_box_where_it_was_and_says_nothing_of_its_maker() -> None:
    said = film(b"isom") + described()
    drawn = view(said, "video/mp4")
    assert (len(drawn), OWNER in drawn, b"xyz" in drawn) == (len(said), False, False)
    assert drawn.startswith(film(b"isom"))
    assert [drawn.count(name) for name in (b"moov", b"trak", b"mdia", b"vide", b"free", b"udta")] == [2, 1, 1, 1, 3, 0]
    # durations and samples stay, moments do not
    assert [drawn.count(each * 8) for each in (b"\1", b"\2", b"\3")] == [0, 2, 1]


def test_a_film_with_a_track_of_places_is_refused() -> None:
    said = box(b"moov", box(b"trak", box(b"mdia", box(b"hdlr", bytes(8) + b"meta" + bytes(12)))))
    assert refusal(said, "video/mp4") == ["The film says where or when it was made: save it without places."]


def test_sound_keeps_its_frames_alone() -> None:
    tag = b"ID3\x04\x00\x00" + bytes((0, 0, 0, len(OWNER))) + OWNER
    ape = b"TANDA" * 4 + b"APETAGEX" + struct.pack("<III", 2000, 52, 1) + bytes(4) + bytes(8)
    assert view(tag + sound(tag) + ape + b"TAG" + OWNER.ljust(125, b"\0"), "audio/mpeg") == sound()


def test_a_wave_keeps_format_and_samples() -> None:
    remark = struct.pack("<4sI", b"LIST", len(OWNER)) + OWNER + b"\0"
    said = wave()
    assert view(said[:36] + remark + said[36:] + remark, "audio/wav") == said


def page(serial: int, number: int, packets: list[bytes], *, goes_on: bool = False) -> bytes:
    """A page of OGG with the checksum of RFC 3533, bit by bit."""
    laces = b"".join(b"\xff" * (len(each) // 255) + bytes((len(each) % 255,)) for each in packets)
    laces = laces[:-1] if goes_on else laces
    head = struct.pack("<4sBBqIIIB", b"OggS", 0, 0, 0, serial, number, 0, len(laces))
    said = head + laces + b"".join(packets)
    found = 0
    for each in said:
        found ^= each << 24
        for _ in range(8):
            found = (found << 1 ^ (0x104C11DB7 if found & 0x80000000 else 0)) & 0xFFFFFFFF
    return said[:22] + struct.pack("<I", found) + said[26:]


CODECS = [
    (b"OpusHead", b"OpusTags"),
    (b"\x01vorbis", b"\x03vorbis"),
    (b"Speex   ", b""),
    (b"\x7fFLAC", b"\x84\0\0\x40"),
]


@pytest.mark.parametrize(("codec", "mark"), CODECS)
def test_a_recording_keeps_its_pages_and_loses_its_remarks(codec: bytes, mark: bytes) -> None:
    first, sound_page = page(7, 0, [codec.ljust(19, b"\0")]), page(7, 3, [b"suara"])
    remark = mark + OWNER * 40
    empty = (mark + bytes(8) + b"\1").ljust(len(remark), b"\0")
    assert view(first + page(7, 1, [remark, b"setup"]) + sound_page, "audio/ogg") == (
        first + page(7, 1, [empty, b"setup"]) + sound_page
    )
    # over two pages
    long, bare = mark + OWNER * 40, (mark + bytes(8) + b"\1").ljust(len(remark), b"\0")
    assert view(
        first + page(7, 1, [long[:255]], goes_on=True) + page(7, 2, [long[255:]]) + sound_page, "audio/ogg"
    ) == (first + page(7, 1, [bare[:255]], goes_on=True) + page(7, 2, [bare[255:]]) + sound_page)


def test_a_recording_that_breaks_off_within_its_pages_is_refused() -> None:
    assert refusal(page(7, 0, [b"OpusHead"]) + b"OggX", "audio/ogg") == ["The recording is damaged."]
