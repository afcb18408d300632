"""Bring the tables of a database to a revision, and tell which one it has."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from lapor.errors import CannotRun

# any number will do, as long as all that migrate agree on it
_LOCK = 5_208_901
# an FTS5 table keeps tables of its own beside it
_SEARCH = (
    *("complaint_search", "ix_complaints_words", "ix_complaints_title"),
    *("public_search", "ix_public_versions_words", "ix_public_versions_title"),
)


def migrate(database: Engine, revision: str = "head") -> tuple[str | None, str | None]:
    """Upgrade or downgrade to a revision; return the revisions before and after. Safe to run from two places at once.

    Raises:
        CannotRun: the database has a revision that this version of lapor does not know.
    """
    with database.execution_options(writes=True).connect() as connection:
        if connection.dialect.name == "postgresql":
            # not given back to the pool: the lock ends with the connection
            connection.detach()
            connection.execute(text(f"SELECT pg_advisory_lock({_LOCK})"))
            connection.commit()
        before = current(connection)
        _refuse_newer(before)
        config = _config(connection)
        goes_down = revision == "base" or _is_below(revision, before)
        (command.downgrade if goes_down else command.upgrade)(config, revision)
        connection.commit()
        return before, current(connection)


def current(connection: Connection) -> str | None:
    """The revision of a database, None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def head() -> str:
    """The newest revision that this version of lapor knows."""
    return str(ScriptDirectory.from_config(_config()).get_current_head())


def is_known(revision: str) -> bool:
    """Whether `migrate` can go there."""
    return revision in ("head", "base") or revision in _known()


def is_described(name: str | None, kind: str, _parents: object) -> bool:
    """Whether records describe what has this name; the indexes of the search are known to migrations alone."""
    return not (kind in ("table", "index") and name and name.startswith(_SEARCH))


def require_current(connection: Connection) -> None:
    """Refuse a database of another revision.

    Raises:
        CannotRun: the database is empty, older or newer; the message says what to do.
    """
    found = current(connection)
    _refuse_newer(found)
    if found != head():
        raise CannotRun(f"The database is at revision {found or 'none'}, not {head()}: run `lapor migrate`.")


def _refuse_newer(found: str | None) -> None:
    if found is not None and found not in _known():
        raise CannotRun(
            f"The database has revision {found}, which this version does not know: install a newer version of lapor."
        )


def _known() -> set[str]:
    return {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}


def _is_below(revision: str, before: str | None) -> bool:
    if before is None or revision in ("head", before):
        return False
    scripts = ScriptDirectory.from_config(_config())
    return revision in {script.revision for script in scripts.iterate_revisions(before, "base")}


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config
