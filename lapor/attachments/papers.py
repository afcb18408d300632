"""The view of a PDF: its pages. Who wrote it, with what, when, and what was pinned to it stays behind."""

from __future__ import annotations

import io
import re
from typing import BinaryIO

from pypdf import PdfReader, PdfWriter
from pypdf.generic import DictionaryObject, NullObject, StreamObject

from lapor.attachments.documents import refused
from lapor.attachments.sealed import Writer
from lapor.errors import InvalidFields, Unopenable

# beside the pages: descriptions, leftovers of programs, files pinned to it, and what runs when it is opened
_BESIDE = ("/Metadata", "/PieceInfo", "/LastModified", "/EmbeddedFiles", "/AF", "/OpenAction", "/AA", "/JavaScript")
# of a remark: who made it, and when
_OF_REMARKS = ("/T", "/M", "/CreationDate", "/NM")
_SCAN, _END, _ADOBE, _COMMENT = 0xDA, 0xD9, 0xEE, 0xFE
_AFTER_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


def view(file: BinaryIO, out: Writer) -> None:
    """Write a PDF anew, with nothing but its pages.

    Raises:
        InvalidFields: it is damaged or locked.
    """
    try:
        out.write(_bare(file))
    except (InvalidFields, Unopenable, OSError):
        raise
    except Exception:  # what is damaged makes the library raise whatever it likes
        raise refused("The PDF is damaged or locked: print it to a new one.") from None


def _bare(file: BinaryIO) -> bytes:
    file.seek(0)
    written = PdfWriter(clone_from=PdfReader(file))
    written.metadata = None
    for place, each in enumerate(written._objects):
        if isinstance(each, DictionaryObject):
            _strip(each)
            if each.get("/Type") == "/Metadata":
                written._objects[place] = NullObject()
    first = io.BytesIO()
    written.write(first)
    # only what pages lead to is taken over: what was stripped leads nowhere any more
    last, again = io.BytesIO(), PdfWriter(clone_from=PdfReader(first))
    again.metadata = None
    again.write(last)
    return last.getvalue()


def _strip(each: DictionaryObject) -> None:
    is_remark = "/Rect" in each and each.get("/Subtype") != "/Widget"
    for name in (*_BESIDE, *(_OF_REMARKS if is_remark else ())):
        each.pop(name, None)
    if isinstance(each, StreamObject) and each.get("/Filter") in ("/DCTDecode", ["/DCTDecode"]):
        each._data = bare_jpeg(each._data)


def bare_jpeg(said: bytes) -> bytes:
    """A JPEG without what a camera wrote beside the picture, and without what follows its end."""
    if not said.startswith(b"\xff\xd8"):
        return said
    kept, place = bytearray(said[:2]), 2
    while place + 4 <= len(said) and said[place + 1] != _END:
        marker = said[place + 1]
        end = place + 2 + int.from_bytes(said[place + 2 : place + 4], "big")
        if marker == _SCAN:
            after = _AFTER_SCAN.search(said, end)
            end = after.start() if after else len(said)
        # APP1 to APP15 but Adobe's, which says how colours are meant
        if not (0xE1 <= marker <= 0xEF and marker != _ADOBE) and marker != _COMMENT:
            kept += said[place:end]
        place = end
    return bytes(kept) + b"\xff\xd9"
