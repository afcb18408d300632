"""Default deny: every route says who may call it, and a walk over routes and roles agrees."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from api.auth import require_policies
from api.description import operations, template
from tests.integration.town import COORDINATOR
from tests.integration.web import BARE, V1, Web

EVERYBODY = {"visitor", "reporter", "stranger"}
OFFICERS = {
    "coordinator": COORDINATOR,
    "liaison_officer": "pu.penghubung",
    "handler": "pu.petugas",
    "supervisor": "pu.kepala",
    "inspector": "inspektorat.inspektur",
    "custodian": "kota.penjaga-identitas",
    "operator": "kota.pengelola-sistem",
}
READERS = {"coordinator", "liaison_officer", "handler", "supervisor", "inspector"}
ALL = EVERYBODY | OFFICERS.keys()
WRITERS = {"liaison_officer", "handler", "supervisor"}
ID = "<int:id>"
ID_IN_PATH = "<int(min=1,max=9223372036854775807):id>"
# a case that public works holds: who gets past the door of each route; the stranger is a reporter of another case
IN_SCOPE = READERS | {"reporter"}
ALLOWED: dict[tuple[str, str], set[str]] = {
    ("GET", "/"): ALL,
    ("GET", "/api/v1/openapi.json"): ALL,
    ("GET", "/api/v1/docs"): ALL,
    ("GET", "/problems/<slug>"): ALL,
    ("GET", "/health/live"): ALL,
    ("GET", "/health/ready"): ALL,
    ("GET", "/metrics"): ALL,
    ("GET", "/api/v1/units"): ALL,
    ("GET", "/api/v1/categories"): ALL,
    ("GET", "/api/v1/regions"): ALL,
    ("GET", "/api/v1/workflows"): ALL,
    ("GET", "/api/v1/workflows/<name>"): ALL,
    ("GET", "/api/v1/service-standards"): ALL,
    ("GET", "/api/v1/posts"): set(OFFICERS),
    ("POST", "/api/v1/complaints"): {"visitor", "reporter", "stranger", "coordinator"},
    ("GET", "/api/v1/complaints"): READERS | {"reporter", "stranger"},
    ("GET", "/api/v1/complaints/<number>"): IN_SCOPE,
    ("GET", "/api/v1/complaints/<number>/moves"): IN_SCOPE,
    ("POST", "/api/v1/complaints/<number>/moves"): IN_SCOPE,
    ("GET", "/api/v1/complaints/<number>/trail"): IN_SCOPE,
    ("GET", "/api/v1/complaints/<number>/messages"): IN_SCOPE,
    ("POST", "/api/v1/complaints/<number>/messages"): IN_SCOPE,
    ("POST", "/api/v1/complaints/<number>/attachments"): {"reporter", "liaison_officer", "handler"},
    ("GET", "/api/v1/complaints/<number>/attachments"): IN_SCOPE,
    ("GET", "/api/v1/complaints/<number>/attachments/<attachment>"): set(),
    ("GET", "/api/v1/complaints/<number>/publication"): {"coordinator"},
    ("PUT", "/api/v1/complaints/<number>/publication"): {"coordinator"},
    # nothing is public on the walk
    ("DELETE", "/api/v1/complaints/<number>/publication"): set(),
    ("GET", "/api/v1/public/complaints"): ALL,
    ("GET", "/api/v1/public/complaints/<public_id>"): set(),
    ("GET", "/api/v1/public/statistics"): ALL,
    ("GET", "/api/v1/escalations"): READERS,
    ("GET", "/api/v1/work"): READERS,
    ("GET", "/api/v1/work/summary"): {"coordinator", "supervisor", "inspector"},
    ("POST", "/api/v1/bulk/dispositions"): {"coordinator"},
    ("GET", "/api/v1/templates"): WRITERS,
    ("POST", "/api/v1/templates"): WRITERS,
    ("PUT", f"/api/v1/templates/{ID}"): WRITERS,
    ("DELETE", f"/api/v1/templates/{ID}"): set(),
    ("POST", f"/api/v1/templates/{ID}/preview"): WRITERS,
    ("POST", "/api/v1/sessions"): ALL,
    ("PUT", "/api/v1/account/password"): set(OFFICERS),
    ("GET", "/api/v1/tokens"): set(OFFICERS),
    ("POST", "/api/v1/tokens"): set(OFFICERS),
    ("DELETE", f"/api/v1/tokens/{ID}"): set(),
    ("GET", "/api/v1/invitations"): {"coordinator", "operator"},
    ("POST", "/api/v1/invitations"): {"coordinator", "operator"},
    ("DELETE", f"/api/v1/invitations/{ID}"): set(),
    ("POST", "/api/v1/invitations/acceptance"): ALL,
    ("GET", "/api/v1/absences"): READERS,
    ("POST", "/api/v1/absences"): READERS,
    ("DELETE", f"/api/v1/absences/{ID}"): set(),
    ("GET", "/api/v1/tenures"): {"coordinator", "operator"},
    ("DELETE", f"/api/v1/tenures/{ID}"): set(),
    ("POST", f"/api/v1/tenures/{ID}/recovery"): set(),
    ("POST", "/api/v1/complaints/<number>/openings"): READERS,
    ("GET", "/api/v1/complaints/<number>/openings"): IN_SCOPE,
    ("POST", f"/api/v1/complaints/<number>/openings/{ID_IN_PATH}/consent"): set(),
    ("GET", "/api/v1/complaints/<number>/looks"): {"reporter", "inspector"},
    ("POST", "/api/v1/reporters/codes"): ALL,
    ("POST", "/api/v1/reporters/sessions"): ALL,
    ("GET", "/api/v1/complaints/<number>/export"): {"reporter"},
    ("GET", "/api/v1/complaints/<number>/erasure"): set(),
    ("DELETE", "/api/v1/complaints/<number>/erasure"): set(),
    ("POST", "/api/v1/complaints/<number>/erasure"): {"reporter"},
    ("GET", "/api/v1/erasures"): {"custodian"},
    ("POST", f"/api/v1/erasures/{ID_IN_PATH}/refusal"): set(),
    ("GET", "/api/v1/openings"): {"custodian"},
    ("POST", f"/api/v1/openings/{ID_IN_PATH}/decision"): set(),
    ("POST", "/api/v1/escalations/<int(min=1,max=9223372036854775807):id>/acknowledgement"): set(),
    # the last ones: they end the secret and the tokens of the walk
    ("POST", "/api/v1/complaints/<number>/secret"): {"reporter"},
    ("DELETE", "/api/v1/sessions/current"): set(OFFICERS),
}
# what is refused past the door, so that nothing changes on the walk
REFUSED: dict[str, dict[str, Any]] = {
    "complaints": {**BARE, "kind": "x"},
    "moves": {"move": "accept"},
    "messages": {"text": "lapor_r_abcdefghijklmnopqrstuv"},
    "acknowledgement": {},
    "publication": {"title": "x"},
    "openings": {},
    "consent": {"consent": True},
    "decision": {"granted": True},
    "refusal": {"legal_basis": "x"},
    "templates": {"name": "x"},
    "preview": {},
    "absences": {},
}


def routes(web: Web) -> Iterator[tuple[str, str]]:
    for rule in web.app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD"}):
            yield method, rule.rule


def test_the_walk_knows_every_route(web: Web) -> None:
    assert set(routes(web)) == set(ALLOWED)


def test_a_walk_over_routes_and_roles(web: Web) -> None:
    case, other = web.disposed(), web.submit()
    callers: dict[str, str | None] = {
        "visitor": None,
        "reporter": case["secret"],
        "stranger": other["secret"],
        **OFFICERS,
    }
    for (method, rule), allowed in ALLOWED.items():
        path = rule.replace("<number>", case["tracking_number"]).replace("<name>", "complaint")
        path = path.replace("<slug>", "stale").replace("<int(min=1,max=9223372036854775807):id>", "1")
        path = path.replace(ID, "1")
        passed = {role for role, by in callers.items() if _status(web, method, path, by) not in (401, 403, 404)}
        assert passed == allowed, (method, rule)


def _status(web: Web, method: str, path: str, by: str | None) -> int:
    headers = {"Authorization": f"Bearer {web.token(by)}"} if by else {}
    body: dict[str, Any] = {"json": REFUSED.get(path.rsplit("/", 1)[1], {})} if method in ("POST", "PUT") else {}
    answer = web.client.open(path, method=method, headers={**headers, "If-Match": '"0"'}, **body)
    assert answer.status_code < 500
    return answer.status_code


@pytest.mark.parametrize("role", OFFICERS)
def test_a_case_that_is_not_theirs_is_nowhere_on_the_walk(web: Web, role: str) -> None:
    case = web.submit(door="rsud")
    theirs = {"coordinator", "inspector"}
    for suffix in ("", "/moves", "/trail", "/messages", "/attachments"):
        status = _status(web, "GET", f"{V1}/complaints/{case['tracking_number']}{suffix}", OFFICERS[role])
        assert status == (200 if role in theirs else 404)


def test_a_route_without_a_policy_stops_the_application(web: Web) -> None:
    web.app.add_url_rule("/forgotten", view_func=lambda: "")
    with pytest.raises(LookupError, match="No policy is declared for /forgotten"):
        require_policies(web.app)


def test_every_operation_is_described(web: Web) -> None:
    described = {(method.upper(), path) for path, method, _ in operations(web.description)}
    walked = {(method, template(rule)) for method, rule in routes(web)}
    assert described == walked
    assert web.description["openapi"] == "3.1.0"
    assert set(web.description["components"]["securitySchemes"]) == {"officer", "reporter"}
