"""What runs when: sweeping, sending, erasing, tidying. APScheduler is the metronome; all truth is in tables."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from threading import Event

from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import delete
from sqlalchemy.orm import Session

from lapor.access import limits
from lapor.errors import Unavailable
from lapor.machine.engine import Engine
from lapor.notices import alarm, lag, webhook_delivery
from lapor.notices.alarm import Alarm, PutOff, Standstill
from lapor.notices.delivery import Delivered, deliver
from lapor.notices.mailbox import sender_of
from lapor.notices.webhook import Http
from lapor.oversight import amending, daily, erasures, heartbeat, stocktaking, weekly
from lapor.oversight.escalation import Sweep, sweep
from lapor.records import IdempotencyKey
from lapor.site import Site

TIDY_SECONDS = 3600
NICENESS = 5

log = logging.getLogger("lapor.worker")


def work(site: Site, stop: Event) -> None:
    """Sweep, send, erase and tidy in the intervals of the settings until `stop` is set; what is under way is finished."""
    metronome = BackgroundScheduler(timezone=UTC)
    worker = site.settings.worker
    jobs: list[tuple[Callable[[Site], None], int]] = [
        (sweep_once, worker.sweep_seconds),
        (hooks_once, worker.send_seconds),
        (erase_once, worker.sweep_seconds),
        (tidy_once, TIDY_SECONDS),
    ]
    if sender_of(site.settings.mail):
        jobs.append((send_once, worker.send_seconds))
    for job, seconds in jobs:
        metronome.add_job(
            _guarded,
            "interval",
            args=(job, site),
            seconds=seconds,
            next_run_time=datetime.now(UTC),
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
        )
    metronome.start()
    stop.wait()
    metronome.shutdown(wait=True)


def give_way() -> None:
    """Let processes that answer somebody who waits have the machine first: nobody waits for this one."""
    os.nice(NICENESS)


def _guarded(job: Callable[[Site], None], site: Site) -> None:
    # a job that raises would be told of by the metronome with a traceback at every tick
    try:
        job(site)
    except Unavailable as fault:
        log.warning("%s: %s", job.__name__, fault)
    except Exception:
        log.exception("%s failed; the next tick tries again", job.__name__)


def sweep_once(site: Site, now: datetime | None = None) -> None:
    """Tell everything that is due now, by the calendar in force, then give a sign of life; operators learn what went wrong."""
    now = now or datetime.now(UTC)
    with site.reading() as session:
        engine = site.engine(session)
    _amend(site, engine, now)
    done = sweep(engine, site.writing, now=now, batch=site.settings.worker.batch, lanes=site.lanes)
    with site.writing() as session:
        before = heartbeat.beat(session, now=now)
        lag.count(session, lag.RECORDED, done.lags)
    if done.cases:
        log.info("cases: %d, rungs: %d, time-outs: %d", done.cases, done.rungs, done.time_outs)
    for number, fault in done.put_off:
        log.error("%s is put off for an hour: %s", number, fault)
    for each in _alarms(site, before, done, now):
        alarm.tell(
            engine.organisation,
            sender_of(site.settings.mail),
            each,
            now=now,
            public_url=site.public_url,
            wordings=site.wordings,
        )


def _alarms(site: Site, before: datetime | None, done: Sweep, now: datetime) -> Iterator[Alarm]:
    if before and heartbeat.is_late(before, sweep_seconds=site.settings.worker.sweep_seconds, now=now):
        log.error("no sweep began from %s until %s", before.isoformat(), now.isoformat())
        yield Standstill(before, now)
    if done.put_off:
        yield PutOff(now, [number for number, _ in done.put_off])


def _amend(site: Site, engine: Engine, now: datetime) -> None:
    done = amending.amend(engine, site.writing, now=now, batch=site.settings.worker.batch)
    if done.cases:
        log.info("calendar version %d: %d cases, %d clocks moved", engine.calendar_version, done.cases, done.moved)
    for number, fault in done.faults:
        log.error("%s keeps its former calendar: %s", number, fault)


def send_once(site: Site) -> None:
    """Send what waits in the outbox, and the daily and weekly mails that are due, where the settings name a sender."""
    sender, digest = sender_of(site.settings.mail), site.settings.notices.digest
    if sender is None:
        return
    with site.reading() as session:
        engine = site.engine(session)
    url, words = site.public_url, site.wordings

    def waits(address: str, now: datetime) -> timedelta | None:
        return limits.mail_waits(site.writing, site.pepper, site.settings.limits, address, now=now)

    def notices(now: datetime) -> Delivered:
        done = deliver(
            engine.organisation,
            site.writing,
            sender,
            ring=site.vault.identity,
            now=now,
            public_url=url,
            wordings=words,
            digest=digest,
            waits=waits,
        )
        with site.writing() as session:
            lag.count(session, lag.DELIVERED, done.lags)
        return done

    def digests(now: datetime) -> Delivered:
        return daily.send(engine, site.writing, sender, now=now, public_url=url, wordings=words)

    def standings(now: datetime) -> Delivered:
        return weekly.send(engine, site.reading, site.writing, sender, now=now, public_url=url, wordings=words)

    _until_settled("notices", notices)
    if digest:
        _until_settled("daily mails", digests)
    if site.settings.notices.weekly:
        _until_settled("weekly mails", standings)


def _until_settled(what: str, send: Callable[[datetime], Delivered]) -> None:
    while True:
        done = send(datetime.now(UTC))
        if done.sent or done.delayed or done.dead or done.put_off:
            told = (done.sent, done.delayed, done.dead, done.put_off)
            log.info("%s: %d sent, %d delayed, %d refused, %d put off", what, *told)
        if not done.settled:
            return


def hooks_once(site: Site) -> None:
    """Send what waits for webhooks; where nothing does, only look."""
    rules = site.settings.webhooks
    with site.reading() as session:
        if not webhook_delivery.is_due(session, datetime.now(UTC)):
            return
        engine = site.engine(session)
    while True:
        now = datetime.now(UTC)
        done = webhook_delivery.deliver(engine, site.writing, Http(rules), now=now, attempts=rules.attempts)
        if not done.claimed:
            return
        log.info("webhooks: %d sent, %d delayed, %d given up", done.sent, done.delayed, done.dead)


def erase_once(site: Site) -> None:
    """Erase what reporters asked to be erased, when it is time."""
    now, hours = datetime.now(UTC), site.settings.privacy.erasure_after_hours
    with site.reading() as session:
        if not erasures.is_due(session, hours=hours, now=now):
            return
        engine = site.engine(session)
    done = erasures.carry_out(engine, site.writing, site.attachments, hours=hours, now=now)
    site.forget_what_was_erased(now)
    log.info("erased as their reporters wished: %d", done)


def tidy_once(site: Site) -> None:
    """Forget what is kept for a time, erase cases after theirs, and remove files that belong to nothing."""
    now = datetime.now(UTC)
    kept_from = now - timedelta(hours=site.settings.retention.idempotency_hours)
    with site.writing() as session:
        _forget(session, kept_from)
        limits.forget(session, now=now)
    with site.reading() as session:
        left = stocktaking.tidy(site.attachments, session, now=now)
    if left:
        log.info("%d files that belonged to no attachment were removed", left)
    with site.reading() as session:
        engine = site.engine(session)
    done = erasures.expire(
        engine, site.writing, site.attachments, closed_days=site.settings.retention.closed_days, now=now
    )
    site.forget_what_was_erased(now)
    if done:
        log.info("erased after their time: %d", done)


def _forget(session: Session, kept_from: datetime) -> None:
    session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at < kept_from))
