"""Erasing a case: the reporter asks for it and may take it back, a custodian may refuse it, the worker carries it out."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session, aliased

from lapor.access.principal import SYSTEM, Principal
from lapor.attachments.store import Store
from lapor.errors import NotFound, NotOpen
from lapor.handling import attaching, deciding, trail
from lapor.handling.move import lock
from lapor.machine.engine import Engine
from lapor.notices import outbox
from lapor.privacy import content, erasure
from lapor.records import Complaint, Erasure
from lapor.records.base import stamp

TERM = timedelta(hours=72)
"""UU 27/2022 gives 3 x 24 hours: of the clock, not of the office."""
WISH, RETENTION = "wish", "retention"


def ask(engine: Engine, session: Session, number: str, *, actor: Principal, now: datetime) -> Erasure:
    """The reporter asks that a case which is no longer open be erased; who reported is told of it while that is known.

    Custodians are told, because they alone may refuse it.

    Raises:
        NotFound: the case is not there or out of scope.
        NotOpen: the case is open, its erasure was asked for already, or a part of it is not erased yet.
    """
    complaint = lock(engine, session, number, actor)
    if complaint.is_open:
        raise NotOpen("erase", complaint.state, "not withdrawn")
    if session.scalar(select(Complaint.id).where(Complaint.id == complaint.id, Complaint.id.in_(with_parts()))):
        raise NotOpen("erase", complaint.state, "parts not erased")
    if newest(session, complaint, state="asked"):
        raise NotOpen("erase", complaint.state, "erasure asked before")
    asked = Erasure(complaint_id=complaint.id, asked_at=now, due_at=now + TERM, state="asked")
    session.add(asked)
    session.flush()
    said = {"due_at": stamp(asked.due_at)}
    trail.note(engine, session, complaint, "ask_erasure", now, actor=actor, internal=said)
    outbox.tell(session, complaint, "erasure_asked", now, facts=said)
    deciding.tell_custodians(engine, session, complaint, "erasure_to_decide", now, due_at=said["due_at"])
    return asked


def take_back(engine: Engine, session: Session, number: str, *, actor: Principal, now: datetime) -> Erasure:
    """The reporter takes back what was asked for.

    Raises:
        NotFound: the case is not there or out of scope, or no erasure was ever asked for.
        NotOpen: it was taken back or refused already.
    """
    complaint = lock(engine, session, number, actor)
    asked = newest(session, complaint)
    if asked is None:
        raise NotFound
    _require_asked(asked)
    asked.state, asked.ended_at = "taken_back", now
    trail.note(engine, session, complaint, "take_back_erasure", now, actor=actor, internal={})
    return asked


def refuse(
    engine: Engine, session: Session, erasure_id: int, *, legal_basis: str, actor: Principal, now: datetime
) -> Erasure:
    """A custodian refuses an erasure that is not carried out yet, on a legal basis; the reporter is told.

    Raises:
        NotFound: there is no such erasure.
        NotOpen: it was taken back, refused or carried out already.
    """
    seen = session.get(Erasure, erasure_id)
    if seen is None:
        raise NotFound
    _require_asked(seen)
    complaint = lock(engine, session, seen.complaint_id, SYSTEM)
    asked = session.get_one(Erasure, erasure_id, populate_existing=True)
    _require_asked(asked)
    asked.state, asked.ended_at, asked.post_id = "refused", now, actor.post_id
    asked.legal_basis = content.shut(engine.vault.content, complaint, content.at_erasure(asked), legal_basis)
    said = {"legal_basis": legal_basis}
    trail.note(engine, session, complaint, "refuse_erasure", now, actor=actor, internal=said)
    outbox.tell(session, complaint, "erasure_refused", now)
    return asked


def erase(engine: Engine, session: Session, complaint: Complaint, why: str, *, store: Store, now: datetime) -> None:
    """Erase a case that the caller has locked and that is not open: by the reporter's `wish`, or for `retention`.

    The trail keeps its chain, and ends with a note that says so.
    """
    complaint.erased_at = now
    attaching.remove_all(store, session, complaint)
    erasure.empty(session, complaint)
    asked = update(Erasure).where(Erasure.complaint_id == complaint.id, Erasure.state == "asked")
    session.execute(asked.values(state="done", ended_at=now))
    trail.note(engine, session, complaint, "erase", now, actor=SYSTEM, internal={"why": why})


def with_parts() -> Select[int | None]:
    """The ids of cases of which parts are not erased: those open with the secret of their whole alone."""
    part = aliased(Complaint)
    return select(part.whole_id).where(part.whole_id.is_not(None), part.erased_at.is_(None))


def newest(session: Session, complaint: Complaint, *, state: str | None = None) -> Erasure | None:
    """The newest erasure that was asked for of a case, in this state where one is named."""
    of_it = select(Erasure).where(Erasure.complaint_id == complaint.id).order_by(Erasure.id.desc()).limit(1)
    chosen = of_it.where(Erasure.state == state) if state else of_it
    return session.scalars(chosen.execution_options(populate_existing=True)).one_or_none()


def basis(engine: Engine, complaint: Complaint, refused: Erasure) -> str | None:
    """The legal basis on which an erasure was refused."""
    said = refused.legal_basis
    return said and content.opened(engine.vault.content, complaint, content.at_erasure(refused), said)


def _require_asked(asked: Erasure) -> None:
    if asked.state != "asked":
        raise NotOpen("erase", asked.state, "erasure ended before")
