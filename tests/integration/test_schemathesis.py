"""schemathesis in the name of every role: nothing breaks, nothing undocumented comes, nothing bad is taken.

In short here; `make schemathesis` runs every phase for every role, long.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.integration.conftest import GENEROUS, founded
from tests.integration.town import COORDINATOR
from tests.integration.web import Web
from tests.openapi import fuzz

LONG = int(os.environ.get("LAPOR_TEST_SCHEMATHESIS", "0"))
ROLES = {
    "visitor": None,
    "reporter": "its secret",
    "coordinator": COORDINATOR,
    "liaison_officer": "pu.penghubung",
    "handler": "pu.petugas",
    "supervisor": "pu.kepala",
    "inspector": "inspektorat.inspektur",
    "operator": "kota.pengelola-sistem",
}
pytestmark = [
    pytest.mark.slow,
    # of schemathesis itself, not of what it finds
    pytest.mark.filterwarnings("default"),
]


@pytest.fixture
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    with founded("sqlite", tmp_path_factory.mktemp("fuzzed"), **GENEROUS) as town:
        yield Web(town)


@pytest.mark.parametrize("role", ROLES)
def test_nothing_is_found_in_the_name_of(web: Web, role: str) -> None:
    case, by = web.disposed(), ROLES[role]
    token = case["secret"] if role == "reporter" else by and web.token(by)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    phases = fuzz.PHASES if LONG else ("examples", "fuzzing")
    found = fuzz.findings(web.app, headers, number=case["tracking_number"], phases=phases, examples=LONG or 2)
    assert found == []


def test_nothing_is_found_at_the_edges_of_every_schema(web: Web) -> None:
    headers = {"Authorization": f"Bearer {web.token(COORDINATOR)}"}
    assert fuzz.findings(web.app, headers, phases=["coverage"], examples=LONG or 1) == []


def test_nothing_is_found_when_answers_lead_on(web: Web) -> None:
    headers = {"Authorization": f"Bearer {web.token(COORDINATOR)}"}
    assert fuzz.findings(web.app, headers, phases=["stateful"], examples=LONG or 5) == []
