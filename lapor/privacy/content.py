"""What is confidential: sealed wherever it is stored, under the key of its case. A case without a key has plain texts."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy import text as sql
from sqlalchemy.orm import Session

from lapor.records import Complaint, Erasure, Message, Opening, TrailEntry
from lapor.records.base import stamp
from lapor.vault import Ring

TEXTS = ("title", "text", "remedy_sought", "wished_agency", "address")
_MARK = "sealed:"


def shut(ring: Ring, complaint: Complaint, place: str, text: str) -> str:
    """A text as it is stored at a place of its case."""
    if not complaint.content_key:
        return text
    return _MARK + ring.seal(complaint.content_key, complaint.number, place, text)


def opened(ring: Ring, complaint: Complaint, place: str, stored: str) -> str:
    """A text of a case, from what is stored at its place.

    Raises:
        Unopenable: the key is not here, or the text was moved or changed.
    """
    if not complaint.content_key:
        return stored
    return ring.open(complaint.content_key, complaint.number, place, stored.removeprefix(_MARK))


def of_case(ring: Ring, complaint: Complaint) -> dict[str, str | None]:
    """The texts of a case by name."""
    stored = {name: getattr(complaint, name) for name in TEXTS}
    return {name: value and opened(ring, complaint, name, value) for name, value in stored.items()}


def message(ring: Ring, complaint: Complaint, written: Message) -> str:
    """What a message says."""
    return opened(ring, complaint, at_message(written), written.text)


def payload(ring: Ring, complaint: Complaint, entry: TrailEntry) -> tuple[str, str]:
    """The public and the internal part of an entry of the trail, as canonical JSON."""
    public, internal = at_entry(entry.sequence)
    return opened(ring, complaint, public, entry.public), opened(ring, complaint, internal, entry.internal)


def at_message(written: Message) -> str:
    """Where the text of a message stands."""
    return f"message {stamp(written.at)} {written.role}"


def at_entry(sequence: int) -> tuple[str, str]:
    """Where the two parts of the entry with this sequence stand."""
    return f"trail {sequence} public", f"trail {sequence} internal"


def at_opening(opening: Opening) -> tuple[str, str]:
    """Where the reason and the legal basis of an opening stand."""
    place = f"opening {stamp(opening.asked_at)} {opening.post_id}"
    return f"{place} reason", f"{place} basis"


def at_erasure(erasure: Erasure) -> str:
    """Where the legal basis of a refused erasure stands."""
    return f"erasure {stamp(erasure.asked_at)} basis"


def hide(ring: Ring, complaint: Complaint) -> None:
    """Give a case its key, and seal its own texts. One that has a key stays as it is."""
    if complaint.content_key:
        return
    texts = of_case(ring, complaint)
    complaint.content_key = ring.new_key(complaint.number)
    for name, text in texts.items():
        setattr(complaint, name, text and shut(ring, complaint, name, text))


def hide_all(ring: Ring, session: Session, complaint: Complaint) -> None:
    """Seal a case that was not confidential so far: all its texts, those beside it, and what its trail says."""
    if complaint.content_key:
        return
    hide(ring, complaint)
    for written in session.scalars(select(Message).where(Message.complaint_id == complaint.id)):
        written.text = shut(ring, complaint, at_message(written), written.text)
    for opening in session.scalars(select(Opening).where(Opening.complaint_id == complaint.id)):
        reason, basis = at_opening(opening)
        opening.reason = shut(ring, complaint, reason, opening.reason)
        opening.legal_basis = opening.legal_basis and shut(ring, complaint, basis, opening.legal_basis)
    for erasure in session.scalars(select(Erasure).where(Erasure.complaint_id == complaint.id)):
        basis = at_erasure(erasure)
        erasure.legal_basis = erasure.legal_basis and shut(ring, complaint, basis, erasure.legal_basis)
    for entry in session.scalars(select(TrailEntry).where(TrailEntry.complaint_id == complaint.id)):
        public, internal = at_entry(entry.sequence)
        entry.public = shut(ring, complaint, public, entry.public)
        entry.internal = shut(ring, complaint, internal, entry.internal)
    session.flush()
    empty_index(session)


def empty_index(session: Session) -> None:
    """Have the searches on SQLite keep nothing of words that left them: they only mark them as gone until tidied."""
    if session.get_bind().dialect.name == "sqlite":
        session.execute(sql("INSERT INTO complaint_search (complaint_search) VALUES ('optimize')"))
        session.execute(sql("INSERT INTO public_search (public_search) VALUES ('optimize')"))
