"""The wheel, installed where nothing else is, gives a command that works from any folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
CARRIED = """
from pathlib import Path
import lapor.records, lapor.settings
migrations = Path(lapor.records.__file__).parent / "migrations"
print(*sorted(p.name for p in [*migrations.rglob("*.py"), *lapor.settings.shipped_workflows().iterdir()]))
"""

pytestmark = pytest.mark.slow


def run(*words: str | Path, folder: Path) -> str:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("LAPOR_", "PYTHON"))}
    done = subprocess.run(
        [str(word) for word in words], cwd=folder, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = tmp_path_factory.mktemp("source")
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(TOP / name, source)
    for name in ("lapor", "api", "workflows"):
        shutil.copytree(TOP / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", folder=source)
    (built,) = (source / "dist").iterdir()
    return built


@pytest.fixture(scope="module")
def scripts(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of commands of an environment with the wheel, what requirements.txt pins, and nothing else."""
    place = tmp_path_factory.mktemp("installed")
    python = place / "venv/bin/python"
    if uv := shutil.which("uv"):
        run(uv, "venv", "--python", sys.executable, place / "venv", folder=place)
        pip: list[str | Path] = [uv, "pip"]
        target: list[str | Path] = ["--python", python]
    else:
        run(sys.executable, "-m", "venv", place / "venv", folder=place)
        pip, target = [python, "-m", "pip"], []
    run(*pip, "install", *target, "--require-hashes", "-r", TOP / "requirements.txt", folder=place)
    run(*pip, "install", *target, "--no-deps", wheel, folder=place)
    run(*pip, "check", *target, folder=place)
    return python.parent


def test_the_command_works_from_another_folder(scripts: Path, tmp_path: Path) -> None:
    assert run(scripts / "lapor", "--help", folder=tmp_path).startswith("Usage: lapor")
    for words in (["config", "check"], ["notices", "preview", "--html"], ["migrate"], ["seed", "--demo"]):
        run(scripts / "lapor", *words, folder=tmp_path)


def test_the_wheel_carries_migrations_and_workflows(scripts: Path, tmp_path: Path) -> None:
    here = [*(TOP / "lapor/records/migrations").rglob("*.py"), *(TOP / "workflows").glob("*.yaml")]
    assert run(scripts / "python", "-c", CARRIED, folder=tmp_path).split() == sorted(file.name for file in here)
