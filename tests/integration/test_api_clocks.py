"""Explained clocks over HTTP and as a command: for whoever may see the content of the case, each with their part."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from tests.acceptance.government import LAPOR
from tests.integration.town import COORDINATOR, DISPOSITION
from tests.integration.web import Web, problem


def passed_down(web: Web, **said: Any) -> dict[str, Any]:
    """A case that is handed over, passed down (which the public trail does not tell), and answered."""
    case = web.submit(**said)
    for name, by, fields in (
        ("dispose", COORDINATOR, DISPOSITION),
        ("accept", "pu.penghubung", {}),
        ("ask_reporter", "pu.penghubung", {"question": "Di mana?"}),
        ("reply", case["secret"], {"text": "Di sini."}),
        ("answer", "pu.penghubung", {"text": "Sudah."}),
    ):
        web.watch.forward(hours=1)
        web.moved(case, name, by, **fields)
    return case


def test_reporters_and_officers_are_told_how_a_due_moment_came_about(web: Web) -> None:
    case = passed_down(web)
    path = f"/complaints/{case['tracking_number']}/clocks/resolution"
    (to_reporter,), (to_officer,) = web.get(path, case["secret"]).json, web.get(path, "pu.penghubung").json
    assert {name: to_reporter[name] for name in ("name", "state", "due_at", "elapsed", "shares", "pauses")} == {
        "name": "resolution",
        "state": "met",
        "due_at": "2026-07-24T09:30:00Z",
        "elapsed": 14400.0,
        "shares": [
            {
                "party": "unit",
                "label": {"id": "Unit pemegang laporan", "en": "Unit that holds the case"},
                "unit": "pu",
                "ran": 10800.0,
                "stood": 0.0,
            },
            {
                "party": "reporter",
                "label": {"id": "Pelapor", "en": "Reporter"},
                "unit": None,
                "ran": 0.0,
                "stood": 3600.0,
            },
        ],
        "pauses": [
            {
                "from": "2026-07-06T05:00:00Z",
                "to": "2026-07-06T06:00:00Z",
                "old_due": "2026-07-24T09:30:00Z",
                "new_due": "2026-07-24T09:30:00Z",
            }
        ],
    }
    assert to_reporter["days"][5] == {
        "day": "2026-07-11",
        "why": "weekend",
        "label": {"id": "akhir pekan", "en": "weekend"},
        "holiday": None,
        "windows": [],
        "used": 0,
        "total": 4,
    }
    assert [each.get("post", "") for each in to_reporter["changes"]] == [""] * 4
    posts = [COORDINATOR, "pu.penghubung", None, "pu.penghubung"]
    assert to_officer == {
        **to_reporter,
        "changes": [{**each, "post": post} for each, post in zip(to_reporter["changes"], posts, strict=True)],
    }


def test_who_may_not_see_the_case_is_told_nothing_of_its_clocks(web: Web) -> None:
    path = f"/complaints/{passed_down(web)['tracking_number']}/clocks/first_response"
    callers = (COORDINATOR, "inspektorat.inspektur", "kesehatan.penghubung", "kota.penjaga-identitas", None)
    assert [web.get(path, by).status_code for by in callers] == [200, 200, 404, 404, 401]


def test_a_clock_of_a_confidential_case_is_not_explained_to_those_who_see_its_row_alone(web: Web) -> None:
    case = web.submit(confidential=True)
    web.moved(case, "dispose", COORDINATOR, **DISPOSITION)
    path = f"/complaints/{case['tracking_number']}/clocks/holding"
    assert problem(web.get(path, COORDINATOR))[:2] == (403, "forbidden")
    assert web.get(path, "pu.penghubung").status_code == 200
    assert problem(web.get(f"{path}s", "pu.penghubung"))[:2] == (404, "not-found")


def run(web: Web, *words: str) -> tuple[int, str, str]:
    """`lapor` in the deployment of the town: exit code, and what it prints."""
    url = web.site.database.url.render_as_string(hide_password=False)
    env = {"LAPOR_DATABASE_URL": url, "LAPOR_VAR": str(web.site.settings.var), "COLUMNS": "160"}
    ended = subprocess.run(
        [LAPOR, *words], env=env, cwd=web.site.settings.var, capture_output=True, text=True, check=False
    )
    return ended.returncode, ended.stdout, ended.stderr


def test_the_command_prints_what_an_officer_can_defend_a_figure_with(web: Web) -> None:
    case = passed_down(web)
    number = case["tracking_number"]
    code, printed, errors = run(web, "clock", "explain", number, "--clock", "resolution")
    assert (code, errors, printed.splitlines()[0]) == (
        0,
        "",
        "Resolution (resolution), met, of pu: 14 working days",
    )
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in printed.splitlines() if "│" in line]
    assert [row for row in rows if row[0] in ("Sat 2026-07-11", "Reporter", "together")] == [
        ["Sat 2026-07-11", "", "weekend", "4"],
        ["Reporter", "", "0:00:00", "1:00:00", "1:00:00"],
        ["together", "", "", "", "4:00:00"],
    ]
    assert printed.splitlines()[-2] == (
        "Resolution: 14 working days from Monday 6 July 2026, 10:00 WIB, so it is due on Friday 24 July 2026, 16:30 WIB."
    )
    told = json.loads(run(web, "clock", "explain", number, "--json")[1])
    named = ["verification", "holding", "first_response", "resolution", "reply", "confirmation"]
    (over_http,) = web.get(f"/complaints/{number}/clocks/resolution", "pu.penghubung").json
    assert (sorted(each["name"] for each in told), over_http in told) == (sorted(named), True)
    refused = run(web, "clock", "explain", number, "--clock", "rating")
    assert refused == (2, "", f"lapor: There is no case {number} with a clock rating.\n")
