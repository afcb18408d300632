"""One APScheduler job per case: kept in the same database, each job escalates its case in a transaction of its own."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from threading import Event

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_EXECUTED
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import select

from lapor.oversight import overdue
from lapor.oversight.escalation import escalate
from lapor.records import Complaint
from tests.integration.town import Town, at

# a job is found again by its module and its name, so what it needs stands here
_towns: list[Town] = []


def rate(town: Town, moment: str, jobs: int) -> float:
    """How many cases a second are scheduled and told, a job each."""
    _towns[:] = [town]
    with town.site.reading() as session:
        due = select(Complaint.id).where(Complaint.next_moment_at < at(moment)).limit(jobs)
        ids = session.scalars(due).all()
    done, left = Event(), set(ids)

    def finished(event: object) -> None:
        left.discard(int(event.job_id))  # type: ignore[attr-defined]
        if not left:
            done.set()

    scheduler = BackgroundScheduler(jobstores={"default": SQLAlchemyJobStore(engine=town.site.database)}, timezone=UTC)
    scheduler.add_listener(finished, EVENT_JOB_EXECUTED | EVENT_JOB_ERROR)
    begun = time.perf_counter()
    scheduler.start(paused=True)
    for complaint_id in ids:
        scheduler.add_job(
            _escalate, "date", run_date=datetime.now(UTC), args=(complaint_id, moment), id=str(complaint_id),
            misfire_grace_time=None,
        )  # fmt: skip
    scheduler.resume()
    done.wait()
    spent = time.perf_counter() - begun
    scheduler.shutdown()
    return len(ids) / spent


def _escalate(complaint_id: int, moment: str) -> None:
    town, now = _towns[0], at(moment)
    with town.site.writing() as session:
        escalate(town.engine, session, overdue.claim(session, now, 1, complaint_id), now)
