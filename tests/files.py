"""Small real files of every kind, and what hides in them."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo
from PIL.TiffImagePlugin import IFDRational
from pypdf import PdfWriter
from pypdf.annotations import Text
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject, TextStringObject

MARKS = (b"TANDA-PEMILIK", b"TANDA-KETERANGAN", b"TANDA-KAMERA", b"TANDA-ICC")
OPEN_XML = "application/vnd.openxmlformats-officedocument"
DOCX = f"{OPEN_XML}.wordprocessingml.document"
XLSX = f"{OPEN_XML}.spreadsheetml.sheet"
PPTX = f"{OPEN_XML}.presentationml.presentation"
ODT = "application/vnd.oasis.opendocument.text"
ODS = "application/vnd.oasis.opendocument.spreadsheet"


def picture(name: str, size: tuple[int, int] = (8, 6), mode: str = "RGB", **saved: Any) -> bytes:
    """A picture, half red and half blue: red on top."""
    drawn = Image.new("RGB", size, "blue")
    drawn.paste("red", (0, 0, size[0], size[1] // 2))
    out = io.BytesIO()
    drawn.convert(mode).save(out, name, **saved)
    return out.getvalue()


def marked(name: str = "JPEG", size: tuple[int, int] = (80, 60), orientation: int = 6) -> bytes:
    """A photo with all that a camera writes beside it: owner, place, device, comment, profile."""
    exif = Image.Exif()
    exif[0x0112], exif[0x013B], exif[0x010F] = orientation, "TANDA-PEMILIK", "TANDA-KAMERA"
    degrees = tuple(IFDRational(value) for value in (6, 54, 7))
    exif.get_ifd(0x8825).update({1: "S", 2: degrees, 3: "E", 4: degrees})
    beside: dict[str, Any] = {"exif": exif.tobytes(), "icc_profile": b"TANDA-ICC" * 20}
    if name == "JPEG":
        beside["comment"] = b"TANDA-KETERANGAN"
    if name == "PNG":
        info = PngInfo()
        info.add_text("Comment", "TANDA-KETERANGAN")
        beside["pnginfo"] = info
    return picture(name, size, **beside)


def archive(entries: Mapping[str, str | bytes], packed: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An archive with these entries in this order; the first lies there as it is."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", packed) as made:
        for place, (name, said) in enumerate(entries.items()):
            made.writestr(name, said, None if place else zipfile.ZIP_STORED)
    return out.getvalue()


def open_xml(kind: str, **more: str | bytes) -> bytes:
    """A document of Office: only the page that says what it is counts here."""
    said = f'<Types><Override PartName="/main.xml" ContentType="{kind}.main+xml"/></Types>'
    return archive({"[Content_Types].xml": said, "main.xml": "<main/>", **more})


def open_document(kind: str, **more: str | bytes) -> bytes:
    """A document of LibreOffice."""
    return archive({"mimetype": kind, "content.xml": "<content/>", **more})


def box(name: bytes, said: bytes = b"") -> bytes:
    """A box of MP4."""
    return struct.pack(">I4s", 8 + len(said), name) + said


def film(brand: bytes) -> bytes:
    """Boxes as in a film or a recording."""
    return box(b"ftyp", brand + bytes(4) + brand) + box(b"mdat", bytes(20)) + box(b"moov", bytes(8))


def sound(tag: bytes = b"") -> bytes:
    """Two frames of MPEG audio, at 128 kbit/s and 44.1 kHz."""
    frame = b"\xff\xfb\x90\x00" + bytes(413)
    return tag + frame + frame


def wave() -> bytes:
    """A WAV of four samples."""
    fmt = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 8000, 8000, 1, 8)
    said = b"WAVE" + fmt + struct.pack("<4sI", b"data", 4) + bytes(4)
    return struct.pack("<4sI", b"RIFF", len(said)) + said


def ogg(codec: bytes) -> bytes:
    """A page of OGG with the head of a codec."""
    head = codec.ljust(19, b"\0")
    return struct.pack("<4sBBqIIIBB", b"OggS", 0, 2, 0, 1, 0, 0, 1, len(head)) + head


def pdf(*, jpeg: bytes = b"", locked: str = "") -> bytes:
    """A page, with a picture where one is given, and all that programs write beside it."""
    made = PdfWriter()
    page = made.add_blank_page(100, 100)
    said = DecodedStreamObject()
    said.set_data(b"<x:xmpmeta>TANDA-KETERANGAN</x:xmpmeta>")
    said.update({NameObject("/Type"): NameObject("/Metadata"), NameObject("/Subtype"): NameObject("/XML")})
    made.root_object[NameObject("/Metadata")] = made._add_object(said)
    drawn = DecodedStreamObject()
    drawn.set_data(jpeg)
    drawn[NameObject("/Filter")] = NameObject("/DCTDecode")
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/XObject"): made._add_object(drawn)})
    remark = Text(rect=(0, 0, 10, 10), text="Di sini.")
    remark[NameObject("/T")] = TextStringObject("TANDA-KAMERA")
    made.add_annotation(0, remark)
    made.add_attachment("daftar.txt", b"TANDA-ICC")
    made.add_metadata({"/Author": "TANDA/PEMILIK"})
    if locked:
        made.encrypt(locked, algorithm="RC4-128")
    out = io.BytesIO()
    made.write(out)
    return out.getvalue()


PDF = pdf()
TAG = b"ID3\x04\x00\x00" + bytes((0, 0, 1, 0)) + bytes(128)
TAKEN: Mapping[str, tuple[bytes, str]] = {
    "jpeg": (picture("JPEG"), "image/jpeg"),
    "a jpeg with a name and a place": (marked(), "image/jpeg"),
    "png": (picture("PNG"), "image/png"),
    "webp": (picture("WEBP"), "image/webp"),
    "pdf": (PDF, "application/pdf"),
    "docx": (open_xml(DOCX), DOCX),
    "xlsx": (open_xml(XLSX), XLSX),
    "pptx": (open_xml(PPTX), PPTX),
    "odt": (open_document(ODT), ODT),
    "ods": (open_document(ODS), ODS),
    "mp4": (film(b"isom"), "video/mp4"),
    "m4a": (film(b"M4A "), "audio/mp4"),
    "mp3": (sound(), "audio/mpeg"),
    "mp3 with a tag": (sound(TAG), "audio/mpeg"),
    "a voice message": (ogg(b"OpusHead"), "audio/ogg"),
    "vorbis": (ogg(b"\x01vorbis"), "audio/ogg"),
    "wav": (wave(), "audio/wav"),
    "amr": (b"#!AMR\n" + bytes(32), "audio/amr"),
}
