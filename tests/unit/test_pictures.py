"""The view of a picture is the picture, as it was held, and nothing of what a camera wrote beside it."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import pytest
from PIL import Image

from lapor.attachments import pictures
from lapor.errors import InvalidFields, Unopenable
from tests.files import MARKS, marked, picture

DAMAGED = "The picture is damaged."
PAINT: dict[str, Any] = {"RGBA": (255, 0, 0, 100), "LA": (9, 100), "CMYK": (9, 9, 9, 9), "I;16": 40_000}


def view(said: bytes, kind: str) -> Image.Image:
    out: Any = io.BytesIO()
    pictures.view(io.BytesIO(said), kind, out)
    assert [mark for mark in (*MARKS, b"Exif", b"ICC", b"iCCP", b"eXIf", b"tEXt") if mark in out.getvalue()] == []
    return Image.open(io.BytesIO(out.getvalue()))


def corners(shown: Image.Image) -> list[str]:
    places = ((1, 1), (shown.width - 2, 1), (1, shown.height - 2), (shown.width - 2, shown.height - 2))
    colours: list[Any] = [shown.convert("RGB").getpixel(place) for place in places]
    return ["red" if red > blue else "blue" for red, _, blue in colours]


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP"])
def test_nothing_but_the_picture_is_in_the_view(name: str) -> None:
    said = marked(name)
    assert [mark for mark in MARKS[:1] if mark not in said] == []
    shown = view(said, f"image/{name.lower()}")
    assert (shown.format, shown.size, dict(shown.getexif())) == (name, (60, 80), {})
    assert not {"exif", "icc_profile", "comment", "xmp"} & shown.info.keys()


@pytest.mark.parametrize(
    ("orientation", "seen"),
    [
        (1, ["red", "red", "blue", "blue"]),
        (2, ["red", "red", "blue", "blue"]),
        (3, ["blue", "blue", "red", "red"]),
        (4, ["blue", "blue", "red", "red"]),
        (5, ["red", "blue", "red", "blue"]),
        (6, ["blue", "red", "blue", "red"]),
        (7, ["blue", "red", "blue", "red"]),
        (8, ["red", "blue", "red", "blue"]),
        (9, ["red", "red", "blue", "blue"]),
    ],
)
def test_the_view_is_turned_as_the_camera_was_held(orientation: int, seen: list[str]) -> None:
    assert corners(view(marked("JPEG", orientation=orientation), "image/jpeg")) == seen


@pytest.mark.parametrize("name", ["JPEG", "PNG"])
def test_a_large_picture_is_shown_smaller(name: str) -> None:
    shown = view(picture(name, (5200, 1300)), f"image/{name.lower()}")
    assert (shown.size, corners(shown)) == ((2560, 640), ["red", "red", "blue", "blue"])


@pytest.mark.parametrize(
    ("name", "mode", "shown_as"),
    [
        ("JPEG", "L", "L"),
        ("JPEG", "CMYK", "RGB"),
        ("PNG", "1", "RGB"),
        ("PNG", "P", "RGB"),
        ("PNG", "LA", "RGBA"),
        ("PNG", "RGBA", "RGBA"),
        ("PNG", "I;16", "RGB"),
        ("WEBP", "RGBA", "RGBA"),
    ],
)
def test_every_way_of_writing_colours_is_shown(name: str, mode: str, shown_as: str) -> None:
    drawn = Image.new(mode, (8, 6), PAINT.get(mode, 1))
    out = io.BytesIO()
    drawn.save(out, name)
    assert view(out.getvalue(), f"image/{name.lower()}").mode == shown_as


def test_what_is_left_clear_stays_clear() -> None:
    shown = view(picture("PNG", mode="P", transparency=0), "image/png")
    assert shown.mode == "RGBA"


def png(width: int, height: int) -> bytes:
    """A PNG that says how large it is, and holds next to nothing."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(bytes(100))), (b"IEND", b""))
    chunks = (struct.pack(">I", len(s)) + n + s + struct.pack(">I", zlib.crc32(n + s)) for n, s in parts)
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


@pytest.mark.parametrize("size", [(8_000, 8_000), (10_000, 10_000), (60_000, 60_000)])
def test_a_bomb_is_refused_before_it_is_opened(size: tuple[int, int]) -> None:
    with pytest.raises(InvalidFields) as refused:
        view(png(*size), "image/png")
    assert refused.value.errors == {"file": ["The picture has more than 52000000 pixels."]}


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (picture("JPEG", (400, 400))[:-900], "image/jpeg"),
        (picture("PNG", (400, 400))[:-700], "image/png"),
        (png(800, 600), "image/png"),
        (picture("WEBP")[:30], "image/webp"),
        (picture("PNG"), "image/jpeg"),
        (b"\xff\xd8\xff\xe0" + bytes(100), "image/jpeg"),
    ],
    ids=["a jpeg cut off", "a png cut off", "a png of nothing", "a webp cut off", "a png called jpeg", "no picture"],
)
def test_a_damaged_picture_is_refused(said: bytes, kind: str) -> None:
    with pytest.raises(InvalidFields) as refused:
        view(said, kind)
    assert refused.value.errors == {"file": [DAMAGED]}


# of the library, which goes on
@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_what_a_camera_wrote_wrongly_does_not_hide_the_picture() -> None:
    shown = view(picture("JPEG", (80, 60), exif=b"Exif\0\0MM\0*\xff\xff\xff\xff"), "image/jpeg")
    assert shown.size == (80, 60)


def test_a_fault_of_the_disk_is_none_of_the_picture() -> None:
    class Broken(io.BytesIO):
        def read(self, _size: int | None = -1) -> bytes:
            raise Unopenable

    out: Any = io.BytesIO()
    with pytest.raises(Unopenable):
        pictures.view(Broken(), "image/jpeg", out)
