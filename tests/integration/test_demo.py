"""The first days of the demo, played and shown in this process."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from lapor import settings
from lapor.demo import facts, programme, story
from lapor.demo.play import Day, Play, midnight
from lapor.demo.stage import Hands, staged
from lapor.demo.story import Story
from lapor.directory import demo
from lapor.errors import CannotRun
from lapor.machine.calendar import Calendar
from lapor.site import calendar_of

LAST = date(2026, 8, 13)
NARROW = """
  8 masuk / received · 10 didisposisikan / handed on · 7 diterima unit /
  accepted · 3 ditanggapi / answered · 1 dikonfirmasi / confirmed · 5 anak
  tangga dilewati / rungs skipped
  09:30  Eskalasi / Escalation: Verifikasi / Verification → Inspektur  Atap
         Pasar Lama bocor, dagangan kami rusak
"""


def plan(folder: Path, last: date = LAST) -> tuple[Calendar, Story]:
    calendar = calendar_of(settings.load({}, folder))
    whole = story.read(calendar, demo.read().complaints)
    steps = [step for step in whole.steps if calendar.day(step.at) <= last]
    return calendar, replace(whole, last=last, steps=steps)


def played(folder: Path) -> tuple[list[Day], dict[str, Any], str, str]:
    """What happened, what came of it, and what was shown in a wide window and in a narrow one."""
    calendar, few = plan(folder)
    out, narrow = StringIO(), StringIO()
    with staged(folder, Hands(midnight(few.first, calendar))) as stage:
        console, play = Console(file=out, width=200), Play(stage, few, calendar)
        programme.title(console, play)
        days = []
        for day in play.days():
            programme.show_day(console, play, day)
            programme.show_day(Console(file=narrow, width=80), play, day)
            days.append(day)
        told = {**facts.gather(play, days), "kept": str(folder), "seconds": 0.0}
        programme.show_facts(console, play, told)
    return days, told, out.getvalue(), narrow.getvalue()


def test_four_days_are_played_through_the_server_and_shown(tmp_path: Path) -> None:
    days, told, shown, narrow = played(tmp_path)
    assert [(day.day.day, day.working, len(day.events) > 20) for day in days] == [
        (10, True, True), (11, True, True), (12, True, True), (13, True, True),
    ]  # fmt: skip
    assert (told["submitted"], told["doctor"]["broken"]) == (36, [])
    assert "Kota Contoh: Senin, 10 Agustus 2026 - Kamis, 13 Agustus 2026" in shown
    assert "09:30  Eskalasi / Escalation: Verifikasi / Verification → Inspektur  Atap Pasar Lama bocor" in shown
    assert "14:04  Kembalikan disposisi / Return → Dinas Pekerjaan Umum" in shown
    assert "lapor doctor: tidak ada temuan / nothing found" in shown
    assert shown.endswith(f"Tersimpan di / Kept in {tmp_path}/var; surel / mails in {tmp_path}/var/mail\n")
    assert NARROW in narrow
    assert ("…" in narrow, max(map(len, narrow.splitlines()))) == (False, 80)
    _hides_what_is_confidential(tmp_path / "var" / "mail", shown)


def _hides_what_is_confidential(folder: Path, shown: str) -> None:
    mails = [path.read_text() for path in folder.iterdir()]
    hidden = [sample.submission["title"] for sample in demo.read().complaints if sample.submission.get("confidential")]
    assert len(mails) > 50
    assert [title for title in hidden if title in shown or any(title in mail for mail in mails)] == []


def test_a_refusal_of_the_server_ends_the_play_with_its_reason(tmp_path: Path) -> None:
    calendar, few = plan(tmp_path, last=date(2026, 8, 10))
    wrong = [replace(step, fields={**step.fields, "category": "tidak-ada"}) for step in few.steps]
    with (
        staged(tmp_path, Hands(midnight(few.first, calendar))) as stage,
        pytest.raises(CannotRun, match=r"The server refused POST /complaints .*There is none with the code"),
    ):
        list(Play(stage, replace(few, steps=wrong), calendar).days())
