"""Answer templates: whose they are, which placeholders there are, and what a text becomes for a case."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from lapor.access import reading
from lapor.access.principal import Principal
from lapor.errors import Forbidden, InvalidFields, NotFound
from lapor.machine.engine import Engine
from lapor.notices.texts import spoken_day
from lapor.notices.wordings import shipped
from lapor.records import AnswerTemplate, CategoryRow

PLACEHOLDERS = ("number", "title", "unit", "category", "received", "today")
_PLACE = re.compile(r"\{([^{}]*)\}")


def visible(engine: Engine, principal: Principal) -> Select[AnswerTemplate]:
    """The templates of the caller's unit and of the units above it."""
    path = engine.organisation.units[principal.unit_id].path
    return select(AnswerTemplate).where(AnswerTemplate.unit_id.in_(path))


def own(engine: Engine, session: Session, principal: Principal, template_id: int) -> AnswerTemplate:
    """A template of the caller's own unit, locked.

    Raises:
        NotFound: there is none that the caller sees.
        Forbidden: it is one of a unit above.
    """
    there = visible(engine, principal).where(AnswerTemplate.id == template_id).with_for_update()
    template = session.scalars(there).one_or_none()
    if template is None:
        raise NotFound
    if template.unit_id != principal.unit_id:
        raise Forbidden
    return template


def check(text: str) -> None:
    """Accept a text whose placeholders there are.

    Raises:
        InvalidFields: it has others, all named, or a brace that belongs to none.

    >>> check("Laporan {number} tentang {title} sudah selesai.")
    """
    allowed = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
    named = dict.fromkeys(_PLACE.findall(text))
    faults = [f"There is no placeholder {{{name}}}; there are {allowed}." for name in named if name not in PLACEHOLDERS]
    if set("{}") & set(_PLACE.sub("", text)):
        faults.append(f"Every brace must be one of a placeholder; there are {allowed}.")
    if faults:
        raise InvalidFields({"text": faults})


def preview(
    engine: Engine, session: Session, template: AnswerTemplate, number: str, *, principal: Principal, now: datetime
) -> str:
    """What a template says of a case, in the words of its holder; what is filled in is not filled in again.

    Raises:
        NotFound: the case is not there or out of scope.
        Forbidden: the caller may not see its content.
    """
    seen = reading.find(session, engine, principal, number)
    if not seen.parts.content:
        raise Forbidden
    complaint, holder = seen.complaint, engine.organisation.units[seen.complaint.holder_id]
    category = session.get(CategoryRow, complaint.category_id) if complaint.category_id else None
    values = {
        "number": complaint.number,
        "title": seen.texts["title"] or "",
        "unit": holder.name,
        "category": category.name if category else "-",
        "received": _day(complaint.received_at, holder.zone),
        "today": _day(now, holder.zone),
    }
    return fill(template.text, values)


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its placeholders filled, in one pass.

    >>> fill("{number}: {title}", {"number": "1", "title": "{number}"})
    '1: {number}'
    """
    return _PLACE.sub(lambda place: values[place[1]], text)


def _day(moment: datetime, zone: str) -> str:
    return spoken_day(shipped().words[0], moment.astimezone(ZoneInfo(zone)).date())
