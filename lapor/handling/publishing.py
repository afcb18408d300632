"""Publishing: a coordinator makes an edited version of a case public, and takes it back."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lapor.access import policy
from lapor.access.principal import Principal
from lapor.access.publicity import hindrance
from lapor.access.secrets import SECRET_PATTERN, holds_number, new_public_id
from lapor.errors import Forbidden, InvalidFields, NotFound, NotPublishable, Stale
from lapor.handling import intake, trail
from lapor.handling.move import lock
from lapor.handling.unpublishing import current, take_back
from lapor.machine.engine import Engine
from lapor.privacy import content
from lapor.privacy.masking import CERTAIN, Finding, findings
from lapor.records import Complaint, PublicVersion


@dataclass(frozen=True, slots=True)
class Edited:
    """What is to become public. `accept` names kinds of findings that are meant to be, for a reason."""

    title: str
    text: str
    accept: Collection[str] = ()
    reason: str | None = None


def publish(
    engine: Engine,
    session: Session,
    number: str,
    edited: Edited,
    *,
    actor: Principal,
    now: datetime,
    version: int | None = None,
) -> PublicVersion:
    """Publish a case, or replace what is public of it; the caller commits.

    Raises:
        NotFound: the case is not there or out of the actor's scope.
        Forbidden: the actor does not keep its door.
        Stale: `version` is given and the case has another one by now.
        NotPublishable: the case may have no public version.
        InvalidFields: the texts hold personal data for certain, a secret or a tracking number.
    """
    complaint = _decided_by(engine, session, number, actor)
    if version is not None and version != complaint.version:
        raise Stale
    why = hindrance(complaint)
    if why:
        raise NotPublishable(why)
    accepted = _checked(edited)
    before = current(session, complaint)
    changed = _changed(engine, complaint, before, edited)
    if before and not changed:
        return before
    public = before or _made(engine, session, complaint)
    public.title, public.text, public.withdrawn_at = edited.title, edited.text, None
    public.published_at, public.post_id = now, actor.post_id
    session.add(public)
    said: dict[str, Any] = {"public_id": public.public_id, "changed": changed}
    said |= {"accepted": accepted, "reason": edited.reason} if accepted else {}
    remembered = {"published": intake.digest(edited.title, edited.text)}
    trail.note(engine, session, complaint, "publish", now, actor=actor, public=said, internal=remembered)
    return public


def unpublish(engine: Engine, session: Session, number: str, *, actor: Principal, now: datetime) -> None:
    """Take back what is public of a case.

    Raises:
        NotFound: the case is not there or out of the actor's scope, or nothing of it is public.
        Forbidden: the actor does not keep its door.
    """
    complaint = _decided_by(engine, session, number, actor)
    if not take_back(engine, session, complaint, actor=actor, now=now):
        raise NotFound


def _decided_by(engine: Engine, session: Session, number: str, actor: Principal) -> Complaint:
    complaint = lock(engine, session, number, actor)
    if not policy.publishes(actor, complaint, engine.organisation):
        raise Forbidden
    return complaint


def _checked(edited: Edited) -> list[str]:
    """The kinds that are accepted of what is found for certain.

    Raises:
        InvalidFields: something else is found, named one by one, or no reason is given.
    """
    texts = {"title": edited.title, "text": edited.text}
    found = {name: [each for each in findings(text) if each.kind in CERTAIN] for name, text in texts.items()}
    errors = {name: [*_refusals(found[name], edited.accept), *_marks(text)] for name, text in texts.items()}
    accepted = sorted({each.kind for some in found.values() for each in some} & {*edited.accept})
    if accepted and edited.reason is None:
        errors["reason"] = ["Required where something is accepted."]
    if any(errors.values()):
        raise InvalidFields({name: faults for name, faults in errors.items() if faults})
    return accepted


def _refusals(found: Iterable[Finding], accept: Collection[str]) -> list[str]:
    return [
        f"Holds {each.kind} at characters {each.start} to {each.end}: mask it, or accept it with a reason."
        for each in found
        if each.kind not in accept
    ]


def _marks(text: str) -> list[str]:
    found = []
    if SECRET_PATTERN.search(text):
        found.append("Must not contain a secret: take it out and send the rest.")
    if holds_number(text):
        found.append("Must not contain a tracking number: it would lead from what is public to the case.")
    return found


def _changed(engine: Engine, complaint: Complaint, before: PublicVersion | None, edited: Edited) -> list[str]:
    """Which of title and text differ from what was public before, at first from the original."""
    original = content.of_case(engine.vault.content, complaint)
    was = {"title": before.title, "text": before.text} if before else original
    return [name for name in ("title", "text") if was[name] != getattr(edited, name)]


def _made(engine: Engine, session: Session, complaint: Complaint) -> PublicVersion:
    """The row of a case: a new one, or that of a version that was taken back, which keeps its public id."""
    taken_back = session.scalars(select(PublicVersion).filter_by(complaint_id=complaint.id)).one_or_none()
    local = engine.calendar(engine.key(complaint.door_id)).day(complaint.received_at)
    return taken_back or PublicVersion(
        complaint_id=complaint.id, public_id=new_public_id(), month=f"{local.year}-{local.month:02}"
    )
