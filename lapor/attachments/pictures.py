"""The view of a picture: the picture alone. What a camera writes beside it (place, device, owner) told who reported."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, BinaryIO

from PIL import Image
from PIL.Image import Transpose

from lapor.attachments.documents import refused
from lapor.attachments.sealed import Writer
from lapor.errors import InvalidFields, Unopenable

LARGEST_SIDE = 2560
MOST_PIXELS = 52_000_000
_FORMATS: Mapping[str, str] = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
_SAVED: Mapping[str, Mapping[str, Any]] = {"JPEG": {"quality": 85}, "PNG": {}, "WEBP": {"quality": 85}}
_ORIENTATION = 0x0112
_TURNS: Mapping[Any, Transpose] = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}


def view(file: BinaryIO, kind: str, out: Writer | BinaryIO) -> None:
    """Draw the view of a picture: turned as it was held, at most 2560 pixels to a side, of the same kind.

    One takes up to 4 bytes a pixel, twice, while it is open.

    Raises:
        InvalidFields: it is damaged, or has too many pixels.
    """
    name = _FORMATS[kind]
    _drawn(file, name).save(out, name, **_SAVED[name])  # type: ignore[arg-type]


def _drawn(file: BinaryIO, name: str) -> Image.Image:
    try:
        return _bare(file, name)
    except (InvalidFields, Unopenable):
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_large() from None
    except Exception:  # decoders raise whatever they like
        raise refused("The picture is damaged.") from None


def _bare(file: BinaryIO, name: str) -> Image.Image:
    file.seek(0)
    picture: Image.Image = Image.open(file, formats=(name,))
    if picture.width * picture.height > MOST_PIXELS:
        raise _too_large()
    turn = _TURNS.get(_orientation(picture))
    # a JPEG is made smaller while it is read, and so must not be read before
    picture = picture if name == "JPEG" else _plain(picture)
    picture.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    picture.load()
    picture = _plain(picture)
    picture = picture.transpose(turn) if turn else picture
    picture.info = {}
    return picture


def _plain(picture: Image.Image) -> Image.Image:
    if picture.mode in ("L", "RGB", "RGBA") and "transparency" not in picture.info:
        return picture
    return picture.convert("RGBA" if picture.has_transparency_data else "RGB")


def _orientation(picture: Image.Image) -> Any:
    try:
        return picture.getexif().get(_ORIENTATION)
    except Exception:  # what is damaged there is left out anyway
        return None


def _too_large() -> InvalidFields:
    return refused(f"The picture has more than {MOST_PIXELS} pixels.")
