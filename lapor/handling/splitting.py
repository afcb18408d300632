"""Splitting: what a case holds besides becomes a case of its own, and no citizen's clock starts anew.

See docs/decisions/0027-parts-of-a-case.md.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import insert, literal, select

from lapor.access.secrets import REPORTER_PREFIX, hashed, new_secret
from lapor.errors import InvalidFields
from lapor.handling import clocks, duty, intake, step, trail
from lapor.handling.disposition import barred_from, tell_of_misconduct
from lapor.handling.step import Making
from lapor.machine.fields import text as checked
from lapor.notices import outbox
from lapor.privacy import content, identity
from lapor.records import CategoryRow, Complaint, ReportedParty, Reporter
from lapor.records.base import stamp

SPLIT_OFF = "split_off"
"""The first entry of a part, where other cases have their submission."""
# what a part has of its whole; its texts are the officer's, and what moves have counted is the whole's alone
_KEPT = (
    "kind", "definition_version", "classification", "state", "phase", "is_open", "holder_id", "door_id", "owner_id",
    "competent_id", "received_at", "completed_at", "channel", "incident_date", "category_id", "region_id", "latitude",
    "longitude", "anonymous", "confidential", "took_part",
)  # fmt: skip


def split(making: Making) -> None:
    """Make a part with the title and text that the move names; of it the whole's trail has the number alone.

    Raises:
        InvalidFields: the title is too long.
    """
    title, text = _title(making), making.values["text"]
    making.values = {}
    # whoever splits has had a part in either
    step.take_part(making.complaint, making.actor)
    part = _part(making, title, text)
    making.internal["part"] = part.number
    rows = [clocks.copied(row) for row in making.clock_rows]
    born = replace(making, complaint=part, clock_rows=rows, public={}, internal={}, reported=None)
    born.public["received_at"] = stamp(part.received_at)
    born.internal.update(_said(born, making.complaint.number, intake.digest(title, text)))
    _store(born, making.complaint)
    _tell(born)


def _title(making: Making) -> str:
    try:
        return checked(making.values["title"], intake.LONGEST_TITLE)
    except ValueError as fault:
        raise InvalidFields({"title": [str(fault)]}) from None


def _part(making: Making, title: str, text: str) -> Complaint:
    engine, whole = making.engine, making.complaint
    part = Complaint(
        **{name: getattr(whole, name) for name in _KEPT},
        number=intake.number_of(engine, whole.door_id, whole.received_at),
        # nobody is told this secret: that of the whole opens its parts
        secret_hash=hashed(new_secret(REPORTER_PREFIX), engine.pepper),
        whole_id=whole.whole_id or whole.id,
        since=making.now,
        bound=False,
        tally={},
        version=1,
        title=title,
        text=text,
        address=content.of_case(engine.vault.content, whole)["address"],
    )
    part.reporter_id = _known_again(making, part)
    if whole.content_key:
        content.hide(engine.vault.content, part)
    return part


def _known_again(making: Making, part: Complaint) -> int | None:
    """Seal who reported the whole for its part as well, shown to nobody; the id, None where nobody is known."""
    engine, session, whole = making.engine, making.session, making.complaint
    if whole.reporter_id is None:
        return None
    ring = engine.vault.identity
    known = identity.opened(ring, whole.number, session.get_one(Reporter, whole.reporter_id))
    again = identity.sealed(ring, engine.pepper, part.number, asdict(known))
    session.add(again)
    session.flush()
    return again.id


def _said(born: Making, whole: str, digest: str) -> dict[str, Any]:
    """What the trail of a part begins with: all from which it can be told again without its whole."""
    part = born.complaint
    category = born.session.get_one(CategoryRow, part.category_id).code if part.category_id else None
    told = [clocks.said(born.engine, row) for row in born.clock_rows]
    return {
        "whole": whole,
        "content": digest,
        "classification": part.classification,
        "category": category,
        "clocks": told,
    }


def _store(born: Making, whole: Complaint) -> None:
    engine, session, part = born.engine, born.session, born.complaint
    happening = trail.beside(
        engine, part, SPLIT_OFF, born.now, actor=born.actor, internal=born.internal, public=born.public
    )
    trail.append(engine.vault.content, session, part, replace(happening, source=None))
    clocks.summarise(part, born.clock_rows)
    clocks.store(session, part, born.clock_rows)
    about = (ReportedParty.unit_id, ReportedParty.post_id)
    parties = select(literal(part.id, ReportedParty.complaint_id.type), *about).filter_by(complaint_id=whole.id)
    names = ("complaint_id", "unit_id", "post_id")
    session.execute(insert(ReportedParty).from_select(names, parties.order_by(ReportedParty.id)))


def _tell(born: Making) -> None:
    """Tell the reporter of a part, whose turn it is there, the inspector of misconduct, and the apps of units."""
    part, organisation = born.complaint, born.engine.organisation
    outbox.tell(born.session, part, SPLIT_OFF, born.now)
    duty.tell(born, duty.turn(organisation, part, born.definition.states[part.state].acts, barred_from(born)))
    tell_of_misconduct(born, None)
    step.tell_apps(born, SPLIT_OFF, None, part.state)


EFFECTS = {"split": split}
