"""Citizens who go on submitting: one after the other, each submission with its moment and how long it took.

A process of its own, so that it competes for the machine as an API process does: URL and FOLDER of a deployment; it
prints a line for each submission, `BEGUN SECONDS`, until its input ends.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from api.app import create_app
from tests.integration.conftest import GENEROUS, open_at
from tests.integration.town import Town

PAUSE = 0.02
SAID = {"kind": "complaint", "title": "Lampu jalan mati", "text": "Sudah seminggu gelap di tikungan dekat sekolah."}


class Citizens:
    """The process, and what it printed so far."""

    def __init__(self, town: Town) -> None:
        url = town.site.database.url.render_as_string(hide_password=False)
        folder = town.site.settings.secrets.pepper.parent
        command = [sys.executable, "-m", "benchmarks.submissions", url, str(folder)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._seen: list[tuple[float, float]] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            begun, seconds = map(float, line.split())
            self._seen.append((begun, seconds))

    def waited(self, begin: float, end: float) -> list[float]:
        """How long each submission took that began between two moments of the machine's clock."""
        return [seconds for begun, seconds in self._seen if begin <= begun < end]

    def stop(self) -> None:
        """Let them finish."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(30)
        self._reader.join(30)


@contextmanager
def citizens(town: Town) -> Iterator[Citizens]:
    """Citizens who submit to this town meanwhile."""
    found = Citizens(town)
    try:
        yield found
    finally:
        found.stop()


def _submit(url: str, folder: Path) -> None:
    client = create_app(open_at(url, folder, **GENEROUS)).test_client()
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    while not ended.wait(PAUSE):
        begun = time.monotonic()
        answer = client.post("/api/v1/complaints", json=SAID)
        assert answer.status_code == 201, answer.text
        print(begun, time.monotonic() - begun, flush=True)


if __name__ == "__main__":
    _submit(sys.argv[1], Path(sys.argv[2]))
