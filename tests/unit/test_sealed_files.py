"""A sealed file opens whole and from anywhere, in its place and in no other, and shows what was done to it."""

from __future__ import annotations

import io
import os
import random
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from lapor import vault
from lapor.attachments.sealed import CHUNK, SEALED_CHUNK, Reader, Writer, digest_of
from lapor.attachments.store import ORIGINAL, VIEW, Store, new_id
from lapor.errors import Unavailable, Unopenable
from lapor.vault import Cipher, Ring

NUMBER, PLACE = "2026-7QK4-M2ZD-5", "attachment a original"


@pytest.fixture
def cipher(tmp_path: Path) -> Cipher:
    vault.make(tmp_path / "content.keys")
    ring = Ring(tmp_path / "content.keys")
    return ring.cipher(ring.new_key(NUMBER), NUMBER)


def sealed(cipher: Cipher, said: bytes, *, step: int = 10_000) -> bytes:
    out = io.BytesIO()
    writer = Writer(out, cipher, PLACE)
    for start in range(0, len(said), step):
        writer.write(said[start : start + step])
    writer.finish()
    assert writer.length == len(said)
    assert writer.digest == digest_of(io.BytesIO(out.getvalue()))
    return out.getvalue()


def opened(cipher: Cipher, stored: bytes, place: str = PLACE) -> bytes:
    return b"".join(Reader(io.BytesIO(stored), cipher, place).chunks())


LENGTHS = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 17]


@pytest.mark.parametrize("length", LENGTHS)
def test_what_was_sealed_opens(cipher: Cipher, length: int) -> None:
    said = random.Random(length).randbytes(length)
    stored = sealed(cipher, said)
    reader = Reader(io.BytesIO(stored), cipher, PLACE)
    assert (reader.length, opened(cipher, stored)) == (length, said)
    assert io.BufferedReader(reader).read() == said
    assert sealed(cipher, said, step=CHUNK * 2) != stored


def test_it_is_read_from_anywhere(cipher: Cipher) -> None:
    said = random.Random(1).randbytes(3 * CHUNK + 17)
    with io.BufferedReader(Reader(io.BytesIO(sealed(cipher, said)), cipher, PLACE)) as file:
        assert (file.readable(), file.seekable(), file.seek(0, os.SEEK_END)) == (True, True, len(said))
        assert (file.read(10), file.seek(CHUNK - 5), file.read(10)) == (b"", CHUNK - 5, said[CHUNK - 5 : CHUNK + 5])
        assert (file.seek(-7, os.SEEK_CUR), file.tell()) == (CHUNK - 2, CHUNK - 2)
        assert (file.seek(-3, os.SEEK_END), file.read()) == (len(said) - 3, said[-3:])
        with pytest.raises(ValueError, match="before the beginning"):
            file.raw.seek(-1)


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "cut off after a chunk": lambda stored: stored[:SEALED_CHUNK],
    "cut off within a chunk": lambda stored: stored[:-5],
    "cut off to less than a tag": lambda stored: stored[: SEALED_CHUNK + 4],
    "a chunk left out": lambda stored: stored[:SEALED_CHUNK] + stored[2 * SEALED_CHUNK :],
    "two chunks exchanged": lambda stored: (
        stored[SEALED_CHUNK : 2 * SEALED_CHUNK] + stored[:SEALED_CHUNK] + stored[2 * SEALED_CHUNK :]
    ),
    "the last chunk twice": lambda stored: stored + stored[2 * SEALED_CHUNK :],
    "something added": lambda stored: stored + b"x",
    "a bit turned": lambda stored: stored[:100] + bytes([stored[100] ^ 1]) + stored[101:],
    "emptied": lambda _stored: b"",
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_whatever_is_done_to_it_shows(cipher: Cipher, damage: Callable[[bytes], bytes]) -> None:
    stored = sealed(cipher, bytes(2 * CHUNK + 100))
    with pytest.raises(Unopenable):
        opened(cipher, damage(stored))


def test_in_another_place_and_for_another_case_it_does_not_open(cipher: Cipher, tmp_path: Path) -> None:
    stored = sealed(cipher, b"Halo.")
    ring = Ring(tmp_path / "content.keys")
    others = Cipher("2026-0000-0000-0", cipher._key), ring.cipher(ring.new_key(NUMBER), NUMBER)
    assert opened(cipher, stored) == b"Halo."
    with pytest.raises(Unopenable):
        opened(cipher, stored, "attachment b original")
    for other in others:
        with pytest.raises(Unopenable):
            opened(other, stored)


def test_files_lie_under_random_names_and_are_for_their_owner_alone(cipher: Cipher, tmp_path: Path) -> None:
    store, id_ = Store(tmp_path / "var" / "attachments"), new_id()
    with store.writing(id_, ORIGINAL, cipher) as writer:
        writer.write(b"Halo.")
    path = store.folder / id_[:2] / id_[2:4] / f"{id_}.original"
    assert [file.path for file in store.files()] == [path]
    assert (len(id_), path.stat().st_mode & 0o777, b"Halo." in path.read_bytes()) == (32, 0o600, False)
    assert (store.digest(id_, ORIGINAL), store.digest(id_, VIEW)) == (writer.digest, None)
    with store.buffered(id_, ORIGINAL, cipher) as file:
        assert file.read() == b"Halo."
    with pytest.raises(Unopenable, match="cannot be read"):
        store.reading(id_, VIEW, cipher)
    store.discard(id_)
    assert list(store.files()) == []


def test_nothing_is_kept_of_a_file_that_was_not_finished(cipher: Cipher, tmp_path: Path) -> None:
    store, id_ = Store(tmp_path / "attachments"), new_id()
    with suppress(KeyboardInterrupt), store.writing(id_, ORIGINAL, cipher) as writer:
        writer.write(bytes(CHUNK * 2))
        raise KeyboardInterrupt
    assert list(store.files()) == []


def test_a_disk_that_takes_nothing_is_told_as_such(cipher: Cipher, tmp_path: Path) -> None:
    (tmp_path / "attachments").write_text("a file in the way")
    with (
        pytest.raises(Unavailable, match="cannot be kept now"),
        Store(tmp_path / "attachments").writing(new_id(), ORIGINAL, cipher),
    ):
        raise AssertionError
