"""What setup.cfg lists is what is there, so that a wheel carries all of it."""

from __future__ import annotations

from configparser import ConfigParser
from pathlib import Path

TOP = Path(__file__).parents[2]


def test_every_package_is_listed() -> None:
    setup = ConfigParser()
    setup.read(TOP / "setup.cfg")
    listed = set(setup["options"]["packages"].split())
    folders = {file.parent.relative_to(TOP) for room in ("lapor", "api") for file in (TOP / room).rglob("*.py")}
    assert listed == {".".join(folder.parts) for folder in folders} | {"lapor.workflows"}


def test_the_workflows_hold_no_python() -> None:
    assert {file.suffix for file in (TOP / "workflows").iterdir()} == {".yaml"}
