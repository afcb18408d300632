"""Supervisors and coordinators are mailed once a week how the cases in their scope stand, and nothing that is hidden."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select, update

from lapor import scheduler
from lapor.machine.organisation import Organisation
from lapor.notices.delivery import Delivered
from lapor.notices.mail import Sender
from lapor.notices.wordings import shipped
from lapor.oversight import weekly
from lapor.records import PostRow, WeeklyMail
from tests.acceptance.government import LAPOR
from tests.integration.test_daily import URL, Room
from tests.integration.test_delivery import Interrupted, Killed, die, statements_by_transaction
from tests.integration.town import COORDINATOR, DISPOSITION, Town, at, shown
from tests.integration.web import Web
from tests.mailserver import plain, running

HEAD, MAYOR, HEALTH = "pu.kepala", "kota.wali-kota", "kesehatan.kepala"
MONDAY = "13 Jul 07:30"


class Weekly(Room):
    """The post room of a town on Mondays. Who oversees others was found after the one of 6 July."""

    def sends(self, moment: str, *, sender: Sender | None = None, batch: int = 50) -> Delivered:
        site, by, words = self.town.site, sender or self.sender, shipped().only("en")
        now, engine = at(moment), self.town.engine
        return weekly.send(engine, site.reading, site.writing, by, now=now, public_url=URL, wordings=words, batch=batch)

    def wants(self, code: str, moment: str, *, wanted: bool) -> str | None:
        post = self.engine.organisation.post_codes[code]
        calendar = self.engine.calendar(self.engine.key(post.unit_id))
        with self.town.site.writing() as session:
            return shown(weekly.choose(session, post, calendar, wanted=wanted, now=at(moment)))

    def only(self, *codes: str) -> None:
        """Nobody but these is mailed."""
        held = select(PostRow.id).where(PostRow.code.in_(codes))
        self.town.execute(update(WeeklyMail).where(WeeklyMail.post_id.not_in(held)).values(next_attempt_at=None))

    def rows(self) -> dict[str, tuple[str | None, str | None, int, str | None]]:
        """Of each post that has one: week, next attempt, attempts, and when it was sent."""
        asked = select(PostRow.code, WeeklyMail).join(WeeklyMail).where(WeeklyMail.next_attempt_at.is_not(None))
        with self.town.site.reading() as session:
            return {
                code: (
                    row.week_of.isoformat() if row.week_of else None,
                    shown(row.next_attempt_at),
                    row.attempts,
                    shown(row.sent_at),
                )
                for code, row in session.execute(asked)
            }

    def counted(self) -> dict[str, list[str]]:
        """Of each mail the counts that are not 0, by whom it went to."""
        lines = {str(mail["To"]).split("@")[0]: plain(mail).splitlines()[2:13] for mail in self.server.taken}
        return {to: [line for line in said if not line.endswith(": 0")] for to, said in lines.items()}


@pytest.fixture
def room(town: Town) -> Iterator[Weekly]:
    with running() as server:
        room = Weekly(town, server)
        assert room.sends("6 Jul 10:00") == Delivered()
        yield room


def test_on_monday_morning_it_is_told_how_the_cases_stand(room: Weekly) -> None:
    room.only(HEAD)
    first, second = (room.town.case_in("disposed", moment).number for moment in ("6 Jul 09:00", "7 Jul 09:00"))
    for state in ("closed", "awaiting_reporter"):
        room.town.case_in(state, "9 Jul 09:00")
    room.town.case_in("disposed", "10 Jul 09:00", confidential=True)
    room.town.sweep("10 Jul 15:00")
    assert (room.sends("13 Jul 07:29"), room.sends(MONDAY)) == (Delivered(), Delivered(sent=1))
    (mail,) = room.server.taken
    assert (mail["To"], mail["Subject"]) == (
        "pu.kepala@kota.example",
        "How your cases stand, Monday 13 July 2026",
    )
    assert mail["List-Unsubscribe"] == "<mailto:lapor@city.example?subject=unsubscribe>"
    assert plain(mail).splitlines() == [
        "These are the cases in your part of the government.",
        "",
        "Open: 4",
        "Due soon: 0",
        "Overdue: 2",
        "Overdue for less than 2 days: 0",
        "Overdue for 2 or 3 days: 1",
        "Overdue for 4 to 7 days: 1",
        "Overdue for 8 days or more: 0",
        "Waiting for the reporter: 1",
        "Escalated or due soon, and not acknowledged: 2",
        "With a date that was promised: 0",
        "Closed last week: 1",
        "",
        "Longest overdue:",
        f"{first}: Wednesday 8 July 2026, 16:00 WIB",
        f"{second}: Thursday 9 July 2026, 16:00 WIB",
        "",
        "How they stand at any moment is shown with your officer's account at https://lapor.example/api/v1/work/summary",
    ]
    assert room.rows() == {HEAD: ("2026-07-13", "20 Jul 07:30", 0, MONDAY)}


def test_it_comes_once_a_week(room: Weekly) -> None:
    room.only(HEAD)
    room.town.case_in("disposed")
    moments = (MONDAY, "13 Jul 07:31", "14 Jul 07:30", "17 Jul 15:00", "20 Jul 07:29", "20 Jul 07:30")
    assert [room.sends(moment).sent for moment in moments] == [1, 0, 0, 0, 0, 1]
    assert len(set(room.server.ids)) == 2


def test_a_sender_that_was_away_for_weeks_sends_one_and_not_on_a_sunday(room: Weekly) -> None:
    room.only(HEAD)
    room.town.case_in("disposed")
    sent = [room.sends(moment) for moment in ("26 Jul 09:00", "27 Jul 07:30", "27 Jul 07:31")]
    assert sent == [Delivered(put_off=1), Delivered(sent=1), Delivered()]


@pytest.mark.parametrize(
    ("moment", "opening"),
    [
        ("6 Jul 07:29", "6 Jul 07:30"),
        ("6 Jul 07:30", "13 Jul 07:30"),
        ("12 Jul 23:59", "13 Jul 07:30"),
        # 17 August is Independence Day, a Monday
        ("14 Aug 10:00", "18 Aug 07:30"),
        ("17 Aug 10:00", "18 Aug 07:30"),
        ("18 Aug 07:30", "24 Aug 07:30"),
        # Lebaran and its joint leave end on Tuesday, 24 March
        ("20 Mar 10:00", "25 Mar 07:30"),
    ],
)
def test_the_week_begins_with_its_first_working_morning(shared_town: Town, moment: str, opening: str) -> None:
    engine = shared_town.engine
    calendar = engine.calendar(engine.key(engine.organisation.root.id))
    assert shown(weekly.opening_after(calendar, at(moment))) == opening


def test_what_a_holiday_keeps_from_monday_comes_on_tuesday(room: Weekly) -> None:
    room.only(HEAD)
    room.town.case_in("disposed")
    # as if 17 August had been a working day when it was planned
    planned = update(WeeklyMail).where(WeeklyMail.next_attempt_at.is_not(None))
    room.town.execute(planned.values(next_attempt_at=at("17 Aug 07:30")))
    moments = ("17 Aug 07:30", "17 Aug 12:00", "18 Aug 07:30")
    assert [room.sends(moment).sent for moment in moments] == [0, 0, 1]


def test_what_is_hidden_from_a_post_is_not_counted_for_it(room: Weekly) -> None:
    room.only(HEAD, MAYOR, HEALTH)
    room.town.case_in("disposed", confidential=True)
    about = room.town.submit()
    about.attempt("dispose", COORDINATOR, "6 Jul 09:00", {**DISPOSITION, "reported": HEAD})
    accused = room.town.submit()
    oversight = {**DISPOSITION, "unit": "inspektorat", "classification": "oversight", "reported": "kesehatan"}
    accused.attempt("dispose", COORDINATOR, "6 Jul 09:00", oversight)
    assert room.sends(MONDAY) == Delivered(sent=2, put_off=1)
    late = "Overdue for 4 to 7 days: "
    assert room.counted() == {
        HEAD: ["Open: 1", "Overdue: 1", f"{late}1"],
        MAYOR: ["Open: 3", "Overdue: 3", f"{late}3"],
    }
    named_to = {str(mail["To"]) for mail in room.server.taken if about.number in plain(mail)}
    assert named_to == {"kota.wali-kota@kota.example"}


def test_the_counts_are_those_of_the_summary(room: Weekly) -> None:
    room.only(HEAD, MAYOR, COORDINATOR)
    for state in ("received", "disposed", "contested", "awaiting_reporter", "awaiting_approval", "closed"):
        room.town.case_in(state)
    room.town.case_in("disposed", confidential=True)
    room.town.sweep("10 Jul 15:00")
    web = Web(room.town)
    web.watch.at = at(MONDAY)
    for code in (HEAD, MAYOR, COORDINATOR):
        total = web.get("/work/summary", code).json["total"]
        bands = {f"overdue_{band.replace('-', '_')}": n for band, n in total.pop("overdue_days").items()}
        with room.town.site.reading() as session:
            post = room.town.engine.organisation.post_codes[code]
            counts = dict(weekly.stands(session, room.town.engine, post, now=at(MONDAY)).counts)
        assert counts == {**total, **bands, "closed": 1}


def test_closed_last_week_is_what_was_closed_from_monday_to_sunday(room: Weekly) -> None:
    for moment in ("5 Jul 23:59", "6 Jul 00:00", "12 Jul 23:59", "13 Jul 00:00"):
        room.town.case_in("closed", moment)
    with room.town.site.reading() as session:
        post = room.town.engine.organisation.post_codes[HEAD]
        assert weekly.stands(session, room.town.engine, post, now=at(MONDAY)).counts["closed"] == 2


def test_of_very_many_the_oldest_are_named(room: Weekly) -> None:
    numbers = [room.town.case_in("disposed", f"6 Jul 09:{n:02}").number for n in range(weekly.LISTED + 1)]
    with room.town.site.reading() as session:
        post = room.town.engine.organisation.post_codes[HEAD]
        oldest = weekly.stands(session, room.town.engine, post, now=at(MONDAY)).oldest
    assert [entry.number for entry in oldest] == numbers[: weekly.LISTED]


def test_nothing_of_any_content_stands_in_a_weekly_mail(room: Weekly) -> None:
    room.only(HEAD)
    for said in ({"confidential": True}, {"anonymous": True, "reporter": {"name": "Pelapor"}}, {}):
        room.town.case_in("disposed", **said)
    room.sends(MONDAY)
    text = str(room.server.taken[0])
    assert [word for word in ("berlubang", "pasar", "Pelapor", "Pekerjaan") if word in text] == []


def test_every_post_that_oversees_is_mailed_when_its_own_office_opens_but_a_vacant_one(room: Weekly) -> None:
    room.town.case_in("disposed")
    room.town.submit(door="rsud")
    # those further east open an hour before; the secretary's post is vacant
    sent = [(moment, room.sends(moment)) for moment in ("13 Jul 06:30", MONDAY)]
    assert sent == [("13 Jul 06:30", Delivered(sent=3)), (MONDAY, Delivered(sent=3, unaddressed=1, put_off=2))]
    assert sorted(room.counted()) == [
        "kesehatan.kepala",
        "kota.koordinator-pengaduan",
        "kota.wali-kota",
        "pu.kepala",
        "rsud.direktur",
        "rsud.koordinator-pengaduan",
    ]


def test_a_post_that_has_lost_its_address_is_passed_over(room: Weekly) -> None:
    room.only(HEAD)
    room.town.case_in("disposed")
    engine, posts = room.town.engine, room.town.engine.organisation.posts
    bare = {key: replace(post, email=None) if post.code == HEAD else post for key, post in posts.items()}
    without = replace(engine, organisation=Organisation(engine.organisation.units, bare))
    assert Weekly(replace(room.town, engine=without), room.server).sends(MONDAY) == Delivered(unaddressed=1)
    assert room.rows() == {HEAD: ("2026-07-13", "20 Jul 07:30", 0, None)}


def test_whoever_wants_none_is_mailed_none_until_they_want_them_again(room: Weekly) -> None:
    room.only(HEAD)
    room.town.case_in("disposed")
    assert (room.wants(HEAD, "6 Jul 10:00", wanted=False), room.sends(MONDAY)) == (None, Delivered())
    assert room.wants(HEAD, "13 Jul 10:00", wanted=True) == "20 Jul 07:30"
    assert (room.wants(HEAD, "20 Jul 08:00", wanted=True), room.sends("20 Jul 08:00")) == (
        "20 Jul 07:30",
        Delivered(sent=1),
    )


def test_whoever_chooses_none_while_one_is_sent_gets_no_other(room: Weekly) -> None:
    room.only(HEAD)
    room.town.case_in("disposed")
    leaving = Interrupted(room.sender, lambda: room.wants(HEAD, MONDAY, wanted=False))
    assert (room.sends(MONDAY, sender=leaving), room.rows()) == (Delivered(sent=1), {})


def test_one_whose_sending_died_goes_out_after_the_lease_as_the_same_message(room: Weekly) -> None:
    room.only(HEAD)
    room.town.case_in("disposed")
    with pytest.raises(Killed):
        room.sends(MONDAY, sender=Interrupted(room.sender, die))
    room.town.case_in("disposed", "13 Jul 07:31")
    assert [room.sends(f"13 Jul 07:{minute}") for minute in (34, 35)] == [Delivered(), Delivered(sent=1)]
    first, second = room.server.ids
    assert first == second
    assert room.rows() == {HEAD: ("2026-07-13", "20 Jul 07:30", 0, "13 Jul 07:35")}


def test_two_senders_side_by_side_send_each_mail_once(room: Weekly) -> None:
    room.town.case_in("disposed")
    room.town.submit(door="rsud")
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda _: [room.sends(MONDAY, batch=2) for _ in range(5)], range(2)))
    assert sum(each.sent for part in done for each in part) == 6
    assert len(set(room.server.ids)) == len(room.server.taken) == 6


def test_two_senders_find_who_oversees_at_once(town: Town) -> None:
    with running() as server, ThreadPoolExecutor(2) as pool:
        room = Weekly(town, server)
        assert list(pool.map(lambda _: room.sends("3 Jul 10:00"), range(2))) == [Delivered()] * 2
        assert len(room.rows()) == 9


def test_while_the_mail_server_is_away_it_is_tried_again(room: Weekly) -> None:
    room.only(HEAD, MAYOR)
    room.town.case_in("disposed")
    room.server.stop()
    assert room.sends(MONDAY) == Delivered(delayed=2)
    assert sorted(attempt for _, attempt, *_ in room.rows().values() if attempt) == ["13 Jul 07:31", "13 Jul 07:32"]
    room.server.start()
    assert room.sends("13 Jul 07:32") == Delivered(sent=2)


def test_one_that_is_refused_is_not_tried_again_before_the_next_week(room: Weekly) -> None:
    room.only(HEAD)
    room.town.case_in("disposed")
    room.server.mood = "RCPT 550 5.1.1 unknown"
    assert room.sends(MONDAY) == Delivered(dead=1)
    assert room.rows() == {HEAD: ("2026-07-13", "20 Jul 07:30", 0, None)}


def test_many_cases_take_as_many_statements_as_one(room: Weekly) -> None:
    room.only(HEAD)
    counts = []
    for cases, moment in ((1, MONDAY), (3, "20 Jul 07:30")):
        for _ in range(cases):
            room.town.case_in("disposed")
        with statements_by_transaction(room.town.site.database) as transactions:
            assert room.sends(moment) == Delivered(sent=1)
        counts.append(transactions)
    of_wall = 1 if room.town.site.database.dialect.name == "postgresql" else 0
    assert counts == [[3, 3 + of_wall, 1]] * 2


def test_a_choice_is_made_by_command(room: Weekly, tmp_path: Path) -> None:
    url = room.town.site.database.url.render_as_string(hide_password=False)

    def chosen(*words: str) -> tuple[int, str]:
        env = {**os.environ, "LAPOR_DATABASE_URL": url}
        command = [LAPOR, "notices", "weekly", *words]
        done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False, timeout=60)
        return done.returncode, done.stdout + done.stderr

    assert chosen("--post", HEAD, "off") == (0, "pu.kepala is told no more each week.\n")
    assert HEAD not in room.rows()
    code, said = chosen("--post", HEAD, "on", "--json")
    told = json.loads(said)
    assert (code, told["post"], told["weekly"], shown(told["next_at"])) == (0, HEAD, True, room.rows()[HEAD][1])
    refused = "lapor: pu.petugas is a post of the role handler; mailed are supervisor and coordinator.\n"
    assert chosen("--post", "pu.petugas", "on") == (2, refused)


@pytest.mark.parametrize(("wanted", "sent"), [(True, 1), (False, 0)])
def test_the_worker_sends_them_unless_the_settings_say_no(room: Weekly, *, wanted: bool, sent: int) -> None:
    room.only(HEAD)
    room.town.case_in("disposed")
    # as if it had been tried before, so that the day of the test does not matter
    tried = update(WeeklyMail).where(WeeklyMail.next_attempt_at.is_not(None))
    room.town.execute(tried.values(next_attempt_at=at(MONDAY), attempts=1))
    site, given = room.town.site, room.town.site.settings
    chosen = replace(given, mail=room.sender.mail, notices=replace(given.notices, weekly=wanted))
    scheduler.send_once(replace(site, settings=chosen))
    scheduler.send_once(replace(site, settings=chosen))
    told = [mail for mail in room.server.taken if "How your cases stand" in str(mail["Subject"])]
    assert len(told) == sent
