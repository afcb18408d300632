"""A sealed file: chunks, each sealed for its place, with its index and whether it is the last; nothing is ever whole.

Chunks that are left out, added, cut off or put in another order do not open.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterator
from typing import Any, BinaryIO

from lapor.errors import Unopenable
from lapor.vault import NONCE_BYTES, TAG_BYTES, Cipher

CHUNK = 64 * 1024
SEALED_CHUNK = NONCE_BYTES + CHUNK + TAG_BYTES


class Writer:
    """Seals into `out` what is written, with no more than a chunk of it held back. `finish` writes the last one."""

    def __init__(self, out: BinaryIO, cipher: Cipher, place: str) -> None:
        self.length = 0
        self._out, self._cipher, self._place = out, cipher, place
        self._waiting, self._index, self._digest = bytearray(), 0, hashlib.sha256()

    @property
    def digest(self) -> str:
        """SHA-256 of the sealed file, as far as it is written."""
        return self._digest.hexdigest()

    def write(self, said: bytes) -> int:
        """Take some bytes."""
        self._waiting += said
        self.length += len(said)
        while len(self._waiting) > CHUNK:
            self._put(bytes(self._waiting[:CHUNK]), last=False)
            del self._waiting[:CHUNK]
        return len(said)

    def finish(self) -> None:
        """Write what is left, marked as the last chunk."""
        self._put(bytes(self._waiting), last=True)

    def _put(self, said: bytes, *, last: bool) -> None:
        chunk = self._cipher.seal(_at(self._place, self._index, last=last), said)
        self._digest.update(chunk)
        self._out.write(chunk)
        self._index += 1


class Reader(io.RawIOBase):
    """Opens a sealed file chunk by chunk, from anywhere; the file is closed with it."""

    def __init__(self, file: BinaryIO, cipher: Cipher, place: str) -> None:
        self._file, self._cipher, self._place = file, cipher, place
        size = file.seek(0, os.SEEK_END)
        self._chunks = -(-size // SEALED_CHUNK)
        self.length = size - self._chunks * (SEALED_CHUNK - CHUNK)
        self._place_now, self._known = 0, (-1, b"")

    def chunks(self) -> Iterator[bytes]:
        """All that it holds, in order.

        Raises:
            Unopenable: a chunk is not what was sealed here.
        """
        if not self._chunks:
            raise Unopenable(f"What was sealed for {self._place} is empty.")
        for index in range(self._chunks):
            yield self._opened(index)

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place."""
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._place_now, os.SEEK_END: self.length}[whence]
        if start + offset < 0:
            raise ValueError(f"There is nothing before the beginning: {offset}")
        self._place_now = start + offset
        return self._place_now

    def tell(self) -> int:
        """The place where it stands."""
        return self._place_now

    def readinto(self, buffer: Any) -> int:
        """Read up to the end of a chunk.

        Raises:
            Unopenable: the chunk is not what was sealed here.
        """
        index, offset = divmod(self._place_now, CHUNK)
        if index >= self._chunks:
            return 0
        found = self._opened(index)[offset : offset + len(buffer)]
        buffer[: len(found)] = found
        self._place_now += len(found)
        return len(found)

    def close(self) -> None:
        """Close it, and its file."""
        self._file.close()
        super().close()

    def _opened(self, index: int) -> bytes:
        if self._known[0] != index:
            self._file.seek(index * SEALED_CHUNK)
            place = _at(self._place, index, last=index == self._chunks - 1)
            self._known = index, self._cipher.open(place, self._file.read(SEALED_CHUNK))
        return self._known[1]


def digest_of(file: io.BufferedIOBase) -> str:
    """SHA-256 of a file, read in pieces."""
    return hashlib.file_digest(file, "sha256").hexdigest()


def _at(place: str, index: int, *, last: bool) -> str:
    return f"{place} chunk {index}{' last' if last else ''}"
