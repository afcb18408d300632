"""The README's commands do what the README shows, in a deployment as `make run` leaves it; so do those of docs/."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.console import differences, examples
from tests.acceptance.government import LAPOR, Government, governing

ROOT = Path(__file__).parents[2]
# needs an app that listens: test_webhook_commands runs it
ELSEWHERE = {"connect-an-agencys-own-app"}
ROOMS = ("tutorial", "how-to")
DOCUMENTS = sorted(p for room in ROOMS for p in (ROOT / "docs" / room).glob("*.md") if p.stem not in ELSEWHERE)


@pytest.fixture(scope="module")
def government(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Government]:
    """A deployment in which the README comes first: it counts what it made."""
    folder = tmp_path_factory.mktemp("readers")
    (folder / "workflows").symlink_to(ROOT / "workflows")
    (folder / ".venv").symlink_to(Path(LAPOR).parents[1])
    mails = {"LAPOR_MAIL__HOST": "", "LAPOR_MAIL__FOLDER": "var/mail"}
    with governing(f"sqlite:///{folder}/var/lapor.sqlite3", folder, **mails) as government:
        assert differences(government, ROOT / "README.md") == []
        yield government


def test_every_command_of_the_readme_prints_what_stands_there(government: Government) -> None:
    assert government.url


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_command_of_a_document_prints_what_stands_there(government: Government, document: Path) -> None:
    assert examples(document.read_text(encoding="utf-8"))
    assert differences(government, document) == []
