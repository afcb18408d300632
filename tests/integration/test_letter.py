"""The letter of the demo is overdue on any day, by less than a working day: the direct superior is told of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from lapor.demo import letter
from lapor.machine.engine import Engine
from lapor.oversight.escalation import Sweep
from lapor.records import Complaint
from tests.integration.town import Case, Town, at

MOMENTS = [
    "6 Jul 00:01",  # a Monday, before anybody works
    "8 Jul 16:00",  # as the office closes, and just after it
    "8 Jul 16:01",
    "12 Jul 12:00",  # a Sunday
    "24 Mar 12:00",  # in the middle of the longest holidays
    "1 Jan 2027 00:00",
    "29 Feb 2028 09:00",
]
pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"])


def key_in(town: Town, moment: str, engine: Engine | None = None) -> list[Complaint]:
    with town.site.writing() as session:
        letter.key_in(engine or town.engine, session, now=at(moment))
        session.flush()
        return list(session.scalars(select(Complaint)))


@pytest.mark.parametrize("moment", MOMENTS)
def test_whenever_it_is_keyed_in_the_direct_superior_is_told(town: Town, moment: str) -> None:
    (row,) = key_in(town, moment)
    case = Case(town, row.id, row.number, "")
    assert (row.channel, town.sweep(moment)) == ("letter", Sweep(cases=1, rungs=2))
    assert case.told() == [("verification", 0, "skipped", None), ("verification", 1, "told", "setda.sekda")]
    assert (town.sweep(moment), town.findings(moment)) == (Sweep(), [])


def test_a_database_with_cases_gets_none(town: Town) -> None:
    town.submit()
    assert len(key_in(town, "8 Jul 12:00")) == 1


def test_where_nothing_is_verified_within_a_budget_there_is_none(town: Town) -> None:
    others = {kind: version for kind, version in town.engine.current.items() if kind != letter.KIND}
    assert key_in(town, "8 Jul 12:00", replace(town.engine, current=others)) == []
