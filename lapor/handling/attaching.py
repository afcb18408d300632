"""Attaching files to a case. The file is sealed as it comes and is in place for good before its row is written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, event, func, select
from sqlalchemy.orm import Session

from lapor.access import policy
from lapor.access.principal import Principal
from lapor.attachments import kinds, names, views
from lapor.attachments.store import ORIGINAL, VIEW, Store, new_id
from lapor.errors import Forbidden, InvalidFields, TooLarge
from lapor.handling import trail
from lapor.handling.move import lock
from lapor.machine.engine import Engine
from lapor.records import Attachment, Complaint
from lapor.vault import Cipher, Ring


@dataclass(frozen=True, slots=True)
class Received:
    """A file that lies sealed in its place, and has no row yet. `view_bytes` None: it has no view."""

    id: str
    number: str
    data_key: str
    name: str
    kind: str
    bytes: int
    digest: str
    view_bytes: int | None = None
    view_digest: str | None = None


def require(engine: Engine, session: Session, complaint: Complaint, *, actor: Principal, most: int) -> int:
    """Whether the actor may attach one more file to a case in scope; return how many it has.

    Raises:
        Forbidden: the actor does not work on the case, or does not see its content.
        InvalidFields: the case has as many as it may.
    """
    shown = policy.parts(actor, complaint, engine.organisation, told=False)
    if not policy.may_attach(actor, complaint, engine.organisation, shown):
        raise Forbidden
    of_it = select(func.count()).where(Attachment.complaint_id == complaint.id)
    there = session.scalars(of_it).one()
    if there >= most:
        raise InvalidFields({"file": [f"A case has at most {most} attachments."]})
    return there


def receive(ring: Ring, store: Store, number: str, body: Iterable[bytes], *, name: str, most: int) -> Received:
    """Seal a file of at most so many bytes into its place, and draw its view. No transaction is open.

    Raises:
        TooLarge: it has more bytes; nothing is kept.
        InvalidFields: its kind is not taken; nothing is kept.
        Unavailable: the disk does not take it.
    """
    id_, key = new_id(), ring.new_key(number)
    cipher = ring.cipher(key, number)
    try:
        with store.writing(id_, ORIGINAL, cipher) as original:
            for said in body:
                original.write(said)
                if original.length > most:
                    raise TooLarge(most)
        kind, drawn = _looked_at(store, id_, cipher)
    except BaseException:
        store.discard(id_)
        raise
    sealed = ring.seal(key, number, _at_name(id_), names.cleaned(name, kind))
    return Received(id_, number, key, sealed, kind, original.length, original.digest, *drawn)


def attach(
    engine: Engine, session: Session, received: Received, *, actor: Principal, most: int, now: datetime
) -> Attachment:
    """Write down a file that was received; the caller commits.

    Raises:
        NotFound: the case is not there or out of scope.
        Forbidden: the actor may not attach files to it.
        InvalidFields: the case has as many as it may.
    """
    complaint = lock(engine, session, received.number, actor)
    there = require(engine, session, complaint, actor=actor, most=most)
    row = Attachment(
        id=received.id,
        complaint_id=complaint.id,
        sequence=there + 1,
        at=now,
        role=actor.role,
        post_id=actor.post_id or None,
        name=received.name,
        kind=received.kind,
        bytes=received.bytes,
        digest=received.digest,
        view_bytes=received.view_bytes,
        view_digest=received.view_digest,
        data_key=received.data_key,
    )
    session.add(row)
    said = {"id": row.id, "kind": row.kind, "bytes": row.bytes}
    trail.note(engine, session, complaint, "attach", now, actor=actor, internal=said)
    return row


def name_of(ring: Ring, complaint: Complaint, row: Attachment, reader: Principal) -> str:
    """What a file is called: a name may tell who sent it, so that not everybody reads the one that it came with."""
    if not policy.gets_originals(reader, complaint):
        return names.neutral(row.sequence, row.kind)
    return ring.open(row.data_key, complaint.number, _at_name(row.id), row.name)


def remove_all(store: Store, session: Session, complaint: Complaint) -> int:
    """Remove all attachments of a case that the caller has locked; the files go when the caller has committed."""
    of_it = Attachment.complaint_id == complaint.id
    ids = session.scalars(select(Attachment.id).where(of_it)).all()
    session.execute(delete(Attachment).where(of_it))

    def discard(_session: Session) -> None:
        for id_ in ids:
            store.discard(id_)

    event.listen(session, "after_commit", discard, once=True)
    return len(ids)


def _looked_at(store: Store, id_: str, cipher: Cipher) -> tuple[str, tuple[int, str] | tuple[()]]:
    with store.buffered(id_, ORIGINAL, cipher) as file:
        kind = kinds.kind_of(file)
        if kind in views.TELL_NOTHING:
            return kind, ()
        with store.writing(id_, VIEW, cipher) as drawn:
            views.draw(file, kind, drawn)
    return kind, (drawn.length, drawn.digest)


def _at_name(id_: str) -> str:
    return f"attachment {id_} name"
