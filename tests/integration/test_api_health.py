"""Whether it lives, is ready, and what it counts."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy

from api import wsgi
from api.app import create_app
from lapor.records import Heartbeat, schema
from lapor.site import Site, connect
from lapor.vault import NO_VAULT
from tests.integration.town import Town
from tests.integration.web import NOW, Web, problem


def swept(web: Web, **ago: float) -> None:
    """The worker swept some time ago."""
    with web.site.writing() as session:
        session.merge(Heartbeat(name="worker", at=NOW - timedelta(**ago)))


def test_it_lives(web: Web) -> None:
    answer = web.client.get("/health/live")
    assert (answer.status_code, answer.json) == (200, {"status": "live"})


def test_it_is_ready_before_the_worker_has_ever_swept(web: Web) -> None:
    answer: Any = web.client.get("/health/ready")
    assert (answer.status_code, answer.json) == (200, {"database": "ok", "worker": "never"})


def test_it_is_ready_while_the_worker_sweeps(web: Web) -> None:
    swept(web, seconds=45)
    answer: Any = web.client.get("/health/ready")
    assert (answer.status_code, answer.json) == (200, {"database": "ok", "worker": "ok"})


def test_it_is_not_ready_when_three_sweeps_are_missing(web: Web) -> None:
    swept(web, seconds=46)
    answer: Any = web.client.get("/health/ready")
    assert problem(answer) == (503, "unavailable", None)
    assert (answer.json["database"], answer.json["worker"]) == ("ok", "late")
    assert answer.headers["Retry-After"] == "5"


@pytest.mark.parametrize(("seconds", "late"), [(45, 0), (46, 1)])
def test_a_metric_says_when_three_sweeps_are_missing(web: Web, seconds: int, late: int) -> None:
    swept(web, seconds=seconds)
    assert web.client.get("/metrics").text.splitlines()[-1] == f"lapor_worker_late {late}"


def test_before_the_first_sweep_there_is_no_such_metric(web: Web) -> None:
    assert [line for line in web.client.get("/metrics").text.splitlines() if "worker" in line] == []


def test_it_is_not_ready_on_a_database_of_another_revision(web: Web) -> None:
    schema.migrate(web.site.database, "base")
    answer: Any = web.client.get("/health/ready")
    assert problem(answer) == (503, "unavailable", None)
    assert (answer.json["database"], answer.json["worker"]) == ("of another revision", "unknown")


def test_without_a_database_it_says_so_and_lives_on(web: Web) -> None:
    nowhere = connect("postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    client = create_app(Site(web.site.settings, nowhere, b"x" * 32, NO_VAULT), clock=web.watch).test_client()
    assert client.get("/health/live").status_code == 200
    ready: Any = client.get("/health/ready")
    assert problem(ready) == (503, "unavailable", None)
    assert (ready.json["database"], ready.json["worker"]) == ("unreachable", "unknown")
    listed = client.get("/api/v1/units")
    assert problem(listed) == (503, "unavailable", None)
    assert listed.headers["Retry-After"] == "5"
    assert client.get("/metrics").status_code == 200
    nowhere.dispose()


def test_a_server_gets_the_application_of_the_environment(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = web.site.settings
    for name in [each for each in os.environ if each.startswith("LAPOR_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LAPOR_DATABASE_URL", settings.database.url)
    monkeypatch.setenv("LAPOR_VAR", str(settings.var))
    app = wsgi.application()
    client = app.test_client()
    assert client.get("/health/ready").json == {"database": "ok", "worker": "never"}
    assert client.get("/api/v1/units").json == web.get("/units").json
    app.config["SITE"].database.dispose()


def test_too_many_at_once_are_told_to_come_again(web: Web) -> None:
    full = sqlalchemy.create_engine(
        "sqlite://", poolclass=sqlalchemy.QueuePool, pool_size=1, max_overflow=0, pool_timeout=0
    )
    with full.connect():
        client = create_app(Site(web.site.settings, full, b"x" * 32, NO_VAULT), clock=web.watch).test_client()
        assert problem(client.get("/api/v1/units")) == (503, "unavailable", None)
    full.dispose()


def test_metrics_count_answers_by_the_template_of_their_route(town: Town) -> None:
    web = Web(town, alone=True)
    swept(web, seconds=7)
    case = web.submit()
    web.get(f"/complaints/{case['tracking_number']}", case["secret"])
    web.get(f"/complaints/{case['tracking_number']}")
    web.client.get("/tidak-ada")
    answer = web.client.get("/metrics")
    assert answer.mimetype == "text/plain"
    assert answer.text == (
        "# TYPE lapor_requests_total counter\n"
        'lapor_requests_total{route="/api/v1/complaints",method="POST",status="201"} 1\n'
        'lapor_requests_total{route="/api/v1/complaints/<number>",method="GET",status="200"} 1\n'
        'lapor_requests_total{route="/api/v1/complaints/<number>",method="GET",status="401"} 1\n'
        'lapor_requests_total{route="/api/v1/openapi.json",method="GET",status="200"} 1\n'
        'lapor_requests_total{route="none",method="any",status="404"} 1\n'
        "# TYPE lapor_erasures_overdue gauge\n"
        "lapor_erasures_overdue 0\n"
        "# TYPE lapor_heartbeat_age_seconds gauge\n"
        'lapor_heartbeat_age_seconds{part="worker"} 7.000\n'
        "# TYPE lapor_worker_late gauge\n"
        "lapor_worker_late 0\n"
    )
