"""A whole deployment as people run it: `lapor serve` and `lapor worker` as processes, spoken to over HTTP."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests import mailserver

LAPOR = str(Path(sys.executable).with_name("lapor"))
PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, the headers in lower case, and the JSON body."""

    status: int
    headers: Mapping[str, str]
    body: Any


@dataclass(frozen=True)
class Government:
    """A running deployment with the demo government, and the mail server that it sends to."""

    url: str
    folder: Path
    env: Mapping[str, str]
    tokens: Mapping[str, str]
    mail: mailserver.MailServer
    processes: Mapping[str, subprocess.Popen[bytes]]

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request; errors come back as answers."""
        sent = {"Content-Type": "application/json", **(headers or {})}
        if token:
            sent["Authorization"] = f"Bearer {self.tokens.get(token, token)}"
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, content, sent, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return _answer(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as refused:
            with refused:
                return _answer(refused.code, refused.headers, refused.read())

    def move(self, number: str, name: str, fields: Mapping[str, Any], *, token: str) -> dict[str, Any]:
        """Make a move of the case as it stands now, and return the case."""
        path = f"/api/v1/complaints/{number}"
        etag = self.ask("GET", path, token=token).headers["etag"]
        body = {"move": name, "fields": fields}
        answer = self.ask("POST", f"{path}/moves", body, token=token, headers={"If-Match": etag})
        assert answer.status == 200, answer
        case: dict[str, Any] = answer.body
        return case

    def lapor(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the command beside it."""
        command = [LAPOR, *arguments]
        return subprocess.run(
            command, cwd=self.folder, env=self.env, capture_output=True, text=True, check=False, timeout=PATIENCE
        )

    def wait(self, what: Callable[[], Any]) -> Any:
        """Return what comes of asking again and again, once it is something.

        Raises:
            AssertionError: nothing came in time.
        """
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            found = what()
            if found:
                return found
            time.sleep(0.1)
        raise AssertionError("nothing came in time")


def _answer(status: int, headers: Any, content: bytes) -> Answer:
    lower = {name.lower(): value for name, value in headers.items()}
    return Answer(status, lower, json.loads(content) if content else None)


@contextmanager
def governing(url: str, folder: Path, **more: str) -> Iterator[Government]:
    """Migrate and seed an empty database, and run both processes until the end of the block.

    `more` is what their environment has besides, or instead.
    """
    with mailserver.running() as mail:
        env = {**_env(url, mail.port), **more}
        for arguments in (["migrate"], ["seed", "--demo"]):
            subprocess.run([LAPOR, *arguments], cwd=folder, env=env, check=True, capture_output=True, timeout=PATIENCE)
        demo = json.loads((folder / "var" / "demo.json").read_text())
        processes = {name: _start(name, folder, env) for name in ("serve", "worker")}
        government = Government(demo["url"], folder, env, demo["tokens"], mail, processes)
        try:
            government.wait(lambda: _is_ready(government))
            yield government
        finally:
            for process in processes.values():
                process.terminate()
            for process in processes.values():
                process.wait(PATIENCE)


def _env(url: str, mail_port: int) -> dict[str, str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return {
        **os.environ,
        "LAPOR_DATABASE_URL": url,
        "LAPOR_PORT": str(port),
        "LAPOR_WORKER__SWEEP_SECONDS": "1",
        "LAPOR_WORKER__SEND_SECONDS": "1",
        "LAPOR_MAIL__HOST": "127.0.0.1",
        "LAPOR_MAIL__PORT": str(mail_port),
        "LAPOR_MAIL__FROM": "lapor@kota-contoh.example",
        "LAPOR_MAIL__STARTTLS": "false",
    }


def _start(name: str, folder: Path, env: Mapping[str, str]) -> subprocess.Popen[bytes]:
    with (folder / f"{name}.log").open("wb") as log:
        return subprocess.Popen([LAPOR, name], cwd=folder, env=env, stdout=log, stderr=log)


def _is_ready(government: Government) -> bool:
    ended = [name for name, process in government.processes.items() if process.poll() is not None]
    assert not ended, [(government.folder / f"{name}.log").read_text() for name in ended]
    try:
        return government.ask("GET", "/health/ready").status == 200
    except OSError:
        return False
