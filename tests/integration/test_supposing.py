"""What if: cases told again under other budgets, breaches counted per agency, and not a row of any table changed."""

from __future__ import annotations

import json
import subprocess
from datetime import date, timedelta
from pathlib import Path

import pytest

from lapor.errors import CannotRun
from lapor.handling import erasing
from lapor.oversight import supposing
from lapor.oversight.supposing import Line, Outcome
from lapor.records import Complaint
from tests.acceptance.government import LAPOR
from tests.integration.test_amending import decreeing
from tests.integration.town import COORDINATOR, DISPOSITION, Town, at

NOW = "31 Jul 12:00"


def supposed(town: Town, tmp_path: Path, text: str, since: str = "1 Jan 00:00", until: str = NOW) -> Outcome:
    file = tmp_path / "what-if.yaml"
    file.write_text(text, encoding="utf-8")
    with town.site.reading() as session:
        found = supposing.read(file, town.engine, session)
        begin, end = at(since), at(until)
        outcome = supposing.suppose(town.engine, session, found, since=begin, until=end, now=at(NOW))
        assert supposing.count(session, begin, end) == outcome.cases + outcome.left_out
        return outcome


def some_cases(town: Town) -> None:
    """Two answered by public works after 4 and after 12 working days, one of health that is open, one of August."""
    for moment in ("10 Jul 09:00", "22 Jul 09:00"):
        case = town.case_in("in_follow_up", "6 Jul 09:00")
        case.goes("answer", moment=moment)
    late = town.submit("6 Jul 09:00")
    late.attempt("dispose", COORDINATOR, "6 Jul 10:00", {**DISPOSITION, "unit": "rsud"})
    town.case_in("disposed", "30 Jul 09:00")


STANDARDS = """
- {unit: pu, kind: complaint, class: not_oversight, budget: 5 working days}
- {unit: kesehatan, kind: complaint, budget: 30 working days}
"""


def test_another_calendar_is_supposed_from_the_first_day(town: Town) -> None:
    some_cases(town)
    before = town.dump()
    year = [date(2026, 7, 7) + timedelta(days=n) for n in range(20)]
    with town.site.reading() as session:
        shut = supposing.Supposed(edition=decreeing(town, *year))
        outcome = supposing.suppose(town.engine, session, shut, since=None, until=None, now=at("31 Jul 12:00"))
    answered = [line for line in outcome.lines if line.clock == "first_response"]
    assert answered == [Line("kesehatan", "first_response", 1, 1, 1, 0), Line("pu", "first_response", 3, 1, 3, 0)]
    assert town.dump() == before


def test_breaches_are_counted_before_and_after_and_nothing_is_written(town: Town, tmp_path: Path) -> None:
    some_cases(town)
    before = town.dump()
    assert supposed(town, tmp_path, STANDARDS, until="20 Jul 00:00") == Outcome(
        3, 0, (Line("kesehatan", "standard", 1, 1, 1, 0), Line("pu", "standard", 0, 0, 2, 1))
    )
    assert supposed(town, tmp_path, STANDARDS).lines[1] == Line("pu", "standard", 0, 0, 3, 1)
    assert supposed(town, tmp_path, "clocks: {resolution: 3 working days}") == Outcome(
        4, 0, (Line("kesehatan", "resolution", 1, 1, 1, 1), Line("pu", "resolution", 3, 0, 3, 2))
    )
    by_class = (
        "clocks: {resolution: {oversight: 1 hour, not_oversight: 10 working days}, first_response: 30 working days}"
    )
    assert supposed(town, tmp_path, by_class, since="7 Jul 00:00").lines == (
        Line("pu", "first_response", 1, 0, 1, 0),
        Line("pu", "resolution", 1, 0, 1, 0),
    )
    assert town.dump() == before


def test_an_extension_that_other_budgets_would_not_have_allowed_is_left_out_alone(town: Town, tmp_path: Path) -> None:
    case = town.case_in("in_follow_up", "6 Jul 09:00")
    case.goes("extend", moment="7 Jul 09:00")
    case.goes("answer", moment="29 Jul 09:00")
    other = "standards: [{unit: pu, kind: complaint, budget: 2 working days}]\nclocks: {resolution: 13 working days}"
    assert supposed(town, tmp_path, other).lines == (
        Line("pu", "resolution", 1, 0, 1, 0),
        Line("pu", "standard", 0, 0, 1, 1),
    )
    # so long a budget needs no extension
    assert supposed(town, tmp_path, "clocks: {resolution: 90 working days}").lines[0].breached_after == 0


def test_an_erased_case_is_left_out(town: Town, tmp_path: Path) -> None:
    some_cases(town)
    gone = town.case_in("withdrawn", "6 Jul 09:00")
    with town.site.writing() as session:
        erasing.erase(
            town.engine, session, session.get_one(Complaint, gone.id), "wish", store=town.site.attachments, now=at(NOW)
        )
    outcome = supposed(town, tmp_path, STANDARDS)
    assert (outcome.cases, outcome.left_out) == (4, 1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "must be a list of standards, or have `standards`, `clocks` or both."),
        ("{a: 1}", "must be a list of standards, or have `standards`, `clocks` or both."),
        ("[{unit: x, kind: complaint, budget: 1 hour}]", "is no {unit, kind, class?, category?, budget} of what there is"),
        ("[{unit: pu, kind: complaint, category: x, budget: 1 hour}]", "there is no category x"),
        ("[{unit: pu, kind: complaint, budget: 1 day}]", "'1 day' is not a whole number from 1"),
        ("clocks: {rating: 1 hour}", "there is no clock rating with a budget by law"),
        ("clocks: {standard: 1 hour}", "there is no clock standard with a budget by law"),
        ("clocks: {reply: 1 hour}", "the clock reply ends with a move, not with a breach"),
        ("clocks: {resolution: {oversight: 1 hour}}", "resolution needs a budget for each class"),
        ("a: [", "cannot be read"),
    ],
)  # fmt: skip
def test_a_file_that_supposes_what_cannot_be_is_refused(
    shared_town: Town, tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(CannotRun) as refused:
        supposed(shared_town, tmp_path, text)
    assert said in str(refused.value)


def test_the_command_prints_a_table_or_json(town: Town, tmp_path: Path) -> None:
    # nothing here goes by the hour at which the test runs
    for moment in ("10 Jul 09:00", "22 Jul 09:00"):
        town.case_in("in_follow_up", "6 Jul 09:00").goes("answer", moment=moment)
    file = tmp_path / "standards.yaml"
    file.write_text(STANDARDS, encoding="utf-8")
    url = town.site.database.url.render_as_string(hide_password=False)
    env = {"LAPOR_DATABASE_URL": url, "LAPOR_VAR": str(town.site.settings.var), "COLUMNS": "120"}
    before = town.dump()
    command = [LAPOR, "clock", "what-if", "--standard", str(file), "--from", "2026-07-06", "--to", "2026-07-06"]
    shown, told = (
        subprocess.run([*command, *more], env=env, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
        for more in ((), ("--json",))
    )
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in shown.splitlines() if "│" in line]
    assert (shown.splitlines()[0], rows) == (
        "Cases: 2",
        [["pu", "standard", "0", "0", "2", "1"]],
    )
    numbers = {"clocks_before": 0, "breached_before": 0, "clocks_after": 2, "breached_after": 1}
    lines = [{"agency": "pu", "clock": "standard", **numbers}]
    assert json.loads(told) == {"cases": 2, "left_out": 0, "lines": lines}
    assert town.dump() == before
