"""`lapor calendar import` and `show`: what would move is told before anything does; faults are told in one line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from lapor.cli import main
from lapor.records import CalendarVersion
from tests.integration.town import Town

# what a command says has nothing to do with the kind of database
ON_ONE = pytest.mark.parametrize("database_kind", ["sqlite"])
FILE = """
decree: {number: SKB 5/2026, date: 2026-07-07}
decreed: [2030]
days_off:
  - {date: 2026-07-10, name: Cuti bersama}
  - {date: 2030-02-05, name: Idulfitri, decree: {number: SKB 9/2029, date: 2029-10-01}}
worked:
  - {date: 2026-05-15}
overrides:
  - {date: 2026-12-31, hours: ["07:30-12:00"]}
units:
  rsud:
    week: {monday: ["07:00-12:00", "13:00-14:00"], saturday: ["07:00-12:00"]}
    periods: [{name: Ramadan, from: 2026-02-18, to: 2026-03-19, week: {monday: ["08:00-15:00"]}}]
"""
Said = tuple[int, str, str]
Shell = Callable[..., Said]


@pytest.fixture
def shell(town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    """Runs `lapor calendar` in the deployment of the town: the exit code, what was printed, what was said."""
    folder = tmp_path / "deployment"
    folder.mkdir()
    (folder / "kalender.yaml").write_text(FILE)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("LAPOR_DATABASE_URL", town.site.database.url.render_as_string(hide_password=False))
    monkeypatch.setenv("LAPOR_VAR", str(tmp_path))

    def run(*words: str) -> Said:
        with pytest.raises(SystemExit) as ended:
            main(["calendar", *words])
        said = capsys.readouterr()
        return int(str(ended.value.code)), said.out, said.err

    return run


def printed(shell: Shell, *words: str) -> Any:
    code, out, err = shell(*words, "--json")
    assert (code, err) == (0, "")
    return json.loads(out)


@ON_ONE
def test_an_import_tells_what_moves_before_and_what_moved_after(town: Town, shell: Shell) -> None:
    case = town.case_in("in_follow_up")
    before, decree = town.dump(), {"number": "SKB 5/2026", "date": "2026-07-07"}
    # 13 to 14 July, and Friday 24 July at 16:30 to Monday 27 July at 16:00
    day, weekend = ({"clocks": 1, "min_hours": n, "median_hours": n, "max_hours": n} for n in (24.0, 71.5))
    both = {"clocks": 2, "min_hours": 24.0, "median_hours": 47.75, "max_hours": 71.5}
    told = {
        "decree": decree,
        "open": 2,
        "moves": both,
        "by_clock": {"first_response": day, "resolution": weekend},
        "by_agency": {"pu": both},
    }
    assert printed(shell, "import", "kalender.yaml", "--dry-run") == {**told, "amended": None}
    assert town.dump() == before
    amended = {"version": 2, "cases": 1, "clocks": 2, "moved": 2, "faults": []}
    assert printed(shell, "import", "kalender.yaml") == {**told, "amended": amended}
    assert case.clocks()["first_response"] == "running, 14 Jul 16:00"
    again = {"version": 2, "cases": 0, "clocks": 0, "moved": 0, "faults": []}
    unmoved = {"moves": {"clocks": 0}, "by_clock": {}, "by_agency": {}}
    assert printed(shell, "import", "kalender.yaml") == {**told, **unmoved, "amended": again}


@ON_ONE
def test_an_import_tells_people_in_days(town: Town, shell: Shell) -> None:
    town.case_in("in_follow_up")
    code, out, _ = shell("import", "kalender.yaml")
    lines = out.splitlines()
    assert (code, lines[0]) == (0, "SKB 5/2026, 2026-07-07: 2 of 2 open clocks move")
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in lines if "│" in line]
    assert cells == [
        ["all", "2", "+1 d 00:00", "+1 d 23:45", "+2 d 23:30"],
        ["clock first_response", "1", *["+1 d 00:00"] * 3],
        ["clock resolution", "1", *["+2 d 23:30"] * 3],
        ["agency pu", "2", "+1 d 00:00", "+1 d 23:45", "+2 d 23:30"],
    ]
    assert lines[-1] == "Version 2 is in force. Open clocks computed anew: 2, moved: 2."


@ON_ONE
def test_a_faulty_file_changes_nothing_and_is_told_in_a_line(town: Town, shell: Shell) -> None:
    Path("kalender.yaml").write_text("decree: {number: S, date: 2026-01-01}\nweek: {}\nunits: {rsut: {week: {}}}")
    before = town.dump()
    code, out, err = shell("import", "kalender.yaml")
    assert (code, out) == (2, "")
    assert err.startswith("lapor: week: must be open on one day at least")
    assert err.count("\n") == 1
    assert "; units.rsut: there is no such unit; did you mean rsud?; " in err
    assert town.dump() == before


@ON_ONE
def test_a_start_does_not_take_back_what_was_imported_and_settings_no_longer_make_versions(
    town: Town, shell: Shell
) -> None:
    shell("import", "kalender.yaml")
    town.site.prepare()
    with town.site.reading() as session:
        rows = session.scalars(select(CalendarVersion).order_by(CalendarVersion.id)).all()
        assert ["decree" in row.content for row in rows] == [False, True]


@ON_ONE
def test_the_calendar_in_force_is_shown_with_its_decrees(town: Town, shell: Shell) -> None:
    usual = {day: ["07:30-16:00"] for day in ("monday", "tuesday", "wednesday", "thursday")}
    stored = printed(shell, "show", "--year", "2030")
    assert {name: stored[name] for name in ("version", "decree", "decreed", "hours_of", "week")} == {
        "version": 1,
        "decree": None,
        "decreed": False,
        "hours_of": None,
        "week": {**usual, "friday": ["07:30-16:30"]},
    }
    shell("import", "kalender.yaml")
    skb = {"number": "SKB 5/2026", "date": "2026-07-07"}
    national = printed(shell, "show", "--year", "2030")
    assert (national["version"], national["decree"], national["decreed"]) == (2, skb, True)
    decree = {"number": "SKB 9/2029", "date": "2029-10-01"}
    assert {"date": "2030-02-05", "name": "Idulfitri", "decree": decree} in national["closed"]
    assert not any("perkiraan" in each["name"] for each in national["closed"])
    hospital = printed(shell, "show", "--year", "2026", "--unit", "rsud")
    assert {
        name: hospital[name]
        for name in ("year", "decreed", "version", "zone", "hours_of", "week", "periods", "worked", "special")
    } == {
        "year": 2026,
        "decreed": True,
        "version": 2,
        "zone": "Asia/Makassar",
        "hours_of": "rsud",
        "week": {"monday": ["07:00-12:00", "13:00-14:00"], "saturday": ["07:00-12:00"]},
        "periods": [{"name": "Ramadan", "from": "2026-02-18", "to": "2026-03-19", "week": {"monday": ["08:00-15:00"]}}],
        "worked": [{"date": "2026-05-15", "decree": skb}],
        "special": [{"date": "2026-12-31", "hours": ["07:30-12:00"], "decree": skb}],
    }
    assert printed(shell, "due", "--from", "2026-07-09T09:00:00+07:00", "--budget", "1 working day") == {
        "due_at": "2026-07-13T16:00:00+07:00",
        "zone": "Asia/Jakarta",
        "budget": "1 working day",
    }
    code, _, err = shell("show", "--unit", "dinas")
    assert (code, err) == (2, "lapor: --unit: there is no unit with the code 'dinas'.\n")


@ON_ONE
def test_the_calendar_is_shown_to_people(town: Town, shell: Shell) -> None:
    shell("import", "kalender.yaml")
    _, out, _ = shell("show", "--year", "2026", "--unit", "rsud")
    assert "Calendar version 2, by SKB 5/2026, 2026-07-07; hours of rsud" in out
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in out.splitlines() if "│" in line]
    assert ["monday", "07:00-12:00, 13:00-14:00", "08:00-15:00"] in cells
    assert ["2026-07-10", "Fri", "Cuti bersama", "SKB 5/2026, 2026-07-07"] in cells
    assert ["2026-05-15", "Fri", "worked after all", "SKB 5/2026, 2026-07-07"] in cells
    assert ["2026-12-31", "Thu", "07:30-12:00", "SKB 5/2026, 2026-07-07"] in cells
    _, out, _ = shell("show", "--year", "2031")
    assert out.splitlines()[-1].startswith("No joint leave is decreed for this year yet")


@ON_ONE
def test_without_a_database_the_settings_are_shown_and_nothing_is_made(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAPOR_DATABASE_URL", "sqlite:///none.sqlite3")
    assert printed(shell, "show", "--year", "2026")["version"] == 0
    assert not Path("none.sqlite3").exists()
