"""Whatever is sent, the answer says what is wrong: nothing breaks, and nothing is stored."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integration.conftest import GENEROUS, founded
from tests.integration.town import COORDINATOR
from tests.integration.web import BARE, V1, Web, problem

ODD: list[Any] = [
    None,
    True,
    0,
    -1,
    2**63,
    10**400,
    1e308,
    -0.0,
    "",
    " ",
    "\x00",
    "\ud800",
    "\u202egnp.exe",
    "x" * 10_001,
    "' OR 1=1 --",
    "%",
    "pu",
    "jalan-rusak",
    "0001-01-01",
    "9999-12-31",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "2026-07-06T24:00:00Z",
    "\u0662\u0660\u0662\u0666-\u0660\u0667-\u0660\u0666",
    [],
    [[]],
    {},
    {"lat": float(90), "lon": -180},
    {"": None},
]
ANYTHING = st.sampled_from(ODD) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
NAMES = {
    "/complaints": [
        "kind",
        "title",
        "text",
        "category",
        "incident_date",
        "location",
        "anonymous",
        "reporter",
        "channel",
        "door",
        "received_at",
    ],
    "/moves": ["move", "fields"],
    "/messages": ["text", "audience"],
    "/acknowledgement": ["note", "promised_at"],
}
PARAMETERS = [
    "limit",
    "cursor",
    "state",
    "phase",
    "holder",
    "kind",
    "category",
    "overdue",
    "due_before",
    "part_of",
    "q",
    "sort",
]
FIELDS = [
    "unit",
    "category",
    "classification",
    "reason",
    "reported",
    "question",
    "consent",
    "rating",
    "post",
    "new_due",
]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_no_body_breaks_anything(kind: str, tmp_path: Path) -> None:
    with founded(kind, tmp_path, **GENEROUS) as town:
        web = Web(town)
        case = web.disposed()
        web.sweep(days=3)
        rung = next(iter(web.get("/escalations", "pu.penghubung").json["items"] or [{"id": 1}]))
        number = case["tracking_number"]
        paths = {
            "/complaints": V1 + "/complaints",
            "/moves": f"{V1}/complaints/{number}/moves",
            "/messages": f"{V1}/complaints/{number}/messages",
            "/acknowledgement": f"{V1}/escalations/{rung['id']}/acknowledgement",
        }
        moves = list(town.engine.workflow("complaint").definition.moves)

        @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
        @given(st.data())
        def send(drawn: st.DataObject) -> None:
            room = drawn.draw(st.sampled_from(list(NAMES)))
            body: Any = drawn.draw(
                st.dictionaries(st.sampled_from(NAMES[room]) | st.text(), ANYTHING, max_size=4) | ANYTHING
            )
            if isinstance(body, dict) and room == "/complaints":
                body = {**BARE, **body}
            if isinstance(body, dict) and room == "/moves":
                fields = drawn.draw(st.dictionaries(st.sampled_from(FIELDS), ANYTHING, max_size=4))
                body = {"move": drawn.draw(st.sampled_from(moves)), "fields": fields, **body}
            headers = {"Authorization": f"Bearer {web.token(COORDINATOR)}", "If-Match": "*"}
            answer: Any = web.client.post(paths[room], json=body, headers=headers)
            assert answer.status_code < 500, (room, body, answer.text)
            if answer.status_code >= 400:
                problem(answer)

        send()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_no_query_breaks_anything(kind: str, tmp_path: Path) -> None:
    with founded(kind, tmp_path, **GENEROUS) as town:
        web = Web(town)
        web.submit()

        @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
        @given(st.dictionaries(st.sampled_from(PARAMETERS), st.text() | st.sampled_from(ODD).map(str), max_size=3))
        def ask(query: dict[str, str]) -> None:
            encoded = "&".join(f"{name}={quote(value, errors='surrogatepass')}" for name, value in query.items())
            headers = {"Authorization": f"Bearer {web.token(COORDINATOR)}"}
            answer = web.client.get(f"{V1}/complaints?{encoded}", headers=headers)
            assert answer.status_code in (200, 422), (query, answer.text)

        ask()
