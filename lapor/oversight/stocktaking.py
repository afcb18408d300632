"""Attachments on disk are those in the database: what is missing, changed or left over, and what is left over removed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lapor.attachments.store import ORIGINAL, VIEW, Store, Stored
from lapor.errors import Unopenable
from lapor.oversight.doctor import Finding
from lapor.records import Attachment, Complaint
from lapor.vault import Ring

BATCH = 500
# of a file that is being received, or whose row is about to be written
UNDER_WAY = timedelta(hours=1)
FORGOTTEN = timedelta(days=1)
NO_CASE = "-"


def count(session: Session) -> int:
    """How many attachments there are to look at."""
    return session.scalar(select(func.count()).select_from(Attachment)) or 0


def examine(
    ring: Ring,
    store: Store,
    session: Session,
    *,
    now: datetime,
    seen: Callable[[int], object] = lambda _attachments: None,
) -> Iterator[Finding]:
    """Read every file of every attachment, piece by piece, then look for files that belong to none."""
    for rows in _batches(session):
        for number, row in rows:
            yield from _of_one(ring, store, number, row)
            seen(1)
    for file in _orphans(store, session, before=now - UNDER_WAY):
        yield Finding("attachment-orphan", NO_CASE, f"{file.id}.{file.part} belongs to no attachment")


def tidy(store: Store, session: Session, *, now: datetime) -> int:
    """Remove files that belong to no attachment, a day after they were written; return how many.

    A database that knows of no attachment at all may be the wrong one: then nothing is removed.
    """
    if not count(session):
        return 0
    left = 0
    for file in _orphans(store, session, before=now - FORGOTTEN):
        file.path.unlink(missing_ok=True)
        left += 1
    return left


def _batches(session: Session) -> Iterator[list[tuple[str, Attachment]]]:
    last = ""
    while True:
        those = select(Complaint.number, Attachment).join(Complaint, Complaint.id == Attachment.complaint_id)
        after = those.where(Attachment.id > last).order_by(Attachment.id).limit(BATCH)
        rows = [(number, row) for number, row in session.execute(after)]
        if not rows:
            return
        last = rows[-1][1].id
        yield rows
        session.expunge_all()


def _of_one(ring: Ring, store: Store, number: str, row: Attachment) -> Iterator[Finding]:
    for part, length, digest in ((ORIGINAL, row.bytes, row.digest), (VIEW, row.view_bytes, row.view_digest)):
        if digest is None:
            continue
        found = store.digest(row.id, part)
        if found is None:
            yield Finding("attachment-missing", number, f"{row.id}.{part} is not there")
        elif found != digest:
            yield Finding("attachment-changed", number, f"{row.id}.{part} is not what was written")
        else:
            why = _closed(ring, store, number, row, part, length)
            if why:
                yield Finding("attachment-unopenable", number, f"{row.id}.{part}: {why}")


def _closed(ring: Ring, store: Store, number: str, row: Attachment, part: str, length: int | None) -> str | None:
    try:
        with store.reading(row.id, part, ring.cipher(row.data_key, number)) as file:
            read = sum(map(len, file.chunks()))
    except Unopenable as fault:
        return str(fault)
    return None if read == length else f"it has {read} bytes, not {length}"


def _orphans(store: Store, session: Session, *, before: datetime) -> Iterator[Stored]:
    files: Iterator[Stored] = (file for file in store.files() if file.changed_at < before)
    while batch := list(islice(files, BATCH)):
        known = _known(session, {file.id for file in batch})
        yield from (file for file in batch if (file.id, file.part) not in known)


def _known(session: Session, ids: Iterable[str]) -> set[tuple[str, str]]:
    rows = session.execute(select(Attachment.id, Attachment.view_digest).where(Attachment.id.in_(ids)))
    return {(id_, part) for id_, view in rows for part in ((ORIGINAL, VIEW) if view else (ORIGINAL,))}
