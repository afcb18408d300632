"""What reporters do about their own cases: another secret, and all that was reported with an address behind one token."""

from __future__ import annotations

import email
import email.policy
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from lapor.notices.delivery import deliver
from lapor.notices.mailbox import Mailbox
from lapor.records import Gathering, schema
from tests.integration.web import Answer, Web, problem

ADDRESS = "pelapor@warga.example"
PELAPOR = {"name": "Pelapor", "email": "Pelapor@Warga.example"}


def mails(web: Web, folder: Path) -> list[Any]:
    box, town = Mailbox(folder), web.town
    organisation, ring = town.engine.organisation, town.engine.vault.identity
    while deliver(
        organisation,
        town.site.writing,
        box,
        ring=ring,
        now=web.watch.at,
        public_url="https://kota.example",
        digest=False,
    ).settled:
        pass
    files = sorted(folder.glob("*.eml"), key=lambda file: int(file.name.split("@")[0].split("-")[1]))
    return [email.message_from_bytes(file.read_bytes(), policy=email.policy.default) for file in files]


def code(web: Web, folder: Path) -> str:
    """The code of the newest mail."""
    assert web.post("/reporters/codes", {"email": ADDRESS}).status_code == 202
    newest = mails(web, folder)[-1]
    found = re.search(r"Dengan kode (\w{10}) ", newest.get_body(("plain",)).get_content().replace("\n", " "))
    assert found, newest
    return found[1]


def gathers(web: Web, given: str) -> Answer:
    return web.post("/reporters/sessions", {"email": ADDRESS, "code": given})


def test_a_renewed_secret_opens_the_case_and_the_one_before_nothing(web: Web) -> None:
    case = web.submit(reporter=PELAPOR)
    path = f"/complaints/{case['tracking_number']}"
    answer = web.post(f"{path}/secret", {}, case["secret"])
    assert answer.status_code == 201
    renewed = answer.json["secret"]
    assert problem(web.get(path, case["secret"])) == (401, "unauthenticated", None)
    assert web.get(path, renewed).status_code == 200
    assert [each["move"] for each in web.get(f"{path}/trail", "inspektorat.inspektur").json] == [
        "submit",
        "renew_secret",
    ]
    assert renewed not in str(web.town.dump())
    assert web.town.findings("6 Jul 10:00") == []


def test_of_two_who_renew_at_once_both_hold_a_secret_and_one_of_them_works(web: Web) -> None:
    case = web.submit()
    path = f"/complaints/{case['tracking_number']}/secret"
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: web.post(path, {}, case["secret"]), range(2)))
    secrets = [answer.json["secret"] for answer in answers if answer.status_code == 201]
    open_now = [web.get(f"/complaints/{case['tracking_number']}", secret).status_code for secret in secrets]
    assert open_now.count(200) == 1


def test_whoever_reads_the_mail_of_an_address_gathers_all_its_cases(web: Web, tmp_path: Path) -> None:
    own = [web.submit(reporter=PELAPOR, anonymous=hidden, confidential=hidden) for hidden in (False, True)]
    others = web.submit(reporter={"email": "warga@warga.example"})
    token = gathers(web, code(web, tmp_path)).json["token"]
    listed = web.get("/complaints?sort=received", token).json["items"]
    assert [each["tracking_number"] for each in listed] == [each["tracking_number"] for each in own]
    assert web.get(f"/complaints/{others['tracking_number']}", token).status_code == 404
    assert web.moved(own[1], "withdraw", token)["state"] == "withdrawn"
    web.watch.forward(hours=12)
    assert problem(web.get("/complaints", token)) == (401, "unauthenticated", None)


def test_an_address_that_nobody_reported_with_is_answered_alike_and_gets_nothing(web: Web, tmp_path: Path) -> None:
    web.submit(reporter=PELAPOR)
    known, unknown = (web.post("/reporters/codes", {"email": each}) for each in (ADDRESS, "warga@warga.example"))
    assert (known.status_code, known.json) == (unknown.status_code, unknown.json) == (202, {"minutes": 30})
    told = [str(mail["To"]) for mail in mails(web, tmp_path)]
    assert told == ["Pelapor@Warga.example"] * 2


def test_a_code_stands_nowhere_in_the_database(web: Web, tmp_path: Path) -> None:
    web.submit(reporter=PELAPOR)
    given = code(web, tmp_path)
    dumped = str(web.town.dump())
    assert (given in dumped, ADDRESS in dumped.lower()) == (False, False)


def test_a_code_works_once_for_half_an_hour_and_not_after_five_errors(web: Web, tmp_path: Path) -> None:
    web.submit(reporter=PELAPOR)
    refused = (401, "not-recognised", None)
    first = code(web, tmp_path)
    assert gathers(web, first.lower()).status_code == 201
    assert problem(gathers(web, first)) == refused
    late = code(web, tmp_path)
    assert problem(gathers(web, first)) == refused
    web.watch.forward(minutes=30)
    assert problem(gathers(web, late)) == refused
    guessed = code(web, tmp_path)
    assert [problem(gathers(web, "0000000000")) for _ in range(5)] == [refused] * 5
    assert problem(gathers(web, guessed)) == refused
    assert problem(web.post("/reporters/sessions", {"email": "warga@warga.example", "code": guessed})) == refused


def test_another_code_ends_no_session_until_it_is_used(web: Web, tmp_path: Path) -> None:
    case = web.submit(reporter=PELAPOR)
    path = f"/complaints/{case['tracking_number']}"
    first = gathers(web, code(web, tmp_path)).json["token"]
    web.watch.forward(hours=1)
    another = code(web, tmp_path)
    assert problem(gathers(web, "0000000000")) == (401, "not-recognised", None)
    # what is written with it still counts as the reporter's
    assert web.post(f"{path}/messages", {"text": "Halo."}, first).status_code == 201
    second = gathers(web, another).json["token"]
    assert [web.get(path, token).status_code for token in (first, second)] == [401, 200]


def test_another_code_makes_no_session_longer(web: Web, tmp_path: Path) -> None:
    web.submit(reporter=PELAPOR)
    token = gathers(web, code(web, tmp_path)).json["token"]
    web.watch.forward(hours=11, minutes=45)
    code(web, tmp_path)
    open_now = []
    for minutes in (14, 1):
        web.watch.forward(minutes=minutes)
        open_now.append(web.get("/complaints", token).status_code)
    assert open_now == [200, 401]


def test_a_session_goes_on_across_a_migration_and_its_code_is_still_used_up(web: Web, tmp_path: Path) -> None:
    web.submit(reporter=PELAPOR)
    used = code(web, tmp_path)
    token = gathers(web, used).json["token"]
    for revision in ("0025", "head"):
        schema.migrate(web.site.database, revision)
    assert web.get("/complaints", token).status_code == 200
    assert problem(gathers(web, used)) == (401, "not-recognised", None)


def test_of_racing_guesses_no_more_than_five_count(web: Web, tmp_path: Path) -> None:
    web.submit(reporter=PELAPOR)
    code(web, tmp_path)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: gathers(web, "0000000000").status_code, range(8)))
    assert answers == [401] * 8
    with web.site.reading() as session:
        assert session.query(Gathering).one().attempts == 5
