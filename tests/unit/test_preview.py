"""`lapor notices preview` and what `lapor config check` says of an agency's own words, as commands in a folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from lapor.cli import cli
from lapor.errors import CannotRun
from lapor.notices import html, samples
from lapor.notices.wordings import shipped

URL = "http://127.0.0.1:8080"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def lapor(*words: str) -> Result:
    return CliRunner().invoke(cli, words, standalone_mode=False)


def items(*words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(lapor("notices", "preview", *words, "--json").stdout)["items"]
    return found


def test_one_notice_is_shown_as_it_is_mailed() -> None:
    text = samples.shown("escalation", shipped(), URL)
    assert lapor("notices", "preview", "escalation").stdout == f"escalation\n{text.subject}\n\n{text.body}\n"


def test_html_is_shown_where_it_is_asked_for() -> None:
    text = samples.shown("digest", shipped(), URL)
    shown = lapor("notices", "preview", "digest", "--html").stdout
    assert shown == f"digest\n{text.subject}\n\n{html.page(text)}\n"


def test_a_closed_case_is_due_at_no_moment() -> None:
    assert lapor("notices", "preview", "close", "--lang", "en").stdout.splitlines() == [
        "close",
        "[2026-7QK4-M2ZD-5] Report closed",
        "",
        "The complaints coordinator has closed your report. If you do not agree, appeal through the link below while "
        "the time for it is open.",
        "",
        "Number: 2026-7QK4-M2ZD-5",
        "Link: http://127.0.0.1:8080/api/v1/complaints/2026-7QK4-M2ZD-5",
        "",
        "The link opens with the secret that you were shown when you reported.",
        "",
    ]


def test_all_notices_are_shown_when_none_is_named() -> None:
    assert [item["event"] for item in items()] == [*shipped().events, "digest", "weekly", "standstill", "put_off"]


def test_programs_are_given_json() -> None:
    text = samples.shown("answer", shipped().only("id"), URL)
    assert items("answer", "--lang", "id") == [
        {"event": "answer", "subject": text.subject, "text": text.body, "html": html.page(text)}
    ]


def test_an_unknown_notice_is_refused_with_the_nearest_one() -> None:
    refused = lapor("notices", "preview", "extnd").exception
    assert isinstance(refused, CannotRun)
    assert str(refused) == "There is no notice of extnd; did you mean extend?"


def test_an_agencys_own_words_are_shown(folder: Path) -> None:
    (folder / "words").mkdir()
    (folder / "words/en.yaml").write_text("digest: {subject: 'Good morning, it is {date}'}")
    (folder / "config.yaml").write_text("notices: {texts: words}")
    assert [item["subject"] for item in items("digest", "--lang", "en")] == ["Good morning, it is Monday 16 March 2026"]


def test_the_check_of_the_settings_lists_the_faults_of_the_words(folder: Path) -> None:
    (folder / "words").mkdir()
    (folder / "words/en.yaml").write_text("digest: {subject: '{name}'}\nevent: {}")
    (folder / "config.yaml").write_text("notices: {texts: words}")
    checked = lapor("config", "check", "--json")
    assert (checked.return_value, json.loads(checked.stdout)) == (
        1,
        {
            "faults": [
                "words/en.yaml: digest.subject: {name} is unknown here; allowed: {date}",
                "words/en.yaml: event: unknown; did you mean events?",
            ]
        },
    )


def test_the_check_of_the_settings_lists_those_of_definitions_and_words_together(folder: Path) -> None:
    (folder / "flows").mkdir()
    (folder / "flows/case.yaml").write_text("name: case")
    (folder / "config.yaml").write_text("notices: {texts: words}\nworkflows: flows")
    faults = json.loads(lapor("config", "check", "--json").stdout)["faults"]
    assert faults[0].startswith(f"{folder}/flows/case.yaml")
    assert faults[-1] == f"notices.texts: {folder}/words is no folder"
