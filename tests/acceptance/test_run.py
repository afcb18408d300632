"""`make run` as people call it: real processes, an end that leaves nothing behind, and never two in one folder."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hookserver import free_port

ROOT = Path(__file__).parents[2]
# whoever runs the tests may ignore the signal, and that is passed on
RUN = ["env", "--default-signal=HUP", sys.executable, str(ROOT / "bin" / "run.py")]
LAST = "/trail"


def started(folder: Path) -> subprocess.Popen[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("LAPOR_")}
    return subprocess.Popen(
        RUN,
        cwd=folder,
        env={**env, "LAPOR_PORT": str(free_port())},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def told(process: subprocess.Popen[str]) -> list[str]:
    """What it says up to its last suggestion."""
    assert process.stdout
    lines: list[str] = []
    while not (lines and LAST in "".join(lines) and lines[-1].startswith("    -H")):
        line = process.stdout.readline()
        assert line, lines
        lines.append(line)
    return lines


@pytest.fixture
def running(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    (tmp_path / ".venv").symlink_to(Path(sys.executable).parents[1])
    with started(tmp_path) as process:
        yield process
        process.terminate()


def test_its_suggestions_work_and_a_second_one_is_refused_until_the_terminal_is_closed(
    running: subprocess.Popen[str], tmp_path: Path
) -> None:
    lines = told(running)
    url = json.loads((tmp_path / "var" / "demo.json").read_text())["url"]
    assert f"To read: {url}/api/v1/docs\n" in lines

    script = "set -e\n" + "".join(line[2:] for line in lines if line.startswith("  "))
    tried = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert (tried.stderr, tried.stdout.count('"dispose"')) == ("", 1)

    with started(tmp_path) as second:
        said, _ = second.communicate(timeout=60)
    assert (second.returncode, said) == (2, "run: another make run is at work in var: end that one first\n")
    assert json.loads((tmp_path / "var" / "demo.json").read_text())["url"] == url

    running.send_signal(signal.SIGHUP)
    # the end comes only when API and worker, which write to the same pipe, have ended too
    running.communicate(timeout=60)
    assert running.returncode == 0
