"""The facts at the end: counted from what is stored and from the mailbox, for people and programs alike."""

from __future__ import annotations

import email
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from email import policy
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lapor.demo.play import Day, Play
from lapor.machine.calendar import Calendar
from lapor.oversight import doctor
from lapor.records import ClockRow, Complaint
from lapor.replay.outcome import Answered, rungs, working_hours

CLOCKS = ("first_response", "resolution")
_OUTCOMES = {"met": "within", "missed": "after"}


def gather(play: Play, days: Sequence[Day]) -> dict[str, Any]:
    """Everything that `--json` prints but how long it took. Only tracking numbers differ from one time to the next."""
    stage, site = play.stage, play.stage.site
    with site.reading() as session:
        report = doctor.examine(stage.engine, session, now=stage.clock.now)
        return {
            "from": play.story.first.isoformat(),
            "to": play.story.last.isoformat(),
            "days": [_day(day) for day in days],
            "submitted": len(play.cases),
            "privacy": _privacy(session),
            "requests": stage.requests,
            "states": states(session),
            "answers": {name: _answers(session, play.calendar, name) for name in CLOCKS},
            "rungs": rungs(session),
            "received": _received(play, days),
            "mails": sum(_mails(site.settings.mail.folder).values()),
            "journeys": _journeys(play),
            "doctor": {
                "checked": dict(report.checked),
                "broken": [
                    {"code": each.code, "complaint": each.complaint, "detail": each.detail} for each in report.broken
                ],
            },
        }


def _day(day: Day) -> dict[str, Any]:
    moves = Counter(event.name for event in day.events if event.kind == "move")
    told = Counter(event.kind for event in day.events if event.kind != "move")
    return {
        "date": day.day.isoformat(),
        "working": day.working,
        "holiday": day.holiday,
        "moves": dict(sorted(moves.items())),
        "rungs": dict(sorted(told.items())),
    }


def _privacy(session: Session) -> dict[str, int]:
    flags = session.execute(select(Complaint.anonymous, Complaint.confidential, Complaint.reporter_id)).all()
    return {
        "anonymous": sum(row.anonymous for row in flags),
        "confidential": sum(row.confidential for row in flags),
        "unidentified": sum(row.reporter_id is None for row in flags),
    }


def states(session: Session) -> dict[str, int]:
    """How many cases are in which state, most first."""
    counted = session.execute(select(Complaint.state, func.count().label("number")).group_by(Complaint.state))
    return dict(sorted(((row.state, row.number) for row in counted), key=lambda pair: (-pair[1], pair[0])))


def _answers(session: Session, calendar: Calendar, name: str) -> dict[str, Any]:
    """What came of a clock, and the working hours from receipt until it was met or missed."""
    found = (
        select(Complaint.id, Complaint.received_at, ClockRow.due_at, ClockRow.stopped_at, ClockRow.state)
        .join(ClockRow, ClockRow.complaint_id == Complaint.id)
        .where(ClockRow.name == name)
    )
    answers = [
        Answered(n, received, due, stopped if state in _OUTCOMES else None, _OUTCOMES.get(state, "open"))
        for n, received, due, stopped, state in session.execute(found)
    ]
    counts = Counter(answered.outcome for answered in answers)
    outcomes = {outcome: counts[outcome] for outcome in (*_OUTCOMES.values(), "open")}
    return {**outcomes, "working_hours": working_hours(calendar, answers)}


def _received(play: Play, days: Sequence[Day]) -> list[dict[str, Any]]:
    """What each post was told by the ladder and by mail, whoever was told most first."""
    organisation = play.stage.engine.organisation
    told = Counter((event.who, event.kind) for day in days for event in day.events)
    mails = _mails(play.stage.site.settings.mail.folder)
    rows = [
        {
            "post": post.code,
            "title": post.title,
            "unit": organisation.units[post.unit_id].name,
            "warnings": told[post.code, "warned"],
            "rungs": told[post.code, "told"],
            "mails": mails[post.email or ""],
        }
        for post in organisation.posts.values()
    ]
    received = [row for row in rows if row["warnings"] or row["rungs"] or row["mails"]]
    return sorted(received, key=lambda row: (-row["rungs"], -row["mails"], row["post"]))


def _mails(folder: Path) -> Counter[str]:
    """How many messages lie in the mailbox for each address."""
    files = folder.glob("*.eml")
    messages = (email.message_from_bytes(file.read_bytes(), policy=policy.default) for file in files)
    return Counter(str(message["To"]) for message in messages)


def _journeys(play: Play) -> dict[str, Any]:
    """The courses that only one complaint takes, as its reporter reads them in the trail."""
    courses = Counter(role.course for role in play.roles.values())
    alone = [(number, role.course) for number, role in play.roles.items() if courses[role.course] == 1]
    return {course: _journey(play, number) for number, course in sorted(alone, key=lambda pair: pair[1])}


def _journey(play: Play, number: str) -> dict[str, Any]:
    case = play.cases[play.roles[number].number]
    entries: Iterable[Mapping[str, Any]] = play.stage.ask("GET", f"/complaints/{number}/trail", case.secret).body
    shown = play.stage.ask("GET", f"/complaints/{number}", case.secret).body
    return {
        "number": number,
        "moves": [entry["move"] for entry in entries],
        "state": shown["state"],
        "holder": shown["holder"]["code"],
    }
