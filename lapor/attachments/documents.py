"""Office documents: archives, known by what lies in them. Nothing is unpacked but the page that says what they are."""

from __future__ import annotations

import os
import struct
import zipfile
import zlib
from collections.abc import Mapping
from typing import BinaryIO

from lapor.errors import InvalidFields

_OPEN_XML = "application/vnd.openxmlformats-officedocument"
DOCX = f"{_OPEN_XML}.wordprocessingml.document"
XLSX = f"{_OPEN_XML}.spreadsheetml.sheet"
PPTX = f"{_OPEN_XML}.presentationml.presentation"
ODT = "application/vnd.oasis.opendocument.text"
ODS = "application/vnd.oasis.opendocument.spreadsheet"
ENTRIES = 5_000
UNPACKED = 200_000_000
_TYPES, _MIMETYPE = "[Content_Types].xml", "mimetype"
_LONGEST_PAGE = 1_000_000
_MAIN: Mapping[bytes, str] = {f'"{kind}.main+xml"'.encode(): kind for kind in (DOCX, XLSX, PPTX)}
# parts that are programs, and where OpenDocument and old spreadsheets keep them
_PROGRAMS, _OF_PROGRAMS = ("vbaproject.bin", "vbadata.xml"), ("basic/", "scripts/", "xl/macrosheets/")
_SAID_OF_PROGRAMS = (b"macroenabled", b"macrosheet", b"vbaproject")
_ENDING, _LARGE_ENDING = b"PK\x05\x06", b"PK\x06\x07"
_ENDING_BYTES, _LARGE_ENDING_BYTES, _LONGEST_REMARK = 22, 20, 0xFFFF
_DIRECTORY = 1_000_000
UNREADABLE = (
    zipfile.BadZipFile,
    NotImplementedError,
    ValueError,
    OSError,
    RuntimeError,
    EOFError,
    struct.error,
    zlib.error,
)
"""What the library raises for an archive that is none."""


def kind_of(file: BinaryIO) -> str | None:
    """The media type of an office document, None of any other archive.

    Raises:
        InvalidFields: it holds macros, is locked, or unpacks to too much.
    """
    try:
        require_sane(file)
        with zipfile.ZipFile(file) as archive:
            return _kind_of(archive, file.seek(0, os.SEEK_END))
    except UNREADABLE:
        return None


def require_sane(file: BinaryIO) -> None:
    """Look at the directory of an archive before anything reads all of it.

    Raises:
        BadZipFile: it has none.
        InvalidFields: it is too long to be one of a document.
    """
    end = file.seek(0, os.SEEK_END)
    file.seek(max(0, end - _LARGE_ENDING_BYTES - _ENDING_BYTES - _LONGEST_REMARK))
    tail = file.read()
    place = tail.rfind(_ENDING)
    if place < 0 or len(tail) - place < _ENDING_BYTES:
        raise zipfile.BadZipFile
    entries, length = struct.unpack_from("<HI", tail, place + 10)
    is_large = tail[max(0, place - _LARGE_ENDING_BYTES) : place].startswith(_LARGE_ENDING)
    if is_large or entries > ENTRIES or length > _DIRECTORY:
        raise _bomb()


def refused(why: str) -> InvalidFields:
    """What is wrong with a file."""
    return InvalidFields({"file": [why]})


def _kind_of(archive: zipfile.ZipFile, size: int) -> str | None:
    entries = archive.infolist()
    # entries that lie over each other unpack to more than they say
    overlap = sum(entry.compress_size for entry in entries) > size
    if overlap or sum(entry.file_size for entry in entries) > UNPACKED:
        raise _bomb()
    kind = _open_xml(archive) or _open_document(archive)
    if kind and any(_is_program(entry.filename.lower()) for entry in entries):
        raise _macros()
    return kind


def _open_xml(archive: zipfile.ZipFile) -> str | None:
    page = _page(archive, _TYPES)
    if any(mark in page.lower() for mark in _SAID_OF_PROGRAMS):
        raise _macros()
    found = [kind for mark, kind in _MAIN.items() if mark in page]
    return found[0] if len(found) == 1 else None


def _open_document(archive: zipfile.ZipFile) -> str | None:
    kind = _page(archive, _MIMETYPE).decode("ascii")
    is_first = archive.infolist()[:1] == [archive.NameToInfo.get(_MIMETYPE)]
    return kind if is_first and kind in (ODT, ODS) else None


def _page(archive: zipfile.ZipFile, name: str) -> bytes:
    if name not in archive.NameToInfo or archive.NameToInfo[name].file_size > _LONGEST_PAGE:
        return b""
    return archive.read(name)


def _is_program(name: str) -> bool:
    return name.endswith(_PROGRAMS) or name.startswith(_OF_PROGRAMS)


def _bomb() -> InvalidFields:
    return refused("The document unpacks to too much.")


def _macros() -> InvalidFields:
    return refused("The document holds macros: save it without them.")
