"""Messages beside moves. They change no state; a reporter's message may start the waiting for a word anew."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from lapor.access.principal import Principal
from lapor.access.secrets import SECRET_PATTERN
from lapor.errors import Forbidden, InvalidFields
from lapor.handling import clocks, trail
from lapor.handling.move import lock
from lapor.machine.clock import restart
from lapor.machine.engine import Engine
from lapor.machine.fields import text as checked
from lapor.privacy import content
from lapor.records import Complaint, Message

AUDIENCES = ("reporter", "internal")


def write(
    engine: Engine, session: Session, complaint_id: int, *, text: str, audience: str, actor: Principal, now: datetime
) -> Message:
    """Write a message to a case in the actor's scope; the caller commits.

    Raises:
        NotFound: the case is not there or out of scope.
        Forbidden: a reporter writes internally.
        InvalidFields: the text or the audience is wrong, or the text holds somebody's secret.
    """
    complaint = lock(engine, session, complaint_id, actor)
    if audience not in AUDIENCES:
        raise InvalidFields({"audience": ["Must be one of: " + ", ".join(AUDIENCES) + "."]})
    if actor.role == "reporter" and audience == "internal":
        raise Forbidden
    if SECRET_PATTERN.search(_checked(text)):
        raise InvalidFields({"text": ["Must not contain a secret: take it out and send the rest."]})
    post_id = actor.post_id or None
    message = Message(complaint_id=complaint.id, at=now, role=actor.role, post_id=post_id, audience=audience)
    message.text = content.shut(engine.vault.content, complaint, content.at_message(message), text)
    session.add(message)
    if actor.role == "reporter":
        _restart(engine, session, complaint, now)
    return message


def _checked(text: str) -> str:
    try:
        return checked(text)
    except ValueError as fault:
        raise InvalidFields({"text": [str(fault)]}) from None


def _restart(engine: Engine, session: Session, complaint: Complaint, now: datetime) -> None:
    definition = engine.workflow(complaint.kind, complaint.definition_version).definition
    rows = clocks.of_case(session, complaint)
    for row in rows:
        clock = clocks.value(row)
        anew = definition.clocks[row.name].anew == "message"
        if anew and clock.state == "running" and clock.restarts < definition.limits.restarts:
            started = restart(clock, now, engine.calendar)
            clocks.write(engine, definition, row, started)
            told = {"clocks": [clocks.change(clock, started)]}
            trail.note(engine, session, complaint, "restart", now, actor=Principal("reporter"), internal=told)
    clocks.summarise(complaint, rows)
