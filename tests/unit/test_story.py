"""The plan of the demo: what it names is there, and a calendar decides when it happens."""

from __future__ import annotations

from collections import Counter
from datetime import date

from lapor.demo import story
from lapor.demo.story import CONFIDENTIAL, SUBMIT, Step
from lapor.directory import demo
from lapor.machine import indonesia
from lapor.machine.calendar import Calendar

CITY = demo.read()
CALENDAR = indonesia.calendar("Asia/Jakarta", years=range(2026, 2027))
STORY = story.read(CALENDAR, CITY.complaints)


def steps_of(title: str, calendar: Calendar = CALENDAR) -> list[tuple[str, str, str]]:
    played: list[Step] = list(story.read(calendar, CITY.complaints).steps)
    return [
        (f"{step.at:%a %d %H:%M}", step.actor, step.move)
        for step in played
        if step.role.sample.submission["title"] == title
    ]


def test_every_complaint_of_the_city_comes_in_once() -> None:
    submitted = [step.role.sample.submission["title"] for step in STORY.steps if step.move == SUBMIT]
    assert Counter(submitted) == Counter(sample.submission["title"] for sample in CITY.complaints)


def test_it_is_a_fortnight_with_a_holiday_and_its_steps_are_in_order() -> None:
    assert (STORY.first, STORY.last) == (date(2026, 8, 10), date(2026, 8, 23))
    assert [day for day in CALENDAR.closed if STORY.first <= day <= STORY.last] == [date(2026, 8, 17)]
    moments = [step.at for step in STORY.steps]
    assert moments == sorted(moments)
    assert STORY.first <= CALENDAR.day(moments[0])
    assert CALENDAR.day(moments[-1]) <= STORY.last


def test_every_course_is_taken_and_labelled_in_both_languages() -> None:
    assert {step.role.course for step in STORY.steps} == set(STORY.courses)
    assert all(label.id and label.en for label in STORY.courses.values())


def test_officers_come_to_it_on_the_next_working_day_and_a_holiday_moves_them() -> None:
    without = Calendar("Asia/Jakarta", indonesia.office_hours(), {})
    title = "Ayunan di taman kota putus rantainya"
    assert steps_of(title) == [
        ("Sun 16 09:00", "reporter", "submit"),
        ("Tue 18 08:55", "coordinator", "dispose"),
        ("Tue 18 11:25", "liaison_officer", "accept"),
        ("Wed 19 15:05", "liaison_officer", "answer"),
        ("Fri 21 19:50", "reporter", "confirm"),
    ]
    assert steps_of(title, without)[1] == ("Mon 17 08:55", "coordinator", "dispose")


def test_what_would_happen_after_the_end_does_not_happen() -> None:
    moves = [move for _, _, move in steps_of("Kabel internet menjuntai sampai setinggi leher")]
    assert moves == ["submit"]


def test_a_disposition_says_what_an_experienced_coordinator_would_see() -> None:
    title = "Ada calo KTP yang bekerja sama dengan orang dalam"
    disposed = next(
        step for step in STORY.steps if step.move == "dispose" and step.role.sample.submission["title"] == title
    )
    assert disposed.fields == {
        "unit": "inspektorat",
        "category": "pungutan-liar",
        "classification": "oversight",
        "reported": "bidang-pendaftaran-penduduk",
    }


def test_a_confidential_title_is_not_shown() -> None:
    roles = [step.role for step in STORY.steps if step.move == SUBMIT]
    assert {role.shown for role in roles if role.sample.submission.get("confidential")} == {CONFIDENTIAL}
    assert CONFIDENTIAL not in {role.shown for role in roles if not role.sample.submission.get("confidential")}
