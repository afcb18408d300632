"""`lapor replay` against a computation of its own: a few lines over file, calendar and budget, no code of lapor."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import holidays
import pytest
import sqlalchemy
from sqlalchemy import text

from tests.acceptance import synthetic

LAPOR = str(Path(sys.executable).with_name("lapor"))
SHIPPED = Path(__file__).parents[2] / "workflows" / "complaint.yaml"
ZONE = ZoneInfo("Asia/Jakarta")
BROKEN = 58  # of the small file: the line that is not JSON, by its place
CLOSED = holidays.country_holidays("ID", years=range(2024, 2026), categories=("public", "government"))


def expected(complaints: Path, days: int) -> dict[int, dict[str, Any]]:
    """What must come of each line: its due moment by the calendar, and whether the answer came in time."""
    told: dict[int, dict[str, Any]] = {}
    for line in complaints.read_text().splitlines()[:-2]:
        said = json.loads(line)
        received = datetime.fromisoformat(said["submitted_utc"] + "+00:00")
        answer = said["first_response_utc"] and datetime.fromisoformat(said["first_response_utc"] + "+00:00")
        due = _due(received, days)
        outcome = "never" if answer is None else "within" if answer <= due else "after"
        told[said["n"]] = {
            "n": said["n"],
            "received_at": _z(received),
            "due_at": _z(due),
            "answered_at": _z(answer) if answer else None,
            "outcome": outcome,
        }
        if answer is not None and answer < received:
            told[said["n"]] = _rejected(said["n"])
    return {**told, BROKEN: _rejected(BROKEN), 900: _rejected(900)}


def _due(received: datetime, days: int) -> datetime:
    day: date = received.astimezone(ZONE).date()
    while days:
        day += timedelta(days=1)
        days -= day.weekday() < 5 and day not in CLOSED
    closing = clock_time(16, 30) if day.weekday() == 4 else clock_time(16)
    return datetime.combine(day, closing, ZONE)


def _rejected(n: int) -> dict[str, Any]:
    return {"n": n, "received_at": None, "due_at": None, "answered_at": None, "outcome": "rejected"}


def _z(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _lapor(folder: Path, url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LAPOR, *arguments], cwd=folder, env=_env(url), capture_output=True, text=True, check=False, timeout=300
    )


def _env(url: str) -> Mapping[str, str]:
    return {**os.environ, "LAPOR_DATABASE_URL": url}


@pytest.mark.parametrize("days", [5, 1])
def test_every_line_comes_out_as_computed_by_hand(tmp_path: Path, database_url: str, days: int) -> None:
    complaints, tree = synthetic.write(tmp_path)
    workflow = tmp_path / "complaint.yaml"
    before, after = SHIPPED.read_text().split("  first_response:", 1)
    workflow.write_text(before + "  first_response:" + after.replace("5 working days", f"{days} working days", 1))
    workflow.write_text(workflow.read_text().replace("1 working days", "1 working day"))

    replayed = _lapor(
        tmp_path, database_url, "replay", str(complaints), "--units", str(tree), "--workflow", str(workflow),
        "--lines", "out.jsonl", "--json",
    )  # fmt: skip

    assert (replayed.returncode, replayed.stderr) == (0, "")
    written = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    wanted = sorted(expected(complaints, days).values(), key=lambda line: line["n"])
    assert written == wanted
    outcomes = [line["outcome"] for line in wanted]
    numbers = json.loads(replayed.stdout)
    assert numbers["answered"] == {name: outcomes.count(name) for name in ("within", "after", "never")}
    assert sorted(line["n"] for line in numbers["rejected"]) == [line["n"] for line in wanted if not line["due_at"]]
    examined = _lapor(tmp_path, database_url, "doctor", "--json")
    assert (examined.returncode, json.loads(examined.stdout)["broken"]) == (0, [])


def test_both_databases_give_the_same_numbers(tmp_path: Path) -> None:
    from tests.postgres import fresh_database

    complaints, tree = synthetic.write(tmp_path)
    with fresh_database() as postgres:
        told = []
        for url in (f"sqlite:///{tmp_path}/here.sqlite3", postgres):
            numbers = json.loads(
                _lapor(tmp_path, url, "replay", str(complaints), "--units", str(tree), "--json").stdout
            )
            told.append({key: value for key, value in numbers.items() if "second" not in key})
    assert told[0] == told[1]


def test_a_stopped_replay_goes_on_where_it_stopped(tmp_path: Path, database_url: str) -> None:
    complaints, tree = synthetic.write(tmp_path)
    command = ["replay", str(complaints), "--units", str(tree), "--lines", "out.jsonl", "--json"]
    _lapor(tmp_path, database_url, *command, "--until", "2024-04-01T00:00:00Z")
    process = subprocess.Popen([LAPOR, *command], cwd=tmp_path, env=_env(database_url), stdout=subprocess.PIPE)
    _wait_for_answers(database_url, process)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert _lapor(tmp_path, database_url, *command).returncode == 0
    written = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert written == sorted(expected(complaints, 5).values(), key=lambda line: line["n"])


def _wait_for_answers(url: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until the second part has stored something that the first part did not."""
    database = sqlalchemy.create_engine(url)
    while process.poll() is None:
        with database.connect() as connection:
            latest = connection.execute(text("SELECT max(received_at) FROM complaints")).scalar()
        if str(latest) > "2024-04":
            break
        time.sleep(0.02)
    database.dispose()


def test_until_stops_the_simulated_clock(tmp_path: Path, database_url: str) -> None:
    complaints, tree = synthetic.write(tmp_path)
    until = "2024-04-01T00:00:00Z"
    replayed = _lapor(
        tmp_path, database_url, "replay", str(complaints), "--units", str(tree), "--until", until, "--json"
    )
    numbers = json.loads(replayed.stdout)
    received = [
        said for said in expected(complaints, 5).values() if said["received_at"] and said["received_at"] < until
    ]
    assert numbers["submitted"] == len(received)
