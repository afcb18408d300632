"""The second wall: with the scope taken away, PostgreSQL itself still keeps an officer within one agency."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select, text, true

from lapor.access import reading, wall
from lapor.access.principal import Principal
from lapor.records import Attachment, Complaint, Erasure, Export, Message, Opening
from tests.integration.conftest import founded
from tests.integration.town import COORDINATOR, DISPOSITION
from tests.integration.web import NOW, Web

PLAIN = "lapor_plain"
BELOW = ("messages", "trail", "openings", "attachments", "erasures", "exports")
PELAPOR = {"name": "Pelapor", "email": "pelapor@warga.example"}
HEALTH = {**DISPOSITION, "unit": "kesehatan"}


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    """The API on PostgreSQL, connected as somebody for whom row-level security is not waived."""
    with founded("postgresql", tmp_path) as town:
        database = town.site.database
        with database.begin() as connection:
            if not connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :name"), {"name": PLAIN}):
                connection.execute(text(f"CREATE ROLE {PLAIN} NOSUPERUSER NOBYPASSRLS"))
            connection.execute(text(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {PLAIN}"))
            connection.execute(text(f"GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {PLAIN}"))
        database.dispose()
        event.listen(database, "connect", _as_plain)
        yield Web(town)
        with database.begin() as connection:
            connection.execute(text("RESET ROLE"))
            connection.execute(text(f"DROP OWNED BY {PLAIN}"))


def _as_plain(connection: Any, _record: object) -> None:
    connection.execute(f"SET ROLE {PLAIN}")
    connection.commit()


def _everything(_principal: Principal, _organisation: Any) -> Any:
    return true()


def two_agencies(web: Web) -> tuple[dict[str, Any], dict[str, Any]]:
    """A case of public works, and one of the health agency."""
    works, health = web.submit(reporter=PELAPOR), web.submit(reporter=PELAPOR)
    web.moved(works, "dispose", COORDINATOR, **DISPOSITION)
    web.moved(health, "dispose", COORDINATOR, **HEALTH)
    return works, health


def listed(web: Web, by: str) -> set[str]:
    return {item["tracking_number"] for item in web.get("/complaints", by).json["items"]}


@pytest.mark.parametrize("by", ["kesehatan.penghubung", "kesehatan.petugas", "kesehatan.kepala", "rsud.penghubung"])
def test_without_the_scope_an_officer_is_kept_within_the_agency(
    web: Web, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    works, health = two_agencies(web)
    monkeypatch.setattr(reading, "scope", _everything)
    assert listed(web, by) == {health["tracking_number"]}
    for suffix in ("", "/trail", "/messages", "/moves", "/attachments"):
        assert web.get(f"/complaints/{works['tracking_number']}{suffix}", by).status_code == 404


def test_the_test_would_notice_a_wall_that_is_not_there(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    works, health = two_agencies(web)
    monkeypatch.setattr(reading, "scope", _everything)
    monkeypatch.setattr("lapor.access.wall.put_up", lambda *_: None)
    assert listed(web, "kesehatan.penghubung") == {works["tracking_number"], health["tracking_number"]}


def test_what_stands_below_a_case_is_behind_the_same_wall(web: Web) -> None:
    works, health = two_agencies(web)
    with web.site.writing() as session:
        ids = {row.number: row.id for row in session.execute(select(Complaint.number, Complaint.id))}
        for case in (works, health):
            session.add_all(below(ids[case["tracking_number"]]))
    everything, own = {*ids.values()}, {ids[health["tracking_number"]]}
    for by, shown in (("kesehatan.penghubung", own), ("inspektorat.inspektur", everything), (COORDINATOR, everything)):
        with web.site.reading() as session:
            wall.put_up(session, web.town.engine.organisation, web.town.who(by))
            seen = {table: {*session.scalars(text(f"SELECT complaint_id FROM {table}"))} for table in BELOW}
        assert seen == dict.fromkeys(BELOW, shown)


def below(complaint_id: int) -> list[Any]:
    """A row of each kind below a case; its trail is there already."""
    of_case: dict[str, Any] = {"complaint_id": complaint_id}
    file = {"id": str(complaint_id), "sequence": 1, "name": "", "kind": "", "bytes": 0, "digest": "", "data_key": ""}
    return [
        Message(**of_case, at=NOW, role="reporter", audience="reporter", text="Halo."),
        Opening(**of_case, post_id=1, role="coordinator", what="identity", reason="0", asked_at=NOW, state="asked"),
        Attachment(**of_case, at=NOW, role="reporter", **file),
        Erasure(**of_case, asked_at=NOW, due_at=NOW, state="asked"),
        Export(**of_case, day=NOW.date()),
    ]


def test_within_the_wall_everything_goes_its_way(web: Web) -> None:
    case = web.answered(reporter=PELAPOR)
    web.moved(case, "appeal", case["secret"], reason="Masih berlubang.")
    # the reviewer of another agency, and whoever was told by the ladder
    assert web.moved(case, "overturn", "pu.kepala", reason="Belum selesai.")["state"] == "in_follow_up"
    web.moved(case, "ask_arbitration", "pu.penghubung", reason="Jalan rumah sakit.")
    assert (
        web.moved(case, "arbitrate", COORDINATOR, unit="rsud", reason="Milik rumah sakit.")["state"] == "in_follow_up"
    )
    assert web.get(f"/complaints/{case['tracking_number']}", "pu.penghubung").status_code == 404
    assert web.moved(case, "answer", "rsud.penghubung", text="Sudah ditambal.")["state"] == "answered"
    assert listed(web, "inspektorat.inspektur") == {case["tracking_number"]}


def test_whoever_the_ladder_told_reads_across_agencies(web: Web) -> None:
    works, _ = two_agencies(web)
    web.sweep(days=2, hours=8)
    assert works["tracking_number"] in listed(web, "setda.sekda")
    assert web.get(f"/complaints/{works['tracking_number']}/trail", "setda.sekda").status_code == 200


def test_what_is_public_is_the_same_for_an_officer_as_for_everybody(web: Web) -> None:
    for case in two_agencies(web):
        said = {"title": "Jalan", "text": "Berlubang."}
        path = f"/complaints/{case['tracking_number']}/publication"
        assert web.put(path, said, COORDINATOR, If_Match="*").status_code == 200
    seen = web.get("/public/complaints").json
    assert {item["holder"]["code"] for item in seen["items"]} == {"pu", "kesehatan"}
    one = f"/public/complaints/{seen['items'][0]['public_id']}"
    for path in ("/public/complaints", one, "/public/statistics"):
        assert web.get(path, "kesehatan.penghubung").json == web.get(path).json


def test_the_wall_is_gone_with_its_transaction(web: Web) -> None:
    works, health = two_agencies(web)
    web.get("/complaints", "kesehatan.penghubung")
    assert listed(web, COORDINATOR) == {works["tracking_number"], health["tracking_number"]}
    assert web.town.findings("6 Jul 10:00") == []
