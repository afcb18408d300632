"""Opening what is hidden: asked with a reason, decided by others where it is an identity, for a time, and never unseen."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from lapor.access import policy
from lapor.access.openings import CONTENT, IDENTITY
from lapor.access.policy import Parts
from lapor.access.principal import SYSTEM, Principal
from lapor.errors import Forbidden, InvalidFields, NotFound, NotOpen
from lapor.handling import deciding, trail
from lapor.handling.move import lock
from lapor.machine.engine import Engine
from lapor.notices import outbox
from lapor.privacy import content
from lapor.records import Complaint, Opening, OpeningDecision

TWO = 2


def ask(
    engine: Engine,
    session: Session,
    number: str,
    what: str,
    *,
    reason: str,
    legal_basis: str | None,
    hours: int,
    actor: Principal,
    now: datetime,
) -> Opening:
    """Ask to see what is hidden of a case, for so many hours; whoever may open it alone sees it at once.

    Raises:
        NotFound: the case is not there or out of scope.
        Forbidden: it is not for this caller to ask.
        NotOpen: nothing of this is hidden, it is open already, or was asked before and is not decided.
    """
    complaint = lock(engine, session, number, actor)
    if what == CONTENT and not complaint.confidential:
        raise NotOpen("open", complaint.state, "something_hidden")
    if what == IDENTITY and (not complaint.anonymous or complaint.reporter_id is None):
        raise NotOpen("open", complaint.state, "something_hidden")
    shown = policy.parts(actor, complaint, engine.organisation, told=False)
    alone = _opens_alone(engine, actor, complaint, what, shown)
    if not alone and not _may_ask(actor, what, shown):
        raise Forbidden
    _refuse_twice(session, complaint, what, actor, now)
    opening = Opening(
        complaint_id=complaint.id,
        post_id=actor.post_id,
        role=actor.role,
        what=what,
        asked_at=now,
        state="granted" if alone else "asked",
        until=now + timedelta(hours=hours) if alone else None,
    )
    _keep_words(engine, complaint, opening, reason, legal_basis)
    session.add(opening)
    said = {"what": what, "reason": reason, "legal_basis": legal_basis}
    trail.note(engine, session, complaint, "open" if alone else "ask_opening", now, actor=actor, internal=said)
    if what == IDENTITY:
        outbox.tell(session, complaint, "identity_opened" if alone else "identity_asked", now)
        if not alone:
            deciding.tell_custodians(engine, session, complaint, "identity_to_decide", now)
    return opening


def consent(
    engine: Engine, session: Session, number: str, opening_id: int, *, given: bool, actor: Principal, now: datetime
) -> Opening:
    """The reporter consents to an opening that is asked for, or does not.

    Raises:
        NotFound: the case or the opening is not there.
        NotOpen: it is decided already.
    """
    complaint = lock(engine, session, number, actor)
    opening = session.scalars(select(Opening).filter_by(id=opening_id, complaint_id=complaint.id)).one_or_none()
    if opening is None:
        raise NotFound
    _require_asked(opening)
    opening.consent = given
    trail.note(
        engine, session, complaint, "consent", now, actor=actor, internal={"opening": opening.id, "given": given}
    )
    return opening


def decide(
    engine: Engine, session: Session, opening_id: int, *, granted: bool, hours: int, actor: Principal, now: datetime
) -> Opening:
    """A custodian decides: with the reporter's consent one grants it, without it two, on a legal basis; one refuses.

    Raises:
        NotFound: there is no such opening.
        Forbidden: the custodian asked for it, or decided before.
        NotOpen: it is decided already.
        InvalidFields: it cannot be granted: the reporter has not consented, and no legal basis was named.
    """
    seen = session.get(Opening, opening_id)
    if seen is None:
        raise NotFound
    complaint = lock(engine, session, seen.complaint_id, SYSTEM)
    opening = session.get_one(Opening, opening_id, populate_existing=True)
    _require_asked(opening)
    before = session.scalars(select(OpeningDecision.post_id).filter_by(opening_id=opening.id)).all()
    if actor.post_id in (opening.post_id, *before):
        raise Forbidden
    if granted and not opening.consent and opening.legal_basis is None:
        raise InvalidFields({"granted": ["The reporter has not consented, and no legal basis was named."]})
    session.add(OpeningDecision(opening_id=opening.id, post_id=actor.post_id, granted=granted, at=now))
    enough = len(before) + 1 >= (1 if opening.consent else TWO)
    if not granted:
        opening.state = "refused"
    elif enough:
        opening.state, opening.until = "granted", now + timedelta(hours=hours)
        outbox.tell(session, complaint, "identity_opened", now)
    said = {"opening": opening.id, "granted": granted, "state": opening.state}
    trail.note(engine, session, complaint, "decide_opening", now, actor=actor, internal=said)
    return opening


def words(engine: Engine, complaint: Complaint, opening: Opening) -> tuple[str, str | None]:
    """The reason and the legal basis of an opening."""
    reason, basis = content.at_opening(opening)
    ring = engine.vault.content
    said = opening.legal_basis
    return content.opened(ring, complaint, reason, opening.reason), said and content.opened(
        ring, complaint, basis, said
    )


def _keep_words(engine: Engine, complaint: Complaint, opening: Opening, reason: str, legal_basis: str | None) -> None:
    at_reason, at_basis = content.at_opening(opening)
    ring = engine.vault.content
    opening.reason = content.shut(ring, complaint, at_reason, reason)
    opening.legal_basis = legal_basis and content.shut(ring, complaint, at_basis, legal_basis)


def _opens_alone(engine: Engine, actor: Principal, complaint: Complaint, what: str, shown: Parts) -> bool:
    if what == CONTENT:
        # the inspector reads by grant; a coordinator after the door has handed the case on
        return actor.role in ("coordinator", "inspector") and not shown.content
    return policy.is_at_own_door(actor, complaint, engine.organisation) and complaint.phase == "intake"


def _may_ask(actor: Principal, what: str, shown: Parts) -> bool:
    return what == IDENTITY and shown.content and actor.role != "inspector"


def _refuse_twice(session: Session, complaint: Complaint, what: str, actor: Principal, now: datetime) -> None:
    own = select(Opening).filter_by(complaint_id=complaint.id, post_id=actor.post_id, role=actor.role, what=what)
    for opening in session.scalars(own):
        if opening.state == "asked" or (opening.until and opening.until > now):
            raise NotOpen("open", complaint.state, "opening asked before")


def _require_asked(opening: Opening) -> None:
    if opening.state != "asked":
        raise NotOpen("decide", opening.state, "opening decided before")
