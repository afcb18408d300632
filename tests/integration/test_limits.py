"""Limits: so many and no more, whoever races; each by itself; nobody is locked out with whoever is limited."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from lapor import scheduler
from lapor.access import limits
from lapor.access.limits import HOUR, Name
from lapor.access.secrets import REPORTER_PREFIX, new_number, new_secret
from lapor.errors import NotRecognised, TooMany, Unavailable
from lapor.records import LimitCount
from lapor.settings import Limits
from lapor.site import Site, connect
from tests.integration.people import EMAIL, PASSWORD, officer
from tests.integration.town import COORDINATOR, Town
from tests.integration.web import BARE, NOW, V1, Web, problem

FAR = Limits(**{each.name: 1_000_000 for each in fields(Limits)})
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
TOO_MANY, UNKNOWN, ABSENT = (429, "too-many-requests", None), (401, "unauthenticated", None), (404, "not-found", None)


def ruled(town: Town, **rules: int) -> Web:
    """The API of a town in which these limits are near, and all others far."""
    chosen = replace(town.site.settings, limits=replace(FAR, **rules))
    return Web(replace(town, site=replace(town.site, settings=chosen)))


def asks_from(web: Web, address: str) -> None:
    """From now on all is asked from this address."""
    web.client.environ_base["REMOTE_ADDR"] = address


def taken(site: Site, name: Name, subject: str, *, allowed: int, now: datetime = NOW) -> int:
    """Take one; 0, or the seconds to wait."""
    try:
        limits.take(site.writing, site.pepper, replace(FAR, **{name: allowed}), name, subject, now=now)
    except TooMany as full:
        return full.retry_after
    return 0


def counts(site: Site) -> list[tuple[datetime, int]]:
    with site.reading() as session:
        rows = session.execute(select(LimitCount.started_at, LimitCount.count).order_by(LimitCount.count))
        return [(since, count) for since, count in rows]


def test_so_many_pass_and_the_rest_is_told_when_to_come_again(site: Site) -> None:
    told = [taken(site, "submissions", "a", allowed=3, now=NOW + step * MINUTE) for step in range(5)]
    assert told == [0, 0, 0, 3600 - 3 * 60, 3600 - 4 * 60]
    # what was refused counts too
    assert counts(site) == [(NOW, 5)]


def test_a_window_forgives_when_it_is_over_and_what_was_refused_in_it_makes_it_no_longer(site: Site) -> None:
    for _ in range(9):
        taken(site, "submissions", "a", allowed=2, now=NOW + 59 * MINUTE)
    assert taken(site, "submissions", "a", allowed=2, now=NOW + 2 * HOUR - MINUTE - SECOND) == 1
    assert [taken(site, "submissions", "a", allowed=2, now=NOW + 2 * HOUR - MINUTE) for _ in range(3)] == [0, 0, 3600]


def test_part_of_a_second_is_waited_for_as_a_whole_one(site: Site) -> None:
    taken(site, "submissions", "a", allowed=1, now=NOW)
    assert taken(site, "submissions", "a", allowed=1, now=NOW + HOUR - timedelta(microseconds=1)) == 1


def test_names_and_subjects_are_counted_apart(site: Site) -> None:
    names: tuple[Name, ...] = ("submissions", "words")
    assert [taken(site, name, subject, allowed=1) for name in names for subject in "ab"] == [0] * 4
    assert taken(site, "words", "b", allowed=1) == 3600


def test_without_a_limit_nothing_is_counted(site: Site) -> None:
    assert [taken(site, "submissions", "a", allowed=0) for _ in range(3)] == [0, 0, 0]
    assert counts(site) == []


def test_a_window_begun_by_a_clock_that_was_far_ahead_locks_nobody_out(site: Site) -> None:
    taken(site, "submissions", "a", allowed=1, now=NOW + timedelta(days=1))
    assert [taken(site, "submissions", "a", allowed=1) for _ in range(2)] == [0, 3600]


def test_nobody_reads_from_the_table_who_was_counted(town: Town) -> None:
    web = ruled(town)
    asks_from(web, "198.51.100.7")
    web.submit()
    web.post("/reporters/codes", {"email": "pelapor@warga.example"})
    with web.site.reading() as session:
        keys = session.scalars(select(LimitCount.key)).all()
    assert len(keys) == 2
    assert {(len(key), set(key) <= set("0123456789abcdef")) for key in keys} == {(64, True)}
    assert limits.key(web.site.pepper, "submissions", "198.51.100.0/24") in keys
    assert limits.key(b"another pepper", "submissions", "198.51.100.0/24") not in keys


def test_of_many_at_once_in_two_processes_exactly_so_many_pass(site: Site) -> None:
    other = replace(site, database=connect(site.settings.database.url))

    def race(number: int) -> int:
        return taken(
            (site, other)[number % 2], "submissions", "a", allowed=20, now=NOW + number * timedelta(microseconds=1)
        )

    with ThreadPoolExecutor(12) as pool:
        told = list(pool.map(race, range(60)))
    other.database.dispose()
    assert (told.count(0), [count for _, count in counts(site)]) == (20, [60])


def test_of_many_submissions_at_once_exactly_so_many_are_made(town: Town) -> None:
    webs = [ruled(town, submissions=4) for _ in range(2)]

    def submit(number: int) -> int:
        client = webs[number % 2].app.test_client(use_cookies=False)
        return client.post(f"{V1}/complaints", json=BARE).status_code

    with ThreadPoolExecutor(6) as pool:
        told = sorted(pool.map(submit, range(12)))
    assert told == [201] * 4 + [429] * 8
    assert len(town.kept()["complaints"]) == 4


def test_the_worker_forgets_what_is_over(site: Site) -> None:
    now = datetime.now(UTC)
    taken(site, "submissions", "over", allowed=9, now=now - HOUR)
    taken(site, "submissions", "under way", allowed=9, now=now - HOUR + 5 * MINUTE)
    scheduler.tidy_once(site)
    assert counts(site) == [(now - HOUR + 5 * MINUTE, 1)]


def test_a_refusal_says_when_to_come_again_in_both_languages(town: Town) -> None:
    web = ruled(town, submissions=1)
    web.submit()
    web.watch.forward(minutes=10)
    texts = {}
    for language in ("id", "en"):
        answer = web.post("/complaints", BARE, Accept_Language=language)
        assert (problem(answer), answer.headers["Retry-After"]) == (TOO_MANY, "3000")
        texts[language] = (answer.json["title"], answer.json["detail"])
    assert texts == {
        "id": ("Terlalu banyak permintaan", "Permintaan seperti ini terlalu banyak: coba lagi dalam 3000 detik."),
        "en": ("Too many requests", "There were too many of these: try again in 3000 seconds."),
    }
    assert {"cause", "cure"} <= set(web.client.get("/problems/too-many-requests").json or {})


def test_submissions_are_counted_by_block(town: Town) -> None:
    web = ruled(town, submissions=2)
    told = []
    for address in ("198.51.100.1", "198.51.100.2", "198.51.100.3", "198.51.101.1", "2001:db8:0:100::1"):
        asks_from(web, address)
        told.append(web.post("/complaints", BARE).status_code)
    assert told == [201, 201, 429, 201, 201]
    asks_from(web, "198.51.100.3")
    web.watch.forward(hours=1)
    assert web.post("/complaints", BARE).status_code == 201


def test_a_submission_that_is_refused_counts_and_one_that_is_repeated_with_its_key_does_not(town: Town) -> None:
    web, key = ruled(town, submissions=2), {"Idempotency_Key": "Vt4Yc0gqTQWm8nFh2sJ9xA"}
    assert web.post("/complaints", {**BARE, "kind": "x"}).status_code == 422
    assert [web.post("/complaints", BARE, **key).status_code for _ in range(4)] == [201] * 4
    assert web.post("/complaints", BARE).status_code == 429
    # the key of a refused one is free again
    other = {"Idempotency_Key": "Xu5Zd1hrURXn9oGi3tK0yB"}
    assert web.post("/complaints", BARE, **other).status_code == 429
    web.watch.forward(hours=1)
    assert web.post("/complaints", BARE, **other).status_code == 201


def test_whoever_keys_in_at_a_counter_is_counted_by_post_and_not_with_the_street(town: Town) -> None:
    web = ruled(town, submissions=1, keyed_in=2)
    web.submit()
    assert [web.post("/complaints", BARE, by).status_code for by in (None, *[COORDINATOR] * 3)] == [429, 201, 201, 429]
    asks_from(web, "198.51.100.7")
    assert web.post("/complaints", BARE, COORDINATOR).status_code == 429
    assert web.post("/complaints", BARE, "rsud.koordinator-pengaduan").status_code == 201
    web.watch.forward(hours=1)
    assert web.post("/complaints", BARE, COORDINATOR).status_code == 201


def test_an_account_is_counted_once_for_all_its_sessions(town: Town) -> None:
    web = ruled(town, keyed_in=2)
    person = officer(web, COORDINATOR, by="kota.pengelola-sistem")
    first, second = person.token(), person.token()
    assert [web.post("/complaints", BARE, by).status_code for by in (first, second, first)] == [201, 201, 429]
    # a token of the same post, but of no account
    assert web.post("/complaints", BARE, COORDINATOR).status_code == 201


def test_words_of_a_reporter_are_counted_by_case_messages_and_moves_together(town: Town) -> None:
    web = ruled(town, words=3)
    case, other = web.disposed(), web.disposed()

    def says(in_case: dict[str, Any], by: str = "") -> int:
        path = f"/complaints/{in_case['tracking_number']}/messages"
        return int(web.post(path, {"text": "Halo."}, by or in_case["secret"]).status_code)

    assert web.move(case, "tighten", case["secret"], anonymous=False).status_code == 422
    assert [says(case) for _ in range(3)] == [201, 201, 429]
    assert problem(web.move(case, "withdraw", case["secret"])) == TOO_MANY
    assert (says(other), says(case, "pu.penghubung")) == (201, 201)
    assert problem(web.post(f"/complaints/{case['tracking_number']}/secret", {}, case["secret"])) == TOO_MANY
    assert web.get(f"/complaints/{case['tracking_number']}", case["secret"]).status_code == 200
    web.watch.forward(hours=1)
    assert says(case) == 201


def test_who_does_not_have_the_secret_of_a_case_uses_up_no_words_of_its_reporter(town: Town) -> None:
    web = ruled(town, words=1)
    case, other = web.disposed(), web.disposed()
    path = f"/complaints/{case['tracking_number']}/messages"
    for secret in (other["secret"], new_secret(REPORTER_PREFIX)):
        web.post(path, {"text": "Halo."}, secret)
    assert web.post(path, {"text": "Halo."}, case["secret"]).status_code == 201


def test_wrong_secrets_and_tokens_are_counted_by_block(town: Town) -> None:
    web = ruled(town, failed_secrets=3)
    case, other = web.submit(), web.submit()
    asks_from(web, "198.51.100.1")
    path = f"/complaints/{case['tracking_number']}"
    wrong = [(path, new_secret(REPORTER_PREFIX)), ("/units", "lapor_o_unknown"), (path, other["secret"])]
    assert [problem(web.get(*each)) for each in wrong] == [UNKNOWN, UNKNOWN, ABSENT]
    assert [problem(web.get(*each)) for each in wrong] == [TOO_MANY] * 3
    asks_from(web, "198.51.101.1")
    assert problem(web.get(*wrong[0])) == UNKNOWN
    asks_from(web, "198.51.100.2")
    web.watch.forward(hours=1)
    assert problem(web.get(*wrong[0])) == UNKNOWN


def test_no_token_and_the_mistyped_number_of_an_officer_are_no_wrong_secrets(town: Town) -> None:
    web = ruled(town, failed_secrets=1, failed_secrets_of_number=1)
    case = web.submit()
    path = f"/complaints/{case['tracking_number']}"
    told = [web.get(path).status_code, web.get(path, "pu.penghubung").status_code]
    told += [web.get(path, None, Authorization="Basic eDp4").status_code, web.post(path + "/messages", {}).status_code]
    assert told == [401, 404, 401, 401]
    assert counts(web.site) == [(NOW, 1)]  # the submission


def test_wrong_secrets_are_counted_by_number_wherever_they_come_from(town: Town) -> None:
    web = ruled(town, failed_secrets_of_number=3)
    case, other = web.submit(), web.submit()
    number = case["tracking_number"]
    told = []
    for step, spelt in enumerate((number, number.lower(), number.replace("-", "", 1), number, number)):
        asks_from(web, f"198.51.{step}.1")
        told.append(problem(web.get(f"/complaints/{spelt}/trail", new_secret(REPORTER_PREFIX))))
    assert told == [UNKNOWN] * 3 + [TOO_MANY] * 2
    assert problem(web.get(f"/complaints/{number}", other["secret"])) == TOO_MANY
    assert problem(web.get(f"/complaints/{other['tracking_number']}", case["secret"])) == ABSENT
    web.watch.forward(hours=1)
    assert problem(web.get(f"/complaints/{number}", other["secret"])) == ABSENT


def test_a_right_secret_and_a_right_token_work_while_block_and_number_are_limited(town: Town) -> None:
    web = ruled(town, failed_secrets=1, failed_secrets_of_number=1)
    case = web.disposed()
    path = f"/complaints/{case['tracking_number']}"
    token = web.token("pu.penghubung")
    for _ in range(3):
        last = web.get(path, new_secret(REPORTER_PREFIX))
    assert problem(last) == TOO_MANY
    assert [web.get(path, by).status_code for by in (case["secret"], token)] == [200, 200]
    assert web.post(f"{path}/messages", {"text": "Halo."}, case["secret"]).status_code == 201
    assert web.moved(case, "withdraw", case["secret"])["state"] == "withdrawn"


def test_limits_tell_nobody_which_numbers_there_are(town: Town) -> None:
    web = ruled(town, failed_secrets_of_number=2)
    case, stranger = web.submit(), web.submit()["secret"]
    told = {
        number: [problem(web.get(f"/complaints/{number}", by)) for by in (stranger, new_secret(REPORTER_PREFIX)) * 2]
        for number in (case["tracking_number"], new_number(2026), "tidak-ada")
    }
    assert set(map(tuple, told.values())) == {(ABSENT, UNKNOWN, TOO_MANY, TOO_MANY)}


def test_of_guesses_in_three_hours_so_many_are_answered_in_each(town: Town) -> None:
    web = ruled(town, failed_secrets=6, failed_secrets_of_number=4)
    number, numbers = web.submit()["tracking_number"], [new_number(2026) for _ in range(5)]
    for _ in range(3):
        at_one = []
        for block in range(8):
            asks_from(web, f"198.51.{block}.1")
            at_one.append(problem(web.get(f"/complaints/{number}", new_secret(REPORTER_PREFIX))))
        assert at_one == [UNKNOWN] * 4 + [TOO_MANY] * 4
        asks_from(web, "203.0.113.1")
        at_many = [problem(web.get(f"/complaints/{each}", new_secret(REPORTER_PREFIX))) for each in numbers * 2]
        assert at_many == [UNKNOWN] * 6 + [TOO_MANY] * 4
        web.watch.forward(hours=1)
    # one that is over the limit of its block makes no rows for ever more numbers: the submission's, 9 blocks, 6 numbers
    assert len(counts(web.site)) == 1 + 9 + 6


def attempt(site: Site, account: str, block: str, *, right: bool, now: datetime = NOW) -> str:
    """What comes of looking at a password."""
    rules = replace(FAR, failed_sessions=40)
    try:
        with limits.session_attempt(site.writing, site.pepper, rules, account, block, now=now):
            if not right:
                raise NotRecognised
    except (NotRecognised, TooMany) as refused:
        return type(refused).__name__
    return "in"


def test_ten_wrong_passwords_in_a_quarter_of_an_hour_close_one_account_to_one_block(site: Site) -> None:
    wrong = [attempt(site, EMAIL, "a", right=False) for _ in range(12)]
    assert wrong == ["NotRecognised"] * 10 + ["TooMany"] * 2
    assert attempt(site, EMAIL.upper(), "a", right=True) == "TooMany"
    assert [attempt(site, EMAIL, "b", right=True), attempt(site, "other@kota.example", "a", right=True)] == ["in"] * 2
    assert attempt(site, EMAIL, "a", right=True, now=NOW + 15 * MINUTE - SECOND) == "TooMany"
    assert attempt(site, EMAIL, "a", right=True, now=NOW + 15 * MINUTE) == "in"


def test_right_passwords_use_nothing_up_and_neither_does_what_broke(site: Site) -> None:
    assert [attempt(site, EMAIL, "a", right=True) for _ in range(30)] == ["in"] * 30
    with suppress(Unavailable), limits.session_attempt(site.writing, site.pepper, FAR, EMAIL, "a", now=NOW):
        raise Unavailable
    assert counts(site) == [(NOW, 0), (NOW, 0)]


def test_of_many_passwords_at_once_no_more_than_ten_are_looked_at(site: Site) -> None:
    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(lambda _: attempt(site, EMAIL, "a", right=False), range(30)))
    assert told.count("NotRecognised") == 10


def test_a_password_is_not_looked_at_any_more_after_ten_wrong_ones(town: Town) -> None:
    web = ruled(town, failed_sessions=40)
    person = officer(web)
    wrong = [problem(person.log_in(password="pasar baru di hilir")) for _ in range(10)]
    assert {*wrong} == {(401, "not-recognised", None)}
    refused = person.log_in()
    assert (problem(refused), refused.headers["Retry-After"]) == (TOO_MANY, "900")
    unknown = [web.post("/sessions", {"email": "x@kota.example", "password": PASSWORD}) for _ in range(11)]
    assert [answer.status_code for answer in unknown] == [401] * 10 + [429]
    web.watch.forward(minutes=15)
    assert person.log_in().status_code == 201


def test_codes_are_counted_by_the_address_that_they_go_to_whether_it_is_known_or_not(town: Town) -> None:
    web = ruled(town, codes=2)
    web.submit(reporter={"email": "pelapor@warga.example"})

    def asked(email: str) -> list[int]:
        return [web.post("/reporters/codes", {"email": email}).status_code for _ in range(3)]

    assert [asked(email) for email in ("pelapor@warga.example", "lain@warga.example")] == [[202, 202, 429]] * 2
    assert web.post("/reporters/codes", {"email": "PELAPOR@warga.example"}).status_code == 429
    web.watch.forward(hours=1)
    assert web.post("/reporters/codes", {"email": "pelapor@warga.example"}).status_code == 202


def test_the_defaults_lie_far_from_what_people_do(site: Site) -> None:
    assert {each.name: getattr(site.settings.limits, each.name) for each in fields(Limits)} == {
        "submissions": 60,
        "keyed_in": 600,
        "words": 30,
        "failed_secrets": 100,
        "failed_secrets_of_number": 20,
        "failed_sessions": 40,
        "codes": 5,
        "mails": 30,
    }
    rules = site.settings.limits
    assert [limits.allowance(rules, "failed_sessions"), limits.allowance(rules, "mails")] == [10, 30]
    assert limits.allowance(replace(rules, failed_sessions=1), "failed_sessions") == 1
