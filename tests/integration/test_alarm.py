"""Operators are told when the worker stood still, and when it could not handle cases."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import update

from lapor import scheduler
from lapor.notices import alarm
from lapor.notices.alarm import LISTED, PutOff, Standstill
from lapor.notices.wordings import shipped
from lapor.oversight import heartbeat
from lapor.records import Complaint
from lapor.settings import Mail
from lapor.site import Site
from tests.integration.town import Town, at
from tests.mailserver import MailServer, plain, running

URL = "https://lapor.example"
OPERATOR = "kota.pengelola-sistem@kota.example"
DOWN = "the mail server cannot be reached: ConnectionRefusedError"


@pytest.fixture
def server() -> Iterator[MailServer]:
    with running() as server:
        yield server


def mailing(town: Town, server: MailServer) -> Site:
    """The site of a town, with this mail server in its settings."""
    mail = Mail(
        host="127.0.0.1",
        port=server.port,
        user="",
        password="",
        sender="lapor@city.example",
        starttls=False,
        timeout_seconds=1,
        folder=Path(),
    )
    return replace(town.site, settings=replace(town.site.settings, mail=mail, public_url=URL))


def swept(site: Site, *moments: str) -> None:
    for moment in moments:
        scheduler.sweep_once(site, at(moment))


def english(mail: EmailMessage) -> list[str]:
    """The lines of the half in English."""
    lines = plain(mail).splitlines()
    return lines[lines.index("----") + 2 :]


def poison(town: Town) -> str:
    """A case that no sweep can handle: its definition is of a version that nobody has."""
    case = town.case_in("disposed")
    town.execute(update(Complaint).where(Complaint.id == case.id).values(definition_version=99))
    return case.number


def test_after_a_standstill_operators_are_told_from_when_until_when_and_once(town: Town, server: MailServer) -> None:
    site = mailing(town, server)
    swept(site, "6 Jul 09:00", "6 Jul 11:30", "6 Jul 11:30")
    (mail,) = server.taken
    assert (mail["To"], mail["Subject"]) == (OPERATOR, "Pemeriksaan tenggat sempat berhenti / The worker stood still")
    since, until = "Monday 6 July 2026, 09:00 WIB", "Monday 6 July 2026, 11:30 WIB"
    assert english(mail) == [
        f"No due moment was looked at from {since} until {until}.",
        "",
        "The worker runs again, and what fell due in between has been told now: late, but none of it is lost. Its log may say",
        "why it stood still; run lapor doctor to see that all is well.",
    ]


def test_nobody_is_told_of_a_first_sweep_of_one_in_time_or_of_a_clock_set_back(town: Town, server: MailServer) -> None:
    site, now = mailing(town, server), at("6 Jul 09:00")
    for seconds in (0, 45, 90, 30):
        scheduler.sweep_once(site, now + timedelta(seconds=seconds))
    assert server.tried == 0


def test_of_two_workers_that_come_back_one_tells(town: Town, server: MailServer) -> None:
    site = mailing(town, server)
    with site.writing() as session:
        assert heartbeat.beat(session, now=at("6 Jul 09:00")) is None
    scheduler.sweep_once(site, at("6 Jul 10:00"))
    scheduler.sweep_once(site, at("6 Jul 10:00") + timedelta(seconds=1))
    assert server.tried == 1


def test_operators_are_told_the_numbers_of_cases_that_are_put_off_and_nothing_else(
    town: Town, server: MailServer
) -> None:
    number = poison(town)
    swept(mailing(town, server), "9 Jul 09:00")
    (mail,) = server.taken
    assert (mail["To"], mail["Subject"]) == (OPERATOR, "Laporan ditunda pemeriksaannya / Cases were put off")
    assert english(mail) == [
        "The worker could not handle these cases, and tries them again in an hour. Until then nobody is told of what falls",
        "due there:",
        "",
        number,
        "",
        "Run lapor doctor: it says what is wrong.",
    ]


def test_of_very_many_cases_the_number_is_told() -> None:
    told = PutOff(at("6 Jul 09:00"), [f"2026-{n}" for n in range(LISTED + 3)])
    lines = alarm.render(told, "Asia/Jakarta", shipped().only("en")).body.splitlines()
    assert lines[-4:-2] == [f"2026-{LISTED - 1}", "and 3 more"]


def test_the_same_occasion_is_the_same_message() -> None:
    moment, later = at("6 Jul 09:00"), at("6 Jul 10:00")
    same = [Standstill(moment, later).name, Standstill(moment, moment).name]
    others = [PutOff(moment, ["b", "a"]).name, PutOff(moment, ["a", "b"]).name, PutOff(later, ["a", "b"]).name]
    assert (same[0] == same[1], others[0] == others[1], len({*same, *others})) == (True, True, 3)


@pytest.mark.parametrize("mood", ["stopped", "RCPT 550 5.1.1 unknown"])
def test_a_mail_that_fails_is_logged_and_stops_no_sweep(
    town: Town, server: MailServer, mood: str, caplog: pytest.LogCaptureFixture
) -> None:
    site = mailing(town, server)
    if mood == "stopped":
        server.stop()
    server.mood = mood
    with caplog.at_level(logging.WARNING, "lapor.worker"):
        swept(site, "6 Jul 09:00", "6 Jul 10:00")
    fault = DOWN if mood == "stopped" else "the mail server did not take it: 550 5.1.1"
    assert [record.getMessage() for record in caplog.records] == [
        "no sweep began from 2026-07-06T02:00:00+00:00 until 2026-07-06T03:00:00+00:00",
        f"operator kota.pengelola-sistem is not told: {fault}",
    ]
    with site.reading() as session:
        assert heartbeat.last(session) == at("6 Jul 10:00")


def test_without_a_sender_it_is_logged_only(town: Town, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "lapor.worker"):
        swept(town.site, "6 Jul 09:00", "6 Jul 10:00")
    assert [record.getMessage() for record in caplog.records][1:] == [
        "operators are not mailed: the settings name no sender"
    ]
