"""The command `lapor` where it cannot run: the help where a command is missing, else one line; exit code 2."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from lapor.cli import cli, main


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def groups() -> list[str]:
    context = click.Context(cli)
    found = ((name, cli.get_command(context, name)) for name in cli.list_commands(context))
    return [name for name, command in found if isinstance(command, click.Group)]


@pytest.mark.parametrize("words", [[], *([name] for name in groups())], ids=" ".join)
def test_without_a_command_the_help_is_printed(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as asked:
        main([*words, "--help"])
    helped = capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main(words)
    said = capsys.readouterr()
    assert (asked.value.code, helped.err) == (0, "")
    assert (ended.value.code, said.out, said.err) == (2, "", helped.out)
    assert "\nCommands:\n" in said.err


@pytest.mark.parametrize("revision", ["nope", "", "-1", "0001:"])
def test_a_revision_that_there_is_not_is_told_in_a_line(
    revision: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["migrate", "--to", revision])
    said = capsys.readouterr()
    assert (ended.value.code, said.out, said.err) == (2, "", f"lapor: --to: there is no revision {revision!r}.\n")
    assert list(folder.iterdir()) == []
