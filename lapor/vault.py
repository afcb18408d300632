"""The vault: AES-256-GCM under keys that wrap keys. Each case has a data key of its own, bound to it; places are bound in.

A ring is a file with a key on each line, `ID:HEX`; the last one wraps new data keys. It knows no database.
"""

from __future__ import annotations

import base64
import os
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lapor.errors import CannotRun, Unopenable

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
_LINE = re.compile(r"([0-9a-z-]{1,40}):([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Cipher:
    """The data key of one owner, unwrapped: for what is sealed in many pieces."""

    owner: str
    _key: bytes = field(repr=False)

    def seal(self, place: str, said: bytes) -> bytes:
        """Seal bytes for one place."""
        return _shut(self._key, said, f"{self.owner} {place}")

    def open(self, place: str, sealed: bytes) -> bytes:
        """Open what was sealed for this place.

        Raises:
            Unopenable: this was sealed for another place, or changed.
        """
        return _laid_open(self._key, sealed, f"{self.owner} {place}")


@dataclass(slots=True)
class Ring:
    """The keys of one purpose. A key that another process has added is read when it is first met."""

    path: Path
    _keys: dict[str, bytes] = field(default_factory=dict, repr=False)

    @property
    def current(self) -> str:
        """The id of the key that wraps new data keys."""
        return list(self._known())[-1]

    @property
    def ids(self) -> list[str]:
        """The ids of all keys, oldest first."""
        return list(self._known())

    def new_key(self, owner: str) -> str:
        """Make a data key for one owner (the number of a case), wrapped."""
        return self._wrap(AESGCM.generate_key(bit_length=256), owner)

    def rewrapped(self, wrapped: str, owner: str) -> str:
        """The same data key under the current key.

        Raises:
            Unopenable: its key is not here, or it was made for another owner.
        """
        return self._wrap(self._unwrap(wrapped, owner), owner)

    def seal(self, wrapped: str, owner: str, place: str, text: str) -> str:
        """Seal a text for one place of its owner, such as `trail.public 3`.

        Raises:
            Unopenable: the data key cannot be opened.
        """
        return _sealed(self._unwrap(wrapped, owner), text.encode(), f"{owner} {place}")

    def open(self, wrapped: str, owner: str, place: str, sealed: str) -> str:
        """Open what was sealed for this place.

        Raises:
            Unopenable: the data key cannot be opened, or this was sealed for another place or changed.
        """
        return _opened(self._unwrap(wrapped, owner), sealed, f"{owner} {place}").decode()

    def cipher(self, wrapped: str, owner: str) -> Cipher:
        """A data key in use.

        Raises:
            Unopenable: the data key cannot be opened.
        """
        return Cipher(owner, self._unwrap(wrapped, owner))

    def add(self) -> str:
        """Add a key, which is the current one from now; return its id."""
        line = _line(len(self.ids) + 1)
        with os.fdopen(os.open(self.path, os.O_WRONLY | os.O_APPEND), "w", encoding="ascii") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        self._keys = read(self.path)
        return self.current

    def _wrap(self, key: bytes, owner: str) -> str:
        name = self.current
        return f"{name}.{_sealed(self._keys[name], key, f'{name} {owner}')}"

    def _unwrap(self, wrapped: str, owner: str) -> bytes:
        name, _, sealed = wrapped.partition(".")
        if name not in self._keys:
            self._keys = read(self.path)
        if name not in self._keys:
            raise Unopenable(f"The key {name} is not in {self.path}: restore it from a backup.")
        return _opened(self._keys[name], sealed, f"{name} {owner}")

    def _known(self) -> dict[str, bytes]:
        if not self._keys:
            self._keys = read(self.path)
        return self._keys


@dataclass(frozen=True, slots=True)
class Vault:
    """The rings: one for who reported, one for what is confidential. Neither opens what the other sealed."""

    identity: Ring
    content: Ring


NO_VAULT = Vault(Ring(Path("no-identity.keys")), Ring(Path("no-content.keys")))
"""Of those who seal nothing: whatever is asked of it fails."""


def make(path: Path) -> None:
    """Make a ring with one key, readable by its owner alone; one that is there already stays as it is.

    Raises:
        OSError: the file cannot be written.
    """
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(file, "w", encoding="ascii") as out:
        out.write(_line(1))


def read(path: Path) -> dict[str, bytes]:
    """The keys of a file by their ids, oldest first.

    Raises:
        CannotRun: the file cannot be read, or has a fault.
    """
    try:
        lines = path.read_text("ascii").splitlines()
    except (OSError, UnicodeError) as fault:
        raise CannotRun(f"{path} cannot be read ({type(fault).__name__}): restore it from a backup.") from None
    faults = weaknesses(lines)
    if faults:
        raise CannotRun(f"{path}: {'; '.join(faults)}.")
    return {name: bytes.fromhex(key) for name, key in (line.split(":") for line in lines)}


def faults(pepper: Path, *rings: Path) -> list[str]:
    """What is wrong with the files of the pepper and of the rings; none of them is there before the first start."""
    paths = (pepper, *rings)
    there = [path for path in paths if path.exists()]
    found = [f"{path}: missing; restore it from a backup" for path in paths if there and path not in there]
    found += [f"{path}: others than its owner may read it; chmod 600" for path in there if path.stat().st_mode & 0o077]
    found += _of_pepper(pepper) if pepper in there else []
    return found + _of_rings([path for path in rings if path in there])


def _of_pepper(path: Path) -> list[str]:
    try:
        said = path.read_bytes()
    except OSError as fault:
        return [f"{path} cannot be read ({type(fault).__name__}): restore it from a backup."]
    if len(said) < KEY_BYTES:
        return [f"{path}: shorter than {KEY_BYTES} bytes; restore it from a backup"]
    return [f"{path}: weak; it repeats itself"] if len(set(said)) < KEY_BYTES // 4 else []


def _of_rings(there: Iterable[Path]) -> list[str]:
    found, known = list[str](), set[bytes]()
    for path in there:
        try:
            keys = set(read(path).values())
        except CannotRun as fault:
            found.append(str(fault))
            continue
        found += [f"{path}: holds a key of another ring"] if known & keys else []
        known |= keys
    return found


def weaknesses(lines: Iterable[str]) -> list[str]:
    """What is wrong with the lines of a ring.

    >>> weaknesses(["k1:" + "00" * 32, "k2"])
    ['line 1 is a weak key', 'line 2 must be ID:HEX, with 64 digits']
    >>> weaknesses([])
    ['it holds no key']
    """
    faults, names = [], set[str]()
    lines = list(lines)
    for number, line in enumerate(lines, 1):
        found = _LINE.fullmatch(line)
        if not found:
            faults.append(f"line {number} must be ID:HEX, with 64 digits")
        elif len(set(bytes.fromhex(found[2]))) < KEY_BYTES // 2:
            faults.append(f"line {number} is a weak key")
        elif found[1] in names:
            faults.append(f"line {number} has the id of another")
        names.add(line.partition(":")[0])
    return faults or ([] if lines else ["it holds no key"])


def _line(number: int) -> str:
    return f"k{number}-{secrets.token_hex(3)}:{secrets.token_hex(KEY_BYTES)}\n"


def _sealed(key: bytes, said: bytes, bound: str) -> str:
    return base64.urlsafe_b64encode(_shut(key, said, bound)).decode()


def _shut(key: bytes, said: bytes, bound: str) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, said, bound.encode())


def _opened(key: bytes, sealed: str, bound: str) -> bytes:
    try:
        raw = base64.urlsafe_b64decode(sealed)
    except ValueError:
        raise _changed(bound) from None
    return _laid_open(key, raw, bound)


def _laid_open(key: bytes, raw: bytes, bound: str) -> bytes:
    try:
        return AESGCM(key).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], bound.encode())
    except (InvalidTag, ValueError):
        raise _changed(bound) from None


def _changed(bound: str) -> Unopenable:
    return Unopenable(f"What was sealed for {bound} is not what is there.")
