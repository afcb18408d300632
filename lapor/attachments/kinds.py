"""What kinds of files are taken, found by what they hold. Neither their names nor what is said of them counts."""

from __future__ import annotations

import re
import struct
import zipfile
from collections.abc import Callable, Mapping
from typing import BinaryIO

import filetype

from lapor.attachments import documents
from lapor.errors import InvalidFields

EXTENSIONS: Mapping[str, tuple[str, ...]] = {
    "image/jpeg": (".jpg", ".jpeg"),
    "image/png": (".png",),
    "image/webp": (".webp",),
    "application/pdf": (".pdf",),
    documents.DOCX: (".docx",),
    documents.XLSX: (".xlsx",),
    documents.PPTX: (".pptx",),
    documents.ODT: (".odt",),
    documents.ODS: (".ods",),
    "video/mp4": (".mp4", ".m4v"),
    "audio/mpeg": (".mp3",),
    "audio/mp4": (".m4a", ".mp4"),
    "audio/ogg": (".ogg", ".oga", ".opus"),
    "audio/wav": (".wav",),
    "audio/amr": (".amr",),
}
PICTURES = ("image/jpeg", "image/png", "image/webp")
HEAD = 8192
# a browser or a reader of PDF would take such a file for what it is not
_MARKUP = re.compile(rb"<\s*(!doctype|html|head|body|script|svg|iframe)\b", re.IGNORECASE)
_PDF = b"%PDF-"
_AUDIO_IN_OGG = (b"OpusHead", b"\x01vorbis", b"Speex   ", b"\x7fFLAC")
_BOXES = 10_000


def kind_of(file: BinaryIO) -> str:
    """The media type of a file.

    Raises:
        InvalidFields: it is empty, of a kind that is not taken, of two kinds at once, or holds what may do harm.
    """
    file.seek(0)
    head = file.read(HEAD)
    if not head:
        raise documents.refused("The file is empty.")
    if head.startswith(b"PK\x03\x04"):
        document = documents.kind_of(file)
        if document is None:
            raise unknown()
        return document
    found: str | None = filetype.guess_mime(head)
    kind = _NAMES.get(found, found) or ""
    if kind not in EXTENSIONS or not _LOOKS.get(kind, _as_guessed)(file, head):
        raise unknown()
    if _MARKUP.search(head[:1024]) or _PDF in head[1:1024] or _is_archive_too(file):
        raise documents.refused("The file is of two kinds at once.")
    return kind


def unknown() -> InvalidFields:
    """What is said of a file that is of no kind that is taken."""
    kinds = ", ".join(dict.fromkeys(endings[0][1:].upper() for endings in EXTENSIONS.values()))
    return documents.refused(f"Files of this kind are not taken; those are: {kinds}.")


def _as_guessed(_file: BinaryIO, _head: bytes) -> bool:
    return True


def _is_pdf(_file: BinaryIO, head: bytes) -> bool:
    # not after a mark of the byte order
    return head.startswith(_PDF)


def _is_speech(_file: BinaryIO, head: bytes) -> bool:
    return head.startswith((b"#!AMR\n", b"#!AMR-WB\n"))


def _is_ogg_audio(_file: BinaryIO, head: bytes) -> bool:
    segments = head[26] if len(head) > 26 else 0
    return head[27 + segments :].startswith(_AUDIO_IN_OGG)


def _is_wave(_file: BinaryIO, head: bytes) -> bool:
    return head[12:16] in (b"fmt ", b"JUNK", b"bext", b"LIST")


def _is_mp3(file: BinaryIO, head: bytes) -> bool:
    """Two frames in a row, after the tag if there is one: a frame's mark alone stands in many a file."""
    start = 0
    if head.startswith(b"ID3"):
        if len(head) < 10 or any(each & 0x80 for each in head[6:10]):
            return False
        start = 10 + sum(each << (21 - 7 * place) for place, each in enumerate(head[6:10]))
    file.seek(start)
    rest = file.read(HEAD).lstrip(b"\0")
    length = _frame(rest[:4])
    return bool(length) and _frame(rest[length : length + 4]) > 0


def _frame(header: bytes) -> int:
    """The length of a frame of MPEG audio, layer 3, by its header (ISO 11172-3, 13818-3); 0: it is none."""
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE6 != 0xE2:
        return 0
    version, rate, frequency = header[1] >> 3 & 3, header[2] >> 4, header[2] >> 2 & 3
    if version == 1 or rate in (0, 15) or frequency == 3:
        return 0
    is_first = version == 3
    bits = (_RATES_1 if is_first else _RATES_2)[rate - 1] * 1000
    hertz = (44100, 48000, 32000)[frequency] // {3: 1, 2: 2, 0: 4}[version]
    return (144 if is_first else 72) * bits // hertz + (header[2] >> 1 & 1)


_RATES_1 = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_RATES_2 = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)


def _is_film(file: BinaryIO, _head: bytes) -> bool:
    """Boxes one after the other (ISO 14496-12), among them the one that says what is in the others."""
    end, place = file.seek(0, 2), 0
    for _ in range(_BOXES):
        file.seek(place)
        header = file.read(16)
        if len(header) < 8:
            return False
        size, name = struct.unpack(">I4s", header[:8])
        if size == 1 and len(header) == 16:
            (size,) = struct.unpack(">Q", header[8:])
        size = size or end - place
        if size < 8 or place + size > end:
            return False
        if name == b"moov":
            return True
        place += size
    return False


def _is_archive_too(file: BinaryIO) -> bool:
    try:
        documents.require_sane(file)
        with zipfile.ZipFile(file) as archive:
            return bool(archive.infolist())
    except (*documents.UNREADABLE, InvalidFields):
        return False


# what the library calls otherwise
_NAMES: Mapping[str | None, str] = {"audio/x-wav": "audio/wav", "video/x-m4v": "video/mp4"}
_LOOKS: Mapping[str, Callable[[BinaryIO, bytes], bool]] = {
    "application/pdf": _is_pdf,
    "audio/amr": _is_speech,
    "audio/ogg": _is_ogg_audio,
    "audio/wav": _is_wave,
    "audio/mpeg": _is_mp3,
    "audio/mp4": _is_film,
    "video/mp4": _is_film,
}
