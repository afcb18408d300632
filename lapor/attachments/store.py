"""The folder of sealed files: `ab/cd/abcd….original`, and `….view` of pictures. What is in place stays as it is."""

from __future__ import annotations

import io
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from lapor.attachments.sealed import Reader, Writer, digest_of
from lapor.errors import Unavailable, Unopenable
from lapor.vault import Cipher

ORIGINAL, VIEW = "original", "view"
PARTS = (ORIGINAL, VIEW)


def new_id() -> str:
    """An id that nobody guesses: 128 bits."""
    return secrets.token_hex(16)


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that is there."""

    id: str
    part: str
    path: Path
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Store:
    """Sealed files by the id of their attachment."""

    folder: Path

    @contextmanager
    def writing(self, id_: str, part: str, cipher: Cipher) -> Iterator[Writer]:
        """Write a file, which is on the disk for good afterwards; with whatever was raised there is none.

        Raises:
            Unavailable: the disk does not take it.
        """
        path = self._path(id_, part)
        try:
            for folder in (self.folder, path.parent.parent, path.parent):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                writer = Writer(file, cipher, place(id_, part))
                yield writer
                writer.finish()
                file.flush()
                os.fsync(file.fileno())
            self._keep_names(path)
        except BaseException as fault:
            with suppress(OSError):
                path.unlink()
            if isinstance(fault, OSError):
                raise Unavailable("The file cannot be kept now; try again later.") from fault
            raise

    def reading(self, id_: str, part: str, cipher: Cipher) -> Reader:
        """Open a file.

        Raises:
            Unopenable: it is not there.
        """
        try:
            return Reader(self._path(id_, part).open("rb"), cipher, place(id_, part))
        except OSError as fault:
            raise Unopenable(f"The file for {place(id_, part)} cannot be read ({fault.strerror}).") from None

    def buffered(self, id_: str, part: str, cipher: Cipher) -> io.BufferedReader:
        """Open a file as libraries want to read one.

        Raises:
            Unopenable: it is not there.
        """
        return io.BufferedReader(self.reading(id_, part, cipher))

    def digest(self, id_: str, part: str) -> str | None:
        """SHA-256 of a file as it lies there, None where there is none."""
        try:
            with self._path(id_, part).open("rb") as file:
                return digest_of(file)
        except FileNotFoundError:
            return None

    def discard(self, id_: str) -> None:
        """Remove all files of an attachment, as far as they are there; what resists is found by the doctor."""
        for part in PARTS:
            with suppress(OSError):
                self._path(id_, part).unlink()

    def files(self) -> Iterator[Stored]:
        """Every file, in no order; one that is gone by now is left out."""
        for path in self.folder.glob("??/??/*.*"):
            id_, _, part = path.name.partition(".")
            try:
                yield Stored(id_, part, path, datetime.fromtimestamp(path.stat().st_mtime, UTC))
            except FileNotFoundError:
                continue

    def _path(self, id_: str, part: str) -> Path:
        return self.folder / id_[:2] / id_[2:4] / f"{id_}.{part}"

    def _keep_names(self, path: Path) -> None:
        # a file is there after a power cut only if the folders that name it are written too
        for folder in (path.parent, path.parent.parent, self.folder):
            handle = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


def place(id_: str, part: str) -> str:
    """What a file is sealed for."""
    return f"attachment {id_} {part}"
