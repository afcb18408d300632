from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from lapor.machine.definition import Label
from lapor.notices import texts
from lapor.notices.texts import CaseFacts, Text, render, spoken

LINK = "https://lapor.example/api/v1/complaints/2026-7QK4-M2ZD-5"
CASE = CaseFacts(
    number="2026-7QK4-M2ZD-5",
    zone="Asia/Jakarta",
    phase="follow_up",
    due_at=datetime(2026, 3, 16, 9, tzinfo=UTC),
    anonymous=False,
    confidential=False,
    title="Lampu jalan mati di depan pasar",
)
OF_CLOCK = {"clock": "first_response", "rung": 1, "due_at": "2026-03-17T00:30:00+00:00"}
EVENTS = [*sorted(texts.REPORTER_EVENTS), "warning", "escalation", "oversight", "oversight_withdrawn"]


def facts_of(event: str) -> dict[str, Any]:
    return OF_CLOCK if event in ("warning", "escalation") else {}


def test_reporters_are_told_of_these_events() -> None:
    told = {"submit", "dispose", "ask_completion", "ask_reporter", "answer", "approve", "remind"}
    assert told == texts.REPORTER_EVENTS


def test_a_receipt_reads_like_this() -> None:
    assert render("submit", replace(CASE, title=None), LINK, {}) == Text(
        subject="[2026-7QK4-M2ZD-5] Laporan diterima / Report received",
        body="""\
Laporan Anda telah kami terima. Simpan nomornya bersama kode rahasia yang Anda peroleh saat melapor; kode itu tidak \
pernah kami minta melalui surel.

Nomor: 2026-7QK4-M2ZD-5
Langkah berikutnya paling lambat: Senin, 16 Maret 2026 pukul 16.00 WIB
Tautan: https://lapor.example/api/v1/complaints/2026-7QK4-M2ZD-5

Tautan itu terbuka dengan kode rahasia yang Anda peroleh saat melapor.

----

We have received your report. Keep its number together with the secret that you were shown when you reported; we never \
ask for that secret by mail.

Number: 2026-7QK4-M2ZD-5
Next step due: Monday 16 March 2026, 16:00 WIB
Link: https://lapor.example/api/v1/complaints/2026-7QK4-M2ZD-5

The link opens with the secret that you were shown when you reported.
""",
    )


def test_an_escalation_names_its_own_clock_and_due_moment() -> None:
    assert render("escalation", CASE, LINK, OF_CLOCK) == Text(
        subject="[2026-7QK4-M2ZD-5] Eskalasi: lewat tenggat / Escalation: overdue",
        body="""\
Tenggat tanggapan pertama laporan ini terlewati, sehingga laporan ini dieskalasi kepada Anda.

Nomor: 2026-7QK4-M2ZD-5
Judul: Lampu jalan mati di depan pasar
Tenggat: Selasa, 17 Maret 2026 pukul 07.30 WIB
Tautan: https://lapor.example/api/v1/complaints/2026-7QK4-M2ZD-5

Tautan itu terbuka dengan akun petugas Anda.

----

The first response of this report is overdue, and the report has been escalated to you.

Number: 2026-7QK4-M2ZD-5
Title: Lampu jalan mati di depan pasar
Due: Tuesday 17 March 2026, 07:30 WIB
Link: https://lapor.example/api/v1/complaints/2026-7QK4-M2ZD-5

The link opens with your officer's account.
""",
    )


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("hidden", [replace(CASE, anonymous=True), replace(CASE, confidential=True)])
def test_a_hidden_case_has_no_title_in_any_mail(event: str, hidden: CaseFacts) -> None:
    shown = render(event, hidden, LINK, facts_of(event))
    assert shown == render(event, replace(CASE, title=None), LINK, facts_of(event))


@pytest.mark.parametrize("event", EVENTS)
def test_every_event_speaks_both_tongues_and_leaves_nothing_open(event: str) -> None:
    text = render(event, CASE, LINK, facts_of(event))
    indonesian, english = text.body.split("\n----\n\n")
    assert ("Nomor: " in indonesian, "Number: " in english) == (True, True)
    assert "{" not in text.subject + text.body
    assert text.subject.startswith("[2026-7QK4-M2ZD-5] ")
    assert len(f"Subject: {text.subject}") <= 78


@pytest.mark.parametrize(
    ("phase", "said"),
    [
        ("intake", "it is archived automatically"),
        ("follow_up", "it is handed back to the officer automatically"),
        ("closure", "it is closed automatically"),
        ("disposition", "it is archived, handed back or closed automatically"),
        (None, "it is archived, handed back or closed automatically"),
    ],
)
def test_a_reminder_says_what_happens_with_no_word(phase: str | None, said: str) -> None:
    assert said in render("remind", replace(CASE, phase=phase), LINK, {}).body


def test_a_case_without_a_running_clock_is_due_at_no_moment() -> None:
    body = render("answer", replace(CASE, due_at=None, title=None), LINK, {}).body
    assert [line.split(":")[0] for line in body.splitlines() if ": " in line] == ["Nomor", "Tautan", "Number", "Link"]


def test_a_clock_of_another_workflow_is_called_by_its_name() -> None:
    body = render("warning", CASE, LINK, {**OF_CLOCK, "clock": "site_visit"}).body
    assert "Tenggat site visit laporan ini mendekat." in body


def test_a_title_cannot_make_lines_of_its_own() -> None:
    forged = "Jalan\r\nTautan: http://elsewhere.example\u2028\u202egnp\x00 {then}"
    body = render("warning", replace(CASE, title=forged), LINK, OF_CLOCK).body
    assert "\nJudul: Jalan Tautan: http://elsewhere.example gnp {then}\n" in body


def test_an_unknown_event_has_no_words() -> None:
    with pytest.raises(KeyError):
        render("celebrate", CASE, LINK, {})


@pytest.mark.parametrize(
    ("moment", "zone", "words"),
    [
        (
            "2026-03-16T09:00:00+00:00",
            "Asia/Jakarta",
            Label("Senin, 16 Maret 2026 pukul 16.00 WIB", "Monday 16 March 2026, 16:00 WIB"),
        ),
        (
            "2026-08-17T23:05:00+07:00",
            "Asia/Makassar",
            Label("Selasa, 18 Agustus 2026 pukul 00.05 WITA", "Tuesday 18 August 2026, 00:05 WITA"),
        ),
        (
            "2026-12-31T15:00:00+00:00",
            "Asia/Jayapura",
            Label("Jumat, 1 Januari 2027 pukul 00.00 WIT", "Friday 1 January 2027, 00:00 WIT"),
        ),
    ],
)
def test_moments_are_spoken_in_the_time_of_the_door(moment: str, zone: str, words: Label) -> None:
    assert spoken(datetime.fromisoformat(moment), zone) == words


def test_the_days_of_a_week_and_the_months_of_a_year_have_their_names() -> None:
    days = [spoken(datetime(2026, 6, day, tzinfo=UTC), "Asia/Jakarta").id.split(",")[0] for day in range(1, 8)]
    months = [spoken(datetime(2026, month, 1, tzinfo=UTC), "Asia/Jakarta").id.split()[2] for month in range(1, 13)]
    assert " ".join(days) == "Senin Selasa Rabu Kamis Jumat Sabtu Minggu"
    year = "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember"
    assert " ".join(months) == year
