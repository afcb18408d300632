"""What can wait goes out once a day, when the office opens, in one mail with what waits for the post."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from lapor import scheduler, settings
from lapor.machine.engine import Engine
from lapor.machine.organisation import Organisation, Post
from lapor.notices.choice import choose, opening_after
from lapor.notices.delivery import Delivered, deliver
from lapor.notices.mail import Sender, Smtp
from lapor.notices.wordings import shipped
from lapor.oversight import daily
from lapor.records import Notice, NoticeChoice, PostRow
from lapor.site import Site
from tests.acceptance.government import LAPOR
from tests.integration.office import sender_to
from tests.integration.test_delivery import Interrupted, Killed, die, statements_by_transaction
from tests.integration.town import COORDINATOR, DISPOSITION, Town, at, shown
from tests.mailserver import MailServer, plain, running

LIAISON, HEAD, HANDLER = "pu.penghubung", "pu.kepala", "pu.petugas"
URL = "https://lapor.example"
DOWN = "the mail server cannot be reached: SMTPServerDisconnected"


@dataclass(frozen=True)
class Room:
    """The post room of a town: what is sent, and what came of it."""

    town: Town
    server: MailServer

    @property
    def engine(self) -> Engine:
        with self.town.site.reading() as session:
            return self.town.site.engine(session)

    @property
    def sender(self) -> Smtp:
        return sender_to(self.server)

    def chooses(self, code: str, choice: str = "daily", moment: str = "6 Jul 08:00") -> None:
        post = self.engine.organisation.post_codes[code]
        with self.town.site.writing() as session:
            choose(session, post, choice, self.engine.calendar(self.engine.key(post.unit_id)), now=at(moment))

    def delivers(self, moment: str, *, digest: bool = True) -> Delivered:
        organisation, writing = self.engine.organisation, self.town.site.writing
        ring = self.town.site.vault.identity
        return deliver(organisation, writing, self.sender, ring=ring, now=at(moment), public_url=URL, digest=digest)

    def sends(self, moment: str, *, sender: Sender | None = None) -> Delivered:
        writing, by, words = self.town.site.writing, sender or self.sender, shipped().only("en")
        return daily.send(self.engine, writing, by, now=at(moment), public_url=URL, wordings=words)

    def mails(self) -> list[tuple[str, str]]:
        return [(str(mail["To"]), str(mail["Subject"])) for mail in self.server.taken]

    def choices(self) -> list[tuple[str | None, str | None, int]]:
        """When each daily mail is due, when it is tried, and how often it was."""
        with self.town.site.reading() as session:
            rows = session.scalars(select(NoticeChoice).order_by(NoticeChoice.id)).all()
            return [(shown(row.digest_at), shown(row.next_attempt_at), row.attempts) for row in rows]

    def notices(self, event: str = "work") -> list[tuple[str, str | None]]:
        """State and fault of the notices of an event."""
        with self.town.site.reading() as session:
            rows = session.scalars(select(Notice).where(Notice.event == event).order_by(Notice.id)).all()
            return [(row.state, row.fault) for row in rows]


@pytest.fixture
def room(town: Town) -> Iterator[Room]:
    with running() as server:
        yield Room(town, server)


def disposed(room: Room, moment: str = "6 Jul 09:00", **said: Any) -> str:
    return room.town.case_in("disposed", moment, **said).number


def test_who_chose_nothing_is_told_of_new_work_at_once(room: Room) -> None:
    number = disposed(room)
    assert room.delivers("6 Jul 09:00") == Delivered(sent=1)
    assert room.sends("7 Jul 07:30") == Delivered()
    (mail,) = room.server.taken
    assert (mail["To"], mail["Subject"]) == (
        "pu.penghubung@kota.example",
        f"[{number}] Laporan baru untuk Anda / New work for you",
    )
    assert mail["List-Unsubscribe"] == "<mailto:lapor@city.example?subject=unsubscribe>"
    assert "Jalan berlubang" not in plain(mail)


def test_a_daily_mail_comes_at_the_next_opening_and_says_what_is_new_and_what_waits(room: Room) -> None:
    room.chooses(LIAISON)
    first, second = disposed(room), disposed(room, "6 Jul 10:00")
    assert (room.delivers("6 Jul 11:00"), room.sends("7 Jul 07:29")) == (Delivered(), Delivered())
    assert (room.sends("7 Jul 07:30"), room.sends("7 Jul 07:31")) == (Delivered(sent=1), Delivered())
    (mail,) = room.server.taken
    assert (mail["To"], mail["Subject"]) == ("pu.penghubung@kota.example", "Digest Tuesday 7 July 2026")
    assert mail["List-Unsubscribe"] == "<mailto:lapor@city.example?subject=unsubscribe>"
    due = "Wednesday 8 July 2026, 16:00 WIB"
    assert plain(mail).splitlines() == [
        "This is new to you, or waits for you.",
        "",
        "New work for you:",
        f"{first}: {due}",
        f"{second}: {due}",
        "",
        "Waiting for you:",
        f"{first}: {due}",
        f"{second}: {due}",
        "",
        "They open with your officer's account at https://lapor.example/api/v1/complaints",
    ]
    assert room.notices() == [("sent", None)] * 2
    assert room.choices() == [("8 Jul 07:30", "8 Jul 07:30", 0)]


def test_what_comes_in_after_the_daily_mail_waits_for_the_next_one(room: Room) -> None:
    room.chooses(LIAISON)
    disposed(room)
    room.sends("7 Jul 07:30")
    disposed(room, "7 Jul 07:31")
    assert (room.sends("7 Jul 16:00"), room.notices()) == (Delivered(), [("sent", None), ("waiting", None)])
    assert (room.sends("8 Jul 07:30"), room.notices()) == (Delivered(sent=1), [("sent", None)] * 2)


def test_a_sender_that_was_away_for_days_sends_one_daily_mail_of_all_that_was_noted(room: Room) -> None:
    room.chooses(LIAISON)
    for day in (6, 7, 8):
        disposed(room, f"{day} Jul 09:00")
    assert (room.sends("9 Jul 20:00"), room.notices()) == (Delivered(sent=1), [("sent", None)] * 3)
    assert room.choices() == [("10 Jul 07:30", "10 Jul 07:30", 0)]


def test_there_is_a_daily_mail_while_something_waits_and_none_when_nothing_does(room: Room) -> None:
    room.chooses(HANDLER)
    case = room.town.case_in("in_follow_up")
    assert room.sends("7 Jul 07:30") == Delivered()
    case.make("reassign", LIAISON, "7 Jul 10:00", post=HANDLER)
    sent = [room.sends(f"{day} Jul 07:30").sent for day in (8, 9, 10)]
    case.make("answer", LIAISON, "10 Jul 10:00", text="Sudah.")
    assert (sent, room.sends("13 Jul 07:30")) == ([1, 1, 1], Delivered())
    assert len(set(room.server.ids)) == 3


def test_a_warning_waits_and_a_rung_does_not(room: Room) -> None:
    room.chooses(HEAD)
    number = disposed(room)
    room.delivers("6 Jul 09:00")
    room.town.sweep("8 Jul 12:30")
    assert (room.notices("warning"), room.delivers("8 Jul 12:30")) == ([("waiting", None)], Delivered())
    room.town.sweep("8 Jul 16:01")
    room.chooses("setda.sekda")
    assert (room.notices("escalation"), room.delivers("8 Jul 16:01")) == ([("waiting", None)], Delivered(sent=1))
    assert room.mails()[-1] == ("setda.sekda@kota.example", f"[{number}] Eskalasi: lewat tenggat / Escalation: overdue")
    assert room.server.taken[-1]["List-Unsubscribe"] is None
    room.sends("9 Jul 07:30")
    assert plain(room.server.taken[-1]).splitlines()[2:4] == [
        "Due soon:",
        f"{number}, acceptance: Wednesday 8 July 2026, 16:00 WIB",
    ]


def test_weekends_and_holidays_bring_no_daily_mail(room: Room) -> None:
    room.chooses(LIAISON, moment="7 Aug 10:00")
    disposed(room, "7 Aug 11:00")
    assert [room.sends(f"{day} Aug 07:30").sent for day in (8, 9, 10)] == [0, 0, 1]
    # 17 August is Independence Day
    room.chooses(HEAD, moment="14 Aug 10:00")
    assert room.choices()[1] == ("18 Aug 07:30", "18 Aug 07:30", 0)


def test_an_opening_that_has_become_a_holiday_is_passed_over(room: Room) -> None:
    room.chooses(LIAISON)
    disposed(room)
    # as if Sunday, 12 July had been a working day when it was chosen
    room.town.execute(update(NoticeChoice).values(digest_at=at("12 Jul 07:30"), next_attempt_at=at("12 Jul 07:30")))
    assert (room.sends("12 Jul 07:30"), room.choices()) == (Delivered(), [("13 Jul 07:30", "13 Jul 07:30", 0)])
    assert (room.sends("13 Jul 07:30"), room.notices()) == (Delivered(sent=1), [("sent", None)])


def test_an_office_elsewhere_is_told_when_it_opens_there(room: Room) -> None:
    room.chooses("kesehatan.penghubung")
    assert room.choices() == [("7 Jul 06:30", "7 Jul 06:30", 0)]


@pytest.mark.parametrize(
    ("moment", "opening"),
    [
        ("6 Jul 06:00", "6 Jul 07:30"),
        ("6 Jul 07:30", "7 Jul 07:30"),
        ("6 Jul 20:00", "7 Jul 07:30"),
        ("10 Jul 07:31", "13 Jul 07:30"),
        ("11 Jul 09:00", "13 Jul 07:30"),
    ],
)
def test_an_office_opens_once_a_day(shared_town: Town, moment: str, opening: str) -> None:
    engine = shared_town.engine
    calendar = engine.calendar(engine.key(engine.organisation.root.id))
    assert shown(opening_after(calendar, at(moment))) == opening


def test_whoever_chooses_otherwise_is_told_at_once_of_what_was_held_back(room: Room) -> None:
    room.chooses(LIAISON)
    disposed(room)
    room.chooses(LIAISON, "at_once", "6 Jul 10:00")
    assert (room.delivers("6 Jul 10:00"), room.sends("7 Jul 07:30")) == (Delivered(sent=1), Delivered())
    assert room.choices() == [(None, None, 0)]


def test_choosing_the_same_again_changes_nothing(room: Room) -> None:
    room.chooses(LIAISON)
    before = room.choices()
    room.chooses(LIAISON, moment="7 Jul 12:00")
    assert room.choices() == before


def test_where_the_deployment_has_no_daily_mails_all_are_told_at_once(room: Room) -> None:
    room.chooses(LIAISON)
    disposed(room)
    assert room.delivers("6 Jul 09:00", digest=False) == Delivered(sent=1)


def test_a_post_without_an_address_is_told_in_the_list_only(room: Room) -> None:
    room.chooses(LIAISON)
    disposed(room)
    with room.town.site.writing() as session:
        session.execute(update(PostRow).where(PostRow.code == LIAISON).values(email=None))
    engine = _without_address(room.engine, LIAISON)
    send = daily.send(
        engine, room.town.site.writing, room.sender, now=at("7 Jul 07:30"), public_url=URL, wordings=shipped()
    )
    assert (send, room.notices(), room.server.tried) == (Delivered(unaddressed=1), [("unaddressed", None)], 0)


def _without_address(engine: Engine, code: str) -> Engine:
    organisation = engine.organisation
    posts: dict[int, Post] = {
        key: replace(post, email=None) if post.code == code else post for key, post in organisation.posts.items()
    }
    return replace(engine, organisation=Organisation(organisation.units, posts))


def test_nothing_of_any_content_stands_in_a_daily_mail(room: Room) -> None:
    room.chooses(LIAISON)
    disposed(room, confidential=True, anonymous=True, reporter={"name": "Pelapor", "email": "pelapor@warga.example"})
    disposed(room)
    room.sends("7 Jul 07:30")
    text = str(room.server.taken[0])
    assert [word for word in ("berlubang", "pasar", "Pelapor", "pelapor", "Pekerjaan") if word in text] == []


def test_a_post_that_a_case_is_about_is_neither_told_of_it_nor_reminded(room: Room) -> None:
    for code in (LIAISON, HEAD):
        room.chooses(code)
    case = room.town.submit()
    case.make("dispose", COORDINATOR, "6 Jul 10:00", **DISPOSITION, reported=f"{LIAISON},{HEAD}")
    assert case.notices() == ["setda.sekda: work"]
    assert room.sends("7 Jul 07:30") == Delivered()


def test_whoever_sees_to_the_work_is_not_told_of_it(room: Room) -> None:
    case = room.town.case_in("in_follow_up")
    assert case.make("reassign", LIAISON, "6 Jul 10:00", post=LIAISON).told == []
    assert case.make("reassign", LIAISON, "6 Jul 10:00", post=HANDLER).told == [f"{HANDLER}: work"]


def test_the_coordinator_the_arbiter_and_the_reviewer_are_reminded_too(room: Room) -> None:
    for code in (COORDINATOR, HEAD, "kesehatan.kepala"):
        room.chooses(code)
    new, contested = room.town.submit().number, room.town.case_in("contested").number
    review = room.town.case_in("under_review")
    assert review.seen().reviewer_id == room.engine.organisation.post_codes[HEAD].id
    assert room.sends("7 Jul 07:30") == Delivered(sent=2)
    listed = {str(mail["To"]): plain(mail) for mail in room.server.taken}
    numbers = {to: {each for each in (new, contested, review.number) if each in text} for to, text in listed.items()}
    assert numbers == {f"{COORDINATOR}@kota.example": {new, contested}, f"{HEAD}@kota.example": {review.number}}


@pytest.mark.parametrize("mood", ["drop", "hang"])
def test_a_daily_mail_that_may_have_been_taken_comes_again_as_the_same_message(room: Room, mood: str) -> None:
    for code in (LIAISON, "kesehatan.penghubung"):
        room.chooses(code)
    disposed(room)
    room.town.submit().attempt("dispose", COORDINATOR, "6 Jul 09:00", {**DISPOSITION, "unit": "kesehatan"})
    room.server.mood = mood
    assert room.sends("7 Jul 07:30") == Delivered(delayed=2)
    # that of the other office was due an hour before
    assert room.choices() == [("7 Jul 07:30", "7 Jul 07:31", 0), ("7 Jul 07:30", "7 Jul 07:32", 1)]
    assert room.notices() == [("waiting", None), ("waiting", DOWN)]
    room.town.submit("7 Jul 07:31").attempt("dispose", COORDINATOR, "7 Jul 07:31", {**DISPOSITION, "unit": "kesehatan"})
    room.server.mood = ""
    first = room.server.ids[0] if mood == "drop" else None
    room.server.taken.clear()
    assert room.sends("7 Jul 07:32") == Delivered(sent=2)
    assert [state for state, _ in room.notices()] == ["sent", "sent", "waiting"]
    again = {str(mail["To"]): str(mail["Message-ID"]) for mail in room.server.taken}
    assert len(set(again.values())) == 2
    if mood == "drop":
        assert first == again["kesehatan.penghubung@kota.example"]


def test_a_daily_mail_whose_sending_died_goes_out_after_the_lease(room: Room) -> None:
    room.chooses(LIAISON)
    disposed(room)
    with pytest.raises(Killed):
        room.sends("7 Jul 07:30", sender=Interrupted(room.sender, die))
    assert room.sends("7 Jul 07:34") == Delivered()
    assert room.sends("7 Jul 07:35") == Delivered(sent=1)
    first, second = room.server.ids
    assert first == second


def test_a_refused_daily_mail_is_dead_and_tomorrow_is_another_day(room: Room) -> None:
    room.chooses(LIAISON)
    disposed(room)
    room.server.mood = "RCPT 550 5.1.1 unknown"
    assert room.sends("7 Jul 07:30") == Delivered(dead=1)
    assert room.notices() == [("dead", "the mail server did not take it: 550 5.1.1")]
    assert room.choices() == [("8 Jul 07:30", "8 Jul 07:30", 0)]


def test_claiming_for_three_posts_takes_as_many_queries_as_claiming_for_one(room: Room) -> None:
    counts = []
    for number, codes in ((1, [LIAISON]), (3, [LIAISON, HEAD, "jalan.penghubung"])):
        for code in codes:
            room.chooses(code)
        disposed(room, f"{5 + number} Jul 09:00")
        room.town.submit().attempt("dispose", COORDINATOR, "6 Jul 09:00", {**DISPOSITION, "unit": "jalan"})
        engine, words = room.engine, shipped()
        with statements_by_transaction(room.town.site.database) as transactions:
            done = daily.send(
                engine,
                room.town.site.writing,
                room.sender,
                now=at(f"{6 + number} Jul 07:30"),
                public_url=URL,
                wordings=words,
            )
        counts.append((done.sent, transactions))
    assert counts == [(1, [8, 2]), (3, [8, 2, 2, 2])]


def test_a_choice_is_made_by_command(room: Room, tmp_path: Path) -> None:
    url = room.town.site.database.url.render_as_string(hide_password=False)

    def chosen(*words: str) -> tuple[int, str]:
        env = {**os.environ, "LAPOR_DATABASE_URL": url}
        command = [LAPOR, "notices", "choose", *words]
        done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False, timeout=60)
        return done.returncode, done.stdout + done.stderr

    code, said = chosen("--post", LIAISON, "daily", "--json")
    ((digest_at, _, _),) = room.choices()
    told = json.loads(said)
    assert (code, told["post"], told["choice"], shown(told["digest_at"])) == (0, LIAISON, "daily", digest_at)
    assert chosen("--post", LIAISON, "at_once") == (0, "pu.penghubung is told at once.\n")
    assert room.choices() == [(None, None, 0)]
    refused = (2, "lapor: There is no post pu.penghubun; did you mean pu.penghubung?\n")
    assert chosen("--post", "pu.penghubun", "daily") == refused


def test_the_worker_sends_daily_mails_in_the_agencys_own_words(room: Room, tmp_path: Path) -> None:
    (tmp_path / "en.yaml").write_text("digest: {subject: Good morning}")
    server = room.server
    env = {
        "LAPOR_DATABASE_URL": room.town.site.database.url.render_as_string(hide_password=False),
        "LAPOR_MAIL__HOST": "127.0.0.1",
        "LAPOR_MAIL__PORT": str(server.port),
        "LAPOR_MAIL__FROM": "lapor@city.example",
        "LAPOR_MAIL__STARTTLS": "false",
        "LAPOR_NOTICES__TEXTS": str(tmp_path),
    }
    room.chooses(LIAISON)
    disposed(room)
    # as if it had been tried before, so that the day of the test does not matter
    room.town.execute(update(NoticeChoice).values(attempts=1))
    town = room.town.site
    site = Site(settings.load(env, tmp_path), town.database, town.pepper, town.vault)
    scheduler.send_once(site)
    scheduler.send_once(site)
    subjects = [str(mail["Subject"]).split(" / ")[1] for mail in server.taken]
    assert subjects == ["Good morning"]
