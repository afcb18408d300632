from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from lapor.machine.reader import load
from lapor.notices import html
from lapor.notices.texts import CaseFacts, Half, Text, render, spoken, spoken_day
from lapor.notices.wordings import TO_REPORTER, shipped
from lapor.settings import shipped_workflows

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
EVENTS = shipped().events
INDONESIAN, ENGLISH = shipped().words


def facts_of(event: str) -> dict[str, Any]:
    if event.startswith(("warning", "escalation")):
        return OF_CLOCK
    return {"new_due": "2026-03-31"} if event == "extend" else {}


def lines_of(event: str, case: CaseFacts = CASE, **facts: Any) -> list[str]:
    return render(event, case, LINK, {**facts_of(event), **facts}).body.splitlines()


def test_whatever_a_reporter_is_told_of_has_words_and_so_has_what_officers_are_told_of() -> None:
    rungs = {"escalation", "escalation_unit_head", "escalation_coordinator", "escalation_inspector"}
    to_custodians = {"erasure_to_decide", "identity_to_decide"}
    others = {"work", "work_late", "warning", "oversight", "oversight_withdrawn"}
    assert set(EVENTS) == TO_REPORTER | rungs | others | to_custodians
    assert tuple(ENGLISH.events) == EVENTS


def test_a_reporter_hears_of_moves_that_are_public_and_are_not_the_reporters_own() -> None:
    moves = [move for file in shipped_workflows().glob("*.yaml") for move in load(file).moves.values()]
    heard = {move.name for move in moves if move.name in TO_REPORTER}
    beside_moves = {"identity_asked", "identity_opened", "gather", "erasure_asked", "erasure_refused", "split_off"}
    assert heard == TO_REPORTER - {"submit", "remind", "on_your_behalf", *beside_moves}
    assert [move.name for move in moves if move.name in heard and (not move.public or "reporter" in move.by)] == []
    unheard = {move.name for move in moves if move.public and "reporter" not in move.by and move.name not in heard}
    assert unheard == {"recall", "pass_down", "accept", "resume", "reclassify", "split"}


def test_a_receipt_reads_like_this() -> None:
    receipt = render("submit", replace(CASE, title=None), LINK, {})
    assert (receipt.subject, receipt.links) == ("[2026-7QK4-M2ZD-5] Laporan diterima / Report received", (LINK,))
    assert receipt.body == (
        """\
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
"""
    )


def test_an_escalation_names_its_own_clock_and_due_moment() -> None:
    rung = render("escalation", CASE, LINK, OF_CLOCK)
    assert rung.subject == "[2026-7QK4-M2ZD-5] Eskalasi: lewat tenggat / Escalation: overdue"
    assert rung.body == (
        """\
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
"""
    )


@pytest.mark.parametrize(
    ("tell", "said"),
    [
        ("superior", "the report has been escalated to you."),
        ("unit head", "its escalation has reached the head of the unit."),
        ("coordinator", "its escalation has reached the complaints coordinator."),
        ("inspector", "its escalation has reached the inspectorate."),
    ],
)
def test_a_rung_is_put_as_befits_whom_it_is_meant_for(tell: str, said: str) -> None:
    assert [line.endswith(said) for line in lines_of("escalation", tell=tell) if line.startswith("The first")] == [True]


def test_an_extension_names_the_new_date() -> None:
    named = [line for line in lines_of("extend") if "31" in line]
    assert named == [
        "Tanggal penyelesaian yang baru: Selasa, 31 Maret 2026.",
        "The new date for its answer is Tuesday 31 March 2026.",
    ]


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("hidden", [replace(CASE, anonymous=True), replace(CASE, confidential=True)])
def test_a_hidden_case_has_no_title_in_any_mail(event: str, hidden: CaseFacts) -> None:
    shown = render(event, hidden, LINK, facts_of(event))
    assert shown == render(event, replace(CASE, title=None), LINK, facts_of(event))
    assert "Lampu" not in shown.body


@pytest.mark.parametrize("event", sorted(TO_REPORTER))
def test_a_reporter_is_mailed_no_title_of_any_case(event: str) -> None:
    assert lines_of(event) == lines_of(event, replace(CASE, title=None))


@pytest.mark.parametrize("event", EVENTS)
def test_every_event_speaks_both_tongues_and_leaves_nothing_open(event: str) -> None:
    text = render(event, CASE, LINK, facts_of(event))
    indonesian, english = text.body.split("\n----\n\n")
    assert ("Nomor: " in indonesian, "Number: " in english) == (True, True)
    assert "{" not in text.subject + text.body
    assert "\n\n\n" not in text.body
    assert text.subject.startswith("[2026-7QK4-M2ZD-5] ")
    assert len(f"Subject: {text.subject}") <= 78


@pytest.mark.parametrize("tongue", ["id", "en"])
def test_one_tongue_may_be_had_alone(tongue: str) -> None:
    both, one = (render("answer", CASE, LINK, {}, wordings=words) for words in (shipped(), shipped().only(tongue)))
    assert one.halves == tuple(half for half in both.halves if half.tongue == tongue)


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
    said = lines_of("answer", replace(CASE, due_at=None, title=None))
    assert [line.split(":")[0] for line in said if ": " in line] == ["Nomor", "Tautan", "Number", "Link"]


def test_a_clock_of_another_workflow_is_called_by_its_name() -> None:
    assert lines_of("warning", clock="site_visit")[0] == "Tenggat site visit laporan ini mendekat."


def test_a_title_cannot_make_lines_of_its_own() -> None:
    forged = "Jalan\r\nTautan: http://elsewhere.example\u2028\u202egnp\x00 {then}"
    said = lines_of("warning", replace(CASE, title=forged))
    assert "Judul: Jalan Tautan: http://elsewhere.example gnp {then}" in said


def test_a_title_is_no_html_and_no_link() -> None:
    forged = '<img src="http://elsewhere.example/x.png"> http://elsewhere.example & {{ 7 * 7 }}'
    page = html.page(render("warning", replace(CASE, title=forged), LINK, OF_CLOCK))
    shown = "&lt;img src=&#34;http://elsewhere.example/x.png&#34;&gt; http://elsewhere.example &amp; {{ 7 * 7 }}"
    assert [line for line in page.splitlines() if line.startswith("Title")] == [f"Title: {shown}<br>"]
    assert page.count("<a ") == page.count(f'<a href="{LINK}">{LINK}</a>') == 2


@pytest.mark.parametrize("event", EVENTS)
def test_html_fetches_nothing_from_anywhere(event: str) -> None:
    page = html.page(render(event, CASE, LINK, facts_of(event)))
    assert [tag for tag in ("src=", "url(", "<link", "<script", "<img", "@import") if tag in page] == []


def test_html_reads_like_this() -> None:
    text = Text("Halo & salam", (Half("id", "Satu.\n\nDua.\nTiga: https://x.example/a\n"), Half("en", "One.\n")))
    assert html.page(replace(text, links=("https://x.example/a",))) == (
        """\
<!doctype html>
<html lang="id">
<head><meta charset="utf-8"><title>Halo &amp; salam</title></head>
<body style="max-width: 40em; font-family: sans-serif; line-height: 1.5">
<div lang="id">
<p>Satu.</p>
<p>Dua.<br>
Tiga: <a href="https://x.example/a">https://x.example/a</a></p>
</div>
<hr>
<div lang="en">
<p>One.</p>
</div>
</body>
</html>
"""
    )


def test_an_unknown_event_has_no_words() -> None:
    with pytest.raises(KeyError):
        render("celebrate", CASE, LINK, {})


@pytest.mark.parametrize(
    ("moment", "zone", "indonesian", "english"),
    [
        (
            "2026-03-16T09:00:00+00:00",
            "Asia/Jakarta",
            "Senin, 16 Maret 2026 pukul 16.00 WIB",
            "Monday 16 March 2026, 16:00 WIB",
        ),
        (
            "2026-08-17T23:05:00+07:00",
            "Asia/Makassar",
            "Selasa, 18 Agustus 2026 pukul 00.05 WITA",
            "Tuesday 18 August 2026, 00:05 WITA",
        ),
        (
            "2026-12-31T15:00:00+00:00",
            "Asia/Jayapura",
            "Jumat, 1 Januari 2027 pukul 00.00 WIT",
            "Friday 1 January 2027, 00:00 WIT",
        ),
    ],
)
def test_moments_are_spoken_in_the_time_of_the_door(moment: str, zone: str, indonesian: str, english: str) -> None:
    said = tuple(spoken(words, datetime.fromisoformat(moment), zone) for words in (INDONESIAN, ENGLISH))
    assert said == (indonesian, english)


def test_the_days_of_a_week_and_the_months_of_a_year_have_their_names() -> None:
    days = [spoken_day(INDONESIAN, datetime(2026, 6, day, tzinfo=UTC)).split(",")[0] for day in range(1, 8)]
    months = [spoken_day(INDONESIAN, datetime(2026, month, 1, tzinfo=UTC)).split()[2] for month in range(1, 13)]
    assert " ".join(days) == "Senin Selasa Rabu Kamis Jumat Sabtu Minggu"
    year = "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember"
    assert " ".join(months) == year
