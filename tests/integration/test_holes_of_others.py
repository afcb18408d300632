"""Holes that were found in comparable systems, each tried here; those that are tried elsewhere are named at the end."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from api.description import operations
from lapor.access.secrets import new_number
from lapor.directory import webhooks
from lapor.notices.mail import Delayed
from lapor.notices.webhook import Http, Message
from lapor.records import Notice, WebhookDelivery
from lapor.settings import Webhooks
from tests.files import PDF
from tests.hookserver import running
from tests.integration.people import OFFICERS, OPERATOR, PASSWORD, Person
from tests.integration.rehearsal import rehearsed, undone
from tests.integration.town import COORDINATOR, DISPOSITION, Town
from tests.integration.web import NOW, V1, Web

ROOT = Path(__file__).parents[2]
PELAPOR = {"name": "Pelapor", "email": "pelapor@warga.example"}
LIAISON, FORMER = "pu.penghubung", "kesehatan.penghubung"
TITLE, TEXT = "Kepala puskesmas meminta uang", "Setiap Senin di loket tiga."


@pytest.fixture(scope="module")
def everything(shared_town: Town) -> Iterator[Web]:
    with rehearsed(shared_town) as web:
        yield web


@pytest.fixture
def web(everything: Web) -> Iterator[Web]:
    """The API, on which nothing lasts."""
    with undone(everything):
        yield everything


def test_a_link_in_the_body_opens_no_create_endpoint_to_whom_it_is_shut(web: Web) -> None:
    """In a project tracker whoever named a parent in the body was not asked whether they may create."""
    case, other = web.submit(), web.submit()
    number = case["tracking_number"]
    link = {"href": f"{V1}/complaints/{number}", "number": number, "id": 1}
    linked = {"_links": {"parent": link}, "parent": link, "complaint": link, "unit": link, "id": 1}
    writes = [(path, method) for path, method, it in operations(web.description) if "requestBody" in it]
    assert len(writes) > 15
    for path, method in writes:
        where = re.sub(r"\{\w+\}", "1", path.replace("{number}", number))
        for by in (None, other["secret"], *OFFICERS.values()):
            headers = {"Authorization": f"Bearer {web.token(by)}"} if by else {}
            told = []
            for body in ({}, linked):
                with undone(web):
                    told.append(web.client.open(where, method=method.upper(), json=body, headers=headers).status_code)
            assert told[1] in (told[0], 422), (method, path, by, told)


def test_no_set_up_endpoint_is_open_after_installation_or_before(web: Web) -> None:
    """In a service desk the page that made the first administrator still answered afterwards."""
    views: dict[str, Any] = dict(web.app.view_functions)
    open_to_all = {
        rule.rule
        for rule in web.app.url_map.iter_rules()
        if {"visitor", "anyone"} & set(views[rule.endpoint].policy)
        and {"POST", "PUT", "DELETE"} & (rule.methods or set())
    }
    assert open_to_all == {
        f"{V1}/complaints",
        f"{V1}/sessions",
        f"{V1}/invitations/acceptance",
        f"{V1}/reporters/codes",
        f"{V1}/reporters/sessions",
    }
    said = {"email": "saya@kota.example", "password": PASSWORD, "code": "lapor_i_7QK4M2ZD7QK4M2ZD", "role": "operator"}
    before = {name: rows for name, rows in web.town.dump().items() if name in ("accounts", "tenures", "tokens")}
    for path in open_to_all:
        for body in (said, {**said, "post": OPERATOR}, {"email": said["email"], "password": PASSWORD}):
            assert web.client.post(path, json=body).status_code in (401, 404, 422)
    assert {name: web.town.dump()[name] for name in before} == before == {name: [] for name in before}


def test_a_wish_to_see_who_reported_is_mailed_to_the_reporter_and_the_own_custodian_alone(web: Web) -> None:
    """In a whistleblowing system requests for identities went to the custodians of every tenant."""
    case = web.disposed(anonymous=True, reporter=PELAPOR)
    before = told(web)
    asked = {"what": "identity", "reason": "Saksi.", "legal_basis": "Pasal 15 UU 27/2022"}
    opening = web.post(f"/complaints/{case['tracking_number']}/openings", asked, LIAISON).json["id"]
    custodian = web.town.engine.organisation.post_codes["kota.penjaga-identitas"].id
    asked_of = [("identity_asked", None), ("identity_to_decide", custodian)]
    assert told(web)[len(before) :] == asked_of
    web.post(f"/complaints/{case['tracking_number']}/openings/{opening}/consent", {"consent": True}, case["secret"])
    web.post(f"/openings/{opening}/decision", {"granted": True}, "kota.penjaga-identitas")
    assert told(web)[len(before) :] == [*asked_of, ("identity_opened", None)]


def told(web: Web) -> list[tuple[str, int | None]]:
    """What was noted to be mailed, and to which post; None: the reporter."""
    with web.site.reading() as session:
        return [(row.event, row.post_id) for row in session.scalars(select(Notice).order_by(Notice.id))]


def test_the_history_of_a_move_tells_no_title_to_whom_the_case_has_left(web: Web) -> None:
    """In a code forge the title of a private issue stood in the history of where it was moved to and from."""
    with web.site.writing() as session:
        for unit in ("kesehatan", "pu"):
            found = web.town.engine.organisation.unit_codes[unit]
            webhooks.register(session, found, f"https://{unit}.example/", events=(), allow_private=True, now=NOW)
    case = web.submit(title=TITLE, text=TEXT, confidential=True)
    web.moved(case, "dispose", COORDINATOR, **{**DISPOSITION, "unit": "kesehatan"})
    web.moved(case, "return", FORMER, reason=f"Bukan kami: {TITLE}")
    web.moved(case, "dispose", COORDINATOR, **DISPOSITION)
    path = f"/complaints/{case['tracking_number']}"
    assert web.get(f"{path}/trail", FORMER).status_code == 404
    seen = [web.get(f"{path}{suffix}", COORDINATOR) for suffix in ("", "/trail", "/moves")]
    assert [(answer.status_code, TITLE in answer.text) for answer in seen] == [(200, False)] * 3
    assert ["detail" in entry for entry in seen[1].json] == [False] * 4
    with web.site.reading() as session:
        bodies = [json.dumps(row.payload) for row in session.scalars(select(WebhookDelivery))]
    assert ([TITLE in body for body in bodies], len(bodies) > 2) == ([False] * len(bodies), True)
    assert TITLE not in str(web.town.dump())


def test_the_id_of_an_upload_cannot_be_guessed_and_opens_nothing_alone(web: Web) -> None:
    """In a help desk whoever counted up read the uploads of others."""
    case, other = web.submit(), web.submit()
    path = f"/complaints/{case['tracking_number']}/attachments"
    ids = [web.upload(path, PDF, case["secret"]).json["id"] for _ in range(8)]
    assert [len(each) for each in ids] == [32] * 8
    # of 128 random bits the first 16 of eight ids are hardly ever in order, and never alike in half of them
    assert len({each[:16] for each in ids}) == len({each[16:] for each in ids}) == 8
    assert [web.get(f"{path}/{ids[0]}", by).status_code for by in (None, other["secret"], LIAISON)] == [401, 404, 404]
    below_own = path.replace(case["tracking_number"], other["tracking_number"])
    assert web.get(f"{below_own}/{ids[0]}", other["secret"]).status_code == 404


def test_webhooks_follow_no_redirect_to_an_internal_address() -> None:
    """In a chat server a webhook that was sent on to an internal address answered for it."""
    with running() as inside, running() as app:
        app.mood, app.port = "redirect", inside.port
        message = Message("msg_1", app.url, webhooks.secret_of(b"pepper" * 6, "salt"), "{}")
        with pytest.raises(Delayed, match="the app said 307: redirects are not followed"):
            Http(Webhooks(allow_private=True, timeout_seconds=1, attempts=3)).send(message, now=NOW)
        assert (app.tried, inside.tried) == (1, 0)


def test_no_mail_is_taken_in_so_that_none_is_an_officers_word() -> None:
    """In a service desk a reply with a forged sender was taken for an agent's."""
    reads = re.compile(r"\b(imaplib|poplib|smtpd|aiosmtpd|nntplib|message_from_\w+|\w*BytesParser|\w*FeedParser)\b")
    found = {str(file.relative_to(ROOT)): set(reads.findall(file.read_text(encoding="utf-8"))) for file in sources()}
    # the demo reads the mails that it has written itself
    assert {file: used for file, used in found.items() if used} == {"lapor/demo/facts.py": {"message_from_bytes"}}


def sources() -> list[Path]:
    return [*ROOT.glob("lapor/**/*.py"), *ROOT.glob("api/**/*.py")]


def test_citizens_are_told_units_and_roles_and_never_who(web: Web) -> None:
    """In an open complaint system names of staff stood beside what they had written."""
    person = Person(web, "sari.wulandari@kota.example")
    person.takes(LIAISON, OPERATOR)
    sari, case = person.token(), web.disposed(reporter=PELAPOR)
    web.moved(case, "accept", sari)
    path = f"/complaints/{case['tracking_number']}"
    web.post(f"{path}/messages", {"text": "Kami periksa."}, sari)
    web.upload(f"{path}/attachments", PDF, sari)
    web.moved(case, "answer", sari, text="Sudah ditambal.")
    posts = web.town.engine.organisation.posts.values()
    staff = {person.email, *(post.code for post in posts), *(post.title for post in posts), "@kota.example"}
    for by in (None, case["secret"]):
        headers = {"Authorization": f"Bearer {by}"} if by else {}
        for rule in (each.rule for each in web.app.url_map.iter_rules() if "GET" in (each.methods or ())):
            where = re.sub(r"<[^>]+>", "1", rule.replace("<number>", case["tracking_number"]))
            text = web.client.open(where, method="GET", headers=headers).text
            # a head of an agency signs its standards in public, by office
            told_openly = "openapi" in where or "service-standards" in where
            assert [each for each in staff if each in text and not told_openly] == [], where


def test_no_answer_is_a_table_in_which_a_formula_could_stand(web: Web) -> None:
    """In a survey system a text that began with = ran in the spreadsheet of whoever exported it."""
    kinds = {
        kind
        for _, _, operation in operations(web.description)
        for answer in operation["responses"].values()
        for kind in answer.get("content", {})
    }
    known = {"application/json", "application/problem+json", "text/html", "text/plain"}
    assert {kind for kind in kinds - known if not re.match(r"(application|image|audio|video)/", kind)} == set()
    assert [kind for kind in kinds if "csv" in kind or "excel" in kind] == []
    case = web.submit(title="=HYPERLINK(1)", text="+1-1")
    export = web.get(f"/complaints/{case['tracking_number']}/export", case["secret"])
    assert export.mimetype == "application/json"
    assert [file for file in sources() if re.search(r"^\s*(import|from) csv\b", file.read_text(), re.MULTILINE)] == []


def test_no_page_of_anybody_is_kept_for_the_next(web: Web) -> None:
    """In a forum a cache gave the page of one user to another."""
    case = web.disposed(reporter=PELAPOR)
    file = web.upload(f"/complaints/{case['tracking_number']}/attachments", PDF, case["secret"]).json["id"]
    for rule in (each.rule for each in web.app.url_map.iter_rules() if "GET" in (each.methods or ())):
        where = rule.replace("<number>", case["tracking_number"]).replace("<attachment>", file)
        for by in (None, case["secret"], LIAISON, OPERATOR):
            headers = {"Authorization": f"Bearer {web.token(by)}"} if by else {}
            answer = web.client.open(re.sub(r"<[^>]+>", "1", where), method="GET", headers=headers)
            assert "no-store" in answer.headers["Cache-Control"], where
            assert "Set-Cookie" not in answer.headers, where


def test_what_somebody_else_was_answered_before_opens_nothing(web: Web) -> None:
    """A tag that is known must not tell that the case is there, nor that it has not changed."""
    case, other = web.disposed(), web.submit()
    path = f"/complaints/{case['tracking_number']}"
    tag = web.get(path, case["secret"]).headers["ETag"]
    nowhere = f"/complaints/{new_number(2026)}"
    for by in (None, other["secret"], FORMER):
        told = [web.get(each, by, If_None_Match=tag) for each in (path, nowhere)]
        assert (told[0].status_code, told[0].data) == (told[1].status_code, told[1].data)
        assert told[0].status_code in (401, 404)


ELSEWHERE = {
    "the Host header stands in links": "test_hosts_and_proxies.test_no_answer_repeats_a_host_that_somebody_named",
    "several racing requests pass one limit": "test_limits.test_of_many_at_once_in_two_processes_exactly_so_many_pass",
    "several racing submissions pass one limit": "test_limits.test_of_many_submissions_at_once_exactly_so_many_are_made",
    "several racing log-ins pass one limit": "test_limits.test_of_many_passwords_at_once_no_more_than_ten_are_looked_at",
    "a one-time code is worth several sessions": "test_sessions.test_a_one_time_code_that_many_send_at_once_opens_one_session",
    "an invitation is worth several accounts": "test_invitations.test_a_code_that_many_send_at_once_is_worth_one_tenure",
    "a photo tells who reported": "test_attachments.test_a_photo_tells_officers_nothing_but_what_is_on_it",
    "a name that was judged means another address": "test_webhook_delivery.test_an_address_that_was_allowed_once_is_judged_again",
}


@pytest.mark.parametrize("named", ELSEWHERE.values(), ids=ELSEWHERE.keys())
def test_what_is_tried_elsewhere_is_still_tried(named: str) -> None:
    module, _, test = named.partition(".")
    assert callable(getattr(importlib.import_module(f"tests.integration.{module}"), test))
