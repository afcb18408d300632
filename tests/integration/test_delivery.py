from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy

from lapor import settings
from lapor.notices.delivery import LEASE, SOON, Delivered, deliver
from lapor.notices.mail import Delayed, Down, Refused, Sender
from lapor.records import ReportedParty, schema
from lapor.site import Site, connect
from lapor.vault import NO_VAULT
from tests.conftest import fresh_url
from tests.integration.office import MINUTE, NOW, TEXT, TITLE, UNIT, URL, Office
from tests.mailserver import plain, running


def migrated(url: str) -> None:
    database = connect(url)
    schema.migrate(database)
    database.dispose()


@pytest.fixture
def site(database_kind: str, tmp_path: Path) -> Iterator[Site]:
    with fresh_url(database_kind, tmp_path, migrated) as url:
        database = connect(url)
        yield Site(settings.load({}, tmp_path), database, b"pepper" * 6, NO_VAULT)
        database.dispose()


@pytest.fixture
def office(site: Site) -> Iterator[Office]:
    with running() as server:
        yield Office(site, server)


def test_what_waits_is_sent_oldest_first_and_once(office: Office) -> None:
    late = office.notice(office.case(email="pelapor@mail.example"), next_attempt_at=NOW - MINUTE)
    later = office.notice(office.case(email="warga@mail.example"), next_attempt_at=NOW - 2 * MINUTE)
    office.notice(office.case(email="ani@mail.example"), next_attempt_at=NOW + MINUTE)
    assert (office.deliver(), office.deliver()) == (Delivered(sent=2), Delivered())
    assert office.server.ids == [f"<notice-{later}@lapor.example>", f"<notice-{late}@lapor.example>"]
    assert office.rows() == [
        ("sent", 1, NOW + LEASE, NOW, None),
        ("sent", 1, NOW + LEASE, NOW, None),
        ("waiting", 0, NOW + MINUTE, None, None),
    ]


def test_it_is_told_how_long_what_was_sent_had_waited(office: Office) -> None:
    office.notice(office.case(email="pelapor@mail.example"))
    assert office.deliver(now=NOW + MINUTE).lags == (MINUTE,)


def test_a_batch_is_no_larger_than_asked_for(office: Office) -> None:
    office.to_reporters(3)
    assert [office.deliver(batch=2).settled for _ in range(3)] == [2, 1, 0]
    assert len(office.server.taken) == 3


def test_a_mail_goes_to_the_reporter_or_to_the_post(office: Office) -> None:
    case = office.case(email="pelapor@mail.example")
    office.notice(case, "answer")
    office.notice(case, "oversight", post_id=1)
    office.deliver()
    assert [(message["From"], message["To"], message["Subject"]) for message in office.server.taken] == [
        ("lapor@city.example", "pelapor@mail.example", "[2026-7QK4-M2ZD-1] Laporan ditanggapi / Report answered"),
        (
            "lapor@city.example",
            "kepala@dishub.example",
            "[2026-7QK4-M2ZD-1] Laporan berkadar pengawasan / Oversight report",
        ),
    ]


def test_who_left_no_address_is_told_in_the_list_only(office: Office) -> None:
    office.notice(office.case())
    office.notice(office.case(), "escalation", post_id=2)
    office.notice(office.case(email=""))
    assert office.deliver() == Delivered(unaddressed=3)
    assert office.rows() == [("unaddressed", 0, NOW, None, None)] * 3
    assert office.server.tried == 0


def test_an_escalation_reads_like_this(office: Office) -> None:
    office.rung(office.case(number="2026-7QK4-M2ZD-*"))
    office.deliver()
    assert plain(office.server.taken[0]).split("\r\n----\r\n")[1].splitlines() == [
        "",
        "The resolution of this report is overdue, and the report has been escalated to you.",
        "",
        "Number: 2026-7QK4-M2ZD-*",
        "Title: Lampu jalan mati",
        "Due: Wednesday 18 March 2026, 18:00 WIT",
        "Link: https://lapor.example/api/v1/complaints/2026-7QK4-M2ZD-%2A",
        "",
        "The link opens with your officer's account.",
    ]


@pytest.mark.parametrize(
    ("values", "outcome", "reported", "titled"),
    [
        ({}, "told", None, True),
        ({}, "warned", None, True),
        ({"classification": "not_oversight"}, "told", None, True),
        ({"anonymous": True}, "told", None, False),
        ({"confidential": True}, "told", None, False),
        ({"classification": "oversight"}, "told", None, False),
        ({}, "lapsed", None, False),
        ({"is_open": False}, "told", None, False),
        ({}, "told", {"post_id": 1}, False),
        ({}, "told", {"unit_id": 1}, False),
    ],
)
def test_a_title_is_mailed_only_to_a_post_that_may_read_it_now(
    office: Office, values: dict[str, Any], outcome: str, reported: Mapping[str, int] | None, *, titled: bool
) -> None:
    case = office.case(**values)
    if reported:
        with office.writing() as session:
            session.add(ReportedParty(complaint_id=case, **reported))
    office.rung(case, outcome)
    office.deliver()
    body = plain(office.server.taken[0])
    assert (TITLE in body, TEXT in body, UNIT in body) == (titled, False, False)


@pytest.mark.parametrize("event", ["submit", "remind"])
def test_reporters_are_mailed_no_words_that_whoever_submitted_chose(office: Office, event: str) -> None:
    case = office.case(email="somebody.else@mail.example")
    rung = office.rung(case)
    office.notice(case, event, escalation_id=rung)
    office.deliver()
    bodies = {str(message["To"]): plain(message) for message in office.server.taken}
    titled = {address: TITLE in body for address, body in bodies.items()}
    assert titled == {"kepala@dishub.example": True, "somebody.else@mail.example": False}


def test_a_refused_recipient_is_dead_and_the_next_one_is_served(office: Office) -> None:
    office.notice(office.case(email="pelapor@mail.example, warga@mail.example"))
    office.to_reporters(1)
    assert office.deliver() == Delivered(sent=1, dead=1)
    office.to_reporters(1)
    office.server.mood = "RCPT 550 5.1.1 <pelapor0@mail.example> unknown"
    assert office.deliver() == Delivered(dead=1)
    assert office.rows() == [
        ("dead", 1, NOW + LEASE, None, "the address is none that a mail can be sent to"),
        ("sent", 1, NOW + LEASE, NOW, None),
        ("dead", 1, NOW + LEASE, None, "the mail server did not take it: 550 5.1.1"),
    ]
    assert office.deliver(NOW + timedelta(days=1)) == Delivered()


def test_what_is_not_taken_now_is_tried_again_ever_more_rarely_and_never_given_up(office: Office) -> None:
    office.to_reporters(1)
    office.server.mood = "RCPT 451 4.7.1 greylisted"
    now, waits = NOW, []
    for _ in range(8):
        assert office.deliver(now) == Delivered(delayed=1)
        _state, _attempts, upcoming, _sent_at, _fault = office.rows()[0]
        assert office.deliver(upcoming - MINUTE) == Delivered()
        waits.append((upcoming - now) // MINUTE)
        now = upcoming
    assert waits == [2, 4, 8, 16, 32, 60, 60, 60]
    assert office.rows() == [("waiting", 8, now, None, "the mail server did not take it: 451 4.7.1")]
    office.server.mood = ""
    assert office.deliver(now) == Delivered(sent=1)
    assert office.rows() == [("sent", 9, now + LEASE, now, None)]


def test_a_server_down_for_hours_loses_nothing(office: Office) -> None:
    ids = office.to_reporters(5)
    office.server.stop()
    now = NOW
    for _ in range(100):
        assert office.deliver(now).settled == 0
        now += 3 * MINUTE
    office.server.start()
    sent = sum(office.deliver(now + hour * timedelta(hours=1)).sent for hour in range(2))
    assert (sent, sorted(office.server.ids)) == (5, [f"<notice-{notice}@lapor.example>" for notice in ids])


@pytest.mark.parametrize("mood", ["hang", "drop"])
def test_a_server_in_trouble_is_asked_once_a_batch_and_the_rest_comes_first_next_time(
    office: Office, mood: str
) -> None:
    first, second, third = office.to_reporters(3)
    office.server.mood = mood
    fault = "the mail server cannot be reached: SMTPServerDisconnected"
    assert office.deliver() == Delivered(delayed=3)
    assert office.server.tried == 1
    assert office.rows() == [
        ("waiting", 1, NOW + 2 * MINUTE, None, fault),
        ("waiting", 0, NOW + SOON, None, fault),
        ("waiting", 0, NOW + SOON, None, fault),
    ]
    office.server.mood = ""
    office.server.taken.clear()
    assert office.deliver(NOW + 2 * MINUTE) == Delivered(sent=3)
    assert office.server.ids == [f"<notice-{notice}@lapor.example>" for notice in (second, third, first)]


def test_what_was_dropped_after_it_was_taken_comes_again_as_the_same_message(office: Office) -> None:
    (notice,) = office.to_reporters(1)
    office.server.mood = "drop"
    assert office.deliver() == Delivered(delayed=1)
    office.server.mood = ""
    assert office.deliver(NOW + 2 * MINUTE) == Delivered(sent=1)
    assert office.server.ids == [f"<notice-{notice}@lapor.example>"] * 2


class Killed(BaseException):
    """The end of the program, at the worst moment."""


class Interrupted:
    """Sends, and does something before it returns."""

    def __init__(self, sender: Sender, then: Callable[[], object]) -> None:
        self.sender, self.then = sender, then

    @property
    def address(self) -> str:
        return self.sender.address

    def send(self, message: EmailMessage) -> None:
        self.sender.send(message)
        self.then()


def die() -> None:
    raise Killed


def test_a_crash_between_sending_and_marking_sends_again_after_the_lease(office: Office) -> None:
    first, second = office.to_reporters(2)
    with pytest.raises(Killed):
        office.deliver(sender=Interrupted(office.sender, die))
    assert office.rows() == [("waiting", 1, NOW + LEASE, None, None)] * 2
    assert office.deliver(NOW + LEASE - MINUTE) == Delivered()
    assert office.deliver(NOW + LEASE) == Delivered(sent=2)
    assert office.server.ids == [f"<notice-{notice}@lapor.example>" for notice in (first, first, second)]


def test_no_transaction_is_open_while_something_is_sent(office: Office) -> None:
    office.to_reporters(1)
    assert office.deliver(sender=Interrupted(office.sender, office.case)) == Delivered(sent=1)


def test_two_deliveries_side_by_side_share_the_work(office: Office) -> None:
    ids = office.to_reporters(4)
    other: list[Delivered] = []
    beside = Interrupted(office.sender, lambda: other.append(office.deliver(batch=2)))
    assert office.deliver(sender=beside, batch=2) == Delivered(sent=2)
    assert other == [Delivered(sent=2), Delivered()]
    assert sorted(office.server.ids) == [f"<notice-{notice}@lapor.example>" for notice in ids]


def test_many_deliveries_at_once_send_each_notice_once(office: Office) -> None:
    ids = office.to_reporters(20)
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: office.deliver(batch=5), range(8)))
    assert sum(each.sent for each in done) == 20
    assert sorted(office.server.ids) == sorted(f"<notice-{notice}@lapor.example>" for notice in ids)


class Late:
    """Is stopped in mid-send past its lease, in which another delivery does the work, and then fails."""

    address = "lapor@city.example"

    def __init__(self, fault: Exception, meanwhile: Callable[[], object]) -> None:
        self.fault, self.meanwhile = fault, meanwhile

    def send(self, _message: EmailMessage) -> None:
        self.meanwhile()
        raise self.fault


@pytest.mark.parametrize("fault", [Delayed("late"), Down("late")])
def test_a_delivery_that_comes_back_after_its_lease_changes_nothing(office: Office, fault: Exception) -> None:
    office.to_reporters(2)
    office.deliver(sender=Late(fault, lambda: office.deliver(NOW + LEASE)))
    assert office.rows() == [("sent", 2, NOW + 2 * LEASE, NOW + LEASE, None)] * 2
    assert len(office.server.taken) == 2


@pytest.mark.parametrize("fault", [Delayed("late"), Down("late"), Refused("late")])
def test_a_delivery_that_comes_back_after_its_lease_leaves_the_wait_of_another_alone(
    office: Office, fault: Exception
) -> None:
    office.to_reporters(1)
    office.server.mood = "RCPT 451 busy"
    office.deliver(sender=Late(fault, lambda: office.deliver(NOW + LEASE)))
    assert office.rows() == [("waiting", 2, NOW + LEASE + 4 * MINUTE, None, "the mail server did not take it: 451")]


@pytest.mark.parametrize(
    ("broken", "fault"),
    [
        ({"event": "celebrate"}, "it could not be written: KeyError"),
        ({"event": "remind", "facts": {"due_at": "soon"}}, "it could not be written: ValueError"),
    ],
)
def test_one_that_cannot_be_written_holds_up_nobody(office: Office, broken: dict[str, Any], fault: str) -> None:
    office.notice(office.case(email="pelapor@mail.example"), **broken)
    office.to_reporters(1)
    assert office.deliver() == Delivered(sent=1, delayed=1)
    assert office.rows() == [
        ("waiting", 1, NOW + 2 * MINUTE, None, fault),
        ("sent", 1, NOW + LEASE, NOW, None),
    ]


def test_claiming_three_takes_as_many_queries_as_claiming_one(office: Office) -> None:
    counts = []
    for number in (1, 3):
        office.to_reporters(number)
        organisation = office.organisation
        with statements_by_transaction(office.site.database) as transactions:
            deliver(organisation, office.writing, office.sender, ring=NO_VAULT.identity, now=NOW, public_url=URL)
        counts.append(transactions)
    assert counts == [[3, 1], [3, 1, 1, 1]]


@contextmanager
def statements_by_transaction(database: sqlalchemy.Engine) -> Iterator[list[int]]:
    counts: list[int] = []

    def begun(_connection: Any) -> None:
        counts.append(0)

    def executed(*_: Any) -> None:
        counts[-1] += 1

    sqlalchemy.event.listen(database, "begin", begun)
    sqlalchemy.event.listen(database, "before_cursor_execute", executed)
    try:
        yield counts
    finally:
        sqlalchemy.event.remove(database, "begin", begun)
        sqlalchemy.event.remove(database, "before_cursor_execute", executed)
