"""Fixtures for all tests. No mocks: each test that needs a database gets a real one, of each kind."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from uuid import uuid4

import hypothesis
import pytest

from tests import postgres

hypothesis.settings.register_profile("lapor", deadline=None, derandomize=bool(os.environ.get("CI")))
hypothesis.settings.load_profile("lapor")


def pytest_configure(config: pytest.Config) -> None:
    os.environ.setdefault(postgres.RUN, uuid4().hex[:8])
    if postgres.in_memory():
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(postgres.MEMORY))
    if config.getoption("numprocesses", None) and not hasattr(config, "workerinput"):
        try:
            postgres.server_url()
        except postgres.NoPostgres as fault:
            pytest.exit(str(fault), returncode=2)


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        postgres.stop_own()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # tracing doubles what a test takes, and what PostgreSQL runs a second time SQLite has covered or the report shows it
    for item in items:
        if "postgresql" in item.nodeid.partition("[")[2]:
            item.add_marker("no_cover")


@contextmanager
def fresh_url(kind: str, folder: Path, build: Callable[[str], None] | None = None) -> Iterator[str]:
    """The address of an empty database, gone afterwards; with `build`, a copy of what that made of one, made once."""
    if kind == "postgresql":
        with postgres.fresh_database(build) as url:
            yield url
        return
    file = folder / f"{uuid4().hex[:12]}.sqlite3"
    if build:
        file.write_bytes(_built(build))
    yield f"sqlite:///{file}"
    for left in folder.glob(f"{file.name}*"):
        left.unlink()


@cache
def _built(build: Callable[[str], None]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "template.sqlite3")
        build(f"sqlite:///{file}")
        with closing(sqlite3.connect(file)) as made:
            return made.serialize()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Each kind in turn."""
    return str(request.param)


@pytest.fixture
def database_url(database_kind: str, tmp_path: Path) -> Iterator[str]:
    """An empty database of each kind in turn."""
    with fresh_url(database_kind, tmp_path) as url:
        yield url
