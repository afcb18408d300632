"""The view of film and sound: what is seen and heard. Titles, owners, places and times beside it stay behind."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from lapor.attachments.documents import refused
from lapor.attachments.sealed import CHUNK, Writer

_WITHIN = (b"moov", b"trak", b"mdia")
# boxes of ISO 14496-12 that describe, and room that was left over
_DESCRIBING = (b"udta", b"meta", b"uuid", b"free", b"skip")
_DEEPEST = 4


def copy(file: BinaryIO, out: Writer, start: int, end: int) -> None:
    """Copy a part of a file."""
    file.seek(start)
    while start < end and (said := file.read(min(CHUNK, end - start))):
        out.write(said)
        start += len(said)


def film(file: BinaryIO, out: Writer) -> None:
    """A film or a recording in boxes: those that describe it become room, so that all others stay where they are.

    Raises:
        InvalidFields: it has a track that says where or when it was made.
    """
    place, end = 0, file.seek(0, 2)
    for start, said in sorted(_blanked(file, 0, end, _DEEPEST)):
        copy(file, out, place, start)
        out.write(said)
        place = start + len(said)
    copy(file, out, place, end)


def _blanked(file: BinaryIO, place: int, end: int, depth: int) -> Iterator[tuple[int, bytes]]:
    """What stands where instead."""
    while place + 8 <= end:
        file.seek(place)
        size, name, long = struct.unpack(">I4sQ", file.read(16).ljust(16, b"\0"))
        head = 16 if size == 1 else 8
        size = min({0: end - place, 1: long}.get(size, size), end - place)
        if size < head:
            return
        if name in _DESCRIBING:
            yield place + 4, b"free"
            yield place + head, bytes(size - head)
        elif name in _WITHIN and depth:
            yield from _blanked(file, place + head, place + size, depth - 1)
        else:
            yield from _unsaid(file, name, place + head, size - head)
        place += size


def _unsaid(file: BinaryIO, name: bytes, place: int, size: int) -> Iterator[tuple[int, bytes]]:
    file.seek(place)
    said = file.read(12)
    if name in (b"mvhd", b"tkhd", b"mdhd") and said:
        # when it was made and changed, in 32 or 64 bits
        yield place + 4, bytes(min(16 if said[0] else 8, max(0, size - 4)))
    elif name == b"hdlr":
        if said[8:12] == b"meta":
            raise refused("The film says where or when it was made: save it without places.")
        yield place + 24, bytes(max(0, size - 24))


def mp3(file: BinaryIO, out: Writer) -> None:
    """Frames of MPEG audio, without the tags before and after them."""
    end = file.seek(0, 2)
    copy(file, out, _after_tags(file), _before_tags(file, end))


def _after_tags(file: BinaryIO) -> int:
    place = 0
    while True:
        file.seek(place)
        head = file.read(10)
        if not head.startswith(b"ID3") or len(head) < 10:
            return place
        length = sum((each & 0x7F) << (21 - 7 * at) for at, each in enumerate(head[6:10]))
        place += 10 + length + (10 if head[5] & 0x10 else 0)


def _before_tags(file: BinaryIO, end: int) -> int:
    while True:
        file.seek(max(0, end - 128))
        tail = file.read(min(128, end))
        if len(tail) == 128 and tail.startswith(b"TAG"):
            end -= 128
        elif tail[-32:].startswith(b"APETAGEX"):
            size, _, flags = struct.unpack("<III", tail[-20:-8])
            end -= max(32, size + (32 if flags >> 31 else 0))
        else:
            return max(0, end)


def wave(file: BinaryIO, out: Writer) -> None:
    """A WAV of its format and its samples."""
    end, place = file.seek(0, 2), 12
    kept: list[tuple[int, int]] = []
    while place + 8 <= end:
        file.seek(place)
        name, size = struct.unpack("<4sI", file.read(8))
        after = min(end, place + 8 + size + size % 2)
        kept += [(place, after)] if name in (b"fmt ", b"fact", b"data") else []
        place = after
    out.write(struct.pack("<4sI4s", b"RIFF", 4 + sum(after - start for start, after in kept), b"WAVE"))
    for start, after in kept:
        copy(file, out, start, after)


# the second packet of a stream by the codec of the first: what it begins with before the remarks
_REMARKS: Mapping[bytes, int] = {b"OpusHead": 8, b"\x01vorbis": 7, b"Speex   ": 0, b"\x7fFLAC": 4}


def ogg(file: BinaryIO, out: Writer) -> None:
    """Pages of sound whose remarks are empty, and as long as before (RFC 3533, 7845).

    Raises:
        InvalidFields: it is damaged.
    """
    end, place = file.seek(0, 2), 0
    streams: dict[bytes, tuple[int, int, int]] = {}
    while place < end:
        file.seek(place)
        head = file.read(27)
        laces = file.read(head[26]) if len(head) == 27 and head.startswith(b"OggS") else b""
        if not laces and head[:4] != b"OggS":
            raise refused("The recording is damaged.")
        body = bytearray(file.read(sum(laces)))
        place = file.tell()
        serial = head[14:18]
        streams[serial] = _emptied(body, laces, streams.get(serial))
        page = bytearray(head[:22] + bytes(4) + head[26:27] + laces + body)
        page[22:26] = struct.pack("<I", _checksum(page))
        out.write(bytes(page))


def _emptied(body: bytearray, laces: bytes, before: tuple[int, int, int] | None) -> tuple[int, int, int]:
    """Empty what of the second packet is on a page; which packet goes on after it, how far it came, and what it keeps."""
    packet, done, kept = before or (0, 0, 0)
    if before is None:
        kept = next((length for mark, length in _REMARKS.items() if body.startswith(mark)), 0)
    place = 0
    for lace in laces:
        if packet == 1:
            # no vendor, no remarks, and the bit that ends those of Vorbis
            empty = {kept + 8: 1}
            for at in range(max(0, kept - done), lace):
                body[place + at] = empty.get(done + at, 0)
        place, done = place + lace, done + lace
        if lace < 255:
            packet, done = packet + 1, 0
    return packet, done, kept


def _checksum(page: bytearray) -> int:
    found = 0
    for each in page:
        found = (found << 8) & 0xFFFFFFFF ^ _TABLE[found >> 24 ^ each]
    return found


def _entry(value: int) -> int:
    value <<= 24
    for _ in range(8):
        value = (value << 1) ^ 0x04C11DB7 if value & 0x80000000 else value << 1
    return value & 0xFFFFFFFF


_TABLE = tuple(map(_entry, range(256)))
