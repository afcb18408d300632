"""Start API and worker side by side, after migrations and the demo government. Ctrl-C stops both.

One at a time in a folder for data: a second one would write into the same database under another address. Without a mail
server the mails that are sent lie in var/mail.
"""

from __future__ import annotations

import fcntl
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from types import FrameType
from typing import TextIO

from lapor import settings
from lapor.errors import SettingsFaulty

LAPOR = str(Path(sys.executable).with_name("lapor"))
PATIENCE = 30.0
EVERYWHERE = {str(IPv4Address(0)), str(IPv6Address(0))}
UNIT, CATEGORY = "dinas-pekerjaan-umum", "jalan-berlubang"  # of the demo government
COMMANDS = """\
lapor runs at {url}, its worker beside it. Ctrl-C stops both. Tokens of the demo's posts: {var}/demo.json
To read: {url}/api/v1/docs
{mails}

In another terminal, in the same folder:
  export PATH="$PWD/.venv/bin:$PATH" URL=$(python3 -c "import json; print(json.load(open('{var}/demo.json'))['url'])")

Submit a complaint:
  curl -sS $URL/api/v1/complaints -H 'Content-Type: application/json' \\
    -d '{{"kind": "complaint", "title": "Jalan berlubang", "text": "Lubang besar di depan pasar."}}' | tee {var}/case.json

Dispose it:
  curl -sS $URL/api/v1/complaints/$(grep -o '"tracking_number": *"[^"]*' {var}/case.json | cut -d'"' -f4)/moves \\
    -H 'Authorization: Bearer {coordinator}' -H 'Content-Type: application/json' \\
    -H "If-Match: \\"$(grep -o '"version": *[0-9]*' {var}/case.json | tr -dc 0-9)\\"" \\
    -d '{{"move": "dispose", "fields": {{"unit": "{unit}", "category": "{category}", "classification": "not_oversight"}}}}'

Read its trail:
  curl -sS $URL/api/v1/complaints/$(grep -o '"tracking_number": *"[^"]*' {var}/case.json | cut -d'"' -f4)/trail \\
    -H 'Authorization: Bearer {coordinator}'
"""
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(Exception):
    """Somebody wants an end."""


class Refused(Exception):
    """It cannot run here; the message says why."""


def main() -> int:
    """Return 0 when asked to stop, else the code of whatever failed; that has told why."""
    for number in SIGNALS:
        # who started it with nohup wants it to outlive the terminal
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _stop)
    children: list[subprocess.Popen[bytes]] = []
    try:
        chosen = _chosen()
        with _alone(chosen.var):
            return _run(chosen, children)
    except SettingsFaulty as found:
        print(*found.faults, sep="\n", file=sys.stderr)
        return 2
    except Refused as why:
        print(f"run: {why}", file=sys.stderr)
        return 2
    except Stopped:
        return 0
    finally:
        _end(children)


def _run(chosen: settings.Settings, children: list[subprocess.Popen[bytes]]) -> int:
    if _taken(chosen.server):
        raise Refused(f"port {chosen.server.port} is in use: set LAPOR_PORT to another")
    for step in (["migrate"], ["seed", "--demo", "--json"]):
        if code := subprocess.run([LAPOR, *step], stdout=subprocess.DEVNULL, check=False).returncode:
            return code
    # sessions of their own: the terminal's Ctrl-C comes here only, and each is asked to stop once
    children.extend(subprocess.Popen([LAPOR, name], start_new_session=True) for name in ("serve", "worker"))
    if _ready(chosen.server, children):
        _tell(chosen)
    return _first_to_end(children)


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise Stopped


def _chosen() -> settings.Settings:
    """The settings; where they name neither a mail server nor a folder for mails, with one under `var`."""
    chosen = settings.load(os.environ, Path.cwd())
    if chosen.mail.host or chosen.mail.folder.name:
        return chosen
    # the worker reads it there
    os.environ["LAPOR_MAIL__FOLDER"] = str(chosen.var / "mail")
    return settings.load(os.environ, Path.cwd())


def _alone(var: Path) -> TextIO:
    """A file under `var` that is locked as long as it is open; the kernel lets go of it however this process ends."""
    try:
        var.mkdir(parents=True, exist_ok=True)
        held = (var / "run.lock").open("w", encoding="utf-8")
    except OSError as fault:
        raise Refused(f"{os.path.relpath(var)} cannot be written: {fault.strerror}") from None
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        held.close()
        raise Refused(f"another make run is at work in {os.path.relpath(var)}: end that one first") from None
    return held


def _here(server: settings.Server) -> tuple[str, int]:
    return ("127.0.0.1" if server.host in EVERYWHERE else server.host), server.port


def _taken(server: settings.Server) -> bool:
    """Whether something answers already, which would pass for ours."""
    try:
        socket.create_connection(_here(server), timeout=2).close()
    except OSError:
        return False
    return True


def _ready(server: settings.Server, children: Sequence[subprocess.Popen[bytes]]) -> bool:
    """Whether the API answers, before a child ends or patience does."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and all(child.poll() is None for child in children):
        connection = http.client.HTTPConnection(*_here(server), timeout=2)
        try:
            connection.request("GET", "/health/ready")
            if connection.getresponse().status == http.HTTPStatus.OK:
                return True
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()
        time.sleep(0.1)
    return False


def _tell(chosen: settings.Settings) -> None:
    var = os.path.relpath(chosen.var)
    demo = json.loads((chosen.var / "demo.json").read_text(encoding="utf-8"))
    named = {"url": demo["url"], "coordinator": demo["tokens"]["coordinator"], "unit": UNIT, "category": CATEGORY}
    kept = f"Mails, to citizens and officers alike, are kept as files in {os.path.relpath(chosen.mail.folder)}"
    mails = f"Mails go to {chosen.mail.host}" if chosen.mail.host else kept
    print(COMMANDS.format(var=var, mails=mails, **named), flush=True)


def _first_to_end(children: Sequence[subprocess.Popen[bytes]]) -> int:
    """Wait until one ends by itself, which neither should."""
    while all(child.poll() is None for child in children):
        time.sleep(0.2)
    ended = next(child for child in children if child.returncode is not None)
    if ended.returncode not in (1, 2):  # these have said why, in one line
        print(f"run: {' '.join(map(str, ended.args))} ended with {ended.returncode}", file=sys.stderr)  # type: ignore[arg-type]
    return abs(ended.returncode) or 1


def _end(children: Sequence[subprocess.Popen[bytes]]) -> None:
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    for child in children:
        child.terminate()
    for child in children:
        try:
            child.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            child.kill()


if __name__ == "__main__":
    sys.exit(main())
