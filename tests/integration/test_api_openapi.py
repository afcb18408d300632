"""The OpenAPI document says everything, and Spectral finds nothing to say about it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api import errors
from api.description import operations
from tests.integration.conftest import founded
from tests.integration.web import Web

CHECK = Path(__file__).parents[1] / "openapi"
SPECTRAL = CHECK / "node_modules" / ".bin" / "spectral"


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    with founded("sqlite", tmp_path_factory.mktemp("document")) as town:
        yield Web(town).description


def test_every_operation_is_told_in_full(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        missing = {"summary", "description", "operationId", "tags", "responses"} - operation.keys()
        assert not missing, (path, method)
        assert "default" not in operation["responses"]
    assert len({operation["operationId"] for _, _, operation in operations(document)}) == len(
        list(operations(document))
    )


def test_every_kind_of_problem_has_an_example(document: dict[str, Any]) -> None:
    shown = {
        slug
        for answer in document["components"]["responses"].values()
        for slug in answer["content"][errors.CONTENT_TYPE]["examples"]
    }
    # what no route can be blamed for, and what is no operation
    assert {kind.slug for kind in errors.kinds()} - shown == {"broken", "method-not-allowed"}


def test_refusals_tell_their_headers(document: dict[str, Any]) -> None:
    answers = document["components"]["responses"]
    assert "WWW-Authenticate" in answers["UNAUTHORIZED"]["headers"]
    assert "Retry-After" in answers["SERVICE_UNAVAILABLE"]["headers"]
    assert "Location" in document["paths"]["/api/v1/complaints"]["post"]["responses"]["201"]["headers"]


def test_links_lead_to_operations(document: dict[str, Any]) -> None:
    named = {operation["operationId"] for _, _, operation in operations(document)}
    linked = [
        link["operationId"]
        for _, _, operation in operations(document)
        for answer in operation["responses"].values()
        for link in answer.get("links", {}).values()
    ]
    assert linked
    assert set(linked) <= named


@pytest.mark.slow
def test_spectral_finds_nothing(document: dict[str, Any], tmp_path: Path) -> None:
    _install()
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    command = [str(SPECTRAL), "lint", str(file), "--ruleset", str(CHECK / "spectral.yaml"), "-F", "hint", "-f", "text"]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert (run.returncode, run.stderr) == (0, ""), run.stdout


def _install() -> None:
    npm = shutil.which("npm")
    if not npm:
        missing = "npm is missing, so Spectral did not judge the OpenAPI document: apt install nodejs npm"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    if not SPECTRAL.exists():
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        run = subprocess.run(command, cwd=CHECK, capture_output=True, text=True, check=False, timeout=300)
        assert run.returncode == 0, f"Spectral could not be installed in {CHECK}: {run.stderr}"
