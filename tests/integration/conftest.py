"""A site and its town for integration tests: each test gets a database of its own, copied from one made once."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from sqlalchemy import event, text

from lapor import settings
from lapor.machine.engine import Engine
from lapor.records import schema
from lapor.site import Site, open_site
from tests.conftest import fresh_url
from tests.integration.town import Town
from tests.integration.web import Web
from tests.organisations import import_city

# for tests that ask more in an hour of their clock than people do; what is limited is still counted
GENEROUS = {f"LAPOR_LIMITS__{each.name.upper()}": "1000000" for each in fields(settings.Limits)}

PLAIN = "lapor_plain"


def open_at(url: str, folder: Path, **env: str) -> Site:
    """A site with all defaults but `env` on this database; its key lies in `folder`."""
    return open_site(settings.load({"LAPOR_DATABASE_URL": url, "LAPOR_VAR": str(folder), **env}, folder))


def settle(url: str) -> None:
    """Make the tables, the shipped definitions and the small city in an empty database."""
    with tempfile.TemporaryDirectory() as folder:
        site = open_at(url, Path(folder))
        schema.migrate(site.database)
        site.prepare()
        with site.writing() as session:
            import_city(session)
        site.database.dispose()


@contextmanager
def founded(kind: str, folder: Path, **env: str) -> Iterator[Town]:
    """A town on a database of its own; `env` are settings that are not the defaults."""
    with fresh_url(kind, folder, settle) as url:
        site = open_at(url, folder, **env)
        _as_one(kind, site.database)
        yield Town(site, replace(_engine(kind, site), pepper=site.pepper, vault=site.vault))
        site.database.dispose()


_databases: dict[str, sqlalchemy.Engine] = {}


def _as_one(kind: str, database: sqlalchemy.Engine) -> None:
    # a statement is compiled once for each kind of database, as in a process that serves one; else each test compiles all
    first = _databases.setdefault(kind, database)
    database.dialect, database._compiled_cache = first.dialect, first._compiled_cache


@contextmanager
def plainly_connected(town: Town) -> Iterator[None]:
    """Connect as somebody for whom row-level security is not waived, as an application should; PostgreSQL alone has it."""
    database = town.site.database
    if database.dialect.name != "postgresql":
        yield
        return
    with database.begin() as connection:
        if not connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :name"), {"name": PLAIN}):
            connection.execute(text(f"CREATE ROLE {PLAIN} NOSUPERUSER NOBYPASSRLS"))
        connection.execute(text(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {PLAIN}"))
        connection.execute(text(f"GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {PLAIN}"))
    database.dispose()
    event.listen(database, "connect", _as_plain)
    yield
    with database.begin() as connection:
        connection.execute(text("RESET ROLE"))
        connection.execute(text(f"DROP OWNED BY {PLAIN}"))


def _as_plain(connection: Any, _record: object) -> None:
    connection.execute(f"SET ROLE {PLAIN}")
    connection.commit()


_engines: dict[str, Engine] = {}


def _engine(kind: str, site: Site) -> Engine:
    # building one takes longer than most tests, and copies of one database have equal ones
    if kind not in _engines:
        with site.reading() as session:
            _engines[kind] = site.engine(session)
    return _engines[kind]


@pytest.fixture
def town(database_kind: str, tmp_path: Path) -> Iterator[Town]:
    """The small city on each kind of database in turn."""
    with founded(database_kind, tmp_path) as town:
        yield town


@pytest.fixture
def site(town: Town) -> Site:
    """The site of the town: migrated and prepared, with the small city in it."""
    return town.site


@pytest.fixture
def web(town: Town) -> Web:
    """The API of the town."""
    return Web(town)


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def shared_town(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """The small city for tests that look at cases of their own only, and let no time pass for others."""
    with founded(str(request.param), tmp_path_factory.mktemp("shared"), **GENEROUS) as town:
        yield town
