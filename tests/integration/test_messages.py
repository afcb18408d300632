"""Messages beside moves: they change no state, and only the reporter's own word starts the waiting anew, twice at most."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from lapor.errors import Forbidden, InvalidFields, LaporError, NotFound
from lapor.records import Message
from tests.integration.town import COORDINATOR, Case, Town, shown

NOON = "6 Jul 12:00"


@pytest.fixture
def town(shared_town: Town) -> Town:
    """These look at cases of their own only."""
    return shared_town


def written(case: Case) -> list[tuple[str | None, str, str | None, str, str]]:
    posts = case.town.engine.organisation.posts
    with case.town.site.reading() as session:
        rows = session.scalars(select(Message).filter_by(complaint_id=case.id).order_by(Message.id))
        return [
            (shown(row.at), row.role, posts[row.post_id].code if row.post_id else None, row.audience, row.text)
            for row in rows
        ]


def test_officers_and_reporter_write_to_each_other(town: Town) -> None:
    case = town.case_in("in_follow_up")
    before = case.seen()
    case.write("Kapan selesai?", "reporter", "7 Jul 10:00")
    case.write("Pekan ini.", "pu.penghubung", "7 Jul 11:00")
    case.write("Sudah dicek?", "pu.kepala", "7 Jul 12:00", audience="internal")
    assert written(case) == [
        ("7 Jul 10:00", "reporter", None, "reporter", "Kapan selesai?"),
        ("7 Jul 11:00", "liaison_officer", "pu.penghubung", "reporter", "Pekan ini."),
        ("7 Jul 12:00", "supervisor", "pu.kepala", "internal", "Sudah dicek?"),
    ]
    after = case.seen()
    assert (after.version, after.state, after.due_at, case.trail()) == (
        before.version,
        "in_follow_up",
        before.due_at,
        ["submit", "dispose", "accept"],
    )


def test_a_word_of_the_reporter_starts_the_confirmation_anew_twice_at_most(town: Town) -> None:
    case = town.case_in("answered")
    due = []
    for moment in ("7 Jul 10:00", "9 Jul 10:00", "10 Jul 10:00"):
        case.write("Belum saya lihat.", "reporter", moment)
        clock = case.clock("confirmation")
        due.append((clock.term, clock.restarts, shown(clock.due_at), shown(case.seen().due_at)))
    assert due == [
        (2, 1, "21 Jul 16:00", "21 Jul 16:00"),
        (3, 2, "23 Jul 16:00", "23 Jul 16:00"),
        (3, 2, "23 Jul 16:00", "23 Jul 16:00"),
    ]
    assert case.trail()[4:] == ["restart", "restart"]
    with town.site.reading() as session:
        entry = case.entries(session)[-1]
        assert (entry.is_public, entry.role, entry.public) == (False, "reporter", "{}")
        assert json.loads(entry.internal) == {
            "clocks": [
                {
                    "name": "confirmation",
                    "term": 3,
                    "state": "running",
                    "old": "2026-07-21T09:00:00Z",
                    "new": "2026-07-23T09:00:00Z",
                }
            ]
        }


def test_an_officers_word_starts_nothing_anew(town: Town) -> None:
    case = town.case_in("answered")
    case.write("Mohon konfirmasi.", "pu.penghubung", "7 Jul 10:00")
    assert (case.clock("confirmation").term, case.trail()[-1]) == (1, "answer")


WRONG: list[tuple[str, str, str, LaporError]] = [
    ("Halo.", "reporter", "internal", Forbidden()),
    ("Halo.", "kesehatan.penghubung", "reporter", NotFound()),
    ("Halo.", "visitor", "reporter", NotFound()),
    ("Halo.", COORDINATOR, "public", InvalidFields({"audience": ["Must be one of: reporter, internal."]})),
    (" ", COORDINATOR, "internal", InvalidFields({"text": ["Must not be blank."]})),
    (
        "Kode saya lapor_r_0123456789abcdefghijkl",
        "reporter",
        "reporter",
        InvalidFields({"text": ["Must not contain a secret: take it out and send the rest."]}),
    ),
]


@pytest.mark.parametrize(("text", "by", "audience", "error"), WRONG)
def test_a_wrong_message_is_refused(town: Town, text: str, by: str, audience: str, error: LaporError) -> None:
    case = town.case_in("answered")
    before = case.dump()
    with pytest.raises(type(error)) as refused:
        case.write(text, by, NOON, audience)
    assert str(refused.value) == str(error)
    assert case.dump() == before
