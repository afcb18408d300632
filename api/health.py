"""Whether the application lives, is ready, and what it counts: nothing of any case."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from threading import Lock
from typing import Any

import flask
from flask import Flask, Response, request

from api import auth
from api.auth import anyone
from api.errors import OF_ERROR, RETRY_AFTER, problem
from lapor.errors import CannotRun, Unavailable
from lapor.notices import lag
from lapor.oversight import erasures, heartbeat
from lapor.records import schema

blueprint = flask.Blueprint("health", __name__)


class Counts:
    """How often each route answered with which status, since this process started."""

    def __init__(self) -> None:
        self._counted: Counter[tuple[str, str, int]] = Counter()
        self._lock = Lock()

    def count(self, answer: Response) -> Response:
        """Count an answer under the template of its route: no number of any case is a label."""
        route = request.url_rule.rule if request.url_rule else "none"
        with self._lock:
            self._counted[route, request.method if request.url_rule else "any", answer.status_code] += 1
        return answer

    def lines(self) -> list[str]:
        """The counts as Prometheus reads them."""
        with self._lock:
            counted = sorted(self._counted.items())
        return ["# TYPE lapor_requests_total counter"] + [
            f'lapor_requests_total{{route="{route}",method="{method}",status="{status}"}} {times}'
            for (route, method, status), times in counted
        ]


@blueprint.get("/health/live")
@anyone
def live() -> dict[str, str]:
    """Whether the process answers at all."""
    return {"status": "live"}


@blueprint.get("/health/ready")
@anyone
def ready() -> Any:
    """Whether the database can be used, and the worker has swept lately."""
    parts = {"database": _database(), "worker": "unknown"}
    if parts["database"] == "ok":
        parts["worker"] = _worker()
    wrong = [name for name, state in parts.items() if state not in ("ok", "never")]
    if not wrong:
        return parts
    answer = problem(OF_ERROR[Unavailable], f"Not ready: {wrong[0]} is {parts[wrong[0]]}.", **parts)
    answer.headers["Retry-After"] = RETRY_AFTER
    return answer


@blueprint.get("/metrics")
@anyone
def metrics() -> Response:
    """Counts of requests, of late erasures and of lags, and how long ago the worker swept, as Prometheus reads them."""
    lines = flask.current_app.extensions["counts"].lines()
    try:
        swept = _swept()
        lines += ["# TYPE lapor_erasures_overdue gauge", f"lapor_erasures_overdue {_late_erasures()}"]
        lines += _lags()
    except Unavailable:
        swept = None
    if swept is not None:
        lines += [
            "# TYPE lapor_heartbeat_age_seconds gauge",
            f'lapor_heartbeat_age_seconds{{part="{heartbeat.WORKER}"}} {(auth.now() - swept).total_seconds():.3f}',
            "# TYPE lapor_worker_late gauge",
            f"lapor_worker_late {int(_is_late(swept))}",
        ]
    return Response("\n".join(lines) + "\n", content_type="text/plain; version=0.0.4; charset=utf-8")


def register(app: Flask) -> None:
    """Add the routes, and count what is answered."""
    counts = Counts()
    app.extensions["counts"] = counts
    app.after_request(counts.count)
    app.register_blueprint(blueprint)


def _database() -> str:
    try:
        with auth.site().reading() as session:
            schema.require_current(session.connection())
    except Unavailable:
        return "unreachable"
    except CannotRun:
        return "of another revision"
    return "ok"


def _worker() -> str:
    swept = _swept()
    if swept is None:
        return "never"
    return "late" if _is_late(swept) else "ok"


def _swept() -> datetime | None:
    with auth.site().reading() as session:
        return heartbeat.last(session)


def _is_late(swept: datetime) -> bool:
    return heartbeat.is_late(swept, sweep_seconds=auth.site().settings.worker.sweep_seconds, now=auth.now())


def _late_erasures() -> int:
    with auth.site().reading() as session:
        return erasures.count_overdue(session, auth.now())


def _lags() -> Sequence[str]:
    with auth.site().reading() as session:
        return lag.lines(session)
