"""The command `lapor`: what it prints for people, and where it cannot run the help or one line; exit code 2."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest

from lapor.cli import cli, main
from lapor.cli.here import print_table


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


def test_a_doctor_who_finds_nothing_says_so_in_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["migrate"], ["doctor"], ["trail", "verify"]):
        with pytest.raises(SystemExit) as ended:
            main(words)
        assert ended.value.code == 0
    said = capsys.readouterr().out.splitlines()[1:]
    assert said == ["Nothing found (nothing is stored)", "Chains: 0, entries: 0, broken: 0"]


def test_the_title_of_a_table_is_not_folded(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    title = "A title of many words, " * 5
    print_table(title, ("code", "detail"), [("due-untold", "it has moments [that] nobody was told of")])
    first, *table = capsys.readouterr().out.splitlines()
    assert (first, max(map(len, table)) <= 40, "[that]" in "".join(table)) == (title, True, True)


def test_the_demo_government_comes_with_tokens_and_the_posts_that_they_are_of(folder: Path) -> None:
    written = []
    for words in (["migrate"], ["seed", "--demo"], ["seed", "--demo"]):
        with pytest.raises(SystemExit) as ended:
            main(words)
        assert ended.value.code == 0
        written += [json.loads(path.read_text()) for path in folder.glob("var/demo.json")]
    first, again = written
    assert (first, first["url"], first["tokens"].keys()) == (again, "http://127.0.0.1:8080", first["posts"].keys())
    assert first["posts"] == {
        "coordinator": "pemerintah-kota.koordinator-pengaduan",
        "liaison_officer": "dinas-pekerjaan-umum.pejabat-penghubung",
        "handler": "dinas-pekerjaan-umum.petugas-pengaduan",
        "supervisor": "dinas-pekerjaan-umum.kepala-dinas",
        "inspector": "inspektorat.inspektur",
        "operator": "pemerintah-kota.pengelola-sistem",
        "superior": "sekretariat-daerah.sekretaris-daerah",
    }
