"""The trail: the only writer of it, and the only judge of whether it is whole."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from lapor.access.principal import Principal
from lapor.errors import Unopenable
from lapor.machine.engine import Engine
from lapor.privacy import content
from lapor.records import Complaint, TrailEntry, many
from lapor.records.base import canonical
from lapor.vault import Ring

START = "0" * 64


@dataclass(frozen=True, slots=True)
class Happening:
    """What an entry says: who did what when, from where to where, and what of it is public."""

    at: datetime
    role: str
    post: str | None
    move: str
    source: str | None
    target: str
    holder: str
    calendar_version: int
    is_public: bool
    public: Mapping[str, Any]
    internal: Mapping[str, Any]


@dataclass(slots=True)
class Written:
    """An entry as it is stored: what `TrailEntry` holds, by the same names."""

    complaint_id: int | None
    sequence: int
    at: datetime
    role: str
    post: str | None
    move: str
    source: str | None
    target: str
    holder: str
    calendar_version: int
    is_public: bool
    public: str
    internal: str
    salt: str
    commitment: str
    previous: str
    hash: str

    @property
    def stored(self) -> dict[str, Any]:
        """Its values by column."""
        return {name: getattr(self, name) for name in Written.__slots__}


def append(ring: Ring, session: Session, complaint: Complaint, happening: Happening) -> TrailEntry:
    """Append to the chain of a complaint that the caller has locked, and move its head."""
    entry = TrailEntry(complaint=complaint, **written(ring, complaint, happening).stored)
    session.add(entry)
    return entry


def written(ring: Ring, complaint: Complaint, happening: Happening) -> Written:
    """The next entry of a chain, and the head moved to it: for `store`, or as `append` stores it."""
    entry = first_or_next(complaint.number, complaint.trail_length or 0, complaint.trail_head or START, happening)
    public, internal = content.at_entry(entry.sequence)
    entry.complaint_id = complaint.id
    entry.public = content.shut(ring, complaint, public, entry.public)
    entry.internal = content.shut(ring, complaint, internal, entry.internal)
    complaint.trail_length, complaint.trail_head = entry.sequence, entry.hash
    return entry


def store(session: Session, entries: Iterable[Written]) -> None:
    """Store entries of many chains in one statement; the caller stores the heads."""
    many.add(session, TrailEntry, [entry.stored for entry in entries])


def note(
    engine: Engine,
    session: Session,
    complaint: Complaint,
    what: str,
    at: datetime,
    *,
    actor: Principal,
    internal: Mapping[str, Any],
    public: Mapping[str, Any] | None = None,
) -> TrailEntry:
    """Append what is no move; the shape is that of `beside`."""
    happening = beside(engine, complaint, what, at, actor=actor, internal=internal, public=public)
    return append(engine.vault.content, session, complaint, happening)


def beside(
    engine: Engine,
    complaint: Complaint,
    what: str,
    at: datetime,
    *,
    actor: Principal,
    internal: Mapping[str, Any],
    public: Mapping[str, Any] | None = None,
) -> Happening:
    """What is no move: it stays in its state. Without a `public` part only those entitled to internal ones see it."""
    return Happening(
        at=at,
        role=actor.role,
        post=actor.post.code if actor.post else None,
        move=what,
        source=complaint.state,
        target=complaint.state,
        holder=engine.organisation.units[complaint.holder_id].code,
        calendar_version=engine.calendar_version,
        is_public=public is not None,
        public=public or {},
        internal=internal,
    )


def first_or_next(number: str, length: int, head: str, happening: Happening) -> Written:
    """Make the entry that follows a chain of this length and head; `complaint_id` is left to the caller."""
    salt, public, internal = secrets.token_hex(16), canonical(happening.public), canonical(happening.internal)
    entry = Written(
        complaint_id=None,
        sequence=length + 1,
        at=happening.at,
        role=happening.role,
        post=happening.post,
        move=happening.move,
        source=happening.source,
        target=happening.target,
        holder=happening.holder,
        calendar_version=happening.calendar_version,
        is_public=happening.is_public,
        public=public,
        internal=internal,
        salt=salt,
        commitment=commitment(salt, public, internal),
        previous=head,
        hash="",
    )
    entry.hash = hash_of(number, entry)
    return entry


def hash_of(number: str, entry: TrailEntry | Written) -> str:
    """SHA-256 over all that an entry says; its payload enters as a salted commitment, so that it can be erased."""
    said = [
        entry.previous,
        number,
        entry.sequence,
        entry.at.astimezone(UTC).isoformat(),
        entry.role,
        entry.post,
        entry.move,
        entry.source,
        entry.target,
        entry.holder,
        entry.calendar_version,
        entry.is_public,
        entry.commitment,
    ]
    return hashlib.sha256(canonical(said).encode()).hexdigest()


def commitment(salt: str, public: str, internal: str) -> str:
    """What an entry says in its payload, so that it can be held against it and not be guessed from it."""
    return hashlib.sha256(f"{salt}\n{public}\n{internal}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Break:
    """The first entry of a chain that is not as it was written."""

    complaint: str
    sequence: int
    why: str


def verify(ring: Ring, complaint: Complaint, entries: Iterable[TrailEntry]) -> Break | None:
    """Return the first break of a chain, None where it is whole. Entries come in the order of their sequence."""
    number, length = complaint.number, complaint.trail_length
    previous, expected = START, 1
    for entry in entries:
        why = _fault(ring, complaint, entry, previous, expected)
        if why:
            return Break(number, min(expected, entry.sequence), why)
        previous, expected = entry.hash, expected + 1
    if expected - 1 < length:
        return Break(number, expected, f"missing: the case counts {length} entries, {expected - 1} are here")
    if expected - 1 > length or previous != complaint.trail_head:
        return Break(number, expected - 1, "the case knows another head of its trail")
    return None


def _fault(ring: Ring, complaint: Complaint, entry: TrailEntry, previous: str, expected: int) -> str | None:
    if entry.sequence > expected:
        return f"missing: the next entry here is {entry.sequence}"
    if entry.sequence < expected:
        return "stands twice"
    if entry.hash != hash_of(complaint.number, entry) or not _is_said(ring, complaint, entry):
        return "changed: its content does not give its hash"
    return None if entry.previous == previous else "not written after the entry before it"


def _is_said(ring: Ring, complaint: Complaint, entry: TrailEntry) -> bool:
    if (entry.public, entry.internal, entry.salt) == ("", "", ""):
        return complaint.erased_at is not None
    try:
        return entry.commitment == commitment(entry.salt, *content.payload(ring, complaint, entry))
    except Unopenable:
        return False
