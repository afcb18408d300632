"""What a file is, is found by what it holds; whatever is not on the list is refused, whatever it is called."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

import pytest

from lapor.attachments import documents, kinds, names
from lapor.errors import InvalidFields
from tests import files
from tests.files import DOCX, ODT, PDF, TAKEN, archive, film, ogg, open_document, open_xml, picture, sound, wave

UNKNOWN = (
    "Files of this kind are not taken; those are: "
    "JPG, PNG, WEBP, PDF, DOCX, XLSX, PPTX, ODT, ODS, MP4, MP3, M4A, OGG, WAV, AMR."
)
TWO = "The file is of two kinds at once."
MACROS = "The document holds macros: save it without them."
BOMB = "The document unpacks to too much."
HTML = b"<!DOCTYPE html><html><script>alert(1)</script></html>"
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'


def macros(said: str) -> bytes:
    return archive({"[Content_Types].xml": f'<Types><Override ContentType="{said}"/></Types>'})


def lying(document: bytes) -> bytes:
    """The same with a directory that says of its first entry that it takes more room than there is."""
    place = document.index(b"PK\x01\x02")
    return document[: place + 20] + struct.pack("<I", len(document) * 2) + document[place + 24 :]


def large_directory(document: bytes) -> bytes:
    place = document.index(b"PK\x05\x06")
    return document[: place + 10] + struct.pack("<H", 60_000) + document[place + 12 :]


def zip64(document: bytes) -> bytes:
    place = document.index(b"PK\x05\x06")
    return document[:place] + b"PK\x06\x07" + bytes(16) + document[place:]


def with_comment(said: bytes) -> bytes:
    return picture("JPEG", comment=said)


def bomb() -> bytes:
    # 201 MB of zeros, packed once
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = b"".join(packer.compress(bytes(1_000_000)) for _ in range(201)) + packer.flush()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("[Content_Types].xml", f'<Override ContentType="{DOCX}.main+xml"/>')
        with made.open("word/media/image1.bmp", "w") as entry:
            entry.write(packed)
    document = out.getvalue()
    place = document.rindex(b"PK\x01\x02")
    told = struct.pack("<II", len(packed), 201_000_000)
    return document[: place + 10] + b"\x08\x00" + document[place + 12 : place + 20] + told + document[place + 28 :]


REFUSED = {
    "nothing": (b"", "The file is empty."),
    "a text": (b"Lubang di jalan.", UNKNOWN),
    "a page that is called foto.jpg": (HTML, UNKNOWN),
    "a drawing with a script": (SVG, UNKNOWN),
    "a program": (b"MZ" + bytes(100), UNKNOWN),
    "a program of Linux": (b"\x7fELF\x02\x01\x01" + bytes(100), UNKNOWN),
    "a picture of a kind that is not taken": (picture("GIF"), UNKNOWN),
    "a moving picture": (
        picture("PNG")[:8] + b"\0\0\0\x08acTL",
        UNKNOWN,
    ),
    "an archive": (archive({"a.txt": "a"}), UNKNOWN),
    "an archive that is broken": (open_xml(DOCX)[:60], UNKNOWN),
    "an archive without anything": (b"PK\x05\x06" + bytes(18), UNKNOWN),
    "an archive that says twice what it is": (
        archive({"[Content_Types].xml": "".join(f'"{each}.main+xml"' for each in (DOCX, files.XLSX))}),
        UNKNOWN,
    ),
    "a drawing of LibreOffice": (open_document("application/vnd.oasis.opendocument.graphics"), UNKNOWN),
    "a document of LibreOffice that says it late": (archive({"content.xml": "<a/>", "mimetype": ODT}), UNKNOWN),
    "a document with a page as long as a book": (
        archive({"[Content_Types].xml": f'"{DOCX}.main+xml"' + " " * 10**6}),
        UNKNOWN,
    ),
    "docm": (macros("application/vnd.ms-word.document.macroEnabled.main+xml"), MACROS),
    "docm that is called docx": (open_xml(DOCX, **{"word/vbaProject.bin": b"\0"}), MACROS),
    "a spreadsheet with macros of old": (open_xml(files.XLSX, **{"xl/macrosheets/sheet1.xml": "<a/>"}), MACROS),
    "odt with macros": (open_document(ODT, **{"Basic/Standard/Module1.xml": "<a/>"}), MACROS),
    "a bomb": (bomb(), BOMB),
    "a bomb of entries over each other": (lying(open_xml(DOCX)), BOMB),
    "a directory too long to be read": (large_directory(open_xml(DOCX)), BOMB),
    "a directory for large archives": (zip64(open_xml(DOCX)), BOMB),
    "pdf that starts later": (b"\n" + PDF, UNKNOWN),
    "pdf after a mark of the byte order": (b"\xef\xbb\xbf" + PDF, UNKNOWN),
    "a picture that is an archive too": (picture("JPEG") + archive({"a.class": "a"}), TWO),
    "a picture that is a page too": (with_comment(HTML), TWO),
    "a picture that is a pdf too": (with_comment(PDF), TWO),
    "a pdf that is an archive too": (PDF + archive({"a.class": "a"}), TWO),
    "a film in ogg": (ogg(b"\x80theora"), UNKNOWN),
    "ogg that is cut off": (b"OggS" + bytes(6), UNKNOWN),
    "a film without boxes": (film(b"isom")[:24] + bytes(100), UNKNOWN),
    "a film that is cut off": (film(b"isom")[:-20], UNKNOWN),
    "a film of boxes without end": (files.box(b"ftyp", b"isom" + bytes(8)) + files.box(b"free") * 10_000, UNKNOWN),
    "a mark of sound and nothing more": (b"\xff\xfb" + b"x" * 500, UNKNOWN),
    "one frame of sound": (sound()[:417], UNKNOWN),
    "a tag of sound that is none": (b"ID3\x04\x00\x00\xff\xff\xff\xff" + sound(), UNKNOWN),
    "a tag of sound that is cut off": (b"ID3\x04", UNKNOWN),
    "another layer of sound": (b"\xff\xf3\xd0\x00" + bytes(500), UNKNOWN),
    "sound of a rate that is none": (b"\xff\xfb\xf0\x00" + bytes(500), UNKNOWN),
    "wav without a format": (wave()[:12] + b"xxxx" + wave()[16:], UNKNOWN),
    "speech of a kind that nobody plays": (b"#!AMR_MC1.0\n" + bytes(30), UNKNOWN),
}


@pytest.mark.parametrize(("file", "kind"), TAKEN.values(), ids=TAKEN)
def test_a_kind_that_is_taken_is_known_by_what_it_holds(file: bytes, kind: str) -> None:
    assert kinds.kind_of(io.BytesIO(file)) == kind


@pytest.mark.parametrize(("file", "why"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_taken_is_told(file: bytes, why: str) -> None:
    with pytest.raises(InvalidFields) as refused:
        kinds.kind_of(io.BytesIO(file))
    assert refused.value.errors == {"file": [why]}


def test_a_film_whose_size_needs_eight_bytes_or_reaches_to_the_end_is_taken() -> None:
    start = files.box(b"ftyp", b"isom" + bytes(4) + b"isom")
    long = struct.pack(">I4sQ", 1, b"mdat", 16 + 4) + bytes(4)
    to_the_end = struct.pack(">I4s", 0, b"moov") + bytes(8)
    assert kinds.kind_of(io.BytesIO(start + long + to_the_end)) == "video/mp4"


def test_sound_of_half_the_rate_has_frames_of_half_the_length() -> None:
    # MPEG 2 at 64 kbit/s and 22.05 kHz; MPEG 2.5 is not what the library knows
    frame = b"\xff\xf3\x80\x00" + bytes(72 * 64_000 // 22_050 - 4)
    assert kinds.kind_of(io.BytesIO(frame + frame)) == "audio/mpeg"


def test_every_kind_that_is_taken_has_a_file_here() -> None:
    assert {kind for _, kind in TAKEN.values()} == set(kinds.EXTENSIONS)
    assert documents.DOCX == DOCX


@pytest.mark.parametrize(
    ("said", "kind", "name"),
    [
        ("lubang.jpg", "image/jpeg", "lubang.jpg"),
        ("LUBANG.JPEG", "image/jpeg", "LUBANG.JPEG"),
        ("../../../etc/passwd", "application/pdf", "passwd.pdf"),
        ("C:\\Users\\warga\\foto.png", "image/png", "foto.png"),
        ("a\r\nSet-Cookie: b\x00.mp3", "audio/mpeg", "a Set-Cookie: b.mp3"),
        ("\u202egpj.exe", "image/jpeg", "gpj.exe.jpg"),
        ("...", "image/png", "lampiran.png"),
        (".htaccess", "image/png", "htaccess.png"),
        ("", "audio/amr", "lampiran.amr"),
        (".jpg", "image/jpeg", "jpg.jpg"),
        ("x" * 300 + ".pdf", "application/pdf", "x" * 116 + ".pdf"),
    ],
)
def test_a_name_is_data_and_never_a_path(said: str, kind: str, name: str) -> None:
    assert names.cleaned(said, kind) == name
