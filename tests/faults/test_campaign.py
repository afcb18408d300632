"""Two sweepers and two senders, killed and stopped at random: every due moment is recorded once, every message arrives."""

from __future__ import annotations

import os
import random
import time
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from lapor.directory import revision
from lapor.handling import clocks
from lapor.machine.clock import rung_moments
from lapor.oversight import doctor, escalation
from lapor.records import ClockRow, Complaint, Escalation, Notice, PostRow, TrailEntry
from lapor.settings import Mail
from tests.faults.campaign import PATIENCE, Campaign, seed, timed, warm_up
from tests.faults.worker import Place, Watch
from tests.integration.conftest import founded
from tests.integration.town import REPORTER, Town, at
from tests.mailserver import MailServer, running

pytestmark = pytest.mark.slow

BEGIN, END, LAST = at("6 Jul 12:00"), at("14 Aug 12:00"), at("19 Aug 12:00")
SECONDS = "LAPOR_TEST_FAULTS"
TIMED_OUT = {"answered": "close_unanswered", "awaiting_reporter": "resume_unanswered", "incomplete": "expire"}
STATES = ["disposed", "answered", "in_follow_up", "awaiting_reporter", "received"]
STATES += ["disposed", "incomplete", "in_follow_up", "contested", "awaiting_approval"]
UNADDRESSED = ["pu.kepala", "setda.sekda", "inspektorat.inspektur"]
Rung = tuple[int, int, int]
LENGTHS = [("postgresql", 5.0, 10), ("sqlite", 2.0, 10)]
if SECONDS in os.environ:
    LENGTHS = [("postgresql", float(os.environ[SECONDS]), 200)]


@pytest.mark.parametrize(("kind", "seconds", "cases"), LENGTHS)
def test_whatever_is_killed_each_due_moment_is_recorded_once_and_each_message_arrives(
    tmp_path: Path, kind: str, seconds: float, cases: int
) -> None:
    lots = random.Random(seed())
    with founded(kind, tmp_path) as founding, running() as server:
        town = without_some_addresses(founding)
        with timed(f"{cases} cases"):
            time_outs = neglect(town, lots, cases)
        town.site.database.dispose()
        warm_up()
        campaign = at_work(town, server, lots, seconds)
        campaign.rage(seconds)
        with timed("settling"):
            settle(town, campaign)
        found = figures(town, server)
        print({**campaign.done, **found})
        assert recorded(town) == dict.fromkeys(due(town), 1)
        assert fired(town) == time_outs
        assert told(town) == expected_notices(town)
        assert arrived(town, server) == {}
        with town.site.reading() as session:
            assert doctor.examine(town.engine, session, now=LAST).broken == []
            assert doctor.verify_trails(town.engine, session)[1] == []


def without_some_addresses(town: Town) -> Town:
    """The town, where some of the posts that are told have no address: they have a list only."""
    town.execute(update(PostRow).where(PostRow.code.in_(UNADDRESSED)).values(email=None))
    with town.site.writing() as session:
        revision.grow(session)
    with town.site.reading() as session:
        return Town(town.site, town.site.engine(session))


def neglect(town: Town, lots: random.Random, cases: int) -> Counter[str]:
    """Make cases that nobody will act on, two of three by somebody with an address; return which time-outs will come."""
    for number in range(cases):
        state, day = STATES[number % len(STATES)], lots.choice(["1", "2", "3", "6"])
        said: dict[str, Any] = {"reporter": REPORTER} if number % 3 else {}
        town.case_in(state, f"{day} Jul {lots.randrange(8, 12):02}:{lots.randrange(60):02}", **said)
    return Counter(TIMED_OUT[state] for number in range(cases) if (state := STATES[number % len(STATES)]) in TIMED_OUT)


def at_work(town: Town, server: MailServer, lots: random.Random, seconds: float) -> Campaign:
    """Sweepers and senders of this town, whose time runs from begin to end in so many seconds."""
    lease_seconds = min(1.5, seconds / 10)
    watch = Watch(BEGIN, END, time.monotonic(), seconds)
    settings = town.site.settings
    place = Place(settings.database.url, settings.var, mail_of(server), watch, watch.lasting(lease_seconds))
    return Campaign(place, server, lots, lease_seconds)


def settle(town: Town, campaign: Campaign) -> None:
    """Sweep once more, and after whoever was reminded late had time; then send until nothing waits, a day in a second."""
    for moment in (END, LAST):
        escalation.sweep(town.engine, town.site.writing, now=moment)
    later = Watch(LAST, LAST + timedelta(days=PATIENCE), time.monotonic(), PATIENCE)
    place = replace(campaign.place, watch=later, lease=timedelta(days=20))
    campaign.calm(place, lambda: "waiting" not in {notice.state for notice in rows(town, Notice)})


def mail_of(server: MailServer) -> Mail:
    return Mail("127.0.0.1", server.port, "", "", "lapor@kota.example", False, 1, Path())


def rows(town: Town, record: type[Any]) -> list[Any]:
    with town.site.reading() as session:
        return list(session.scalars(select(record).order_by(record.id)))


def due(town: Town) -> set[Rung]:
    """The rungs whose moment had passed while their clock ran, worked out anew from what the clocks run on."""
    found = set[Rung]()
    definitions = {
        row.id: town.engine.workflow(row.kind, row.definition_version).definition for row in rows(town, Complaint)
    }
    for row in rows(town, ClockRow):
        definition, clock = definitions[row.complaint_id], clocks.value(row)
        ladder = definition.ladders.get(definition.clocks[clock.name].ladder or "", ())
        until: datetime = clock.stopped_at or clock.paused_at or LAST
        moments = rung_moments(clock, ladder, town.engine.calendar(clock.calendar))
        found |= {(row.id, clock.term, index) for index, moment in enumerate(moments) if moment < until}
    return found


def recorded(town: Town) -> Counter[Rung]:
    return Counter((row.clock_id, row.term, row.rung) for row in rows(town, Escalation))


def fired(town: Town) -> Counter[str]:
    return Counter(entry.move for entry in rows(town, TrailEntry) if entry.move in TIMED_OUT.values())


def told(town: Town) -> Counter[tuple[int, int | None]]:
    return Counter((row.escalation_id, row.post_id) for row in rows(town, Notice) if row.escalation_id)


def expected_notices(town: Town) -> Counter[tuple[int, int | None]]:
    """One of each rung that was told; a reporter whom nobody knows has no notice, and sees the case."""
    known = {row.id for row in rows(town, Complaint) if row.reporter_id}
    raised = [row for row in rows(town, Escalation) if row.outcome in ("warned", "told")]
    return Counter((row.id, row.post_id) for row in raised if row.post_id or row.complaint_id in known)


def arrived(town: Town, server: MailServer) -> dict[str, str]:
    """What is wrong with the messages: each must have arrived as one message, or say why it never will."""
    wrong = {}
    mails = defaultdict[str, set[tuple[str, str]]](set)
    for mail in server.taken:
        # the text tells the due date of the moment of sending
        mails[str(mail["Message-ID"])].add((str(mail["To"]), str(mail["Subject"])))
    for notice in rows(town, Notice):
        came = mails.pop(f"<notice-{notice.id}@lapor.example>", set())
        fine = {
            "sent": len(came) == 1,
            # one that was taken before the connection broke may be refused the next time
            "dead": len(came) <= 1 and "550" in (notice.fault or ""),
            "unaddressed": not came
            and notice.post_id is not None
            and not town.engine.organisation.posts[notice.post_id].email,
        }
        if not fine.get(notice.state):
            wrong[f"notice {notice.id}"] = f"{notice.state}, {notice.fault}, arrived as {sorted(came)}"
    return {**wrong, **dict.fromkeys(mails, "belongs to no notice")}


def figures(town: Town, server: MailServer) -> dict[str, Any]:
    return {
        "clocks": len(rows(town, ClockRow)),
        "rungs": len(rows(town, Escalation)),
        "rungs by outcome": dict(Counter(row.outcome for row in rows(town, Escalation))),
        "notices by state": dict(Counter(row.state for row in rows(town, Notice))),
        "mails taken": len(server.taken),
        "taken again": len(server.taken) - len(set(server.ids)),
    }
