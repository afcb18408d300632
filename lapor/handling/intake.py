"""Intake: a complaint comes in at any door, is completed, and its privacy is tightened or loosened."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from lapor.access.principal import Principal
from lapor.access.secrets import REPORTER_PREFIX, hashed, new_number, new_secret
from lapor.errors import InvalidFields, Unavailable
from lapor.handling import step
from lapor.machine.engine import Engine
from lapor.machine.organisation import Unit
from lapor.privacy import content, identity
from lapor.records import CategoryRow, ClockRow, Complaint, RegionRow
from lapor.records.base import stamp

LONGEST_TITLE = 200
"""In characters, whoever writes it."""


@dataclass(frozen=True, slots=True)
class Submission:
    """What somebody reports, checked. `reporter` None: unidentified. `door` None: the default door."""

    kind: str
    title: str
    text: str
    received_at: datetime
    channel: str = "website"
    door: Unit | None = None
    category: CategoryRow | None = None
    region: RegionRow | None = None
    incident_date: date | None = None
    address: str | None = None
    point: Mapping[str, float] | None = None
    anonymous: bool = False
    confidential: bool = False
    reporter: Mapping[str, str | None] | None = None
    remedy_sought: str | None = None
    wished_agency: str | None = None


@dataclass(frozen=True, slots=True)
class Received:
    """What came in: the complaint, the reporter's secret, shown this once, and the clocks that started."""

    complaint: Complaint
    secret: str
    clocks: Sequence[ClockRow]


def submit(
    engine: Engine, session: Session, submission: Submission, *, actor: Principal, now: datetime
) -> tuple[Complaint, str]:
    """As `receive`, for who needs no more than the complaint and the secret."""
    received = receive(engine, session, submission, actor=actor, now=now)
    return received.complaint, received.secret


def receive(engine: Engine, session: Session, submission: Submission, *, actor: Principal, now: datetime) -> Received:
    """Store a complaint and start its clocks at its receipt; return it as it came in.

    Raises:
        InvalidFields: the kind is unknown, or the receipt lies in the future.
    """
    _refuse(engine, submission, now)
    secret = new_secret(REPORTER_PREFIX)
    complaint = _complaint(engine, submission, hashed(secret, engine.pepper), now)
    if submission.reporter:
        reporter = identity.sealed(engine.vault.identity, engine.pepper, complaint.number, submission.reporter)
        session.add(reporter)
        session.flush()
        complaint.reporter_id = reporter.id
    if submission.confidential:
        content.hide(engine.vault.content, complaint)
    definition = engine.workflow(submission.kind).definition
    who = actor if actor.post else Principal("reporter")
    making = step.Making(engine, session, complaint, who, now, definition)
    making.internal["content"] = digest(submission.title, submission.text)
    making.internal["channel"] = submission.channel
    making.public["received_at"] = stamp(submission.received_at)
    return Received(complaint, secret, step.write(making, definition.initial))


def digest(title: str, text: str) -> str:
    """What the trail remembers of title and text, so that a rewritten one shows."""
    return hashlib.sha256(f"{title}\n{text}".encode()).hexdigest()


def _refuse(engine: Engine, submission: Submission, now: datetime) -> None:
    if submission.kind not in engine.current:
        raise InvalidFields({"kind": ["Must be one of: " + ", ".join(engine.current) + "."]})
    if submission.received_at > now:
        raise InvalidFields({"received_at": ["Must not be in the future."]})


def _complaint(engine: Engine, submission: Submission, secret_hash: str, now: datetime) -> Complaint:
    door = (submission.door or default_door(engine)).id
    point = submission.point or {}
    return Complaint(
        number=number_of(engine, door, submission.received_at),
        secret_hash=secret_hash,
        kind=submission.kind,
        definition_version=engine.current[submission.kind],
        since=submission.received_at,
        holder_id=door,
        door_id=door,
        bound=False,
        tally={},
        took_part=[],
        received_at=submission.received_at,
        completed_at=submission.received_at,
        title=submission.title,
        text=submission.text,
        remedy_sought=submission.remedy_sought,
        wished_agency=submission.wished_agency,
        channel=submission.channel,
        incident_date=submission.incident_date,
        category_id=submission.category.id if submission.category else None,
        region_id=submission.region.id if submission.region else None,
        address=submission.address,
        latitude=point.get("lat"),
        longitude=point.get("lon"),
        anonymous=submission.anonymous and submission.reporter is not None,
        confidential=submission.confidential,
    )


def number_of(engine: Engine, door_id: int, received_at: datetime) -> str:
    """Make the number of a case: its year is that of the receipt, by the wall clock of the door."""
    return new_number(engine.calendar(engine.key(door_id)).day(received_at).year)


def default_door(engine: Engine) -> Unit:
    """The door of those who name none: the configured one, else the root's.

    Raises:
        Unavailable: there is no unit yet.
    """
    organisation = engine.organisation
    if not organisation.units:
        raise Unavailable("There is no unit yet that could take a complaint: import units first.")
    return organisation.unit_codes.get(engine.default_door) or organisation.root


def complete(making: step.Making) -> None:
    """The file is complete from now: the term after which the Ombudsman may be asked starts here."""
    making.complaint.completed_at = making.now


def tighten(making: step.Making) -> None:
    """Make anonymous, confidential or both.

    Raises:
        InvalidFields: nothing is tightened, or something would be loosened.
    """
    loosened = [name for name, value in making.values.items() if value is False]
    if loosened:
        raise InvalidFields({name: ["Can only be set to true: only the reporter loosens."] for name in loosened})
    if not making.values:
        raise InvalidFields({"confidential": ["Set anonymous, confidential or both to true."]})
    for name in making.values:
        setattr(making.complaint, name, True)
    if making.complaint.confidential:
        content.hide_all(making.engine.vault.content, making.session, making.complaint)


def loosen(making: step.Making) -> None:
    """Take back anonymous, confidential or both. What was sealed stays sealed: it opens for those entitled.

    Raises:
        InvalidFields: nothing is loosened, or something would be tightened.
    """
    tightened = [name for name, value in making.values.items() if value is True]
    if tightened:
        raise InvalidFields(
            {name: ["Can only be set to false: the move tighten sets it to true."] for name in tightened}
        )
    if not making.values:
        raise InvalidFields({"confidential": ["Set anonymous, confidential or both to false."]})
    for name in making.values:
        setattr(making.complaint, name, False)


EFFECTS = {"complete": complete, "tighten": tighten, "loosen": loosen}
