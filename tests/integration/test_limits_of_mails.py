"""So many mails to one address of a reporter in an hour: the others wait, and none is lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from lapor import scheduler
from lapor.access import limits
from lapor.access.limits import HOUR
from lapor.notices.choice import choose
from lapor.notices.delivery import Delivered, deliver
from lapor.notices.mailbox import Mailbox
from lapor.notices.wordings import shipped
from lapor.oversight import daily
from lapor.records import Notice
from tests.integration.test_limits import FAR, MINUTE, SECOND
from tests.integration.town import REPORTER, Town, at


@pytest.fixture
def box(tmp_path: Path) -> Mailbox:
    return Mailbox(tmp_path / "mail")


def waits_of(town: Town, **rules: int) -> Any:
    site = town.site

    def waits(address: str, now: datetime) -> timedelta | None:
        return limits.mail_waits(site.writing, site.pepper, replace(FAR, **rules), address, now=now)

    return waits


def rows(town: Town) -> list[tuple[str, int, datetime]]:
    """State, attempts and next attempt of every notice."""
    with town.site.reading() as session:
        found = session.scalars(select(Notice).order_by(Notice.id)).all()
        return [(row.state, row.attempts, row.next_attempt_at) for row in found]


def test_mails_beyond_the_limit_of_an_address_wait_uncounted_and_go_out_when_its_window_is_over(
    town: Town, box: Mailbox
) -> None:
    for _ in range(3):
        town.submit(reporter=REPORTER)
    town.submit(reporter={**REPORTER, "email": "lain@warga.example"})
    send = partial(
        deliver,
        town.engine.organisation,
        town.site.writing,
        box,
        ring=town.site.vault.identity,
        public_url="https://kota.example",
        waits=waits_of(town, mails=2),
    )
    now = at("6 Jul 09:30")
    reporters = [row for row in rows(town) if row[0] == "waiting"]
    assert len(reporters) == 4
    assert (send(now=now), send(now=now + MINUTE)) == (Delivered(sent=3, put_off=1), Delivered())
    assert rows(town)[2] == ("waiting", 0, now + HOUR)
    assert send(now=now + HOUR - SECOND) == Delivered()
    assert send(now=now + HOUR) == Delivered(sent=1)
    assert [row[:2] for row in rows(town)] == [("sent", 1)] * 4
    assert len(list(box.folder.glob("*.eml"))) == 4


def test_many_that_are_put_off_hold_up_nobody_else(town: Town, box: Mailbox) -> None:
    for _ in range(5):
        town.submit(reporter=REPORTER)
    town.submit(reporter={**REPORTER, "email": "lain@warga.example"})
    done: Iterator[Delivered] = iter(
        partial(
            deliver,
            town.engine.organisation,
            town.site.writing,
            box,
            ring=town.site.vault.identity,
            now=at("6 Jul 09:30"),
            public_url="https://kota.example",
            waits=waits_of(town, mails=1),
            batch=2,
        ),
        Delivered(),
    )
    assert list(done) == [Delivered(sent=1, put_off=1), Delivered(put_off=2), Delivered(sent=1, put_off=1)]


def test_officers_are_told_of_everything_in_a_storm(town: Town, box: Mailbox) -> None:
    liaison = town.engine.organisation.post_codes["pu.penghubung"].email
    # whose address a reporter names is limited all the same
    town.submit(reporter={**REPORTER, "email": liaison})
    town.submit(reporter={**REPORTER, "email": liaison})
    for _ in range(4):
        town.case_in("disposed")
    waits = waits_of(town, mails=1)
    common = {"ring": town.site.vault.identity, "public_url": "https://kota.example", "waits": waits}
    send = partial(deliver, town.engine.organisation, town.site.writing, box, **common)
    waiting = [row for row in rows(town) if row[0] == "waiting"]
    assert send(now=at("6 Jul 09:30")) == Delivered(sent=len(waiting) - 1, put_off=1)


def test_the_daily_mail_of_an_officer_is_not_limited(town: Town, box: Mailbox) -> None:
    post = town.engine.organisation.post_codes["pu.penghubung"]
    with town.site.writing() as session:
        choose(session, post, "daily", town.engine.calendar(town.engine.key(post.unit_id)), now=at("6 Jul 08:00"))
    town.case_in("disposed")
    morning, site = at("7 Jul 07:30"), town.site
    limits.mail_waits(site.writing, site.pepper, replace(FAR, mails=1), post.email or "", now=morning)
    with site.reading() as session:
        engine = site.engine(session)
    words = shipped().only("en")
    sent = daily.send(engine, site.writing, box, public_url="https://kota.example", wordings=words, now=morning)
    assert (sent, [row[:2] for row in rows(town)]) == (Delivered(sent=1), [("sent", 1)])


def test_the_worker_keeps_to_the_limit_of_the_settings(town: Town, tmp_path: Path) -> None:
    mail = replace(town.site.settings.mail, folder=tmp_path / "mail", sender="lapor@kota.example")
    chosen = replace(town.site.settings, mail=mail, limits=replace(FAR, mails=2))
    for _ in range(3):
        town.submit(reporter=REPORTER)
    scheduler.send_once(replace(town.site, settings=chosen))
    assert sorted(row[0] for row in rows(town)) == ["sent", "sent", "waiting"]
