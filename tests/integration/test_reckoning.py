"""How due moments came about, told from a case: days, pauses, what the trail changed, and whose time it was."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from lapor.errors import NotFound
from lapor.machine.budget import Budget
from lapor.machine.definition import Label
from lapor.machine.explaining import Granted
from lapor.oversight import reckoning
from lapor.oversight.reckoning import Change, Explanation, Promise
from tests.integration.town import COORDINATOR, Case, Town, at, shown

LIAISON = "pu.penghubung"


def explained(case: Case, moment: str, name: str | None = None) -> list[Explanation]:
    with case.town.site.reading() as session:
        return reckoning.explain(case.town.engine, session, case.row(session), now=at(moment), name=name)


def shares(told: Explanation) -> list[tuple[Any, ...]]:
    return [
        (each.party, each.unit, each.ran / timedelta(hours=1), each.stood / timedelta(hours=1)) for each in told.shares
    ]


def asked_and_extended(town: Town) -> Case:
    """Six days in which everybody had a turn, and the citizen's clock a pause, an extension and another class."""
    case = town.submit("6 Jul 09:00")
    case.goes("dispose", moment="6 Jul 10:00")
    case.goes("return", moment="7 Jul 10:00")
    case.goes("dispose", moment="7 Jul 15:00")
    case.goes("accept", "ask_reporter", moment="8 Jul 10:00")
    case.goes("reply", moment="9 Jul 10:00")
    case.goes("extend", moment="9 Jul 11:00")
    return case


def test_an_explanation_tells_pauses_the_extension_and_every_change_in_the_trail(town: Town) -> None:
    case = asked_and_extended(town)
    (told,) = explained(case, "10 Jul 09:00", "resolution")
    assert [(day.day.day, day.why, day.total.days) for day in told.days][:9] == [
        (6, "day_0", 0),
        (7, "counted", 1),
        (8, "paused", 1),
        (9, "counted", 2),
        (10, "counted", 3),
        (11, "weekend", 3),
        (12, "weekend", 3),
        (13, "counted", 4),
        (14, "counted", 5),
    ]
    assert told.days[-1].ends == told.clock.due_at == at("30 Jul 16:00")
    assert [(shown(each.before), shown(each.after)) for each in told.pauses] == [("29 Jul 16:00", "30 Jul 16:00")]
    assert told.extension == Granted(Budget.parse("3 working days"), at("27 Jul 16:00"), at("30 Jul 16:00"))
    first, longer, longest = at("24 Jul 16:30"), at("27 Jul 16:00"), at("30 Jul 16:00")
    assert told.changes == [
        Change(at("6 Jul 10:00"), "dispose", True, "coordinator", COORDINATOR, 1, "running", None, first),
        Change(at("8 Jul 10:00"), "ask_reporter", True, "liaison_officer", LIAISON, 1, "paused", first, first),
        Change(at("9 Jul 10:00"), "reply", True, "reporter", None, 1, "running", first, longer),
        Change(at("9 Jul 11:00"), "extend", True, "liaison_officer", LIAISON, 2, "running", longer, longest),
    ]
    assert told.sentence == Label(
        "Penyelesaian: 14 hari kerja + 3 hari kerja sejak Senin, 6 Juli 2026 pukul 10.00 WIB, "
        "jadi tenggatnya Kamis, 30 Juli 2026 pukul 16.00 WIB.",
        "Resolution: 14 working days + 3 working days from Monday 6 July 2026, 10:00 WIB, "
        "so it is due on Thursday 30 July 2026, 16:00 WIB.",
    )


def test_a_new_class_stands_in_the_explanation(town: Town) -> None:
    case = town.case_in("in_follow_up")
    case.goes("reclassify", moment="7 Jul 10:00")
    (told,) = explained(case, "8 Jul 09:00", "resolution")
    assert [(each.move, each.term, shown(each.old), shown(each.new)) for each in told.changes] == [
        ("dispose", 1, None, "24 Jul 16:30"),
        ("reclassify", 2, "24 Jul 16:30", "30 Sep 16:00"),
    ]
    assert len([day for day in told.days if day.used]) == 60


def test_a_promised_date_is_told_and_moves_nothing(town: Town) -> None:
    case = town.case_in("disposed")
    for moment in ("8 Jul 15:00", "8 Jul 16:01"):
        town.sweep(moment)
    case.acknowledge(1, "setda.sekda", "9 Jul 08:00", promised="10 Jul 12:00")
    (told,) = explained(case, "9 Jul 09:00", "holding")
    assert told.promises == [Promise(at("9 Jul 08:00"), at("10 Jul 12:00"))]
    assert (told.days[-1].ends, told.clock.held_until) == (at("8 Jul 16:00"), at("10 Jul 12:00"))


def test_an_open_pause_is_said_with_the_due_moment(town: Town) -> None:
    case = town.case_in("awaiting_reporter")
    (told,) = explained(case, "8 Jul 10:00", "resolution")
    assert told.sentence.en == (
        "Resolution: 14 working days from Monday 6 July 2026, 09:00 WIB, so it is due on Friday 24 July 2026, 16:30 WIB, "
        "and moves while paused since Monday 6 July 2026, 09:00 WIB."
    )
    assert shares(told) == [("reporter", None, 0.0, 18.0)]


def test_time_is_charged_to_door_arbiter_unit_and_reporter_and_adds_up(town: Town) -> None:
    (told,) = explained(asked_and_extended(town), "10 Jul 09:00", "resolution")
    assert shares(told) == [("unit", "pu", 19.5, 0.0), ("arbiter", None, 5.0, 0.0), ("reporter", None, 0.0, 8.5)]
    assert sum((each.ran + each.stood for each in told.shares), timedelta()) == told.elapsed


def test_every_run_of_a_clock_is_explained_by_its_own_part_of_the_trail(town: Town) -> None:
    first, second = explained(asked_and_extended(town), "10 Jul 09:00", "holding")
    assert [[each.move for each in told.changes] for told in (first, second)] == [
        ["dispose", "return"],
        ["dispose", "accept"],
    ]


def test_a_clock_that_never_ran_is_not_there(town: Town) -> None:
    with pytest.raises(NotFound):
        explained(town.submit(), "6 Jul 10:00", "review")
