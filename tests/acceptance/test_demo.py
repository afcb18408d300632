"""`lapor demo` as people call it."""

from __future__ import annotations

import json
import os
import resource
import subprocess
from pathlib import Path
from typing import Any

import pytest

from lapor.directory import demo
from tests.acceptance.government import LAPOR

MINUTE = 60.0


def lapor_demo(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    # neither settings nor proxies of whoever calls it play a part
    env = {**os.environ, "LAPOR_PORT": "1", "http_proxy": "http://127.0.0.1:1"}
    command = [LAPOR, "demo", *arguments]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=120)


def computed() -> float:
    """The seconds that ended children took of the processors: what others do beside it must not count."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.mark.slow
def test_a_fortnight_is_played_in_under_a_minute_with_these_facts(tmp_path: Path) -> None:
    begun = computed()
    ended = lapor_demo(tmp_path, "--json", "--keep", "kept")
    assert computed() - begun < MINUTE
    assert (ended.returncode, ended.stderr) == (0, "")
    told = json.loads(ended.stdout)

    assert {name: told[name] for name in ("from", "to", "submitted", "privacy", "states", "answers", "mails")} == {
        "from": "2026-08-10",
        "to": "2026-08-23",
        "submitted": 60,
        "privacy": {"anonymous": 27, "confidential": 15, "unidentified": 6},
        "states": {
            "closed": 19,
            "answered": 16,
            "in_follow_up": 15,
            "received": 6,
            "disposed": 2,
            "awaiting_reporter": 1,
            "withdrawn": 1,
        },
        "answers": {
            "first_response": {
                "within": 42, "after": 2, "open": 10, "working_hours": {"median": 24.65, "p90": 39.12},
            },
            "resolution": {
                "within": 35, "after": 0, "open": 19, "working_hours": {"median": 24.65, "p90": 53.97},
            },
        },
        "mails": 274,
    }  # fmt: skip
    assert (told["doctor"]["broken"], told["doctor"]["checked"]["complaints"]) == ([], 60)
    assert told["kept"] == str(tmp_path / "kept")
    _has_these_days(told["days"])
    _has_these_journeys(told["journeys"])
    _reached_the_top(told["received"])
    _mails_keep_secrets(tmp_path / "kept" / "var" / "mail", told["mails"])

    again = lapor_demo(tmp_path, "--keep", "kept")
    assert (again.returncode, again.stdout) == (2, "")
    assert again.stderr == "lapor: --keep: kept is not empty: name a new folder.\n"


def _has_these_days(days: list[dict[str, Any]]) -> None:
    assert [day["date"] for day in days if not day["working"]] == [
        "2026-08-15", "2026-08-16", "2026-08-17", "2026-08-22", "2026-08-23",
    ]  # fmt: skip
    assert days[7] == {
        "date": "2026-08-17",
        "working": False,
        "holiday": "Hari Kemerdekaan Republik Indonesia",
        "moves": {"submit": 3},
        "rungs": {},
    }


def _has_these_journeys(journeys: dict[str, Any]) -> None:
    told = {name: (journey["state"], " ".join(journey["moves"])) for name, journey in journeys.items()}
    assert {name: told[name] for name in ("asked", "disputed", "wrong_door", "withdrawn", "same_matter")} == {
        "asked": ("awaiting_reporter", "submit dispose accept ask_reporter"),
        "disputed": (
            "closed",
            "submit dispose accept answer dispute answer dispute answer appeal overturn answer confirm",
        ),
        "wrong_door": ("closed", "submit dispose return dispose return arbitrate note_progress answer confirm"),
        "withdrawn": ("withdrawn", "submit dispose accept withdraw"),
        "same_matter": ("closed", "submit dispose accept answer confirm"),
    }
    assert journeys["wrong_door"]["holder"] == "bidang-ketertiban-umum"


def _reached_the_top(received: list[dict[str, Any]]) -> None:
    names = ("post", "warnings", "rungs", "mails")
    assert [tuple(row[name] for name in names) for row in received[:4]] == [
        ("sekretariat-daerah.sekretaris-daerah", 0, 5, 5),
        ("inspektorat.inspektur", 0, 3, 6),
        ("pemerintah-kota.wali-kota", 0, 3, 3),
        ("pemerintah-kota.koordinator-pengaduan", 4, 2, 9),
    ]


def _mails_keep_secrets(folder: Path, number: int) -> None:
    mails = [path.read_text() for path in folder.iterdir()]
    assert len(mails) == number
    samples = [sample.submission for sample in demo.read().complaints]
    hidden = [sample["title"] for sample in samples if sample.get("confidential") or sample.get("anonymous")]
    assert [title for title in hidden if any(title in mail for mail in mails)] == []
