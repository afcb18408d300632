"""Rotation: what is sealed comes under the newest key, in batches that are whole each, so that it can be broken off."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import ColumnElement, and_, func, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from lapor.privacy import content, identity
from lapor.records import Attachment, Complaint, Reporter
from lapor.records.base import Writing
from lapor.vault import Ring, Vault

BATCH = 500
BARE = "none"
Key = InstrumentedAttribute[str | None] | InstrumentedAttribute[str]


def standing(session: Session, vault: Vault) -> dict[str, dict[str, int]]:
    """How many data keys each key of each ring has wrapped; under `none` what should be sealed and is not."""
    found: dict[str, dict[str, int]] = {}
    for name, ring, key, sealable in _purposes(vault):
        wrapped = func.substr(key, 1, func.instr(key, ".") - 1)
        if session.get_bind().dialect.name == "postgresql":
            wrapped = func.split_part(key, ".", 1)
        name_of = func.coalesce(wrapped, BARE)
        rows = session.execute(select(name_of, func.count()).where(sealable).group_by(name_of))
        counts = found.setdefault(name, dict.fromkeys(ring.ids, 0))
        for key_id, data_keys in rows:
            counts[key_id] = counts.get(key_id, 0) + data_keys
    return found


def outstanding(session: Session, vault: Vault) -> int:
    """How many are not under the newest key of their ring."""
    counts = (select(func.count()).where(_behind(ring, key, sealable)) for _, ring, key, sealable in _purposes(vault))
    return sum(session.scalar(count) or 0 for count in counts)


def renew(writing: Writing, vault: Vault, pepper: bytes, *, seen: Callable[[int], object] = lambda _cases: None) -> int:
    """Bring everything under the newest keys, and seal what is not sealed yet; return how many were not.

    `writing` opens a session that is committed at its end: once for each batch. `seen` is called with each batch's size.
    """
    done = 0
    for step in (_identities, _contents, _attachments):
        while size := _batch(writing, vault, pepper, step):
            done += size
            seen(size)
    return done


def _batch(writing: Writing, vault: Vault, pepper: bytes, step: Callable[[Session, Vault, bytes], int]) -> int:
    with writing() as session:
        return step(session, vault, pepper)


def _identities(session: Session, vault: Vault, pepper: bytes) -> int:
    those = select(Complaint.number, Reporter).join(Reporter, Reporter.id == Complaint.reporter_id)
    behind = those.where(_behind(vault.identity, Reporter.data_key, _known())).order_by(Reporter.id).limit(BATCH)
    rows = session.execute(behind.with_for_update(of=Reporter)).all()
    for number, reporter in rows:
        if reporter.data_key:
            reporter.data_key = vault.identity.rewrapped(reporter.data_key, number)
        else:
            said = {name: getattr(reporter, name) for name in identity.FIELDS}
            shut = identity.sealed(vault.identity, pepper, number, said)
            for name in (*identity.FIELDS, "data_key", "email_index"):
                setattr(reporter, name, getattr(shut, name))
    return len(rows)


def _contents(session: Session, vault: Vault, _pepper: bytes) -> int:
    behind = select(Complaint).where(_behind(vault.content, Complaint.content_key, _hidden()))
    rows = session.scalars(behind.order_by(Complaint.id).limit(BATCH).with_for_update()).all()
    for complaint in rows:
        if complaint.content_key:
            complaint.content_key = vault.content.rewrapped(complaint.content_key, complaint.number)
        else:
            content.hide_all(vault.content, session, complaint)
    return len(rows)


def _attachments(session: Session, vault: Vault, _pepper: bytes) -> int:
    those = select(Complaint.number, Attachment).join(Attachment, Attachment.complaint_id == Complaint.id)
    behind = those.where(_behind(vault.content, Attachment.data_key, true())).order_by(Attachment.id).limit(BATCH)
    rows = session.execute(behind.with_for_update(of=Attachment)).all()
    for number, attachment in rows:
        attachment.data_key = vault.content.rewrapped(attachment.data_key, number)
    return len(rows)


def _purposes(vault: Vault) -> tuple[tuple[str, Ring, Key, ColumnElement[bool]], ...]:
    return (
        ("identity", vault.identity, Reporter.data_key, _known()),
        ("content", vault.content, Complaint.content_key, _hidden()),
        ("content", vault.content, Attachment.data_key, true()),
    )


def _hidden() -> ColumnElement[bool]:
    return and_(Complaint.erased_at.is_(None), or_(Complaint.confidential, Complaint.content_key.is_not(None)))


def _known() -> ColumnElement[bool]:
    # of an erased case neither a field nor a key is left
    return or_(Reporter.data_key.is_not(None), *(getattr(Reporter, name).is_not(None) for name in identity.FIELDS))


def _behind(ring: Ring, key: Key, sealable: ColumnElement[bool]) -> ColumnElement[bool]:
    return and_(sealable, or_(key.is_(None), ~key.startswith(f"{ring.current}.", autoescape=True)))
