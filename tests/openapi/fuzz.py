"""schemathesis at the API in the name of one role: every phase it has, in one process, without a server."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import schemathesis
from flask import Flask
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

DOCUMENT = "/api/v1/openapi.json"
PHASES = ("examples", "coverage", "fuzzing", "stateful")
STEPS = 4


def findings(
    app: Flask,
    headers: Mapping[str, str],
    *,
    number: str | None = None,
    phases: Collection[str] = PHASES,
    examples: int,
) -> list[str]:
    """Every check that failed, and every error, each once and with the request that shows it.

    `number` is a case that there is: without it only links lead to one.
    """
    config = SchemathesisConfig.from_dict(_config(headers, number, phases, examples))
    # one operation would end the token that all others are called with
    schema = schemathesis.openapi.from_wsgi(DOCUMENT, app, config=config).exclude(operation_id="sessions.end")
    found: dict[str, str] = {}
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            found |= _failures(event)
        elif isinstance(event, events.NonFatalError):
            found[str(event.value)] = f"{event.label}: {event.value!r}"
        elif isinstance(event, events.FatalError):
            raise event.exception
    return list(found.values())


def _config(headers: Mapping[str, str], number: str | None, phases: Collection[str], examples: int) -> dict[str, Any]:
    chosen = {phase: {"enabled": phase in phases} for phase in PHASES}
    return {
        # a run that finds something must find it again
        "seed": 1,
        "headers": dict(headers),
        "parameters": {"path.number": number, "header.If-Match": "*"} if number else {},
        "phases": {**chosen, "stateful": {**chosen["stateful"], "max-steps": STEPS}},
        "checks": {
            # what a schema cannot say (codes that there are, states, versions) is refused by these; 302 leads on
            "positive_data_acceptance": {"expected-statuses": ["2xx", 302, 304, 401, 403, 404, 409, 412, 422]},
            "missing_required_header": {"expected-statuses": [400, 401, 403, 404, 422, 428]},
            # breaks on WSGI applications; test_access_table asks all routes without a token
            "ignored_auth": {"enabled": False},
        },
        "generation": {"max-examples": examples, "database": "none"},
    }


def _failures(event: events.ScenarioFinished) -> dict[str, str]:
    found = {}
    for case_id, checks in event.recorder.checks.items():
        for check in checks:
            if check.failure_info is not None:
                node = event.recorder.cases[case_id].value
                failure = check.failure_info.failure
                key = f"{check.name} {node.operation.label} {failure.title}"
                found[key] = f"{key}: {failure.message}\n{check.failure_info.code_sample}"
    return found
