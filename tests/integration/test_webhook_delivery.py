"""Messages to apps go out at least once under one id, hold up nobody, and say no more than may be told by then."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from lapor import scheduler
from lapor.directory import webhooks
from lapor.machine.engine import Engine
from lapor.notices.delivery import LEASE
from lapor.notices.mail import Down
from lapor.notices.webhook import Http, Message, Sender
from lapor.notices.webhook_delivery import Delivered, deliver
from lapor.records import Complaint, ReportedParty, Webhook, WebhookDelivery
from lapor.settings import Webhooks
from tests.hookserver import HookServer, running
from tests.integration.test_delivery import Killed, die, statements_by_transaction
from tests.integration.town import Town, at

NOW = at("6 Jul 09:00")
MINUTE = timedelta(minutes=1)
RULES = Webhooks(allow_private=True, timeout_seconds=1, attempts=76)


@dataclass
class Post:
    """A town with an app of the public works agency that listens, and what is delivered to it."""

    town: Town
    server: HookServer
    secrets: list[str] = field(default_factory=list)

    @property
    def engine(self) -> Engine:
        with self.town.site.reading() as session:
            return self.town.site.engine(session)

    def register(self, url: str, unit: str = "pu") -> int:
        with self.town.site.writing() as session:
            found = self.town.engine.organisation.unit_codes[unit]
            made = webhooks.register(session, found, url, events=(), allow_private=True, now=NOW)
            self.secrets.append(webhooks.secret_of(self.engine.pepper, made.salt))
            return made.id

    def moved(self, number: int = 1, **said: Any) -> list[str]:
        """Dispose some cases to the agency; returns the ids of the messages."""
        town = Town(self.town.site, self.engine)
        before = len(self.rows())
        for _ in range(number):
            town.case_in("disposed", **said)
        return [row.message_id for row in self.all()[before:]]

    def deliver(
        self, now: datetime = NOW, *, sender: Sender | None = None, batch: int = 20, attempts: int = 76
    ) -> Delivered:
        sender = sender or Http(RULES)
        return deliver(self.engine, self.town.site.writing, sender, now=now, attempts=attempts, batch=batch)

    def all(self) -> list[WebhookDelivery]:
        with self.town.site.reading() as session:
            return list(session.scalars(select(WebhookDelivery).order_by(WebhookDelivery.id)))

    def rows(self) -> list[tuple[Any, ...]]:
        """State, attempts, next attempt, sending and fault of every delivery, in order."""
        return [(row.state, row.attempts, row.next_attempt_at, row.sent_at, row.fault) for row in self.all()]


@pytest.fixture
def post(town: Town) -> Iterator[Post]:
    with running() as server:
        post = Post(town, server)
        post.register(server.url)
        yield post


def test_what_waits_is_sent_once_and_signed(post: Post) -> None:
    ids = post.moved(2)
    assert (post.deliver(NOW - MINUTE), post.deliver(), post.deliver()) == (Delivered(), Delivered(sent=2), Delivered())
    assert post.server.ids == ids
    assert post.server.verified(post.secrets[0]) == [row.payload for row in post.all()]
    assert post.rows() == [("sent", 1, NOW + LEASE, NOW, None)] * 2


def test_a_batch_is_no_larger_than_asked_for(post: Post) -> None:
    post.moved(3)
    assert [post.deliver(batch=2).claimed for _ in range(3)] == [2, 1, 0]
    assert len(post.server.taken) == 3


def test_an_app_that_fails_is_tried_again_under_the_same_id(post: Post) -> None:
    (message,) = post.moved()
    post.server.mood = "500"
    assert post.deliver() == Delivered(delayed=1)
    assert post.rows() == [("waiting", 1, NOW + 2 * MINUTE, None, "the app said 500")]
    post.server.mood = ""
    assert (post.deliver(NOW + MINUTE), post.deliver(NOW + 2 * MINUTE)) == (Delivered(), Delivered(sent=1))
    assert post.server.ids == [message]
    assert post.rows() == [("sent", 2, NOW + 2 * MINUTE + LEASE, NOW + 2 * MINUTE, None)]


def test_a_message_is_given_up_after_about_three_days(post: Post) -> None:
    post.moved()
    post.server.stop()
    now, done = NOW, Delivered(delayed=1)
    while done.delayed:
        done = post.deliver(now)
        last, now = now, post.all()[0].next_attempt_at
    assert (done, last - NOW) == (Delivered(dead=1), timedelta(days=2, hours=23, minutes=2))
    fault = "the app cannot be reached: ConnectionRefusedError"
    assert post.rows() == [("dead", 76, now, None, fault)]
    assert post.deliver(now + timedelta(days=30)) == Delivered()


def test_an_app_that_answers_410_is_told_nothing_more(post: Post) -> None:
    post.moved(3)
    post.server.mood = "410"
    assert post.deliver(batch=2) == Delivered(dead=2)
    assert post.engine.subscriptions == ()
    assert (post.deliver(), post.server.tried) == (Delivered(dead=1), 1)
    gone, removed = "the app said 410: it wants to be told nothing more", "the webhook is not active any more"
    assert [row.fault for row in post.all()] == [gone, gone, removed]
    post.moved()
    assert len(post.all()) == 3


@pytest.mark.parametrize(
    ("mood", "fault"),
    [
        ("hang", "the app did not answer within 1 seconds"),
        ("drop", "the app cannot be reached: RemoteDisconnected"),
    ],
)
def test_an_app_in_trouble_is_asked_once_and_holds_up_nobody(post: Post, mood: str, fault: str) -> None:
    post.moved(4)
    with running() as other:
        post.register(other.url, "kota")
        post.moved()
        post.server.mood = mood
        assert post.deliver(batch=3) == Delivered(delayed=3)
        assert (post.deliver(batch=3), post.server.tried, len(other.taken)) == (Delivered(sent=2), 1, 2)
    waits = [row for row in post.rows() if row[0] == "waiting"]
    assert waits == [("waiting", 1, NOW + 2 * MINUTE, None, fault)] * 5
    taken = len(post.server.taken)
    post.server.mood = ""
    assert post.deliver(NOW + 2 * MINUTE) == Delivered(sent=5)
    assert len(post.server.taken) - taken == 5


def test_one_message_that_an_app_refuses_does_not_hold_up_the_next(post: Post) -> None:
    first, second = post.moved(2)

    class Picky:
        def send(self, message: Message, *, now: datetime) -> None:
            post.server.mood = "400" if message.id == first else ""
            Http(RULES).send(message, now=now)

    assert post.deliver(sender=Picky()) == Delivered(sent=1, delayed=1)
    assert post.server.ids == [second]


class Interrupted:
    """Sends, and does something before it returns."""

    def __init__(self, then: Callable[[], object]) -> None:
        self.then = then

    def send(self, message: Message, *, now: datetime) -> None:
        Http(RULES).send(message, now=now)
        self.then()


def test_a_crash_between_sending_and_marking_sends_again_under_the_same_id(post: Post) -> None:
    first, second = post.moved(2)
    with pytest.raises(Killed):
        post.deliver(sender=Interrupted(die))
    assert post.rows() == [("waiting", 1, NOW + LEASE, None, None)] * 2
    assert post.deliver(NOW + LEASE - MINUTE) == Delivered()
    assert post.deliver(NOW + LEASE) == Delivered(sent=2)
    assert post.server.ids == [first, first, second]


def test_no_transaction_is_open_while_something_is_sent(post: Post) -> None:
    post.moved()
    assert post.deliver(sender=Interrupted(post.moved)) == Delivered(sent=1)


def test_many_deliveries_at_once_send_each_message_once(post: Post) -> None:
    ids = post.moved(12)
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: post.deliver(batch=3), range(8)))
    assert sum(each.sent for each in done) == 12
    assert sorted(post.server.ids) == sorted(ids)


class Late:
    """Is stopped in mid-send past its lease, in which another delivery does the work, and then fails."""

    def __init__(self, meanwhile: Callable[[], object]) -> None:
        self.meanwhile = meanwhile

    def send(self, _message: Message, *, now: datetime) -> None:
        self.meanwhile()
        raise Down("late")


def test_a_delivery_that_comes_back_after_its_lease_changes_nothing(post: Post) -> None:
    post.moved(2)
    post.deliver(sender=Late(lambda: post.deliver(NOW + LEASE)))
    assert post.rows() == [("sent", 2, NOW + 2 * LEASE, NOW + LEASE, None)] * 2
    assert len(post.server.taken) == 2


def test_one_that_cannot_be_sent_holds_up_nobody(post: Post) -> None:
    first, second = post.moved(2)

    class Broken:
        def send(self, message: Message, *, now: datetime) -> None:
            Http(RULES).send(message if message.id != first else None, now=now)  # type: ignore[arg-type]

    assert post.deliver(sender=Broken()) == Delivered(sent=1, delayed=1)
    assert post.rows()[0] == ("waiting", 1, NOW + 2 * MINUTE, None, "it could not be sent: AttributeError")
    assert post.server.ids == [second]


def test_an_address_that_was_allowed_once_is_judged_again(post: Post) -> None:
    post.moved()
    strict = Http(Webhooks(allow_private=False, timeout_seconds=1, attempts=76))
    assert (post.deliver(sender=strict), post.server.tried) == (Delivered(delayed=1), 0)
    fault = "the address is none that is sent to: https is needed"
    assert post.rows() == [("waiting", 1, NOW + 2 * MINUTE, None, fault)]


def test_a_case_made_private_meanwhile_is_told_of_as_a_private_one(post: Post) -> None:
    post.moved()
    post.town.execute(update(Complaint).values(confidential=True))
    post.deliver()
    (said,) = post.server.verified(post.secrets[0])
    (row,) = post.all()
    assert said == row.payload | {"data": {"number": row.payload["data"]["number"]}}


def test_what_has_become_an_allegation_against_the_unit_meanwhile_is_not_sent(post: Post) -> None:
    post.moved()
    unit = post.town.engine.organisation.unit_codes["pu"].id
    with post.town.site.writing() as session:
        session.add(ReportedParty(complaint_id=1, unit_id=unit))
        session.execute(update(Complaint).values(classification="oversight"))
    assert (post.deliver(), post.deliver()) == (Delivered(withheld=1), Delivered())
    assert (post.server.tried, post.all()) == (0, [])


def test_a_stolen_database_holds_no_secret(post: Post) -> None:
    assert [secret for secret in post.secrets if secret.removeprefix("whsec_") in repr(post.town.dump())] == []


def test_claiming_three_takes_as_many_statements_as_claiming_one(post: Post) -> None:
    counts = []
    for number in (1, 3):
        post.moved(number)
        engine = post.engine
        with statements_by_transaction(post.town.site.database) as transactions:
            deliver(engine, post.town.site.writing, Http(RULES), now=NOW, attempts=76)
        counts.append(transactions)
    assert counts == [[2, 1], [2, 1, 1, 1]]


def test_the_worker_sends_what_waits_and_only_looks_where_nothing_does(post: Post, town: Town) -> None:
    site = replace(town.site, settings=replace(town.site.settings, webhooks=RULES))
    town.execute(delete(Webhook))
    with statements_by_transaction(site.database) as transactions:
        scheduler.hooks_once(site)
    assert (transactions, post.server.tried) == ([1], 0)
    post.register(post.server.url)
    ids = post.moved(25)
    scheduler.hooks_once(site)
    assert (post.server.ids, {row.state for row in post.all()}) == (ids, {"sent"})
