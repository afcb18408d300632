from __future__ import annotations

from datetime import UTC, date, datetime

from lapor.notices.digest import LISTED, Digest, Entry, render
from lapor.notices.wordings import shipped

LINK = "https://lapor.example/api/v1/complaints"
DUE = datetime(2026, 3, 16, 9, tzinfo=UTC)
ENGLISH = shipped().only("en")


def said(**parts: tuple[Entry, ...]) -> str:
    return render(Digest(date(2026, 3, 16), "Asia/Makassar", **parts), LINK, ENGLISH).body


def test_a_digest_lists_warnings_new_work_and_what_waits() -> None:
    parts = {
        "warnings": (Entry("2026-A", DUE, "holding"),),
        "work": (Entry("2026-B", DUE),),
        "waiting": (Entry("2026-B", DUE), Entry("2026-C")),
    }
    assert said(**parts) == (
        """\
This is new to you, or waits for you.

Due soon:
2026-A, acceptance: Monday 16 March 2026, 17:00 WITA

New work for you:
2026-B: Monday 16 March 2026, 17:00 WITA

Waiting for you:
2026-B: Monday 16 March 2026, 17:00 WITA
2026-C

They open with your officer's account at https://lapor.example/api/v1/complaints
"""
    )


def test_what_there_is_none_of_has_no_heading() -> None:
    headings = [line for line in said(work=(Entry("2026-A"),)).splitlines() if line.endswith(":")]
    assert headings == ["New work for you:"]


def test_of_very_many_the_number_is_told() -> None:
    lines = said(waiting=tuple(Entry(f"2026-{n}") for n in range(LISTED + 3))).splitlines()
    assert lines[-4:-2] == [f"2026-{LISTED - 1}", "and 3 more"]


def test_the_subject_names_the_day_in_both_tongues() -> None:
    subject = render(Digest(date(2026, 3, 16), "Asia/Jakarta"), LINK, shipped()).subject
    assert subject == "Ringkasan Senin, 16 Maret 2026 / Digest Monday 16 March 2026"
