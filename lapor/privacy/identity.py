"""Who reported: sealed field by field, and found again by a blind index of the address alone."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from lapor.records import Reporter
from lapor.vault import Ring

FIELDS = ("name", "email", "phone")


@dataclass(frozen=True, slots=True)
class Identity:
    """What a reporter has said of themselves."""

    name: str | None = None
    email: str | None = None
    phone: str | None = None


def sealed(ring: Ring, pepper: bytes, number: str, said: Mapping[str, str | None]) -> Reporter:
    """The record of who reported the case with this number."""
    key = ring.new_key(number)
    given = {name: said[name] for name in FIELDS if said.get(name)}
    shut = {name: ring.seal(key, number, f"reporters.{name}", value or "") for name, value in given.items()}
    return Reporter(data_key=key, email_index=index(pepper, given.get("email")), **shut)


def opened(ring: Ring, number: str, reporter: Reporter) -> Identity:
    """Who reported a case.

    Raises:
        Unopenable: the key is not here, or a field was moved or changed.
    """
    return Identity(**{name: field(ring, number, reporter.data_key, name, getattr(reporter, name)) for name in FIELDS})


def field(ring: Ring, number: str, key: str | None, name: str, value: str | None) -> str | None:
    """One field of who reported, opened. Without a key it was written before there were keys."""
    return ring.open(key, number, f"reporters.{name}", value) if key and value else value


def index(pepper: bytes, email: str | None) -> str | None:
    """The blind index of an address: equal addresses have equal ones, and none tells its address.

    >>> index(b"pepper", "Pelapor@Warga.example ") == index(b"pepper", "pelapor@warga.example")
    True
    """
    return hmac.new(pepper, b"email " + email.strip().casefold().encode(), "sha256").hexdigest() if email else None
