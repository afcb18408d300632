"""A breach: whose personal data was touched between two moments, as far as that is recorded. Names are never told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from sqlalchemy import Select, func, literal, or_, select, true
from sqlalchemy.orm import Session

from lapor.machine.engine import Engine
from lapor.notices import texts
from lapor.notices.wordings import shipped
from lapor.records import Complaint, Export, Look, Opening, OpeningDecision, Reporter, Token

TERM = timedelta(hours=72)
"""UU 27/2022, article 46: 3 x 24 hours after it became known."""
BATCH = 500


@dataclass(frozen=True, slots=True)
class Touched:
    """What a case holds of its reporter, and how it was touched: by a look, an opening, an export, in the database.

    `identity` is named, anonymous, none, or erased meanwhile. `mail` says whether the reporter can be told.
    """

    number: str
    identity: str
    contact: bool
    mail: bool
    confidential: bool
    how: Sequence[str]


@dataclass(frozen=True, slots=True)
class Used:
    """A token that was used since the beginning; which cases it read that hid nothing, nobody has recorded."""

    post: str
    role: str
    last_used_at: datetime


def touched(session: Session, since: datetime, until: datetime, *, everything: bool) -> list[Touched]:
    """The cases that were touched, in the order of their numbers. `everything`: all that were in the database then."""
    found: dict[int, set[str]] = defaultdict(set)
    for name, chosen in _traces(since, until, everything=everything).items():
        for complaint_id in session.scalars(chosen):
            found[complaint_id].add(name)
    return sorted(_held(session, found), key=lambda case: case.number)


def used(session: Session, engine: Engine, since: datetime, until: datetime) -> list[Used]:
    """The tokens that were used since, of those that were there; of a token its last use alone is known."""
    there = select(Token).where(Token.last_used_at >= since, Token.created_at <= until).order_by(Token.last_used_at)
    posts = engine.organisation.posts
    return [Used(posts[row.post_id].code, row.role, row.last_used_at or since) for row in session.scalars(there)]


def draft(cases: Sequence[Touched], since: datetime, until: datetime, *, known_at: datetime, zone: str) -> str:
    """The notice, in Indonesian and then in English, with the moment by which it is due."""
    counted = {
        "cases": len(cases),
        "identified": sum(case.identity in ("named", "anonymous") for case in cases),
        "anonymous": sum(case.identity == "anonymous" for case in cases),
        "contacts": sum(case.contact for case in cases),
        "mailed": sum(case.mail for case in cases),
        "unreached": sum(not case.mail for case in cases),
    }
    moments = {"from": since, "to": until, "known": known_at, "deadline": known_at + TERM}
    halves = []
    for words in shipped().words:
        spoken = {name: texts.spoken(words, moment, zone) for name, moment in moments.items()}
        halves.append(_wordings()[words.tongue].format(**counted, **spoken))
    return "\n----\n\n".join(halves)


@cache
def _wordings() -> Mapping[str, str]:
    read: Mapping[str, str] = yaml.safe_load(files("lapor.oversight").joinpath("breach.yaml").read_text("utf-8"))
    return read


def _traces(since: datetime, until: datetime, *, everything: bool) -> dict[str, Select[Any]]:
    first, last = since.date(), until.date()
    decided = select(func.max(OpeningDecision.at)).where(OpeningDecision.opening_id == Opening.id).scalar_subquery()
    opened = select(Opening.complaint_id).where(Opening.state == "granted", Opening.until > since)
    held = select(Complaint.id).where(Complaint.received_at <= until)
    return {
        "database": held.where(
            or_(Complaint.erased_at.is_(None), Complaint.erased_at > since), true() if everything else literal(1) == 0
        ),
        "export": select(Export.complaint_id).where(Export.day.between(first, last)),
        "look": select(Look.complaint_id).where(Look.day.between(first, last)),
        "opening": opened.where(func.coalesce(decided, Opening.asked_at) <= until),
    }


def _held(session: Session, found: Mapping[int, set[str]]) -> Iterator[Touched]:
    contact, mail = or_(Reporter.email.is_not(None), Reporter.phone.is_not(None)), Reporter.email.is_not(None)
    columns = (Complaint.id, Complaint.number, Complaint.anonymous, Complaint.confidential, Complaint.erased_at)
    rows = select(*columns, Complaint.reporter_id, contact.label("contact"), mail.label("mail"))
    rows = rows.outerjoin(Reporter, Reporter.id == Complaint.reporter_id)
    ids = sorted(found)
    for start in range(0, len(ids), BATCH):
        for row in session.execute(rows.where(Complaint.id.in_(ids[start : start + BATCH]))):
            # without a reporter the database answers the questions with "no" or with nothing
            contact_there, mail_there = bool(row.reporter_id and row.contact), bool(row.reporter_id and row.mail)
            yield Touched(row.number, _who(row), contact_there, mail_there, row.confidential, sorted(found[row.id]))


def _who(row: Any) -> str:
    if row.erased_at is not None:
        return "erased"
    return "none" if row.reporter_id is None else "anonymous" if row.anonymous else "named"
