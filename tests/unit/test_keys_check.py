"""`lapor config check` refuses keys that are weak, missing or readable by others, each in a line of its own."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path

import pytest

from lapor import cli, vault


def check(capsys: pytest.CaptureFixture[str]) -> tuple[object, str, list[str]]:
    """The exit code, and what is said on stdout and, line by line, on stderr."""
    with pytest.raises(SystemExit) as left:
        cli.main(["config", "check"])
    said = capsys.readouterr()
    return left.value.code, said.out, said.err.splitlines()


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A deployment whose keys are in order; the command runs in the folder above."""
    folder = tmp_path / "var"
    folder.mkdir()
    (folder / "pepper.key").write_text(secrets.token_hex(32))
    (folder / "pepper.key").chmod(0o600)
    for name in ("identity.keys", "content.keys"):
        vault.make(folder / name)
    monkeypatch.chdir(tmp_path)
    for name in ("LAPOR_CONFIG", "LAPOR_VAR"):
        monkeypatch.delenv(name, raising=False)
    return folder


def rewrite(name: str, said: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_text(said)


def missing(name: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).unlink()


def open_to_others(name: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).chmod(0o640)


def a_folder(name: str) -> Callable[[Path], object]:
    def replaced(folder: Path) -> None:
        (folder / name).unlink()
        (folder / name).mkdir(0o700)

    return replaced


def in_both_rings(folder: Path) -> None:
    (folder / "content.keys").write_text((folder / "identity.keys").read_text())


KEY, OTHER = bytes(range(32)).hex(), bytes(range(32, 64)).hex()
FAULTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "no pepper": (missing("pepper.key"), "pepper.key: missing; restore it from a backup"),
    "no identity keys": (missing("identity.keys"), "identity.keys: missing; restore it from a backup"),
    "no content keys": (missing("content.keys"), "content.keys: missing; restore it from a backup"),
    "a short pepper": (rewrite("pepper.key", "x" * 31), "pepper.key: shorter than 32 bytes; restore it from a backup"),
    "a weak pepper": (rewrite("pepper.key", "rahasia" * 10), "pepper.key: weak; it repeats itself"),
    "an unreadable pepper": (
        a_folder("pepper.key"),
        "pepper.key cannot be read (IsADirectoryError): restore it from a backup.",
    ),
    "a readable pepper": (open_to_others("pepper.key"), "pepper.key: others than its owner may read it; chmod 600"),
    "a readable ring": (open_to_others("content.keys"), "content.keys: others than its owner may read it; chmod 600"),
    "an unreadable ring": (
        a_folder("identity.keys"),
        "identity.keys cannot be read (IsADirectoryError): restore it from a backup.",
    ),
    "letters outside ASCII": (
        rewrite("identity.keys", "k\u00e9:" + KEY),
        "identity.keys cannot be read (UnicodeDecodeError): restore it from a backup.",
    ),
    "an empty ring": (rewrite("identity.keys", ""), "identity.keys: it holds no key."),
    "a short key": (
        rewrite("identity.keys", "k1:" + KEY[:-1]),
        "identity.keys: line 1 must be ID:HEX, with 64 digits.",
    ),
    "a weak key": (rewrite("identity.keys", "k1:" + "00" * 32), "identity.keys: line 1 is a weak key."),
    # the last key is the current one: no id has to name it, and none can be unknown
    "a key without an id": (rewrite("identity.keys", KEY), "identity.keys: line 1 must be ID:HEX, with 64 digits."),
    "an id for two keys": (
        rewrite("identity.keys", f"k1:{KEY}\nk1:{OTHER}\n"),
        "identity.keys: line 2 has the id of another.",
    ),
    "one key in both rings": (in_both_rings, "content.keys: holds a key of another ring"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_the_keys_is_told_in_one_line(keys: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    spoil, said = FAULTS[name]
    spoil(keys)
    assert check(capsys) == (1, "", [f"{keys}/{said}"])


def test_keys_that_are_in_order_pass(keys: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(capsys) == (0, "The settings are in order.\n", [])


def test_before_the_first_start_there_are_no_keys(keys: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for file in keys.iterdir():
        file.unlink()
    assert check(capsys) == (0, "The settings are in order.\n", [])


def test_all_faults_are_told_at_once(keys: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a short pepper", "a readable ring", "an empty ring"):
        FAULTS[name][0](keys)
    code, _, said = check(capsys)
    assert (code, sorted(said)) == (
        1,
        sorted(f"{keys}/{FAULTS[name][1]}" for name in ("a short pepper", "a readable ring", "an empty ring")),
    )
