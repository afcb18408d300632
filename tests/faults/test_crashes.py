"""A running deployment of which processes are killed, on a PostgreSQL of its own that loses nothing it has committed."""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import time
import urllib.error
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from tests import postgres
from tests.acceptance.government import Answer, Government, governing
from tests.faults.campaign import seed

pytestmark = pytest.mark.slow

LASTING = {"listen_addresses": "", "timezone": "Asia/Jakarta"}
SECONDS = float(os.environ.get("LAPOR_TEST_FAULTS", "4"))
NO_LIMIT = {"LAPOR_LIMITS__SUBMISSIONS": "0", "LAPOR_LIMITS__KEYED_IN": "0"}


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Server]:
    server = postgres.start(LASTING)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def government(server: postgres.Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Government]:
    with governing(server.url, tmp_path_factory.mktemp("government"), **NO_LIMIT) as government:
        yield government


@dataclass
class Ledger:
    """What clients know of what they submitted, by its key: its number, or nothing yet. `refused` should stay empty."""

    government: Government
    numbers: dict[str, str | None] = field(default_factory=dict)
    refused: list[Answer] = field(default_factory=list)

    def submit(self, key: str) -> str | None:
        """Submit under a key, once or again, and return its number; whoever has no answer knows nothing."""
        self.numbers.setdefault(key, None)
        said = {"kind": "complaint", "title": f"Laporan {key}", "text": "Lampu padam.", "channel": "website"}
        try:
            answer = self.government.ask("POST", "/api/v1/complaints", said, headers={"Idempotency-Key": key})
        except (urllib.error.URLError, http.client.HTTPException, OSError):
            return None
        if answer.status == 201:
            known = self.numbers[key]
            assert known in (None, answer.body["tracking_number"])
            self.numbers[key] = answer.body["tracking_number"]
        elif answer.status not in (409, 503):
            self.refused.append(answer)
        return self.numbers[key]

    def submit_until(self, moment: float) -> None:
        """Submit one after the other."""
        while time.monotonic() < moment:
            self.submit(uuid4().hex)

    @property
    def unknown(self) -> list[str]:
        """The keys of what may have been stored or not."""
        return [key for key, number in self.numbers.items() if number is None]

    @property
    def known(self) -> list[tuple[str, str | None]]:
        """What must be stored, exactly once: titles and numbers."""
        return sorted((f"Laporan {key}", number) for key, number in self.numbers.items())


def stored(server: postgres.Server) -> list[tuple[str, str]]:
    """The titles and numbers of all that was submitted here."""
    asked = "SELECT title, number FROM complaints WHERE title LIKE 'Laporan %' AND length(title) = 40 ORDER BY title"
    with psycopg.connect(server.url) as connection:
        return [(str(title), str(number)) for title, number in connection.execute(asked)]


def test_what_was_acknowledged_is_stored_once_and_what_was_not_becomes_one(
    government: Government, server: postgres.Server
) -> None:
    lots, ledger, until = random.Random(seed()), Ledger(government), time.monotonic() + SECONDS
    killed = 0
    with ThreadPoolExecutor(4) as clients:
        submitting = [clients.submit(ledger.submit_until, until) for _ in range(4)]
        while time.monotonic() < until:
            time.sleep(lots.uniform(0.5, 2.5))
            killed += kill_one_of(government.processes["serve"].pid, lots)
        for client in submitting:
            client.result(timeout=60)
    lost = len(ledger.unknown)
    a_minute_goes_by(server)
    for key in ledger.unknown:
        government.wait(partial(ledger.submit, key))
    print({"submitted": len(ledger.numbers), "without an answer": lost, "killed": killed})
    assert (ledger.refused, ledger.known) == ([], stored(server))
    for key in [*ledger.numbers][:20]:
        ledger.submit(key)
    assert ledger.known == stored(server)


def kill_one_of(pid: int, lots: random.Random) -> int:
    """Kill one of the processes that answer requests."""
    serving = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    if serving:
        os.kill(int(lots.choice(serving)), signal.SIGKILL)
    return bool(serving)


def a_minute_goes_by(server: postgres.Server) -> None:
    """Before, nobody takes over what a process that was killed had begun."""
    with psycopg.connect(server.url) as connection:
        connection.execute("UPDATE idempotency_keys SET created_at = created_at - interval '61 seconds'")


def test_a_database_that_was_killed_is_waited_for_and_nothing_is_lost(
    government: Government, server: postgres.Server
) -> None:
    pids = {name: process.pid for name, process in government.processes.items()}
    ledger, key = Ledger(government), uuid4().hex
    ledger.submit(uuid4().hex)
    server.kill()
    began = time.monotonic()
    ledger.submit(key)
    down = [government.ask("GET", f"/health/{name}").status for name in ("live", "ready")]
    assert (down, ledger.unknown, ledger.refused) == ([200, 503], [key], [])
    assert time.monotonic() - began < 10
    government.wait(lambda: "sweep_once" in (government.folder / "worker.log").read_text())
    server.start_again()
    government.wait(partial(ledger.submit, key))
    number = neglected(government)
    government.wait(lambda: [mail for mail in government.mail.taken if number in str(mail["Subject"])])
    ended = [process.poll() for process in government.processes.values()]
    assert ({name: process.pid for name, process in government.processes.items()}, ended) == (pids, [None, None])
    assert set(ledger.known) <= set(stored(server))
    examined = government.lapor("doctor", "--json")
    assert (examined.returncode, json.loads(examined.stdout)["broken"]) == (0, [])


def neglected(government: Government) -> str:
    """A complaint that is keyed in when it is long overdue; its superiors are told by the next sweep."""
    received = (datetime.now(UTC) - timedelta(days=60)).isoformat()
    said: dict[str, Any] = {"kind": "complaint", "title": "Lampu padam", "text": "Gelap.", "channel": "counter"}
    body = {**said, "received_at": received}
    answer = government.ask("POST", "/api/v1/complaints", body, token="coordinator")
    assert answer.status == 201, answer
    return str(answer.body["tracking_number"])
