"""The main job over HTTP, with both processes running, on an empty database of each kind."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.acceptance.government import Government, governing

HOLE: dict[str, Any] = {
    "kind": "complaint",
    "title": "Jalan berlubang di depan pasar",
    "text": "Lubangnya dalam, kemarin ada pengendara motor yang jatuh.",
    "reporter": {"name": "Pelapor", "email": "pelapor@warga.example"},
}
DISPOSE = {"unit": "dinas-pekerjaan-umum", "category": "jalan-berlubang", "classification": "not_oversight"}


def test_a_complaint_is_answered_and_closed_and_a_neglected_one_climbs_the_ladder(
    tmp_path: Path, database_url: str
) -> None:
    with governing(database_url, tmp_path) as government:
        _is_answered_and_closed(government)
        _climbs(government)
        _gives_way(government)
        examined = government.lapor("doctor", "--json")
        assert (examined.returncode, json.loads(examined.stdout)["broken"]) == (0, [])
        verified = government.lapor("trail", "verify", "--json")
        assert (verified.returncode, json.loads(verified.stdout)["broken"]) == (0, [])
    assert {name: process.returncode for name, process in government.processes.items()} == {"serve": 0, "worker": 0}


def _gives_way(government: Government) -> None:
    """Whoever waits for an answer has the machine before the worker."""
    api, worker = (os.getpriority(os.PRIO_PROCESS, government.processes[name].pid) for name in ("serve", "worker"))
    assert worker == min(19, api + 5)


def _is_answered_and_closed(government: Government) -> None:
    submitted = government.ask("POST", "/api/v1/complaints", HOLE, headers={"Idempotency-Key": "k" * 22})
    assert submitted.status == 201
    number, secret = submitted.body["tracking_number"], submitted.body["secret"]
    again = government.ask("POST", "/api/v1/complaints", HOLE, headers={"Idempotency-Key": "k" * 22})
    assert (again.status, again.body) == (201, submitted.body)

    government.move(number, "dispose", DISPOSE, token="coordinator")
    government.move(number, "accept", {}, token="liaison_officer")
    government.move(number, "note_progress", {"text": "Lubang ditutup sementara."}, token="liaison_officer")
    government.move(number, "propose_answer", {"text": "Lubang sudah ditambal."}, token="handler")
    government.move(number, "approve", {}, token="liaison_officer")
    closed = government.move(number, "confirm", {"rating": 5}, token=secret)

    assert (closed["state"], closed["phase"]) == ("closed", None)
    states = {clock["name"]: clock["state"] for clock in closed["clocks"]}
    assert states == {
        "verification": "met",
        "holding": "met",
        "first_response": "met",
        "resolution": "met",
        "approval": "met",
        "confirmation": "met",
    }
    trail = government.ask("GET", f"/api/v1/complaints/{number}/trail", token=secret).body
    moves = [entry["move"] for entry in trail]
    assert moves == ["submit", "dispose", "accept", "note_progress", "approve", "confirm"]
    assert trail[4]["detail"] == {"text": "Lubang sudah ditambal."}
    # receipt, disposition, answer: by number and link, without what was reported
    mails = government.wait(lambda: _mails(government, "pelapor@warga.example", at_least=3))
    assert all(number in str(mail) and str(HOLE["title"]) not in str(mail) for mail in mails)


def _climbs(government: Government) -> None:
    neglected = {
        "kind": "complaint",
        "title": "Lampu jalan padam",
        "text": "Sudah seminggu gelap.",
        "channel": "counter",
        "received_at": (datetime.now(UTC) - timedelta(days=60)).isoformat(),
    }
    keyed_in = government.ask("POST", "/api/v1/complaints", neglected, token="coordinator")
    assert keyed_in.status == 201
    number = keyed_in.body["tracking_number"]

    rung = government.wait(lambda: _rungs(government, number))[0]

    assert (rung["clock"], rung["term"], rung["rung"], rung["acknowledged"]) == ("verification", 1, 5, False)
    mail = government.wait(lambda: _mails(government, rung["told"] + "@kota-contoh.example", at_least=1))[0]
    assert number in str(mail)
    path = f"/api/v1/escalations/{rung['id']}/acknowledgement"
    assert government.ask("POST", path, {"note": "Segera diverifikasi."}, token="inspector").status in (200, 201)
    trail = government.ask("GET", f"/api/v1/complaints/{number}/trail", token="inspector").body
    outcomes = [(entry["detail"]["rung"], entry["detail"]["outcome"]) for entry in trail if entry["move"] == "escalate"]
    assert outcomes == [(0, "skipped"), (1, "skipped"), (2, "skipped"), (3, "skipped"), (4, "skipped"), (5, "told")]


def _rungs(government: Government, number: str) -> list[dict[str, Any]]:
    items = government.ask("GET", "/api/v1/escalations", token="inspector").body["items"]
    return [item for item in items if item["number"] == number]


def _mails(government: Government, address: str, *, at_least: int) -> list[Any]:
    found = [mail for mail in government.mail.taken if address in str(mail["To"])]
    return found if len(found) >= at_least else []
