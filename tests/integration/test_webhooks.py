"""What agencies' apps are told of a case: moves and rungs of their subtree, in the transaction of the case."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event, select

from lapor.directory import webhooks
from lapor.errors import InvalidFields
from lapor.records import Webhook, WebhookDelivery
from tests.integration.test_atomicity import DEEDS, struck_at_each_step
from tests.integration.town import COORDINATOR, DISPOSITION, REPORTER, Town, at

NOON = "6 Jul 12:00"
CANARIES = {"title": "KENARI-judul", "text": "KENARI-isi", "remedy_sought": "KENARI-minta", "address": "KENARI-jalan"}
SINGER = {"name": "KENARI-nama", "email": "kenari@warga.example", "phone": "KENARI-0812"}


def listening(town: Town, *units: str, events: tuple[str, ...] = ()) -> Town:
    """The town with an app of each of these units, and the engine that knows them."""
    with town.site.writing() as session:
        for code in units:
            unit = town.engine.organisation.unit_codes[code]
            url = f"https://{code}.example/"
            webhooks.register(session, unit, url, events=events, allow_private=False, now=at("1 Jul 09:00"))
    return anew(town)


def anew(town: Town) -> Town:
    """The town with the engine of now."""
    with town.site.reading() as session:
        return replace(town, engine=town.site.engine(session))


def told(town: Town) -> list[tuple[str, dict[str, Any]]]:
    """Whom of what, in order: the code of the unit, and the data."""
    units = town.engine.organisation.units
    rows = select(Webhook.unit_id, WebhookDelivery.payload).join(Webhook, Webhook.id == WebhookDelivery.webhook_id)
    with town.site.reading() as session:
        found = session.execute(rows.order_by(WebhookDelivery.id)).all()
        return [(units[unit_id].code, payload["data"]) for unit_id, payload in found]


def stored(town: Town) -> list[WebhookDelivery]:
    with town.site.reading() as session:
        return list(session.scalars(select(WebhookDelivery).order_by(WebhookDelivery.id)))


def brief(town: Town) -> list[str]:
    """Whom of which move or clock."""
    return [f"{unit}: {data.get('move') or data.get('clock')}" for unit, data in told(town)]


def test_a_move_is_told_to_the_apps_above_the_holder(town: Town) -> None:
    town = listening(town, "kota", "pu", "jalan", "kesehatan")
    case = town.submit()
    case.attempt("dispose", COORDINATOR, NOON, DISPOSITION)
    case.attempt("accept", "pu.penghubung", NOON, {})
    submitted = {
        "number": case.number,
        "move": "submit",
        "from": None,
        "to": "received",
        "holder": "kota",
        "version": 1,
    }
    disposed = submitted | {"move": "dispose", "from": "received", "to": "disposed", "holder": "pu", "version": 2}
    accepted = disposed | {"move": "accept", "from": "disposed", "to": "in_follow_up", "version": 3}
    assert told(town) == [
        ("kota", submitted),
        ("kota", disposed),
        ("pu", disposed),
        ("kota", accepted),
        ("pu", accepted),
    ]


def test_a_delivery_waits_from_the_moment_of_its_move(town: Town) -> None:
    town = listening(town, "pu")
    case = town.case_in("disposed", "6 Jul 09:00")
    (row,) = stored(town)
    seen = {name: getattr(row, name) for name in WebhookDelivery.__table__.columns.keys() if name != "id"}  # noqa: SIM118
    assert seen == {
        "webhook_id": 1,
        "complaint_id": case.id,
        "message_id": f"msg_1_{case.number}_2",
        "event": "complaint.moved",
        "payload": {
            "type": "complaint.moved",
            "timestamp": at("6 Jul 09:00").isoformat(),
            "data": {
                "number": case.number,
                "move": "dispose",
                "from": "received",
                "to": "disposed",
                "holder": "pu",
                "version": 2,
            },
        },
        "state": "waiting",
        "created_at": at("6 Jul 09:00"),
        "next_attempt_at": at("6 Jul 09:00"),
        "attempts": 0,
        "sent_at": None,
        "fault": None,
    }


def test_at_a_hand_over_the_former_holder_is_told_too(town: Town) -> None:
    town = listening(town, "jalan", "pu", "kesehatan")
    case = town.case_in("disposed")
    case.attempt("recall", COORDINATOR, NOON, {"reason": "Salah unit."})
    case.attempt("arbitrate", COORDINATOR, NOON, {"unit": "kesehatan", "reason": "Rumah sakit."})
    case.attempt("note_progress", "kesehatan.penghubung", NOON, {"text": "Diperiksa."})
    assert brief(town) == [
        "pu: dispose",
        "pu: recall",
        "pu: arbitrate",
        "kesehatan: arbitrate",
        "kesehatan: note_progress",
    ]


def test_each_rung_is_told_once(town: Town) -> None:
    town = listening(town, "pu")
    case = town.case_in("disposed")
    town.sweep("9 Jul 07:00")
    town.sweep("9 Jul 07:00")
    first = {
        "number": case.number,
        "clock": "holding",
        "term": 1,
        "rung": 0,
        "from": "disposed",
        "to": "disposed",
        "holder": "pu",
        "version": 2,
    }
    assert told(town)[1:] == [("pu", first), ("pu", first | {"rung": 1})]
    assert [(row.event, row.payload["type"], row.message_id) for row in stored(town)[1:]] == [
        ("complaint.escalated", "complaint.escalated", f"msg_1_{case.number}_{n}") for n in (3, 4)
    ]


def test_an_app_is_told_only_of_the_events_that_it_wants(town: Town) -> None:
    town = listening(listening(town, "pu", events=("complaint.escalated",)), "kota", events=("complaint.moved",))
    town.case_in("disposed")
    town.sweep("9 Jul 07:00")
    assert brief(town) == ["kota: submit", "kota: dispose", "pu: holding", "pu: holding"]


def test_nothing_of_content_or_reporter_leaves_the_house(town: Town) -> None:
    town = listening(town, "kota")
    case = town.submit(reporter=SINGER, **CANARIES)
    case.attempt("dispose", COORDINATOR, NOON, DISPOSITION)
    case.attempt("accept", "pu.penghubung", NOON, {})
    case.attempt("ask_reporter", "pu.penghubung", NOON, {"question": "KENARI-tanya"})
    case.attempt("reply", "reporter", NOON, {"text": "KENARI-jawab"})
    case.attempt("answer", "pu.penghubung", NOON, {"text": "KENARI-tanggapan"})
    case.attempt("dispute", "reporter", NOON, {"reason": "KENARI-sanggah"})
    town.sweep("20 Jul 07:00")
    assert len(stored(town)) > 7
    assert [row.payload for row in stored(town) if "kenari" in repr(row.payload).lower()] == []


@pytest.mark.parametrize("privacy", ["anonymous", "confidential"])
def test_of_a_private_case_only_number_and_type_are_told(town: Town, privacy: str) -> None:
    town = listening(town, "kota")
    private: dict[str, Any] = {privacy: True}
    case = town.submit(reporter=REPORTER, **private)
    case.attempt("dispose", COORDINATOR, NOON, DISPOSITION)
    town.sweep("9 Jul 07:00")
    assert {(unit, *data.items()) for unit, data in told(town)} == {("kota", ("number", case.number))}
    assert {row.event for row in stored(town)} == {"complaint.moved", "complaint.escalated"}


def test_the_move_that_makes_a_case_private_is_told_as_of_a_private_case(town: Town) -> None:
    town = listening(town, "kota")
    case = town.submit(reporter=REPORTER)
    case.attempt("tighten", "reporter", NOON, {"confidential": True})
    assert told(town)[1] == ("kota", {"number": case.number})


@pytest.mark.parametrize(
    ("alleged", "heard"),
    [
        ({"reported": "rsud"}, ["kota", "kesehatan", "pu"]),
        ({"reported": "kesehatan"}, ["kota", "pu"]),
        ({"reported": "kesehatan.kepala"}, ["kota", "pu"]),
        ({"reported": "jalan, pu.petugas"}, ["kota", "kesehatan", "rsud"]),
        ({"reported": "kota.wali-kota"}, []),
        ({"reported": "unknown", "reason": "Tanpa nama."}, ["kota", "kesehatan", "rsud", "pu"]),
        ({"reported": "rsud, pu", "classification": "not_oversight"}, ["kota", "kesehatan", "rsud", "pu"]),
    ],
)
def test_whom_an_allegation_is_about_is_told_nothing(town: Town, alleged: dict[str, str], heard: list[str]) -> None:
    town = listening(town, "kota", "kesehatan", "rsud", "pu", "inspektorat")
    case = town.submit(door="rsud")
    fields = {**DISPOSITION, "classification": "oversight", **alleged}
    case.attempt("dispose", "rsud.koordinator-pengaduan", NOON, fields)
    assert [unit for unit, data in told(town) if data["move"] == "dispose"] == heard


@pytest.mark.parametrize("reported", ["pu", "jalan"])
def test_rungs_of_an_allegation_are_kept_from_those_whom_it_is_about(town: Town, reported: str) -> None:
    town = listening(town, "setda", "pu", "jalan")
    case = town.submit()
    fields = {**DISPOSITION, "classification": "oversight", "unit": "setda", "reported": reported}
    case.attempt("dispose", COORDINATOR, NOON, fields)
    town.sweep("9 Jul 07:00")
    assert brief(town) == ["setda: dispose", "setda: holding", "setda: holding"]


def test_a_move_that_is_refused_leaves_no_delivery(town: Town) -> None:
    town = listening(town, "kota")
    case = town.case_in("disposed")
    before = len(stored(town))
    assert case.refuses("answer", "pu.penghubung", NOON, text="Sudah.") == ("NotOpen", None)
    assert len(stored(town)) == before


@pytest.mark.parametrize("deed", DEEDS[1:4], ids=lambda deed: deed.__name__)
def test_a_move_that_fails_at_any_step_leaves_no_delivery(town: Town, deed: Callable[[Town], Any]) -> None:
    town = listening(town, "kota")
    act = deed(town)
    before = town.dump()
    struck_at_each_step(town, act)
    assert len(town.dump()["webhook_deliveries"]) == len(before["webhook_deliveries"]) + 1


def statements(town: Town, act: Callable[[], object]) -> list[str]:
    ran: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        ran.append(statement)

    event.listen(town.site.database, "before_cursor_execute", note)
    try:
        act()
    finally:
        event.remove(town.site.database, "before_cursor_execute", note)
    return ran


def test_apps_cost_a_move_and_a_rung_one_statement_and_nothing_where_there_are_none(town: Town) -> None:
    def counts(town: Town) -> list[int]:
        case = town.submit(reporter=REPORTER)
        about = {**DISPOSITION, "classification": "oversight", "unit": "setda", "reported": "rsud"}
        return [
            len(statements(town, act))
            for act in (
                lambda: town.submit(reporter=REPORTER),
                lambda: case.attempt("dispose", COORDINATOR, NOON, about),
                lambda: town.sweep("9 Jul 07:00"),
                lambda: case.attempt("withdraw", "reporter", "9 Jul 08:00", {"reason": "reporters_wish"}),
            )
        ]

    without = counts(town)
    before = town.dump()
    elsewhere = counts(listening(town, "kesehatan"))
    assert len(before["webhook_deliveries"]) == 0
    assert elsewhere == without
    many = listening(town, "kota", "kota", "setda")
    assert [more - few for more, few in zip(counts(many), without, strict=True)] == [1, 1, 2, 1]


def test_a_webhook_that_is_registered_or_removed_is_known_to_the_next_engine(town: Town) -> None:
    hearing = listening(town, "kota", "pu")
    with town.site.writing() as session:
        removed = [webhooks.deactivate(session, 1), webhooks.deactivate(session, 1), webhooks.deactivate(session, 9)]
    assert removed == [True, False, False]
    assert [len(each.engine.subscriptions) for each in (town, hearing, anew(town))] == [0, 2, 1]


def test_a_move_under_an_engine_that_is_not_of_now_tells_no_app_that_was_removed(town: Town) -> None:
    before = listening(town, "kota", "pu")
    with town.site.writing() as session:
        webhooks.deactivate(session, 1)
    before.case_in("disposed")
    assert brief(before) == ["pu: dispose"]


def test_an_unknown_event_is_refused(town: Town) -> None:
    with pytest.raises(InvalidFields) as fault:
        listening(town, "pu", events=("complaint.moved", "complaint.sung"))
    assert fault.value.errors == {
        "events": ["complaint.sung: must be one of complaint.moved, complaint.escalated."],
    }
    assert town.dump()["webhooks"] == []
