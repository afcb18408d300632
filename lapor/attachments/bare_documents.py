"""The view of an office document: the same pages without properties, names of authors, and other files within it."""

from __future__ import annotations

import io
import re
import zipfile
from typing import BinaryIO

from lapor.attachments import documents, pictures
from lapor.attachments.sealed import Writer

_OPEN_XML = "http://schemas.openxmlformats.org"
_EMPTY = {
    "docProps/core.xml": f'<cp:coreProperties xmlns:cp="{_OPEN_XML}/package/2006/metadata/core-properties"/>',
    "docProps/app.xml": f'<Properties xmlns="{_OPEN_XML}/officeDocument/2006/extended-properties"/>',
    "docProps/custom.xml": f'<Properties xmlns="{_OPEN_XML}/officeDocument/2006/custom-properties"/>',
    "meta.xml": '<office:document-meta xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"/>',
}
_PICTURES = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".webp": "image/webp"}
_WITHIN = ("/embeddings/", "_xmlsignatures/", "documentsignatures.xml", "/printersettings/")
# of remarks, of changes, of who may open it, and the folder in which somebody saved it
_ATTRIBUTES = re.compile(
    rb"""\b((?:\w+:)?(?:author|initials|userId|userName|displayName|providerId|lastModifiedBy))\s*=\s*("[^"]*"|'[^']*')"""
)
_ELEMENTS = re.compile(
    rb"(<(?:\w+:)?(?:author|creator|creator-initials|lastModifiedBy|initial-creator|printed-by)\b[^>]*>)[^<]*(?=</)"
)
_NAMES = re.compile(rb"""(<(?:\w+:)?(?:cmAuthor|absPath)\b[^>]*?\b(?:name|url)\s*=\s*)("[^"]*"|'[^']*')""")
_LONG_AGO = (1980, 1, 1, 0, 0, 0)


def view(file: BinaryIO, out: Writer) -> None:
    """Write a document anew whose directory was measured before.

    Raises:
        InvalidFields: it is damaged, or a picture in it.
    """
    written = io.BytesIO()
    try:
        file.seek(0)
        with zipfile.ZipFile(file) as said, zipfile.ZipFile(written, "w") as bare:
            for entry in said.infolist():
                fresh = zipfile.ZipInfo(entry.filename, _LONG_AGO)
                fresh.compress_type = zipfile.ZIP_STORED if entry.filename == "mimetype" else zipfile.ZIP_DEFLATED
                bare.writestr(fresh, _bare(entry.filename, said.read(entry)))
    except documents.UNREADABLE:
        raise documents.refused("The document is damaged or locked.") from None
    out.write(written.getvalue())


def _bare(name: str, said: bytes) -> bytes:
    if name in _EMPTY:
        return _EMPTY[name].encode()
    lowered = name.lower()
    if any(part in lowered for part in _WITHIN):
        return b""
    ending = lowered[lowered.rfind(".") :]
    if ending in _PICTURES and said:
        drawn = io.BytesIO()
        pictures.view(io.BytesIO(said), _PICTURES[ending], drawn)
        return drawn.getvalue()
    return _without_names(said) if ending in (".xml", ".rels") else said


def _without_names(said: bytes) -> bytes:
    said = _ATTRIBUTES.sub(rb'\1="-"', said)
    return _ELEMENTS.sub(rb"\1", _NAMES.sub(rb'\1"-"', said))
