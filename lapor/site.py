"""The wiring: settings become a database, an engine and senders; one value that API, worker and commands share."""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import sqlalchemy
from sqlalchemy import event, func, select
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from lapor import vault
from lapor.attachments.store import Store
from lapor.directory import editions, organisation, revision, versions
from lapor.errors import CannotRun, Unavailable
from lapor.machine import indonesia, reader
from lapor.machine.calendar import Calendar
from lapor.machine.definition import Definition
from lapor.machine.edition import Edition, Hours
from lapor.machine.engine import Engine
from lapor.machine.organisation import Organisation
from lapor.notices import wordings
from lapor.notices.wordings import Wordings
from lapor.records import Complaint, Heartbeat, schema
from lapor.settings import Secrets, Settings, shipped_workflows
from lapor.vault import Ring, Vault

REWRITING = "rewriting"
_PATIENCE = {"connect_timeout": 5, "tcp_user_timeout": 5000}


@dataclass(slots=True)
class _Built:
    """The engine built last, and the revision that it was built from."""

    revision: int = -1
    engine: Engine | None = None


@dataclass(frozen=True)
class Site:
    """One deployment, open. `pepper` keys the hashes of secrets, `vault` opens what is sealed: neither leaves the process."""

    settings: Settings
    database: sqlalchemy.Engine
    pepper: bytes = field(repr=False)
    vault: Vault = field(repr=False)
    _built: _Built = field(default_factory=_Built, repr=False, compare=False)

    @property
    def public_url(self) -> str:
        """How people reach the API, without a slash at the end."""
        server = self.settings.server
        return self.settings.public_url.rstrip("/") or f"http://{server.host}:{server.port}"

    @property
    def lanes(self) -> int:
        """How many batches a sweep has under way at once: SQLite has one writer at a time."""
        return 1 if self.database.dialect.name == "sqlite" else 2

    @property
    def attachments(self) -> Store:
        """Where the files lie that come with complaints."""
        return Store(self.settings.attachments.folder)

    @cached_property
    def wordings(self) -> Wordings:
        """The words of notices, with the agency's own.

        Raises:
            SettingsFaulty: with everything in the agency's own that does not fit.
        """
        return wordings.load(self.settings.notices.texts)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that reads and is rolled back at its end.

        Raises:
            Unavailable: the database cannot be reached.
        """
        with _told_apart(), Session(self.database, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session that is committed at its end, or rolled back with whatever was raised.

        Raises:
            Unavailable: the database cannot be reached.
        """
        writes = self.database.execution_options(writes=True)
        with _told_apart(), Session(writes, expire_on_commit=False) as session, session.begin():
            yield session

    def forget_what_was_erased(self, now: datetime) -> None:
        """Rewrite the file of SQLite without its freed places, if a case was erased since that was last done.

        PostgreSQL frees and overwrites old versions of rows by itself (autovacuum).

        Raises:
            Unavailable: somebody else writes for too long.
        """
        if self.database.dialect.name != "sqlite":
            return
        with self.reading() as session:
            erased, last = session.scalar(select(func.max(Complaint.erased_at))), session.get(Heartbeat, REWRITING)
        if erased is None or (last is not None and erased <= last.at):
            return
        with closing(self.database.raw_connection()) as connection:
            _rewrite_sqlite(connection.cursor())
        with self.writing() as session:
            session.merge(Heartbeat(name=REWRITING, at=now))

    def engine(self, session: Session) -> Engine:
        """The engine of the moment: built anew when the database has another revision than the one built last."""
        found = revision.number(session)
        if self._built.engine is None or self._built.revision != found:
            settings = self.settings
            built = versions.engine(
                session,
                zone=settings.zone.key,
                default_door=settings.doors.default,
                pepper=self.pepper,
                vault=self.vault,
            )
            self._built.revision, self._built.engine = found, built
        return self._built.engine

    def prepare(self, definitions: Sequence[Definition] = ()) -> None:
        """Store definitions, by default those of the settings' folder, and the settings' calendar, where they are new.

        Raises:
            CannotRun: the database has another revision, or a stored definition was changed under its version.
            DefinitionFaulty: a definition does not satisfy the proofs.
        """
        definitions = definitions or load_definitions(self.settings)
        with self.database.connect() as connection:
            schema.require_current(connection)
        with self.writing() as session:
            revision.lock(session)
            versions.store_definitions(session, definitions)
            stored = editions.newest(session)
            # a calendar that was imported holds until the next one is
            if stored is None or stored.decree is None:
                editions.store(session, edition_of(self.settings))

    def adopt(self, edition: Edition) -> int:
        """Make an edition the calendar in force, where it is not; return its version."""
        with self.writing() as session:
            revision.lock(session)
            return editions.store(session, edition)


def open_site(settings: Settings) -> Site:
    """Open the database that the settings name, and make what a first start needs.

    Raises:
        CannotRun: the folder for data cannot be written.
    """
    files = settings.secrets
    return Site(settings, connect(settings.database.url), _pepper(files.pepper), _vault(files))


def connect(url: str) -> sqlalchemy.Engine:
    """A database by its address; SQLite is made to behave: one writer at a time, foreign keys, nothing lost."""
    parsed = sqlalchemy.make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return sqlalchemy.create_engine(
            parsed, pool_pre_ping=True, connect_args=_PATIENCE, pool_size=10, hide_parameters=True
        )
    if parsed.database:
        _make_folder(Path(parsed.database).parent)
    database = sqlalchemy.create_engine(parsed, connect_args={"timeout": 30}, hide_parameters=True)
    event.listen(database, "connect", _set_up_sqlite)
    event.listen(database, "begin", _begin_sqlite)
    return database


def _set_up_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _rewrite_sqlite(cursor: Any) -> None:
    # neither may run inside a transaction, and SQLAlchemy begins one for whatever it runs
    try:
        for statement in ("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
            cursor.execute(statement)
    except sqlite3.OperationalError as fault:
        raise Unavailable from fault


def _begin_sqlite(connection: sqlalchemy.Connection) -> None:
    # a writer that starts as a reader cannot wait for another writer: it fails at once
    writes = connection.get_execution_options().get("writes")
    raw: Any = connection.connection.dbapi_connection
    raw.execute("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def _told_apart() -> Iterator[None]:
    try:
        yield
    except (OperationalError, PoolTimeout) as fault:
        raise Unavailable from fault
    except DBAPIError as fault:
        if fault.connection_invalidated:
            raise Unavailable from fault
        raise


def load_definitions(settings: Settings) -> list[Definition]:
    """Read and prove every workflow file of the settings' folder.

    Raises:
        CannotRun: there is none, or two files define the same kind.
        DefinitionFaulty: with all faults of a file.
    """
    folder = workflows_folder(settings)
    definitions = [reader.load(path) for path in sorted(folder.glob("*.yaml"))]
    names = [definition.name for definition in definitions]
    if not names or len(set(names)) < len(names):
        raise CannotRun(f"{folder} must hold one YAML file for each kind, and holds {', '.join(names) or 'none'}.")
    return definitions


def workflows_folder(settings: Settings) -> Path:
    """The folder of the definitions: the one of the settings, else the shipped one."""
    return settings.workflows if settings.workflows.name else shipped_workflows()


def calendar_of(settings: Settings) -> Calendar:
    """The calendar of the settings in their zone."""
    return edition_of(settings).calendar(settings.zone.key)


def edition_of(settings: Settings) -> Edition:
    """The national calendar with the office hours and the amendments of the settings."""
    worked = set(settings.calendar.working)
    closed = {day: name for day, name in indonesia.holidays_of(indonesia.YEARS).items() if day not in worked}
    amended = {holiday.day: f"{holiday.name} ({holiday.decree})" for holiday in settings.calendar.holidays}
    return Edition(Hours(settings.office_hours.week, closed | amended), decreed=indonesia.decreed_years())


def calendar_in_force(settings: Settings) -> tuple[int, Edition, Organisation]:
    """The version of the calendar that is in force, with the units that may have hours of their own; nothing is made.

    Where no database is there yet: version 0, what the settings say, and no units.
    """
    parsed = sqlalchemy.make_url(settings.database.url)
    if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").exists():
        return 0, edition_of(settings), Organisation({}, {})
    database = connect(settings.database.url)
    with closing(database.connect()) as connection, Session(connection) as session:
        known = editions.read(session) if schema.current(connection) else {}
        units = organisation.read(session) if known else Organisation({}, {})
    database.dispose()
    version = max(known, default=0)
    return version, known[version] if known else edition_of(settings), units


def _pepper(path: Path) -> bytes:
    _make_folder(path.parent)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_hex(32).encode())
    except FileExistsError:
        pass
    except OSError as fault:
        raise CannotRun(f"{path} cannot be written ({fault.strerror}): name another file as secrets.pepper.") from None
    found = path.read_bytes()
    if len(found) < 32:
        raise CannotRun(
            f"{path} is shorter than 32 bytes: restore it from a backup, or remove it on an empty database."
        )
    return found


def _vault(files: Secrets) -> Vault:
    rings = (files.identity, files.content)
    missing = [path for path in rings if not path.exists()]
    if len(missing) == 1:
        raise CannotRun(f"{missing[0]} is missing, and nobody else can make it: restore it from a backup.")
    for path in missing:
        _make_folder(path.parent)
        try:
            vault.make(path)
        except OSError as fault:
            raise CannotRun(f"{path} cannot be written ({fault.strerror}): name another file for it.") from None
    return Vault(*map(Ring, rings))


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise CannotRun(f"{folder} cannot be made ({fault.strerror}): name another folder as var.") from None
    if not os.access(folder, os.W_OK):
        raise CannotRun(f"{folder} cannot be written: change its rights, or name another folder as var.")
