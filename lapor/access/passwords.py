"""Passwords: which ones are taken, and how they are kept. The parameters of argon2id are the hasher's."""

from __future__ import annotations

import secrets
from base64 import b64encode

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from lapor.errors import InvalidFields

SHORTEST, LONGEST = 12, 128


def hashed(hasher: PasswordHasher, password: str, *, email: str, field: str) -> str:
    """The only form in which a password is stored.

    Raises:
        InvalidFields: it is too short, too long, or the e-mail address itself; told of `field`.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise InvalidFields({field: [f"Must have {SHORTEST} to {LONGEST} characters, has {len(password)}."]})
    if password.lower() == email.lower():
        raise InvalidFields({field: ["Must not be the e-mail address."]})
    return hasher.hash(password)


def is_right(hasher: PasswordHasher, stored: str | None, given: str) -> bool:
    """Whether this is the password behind a hash; the same work, for nothing, where there is no hash.

    Every password that anybody gives is judged here: the place to count failures.
    """
    try:
        hasher.verify(stored or _nobodys(hasher), given)
    except VerifyMismatchError:
        return False
    return stored is not None


def _nobodys(hasher: PasswordHasher) -> str:
    """A hash that no password has, of the parameters that all others have."""
    salt, digest = (_unpadded(secrets.token_bytes(length)) for length in (hasher.salt_len, hasher.hash_len))
    cost = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2id$v=19${cost}${salt}${digest}"


def _unpadded(raw: bytes) -> str:
    return b64encode(raw).decode().rstrip("=")
