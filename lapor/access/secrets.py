"""Tracking numbers, secrets and tokens: made here, stored only as peppered hashes."""

from __future__ import annotations

import hmac
import re
import secrets

REPORTER_PREFIX = "lapor_r_"
OFFICER_PREFIX = "lapor_o_"
INVITATION_PREFIX = "lapor_i_"
SECRET_PATTERN = re.compile(r"lapor_[roi]_[A-Za-z0-9_-]{16,}")
DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CHECKDIGITS = DIGITS + "*~$=U"
# in a look-ahead, so that digits before a number do not hide it
_NUMBER = re.compile(r"(?<![0-9A-Z])(?=([0-9]{4}-?[0-9A-Z]{4}-?[0-9A-Z]{4}-?[0-9A-Z*~$=]))")
_FORGIVEN = str.maketrans("OIL", "011")


def new_number(year: int) -> str:
    """Make a tracking number: the year, 40 random bits in Crockford's base 32, and a check symbol."""
    digits = _random()
    return f"{year}-{digits[:4]}-{digits[4:]}-{_check_digit(year, digits)}"


def read_number(text: str) -> str | None:
    """Return the number as it is stored, forgiving case, O for 0, I and L for 1; None where the check fails.

    >>> read_number("2026-7qk4-m2zd-" + _check_digit(2026, "7QK4M2ZD"))[:14]
    '2026-7QK4-M2ZD'
    """
    found = re.fullmatch(r"(\d{4})-?([0-9A-Z]{4})-?([0-9A-Z]{4})-?([0-9A-Z*~$=])", text.strip().upper())
    if found is None:
        return None
    digits, check = (found[2] + found[3]).translate(_FORGIVEN), found[4].translate(_FORGIVEN)
    if not set(digits) <= set(DIGITS) or check != _check_digit(int(found[1]), digits):
        return None
    return f"{found[1]}-{digits[:4]}-{digits[4:]}-{check}"


def _random() -> str:
    random = secrets.randbits(40)
    return "".join(DIGITS[random >> shift & 31] for shift in range(35, -5, -5))


def new_public_id() -> str:
    """Make the id of a public version: 40 random bits in Crockford's base 32. No tracking number leads to it."""
    digits = _random()
    return f"P-{digits[:4]}-{digits[4:]}"


def read_public_id(text: str) -> str | None:
    """Return the public id as it is stored, forgiven like a number; None where it is none.

    >>> read_public_id("p-7qk4-m2zo")
    'P-7QK4-M2Z0'
    """
    found = re.fullmatch(r"P-?([0-9A-Z]{4})-?([0-9A-Z]{4})", text.strip().upper())
    digits = (found[1] + found[2]).translate(_FORGIVEN) if found else "U"
    return f"P-{digits[:4]}-{digits[4:]}" if set(digits) <= set(DIGITS) else None


def holds_number(text: str) -> bool:
    """Whether a tracking number stands somewhere in a text.

    >>> [holds_number(f"lihat {number}.") for number in ("2026-7QK4-M2ZD-" + _check_digit(2026, "7QK4M2ZD"), "2026-07")]
    [True, False]
    """
    return any(read_number(found[1]) for found in _NUMBER.finditer(text.upper()))


def _check_digit(year: int, digits: str) -> str:
    value = year
    for digit in digits:
        value = value * 32 + DIGITS.index(digit)
    return _CHECKDIGITS[value % 37]


def new_secret(prefix: str) -> str:
    """Make a secret of 128 bits, shown once."""
    return prefix + secrets.token_urlsafe(16)


def hashed(secret: str, pepper: bytes) -> str:
    """The only form in which a secret is stored: 128 random bits need no slow hash."""
    return hmac.new(pepper, secret.encode("utf-8", "surrogatepass"), "sha256").hexdigest()


def is_same(one: str, other: str) -> bool:
    """Compare two hashes in constant time."""
    return hmac.compare_digest(one, other)
