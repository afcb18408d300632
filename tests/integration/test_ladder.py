"""Whom a rung tells: the chain above whoever must act, without those who cannot be told."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from lapor.machine.definition import Rung
from lapor.machine.workflow import Workflow
from lapor.oversight.escalation import Sweep
from lapor.records import Notice
from tests.integration.test_access import seen
from tests.integration.town import COORDINATOR, DISPOSITION, REPORTER, Case, Town, shown

OVERSIGHT = {**DISPOSITION, "classification": "oversight"}
BREACH = "13 Jul 16:00"
# the day on which each rung of a clock that ends on 13 July is told
MOMENTS = ("10 Jul 15:01", "13 Jul 16:01", "14 Jul 16:01", "16 Jul 16:01", "20 Jul 16:01", "27 Jul 16:01")


def owned_by_the_road_section(town: Town) -> Case:
    case = town.case_in("in_follow_up")
    case.make("pass_down", "pu.penghubung", "6 Jul 09:00", unit="jalan")
    case.make("reassign", "jalan.kepala", "6 Jul 09:00", post="jalan.penghubung")
    return case


def of(case: Case, clock: str) -> list[tuple[int, str, str | None, str]]:
    """Rungs of a clock in brief: rung, outcome, post, why."""
    return [(rung, outcome, post, why) for name, _, rung, outcome, post, why, *_ in case.rungs() if name == clock]


def test_the_ladder_climbs_from_a_warning_to_the_inspector(town: Town) -> None:
    case = owned_by_the_road_section(town)
    swept = [town.sweep(moment).rungs for moment in MOMENTS]
    # the resolution has its own ladder, of which three rungs are due on the last day
    assert swept == [1, 1, 1, 1, 1, 4]
    assert [rung for rung in case.rungs() if rung[0] == "first_response"] == [
        ("first_response", 1, 0, "warned", "jalan.penghubung", "owner", BREACH, MOMENTS[0], "13 Jul 16:00", None),
        ("first_response", 1, 1, "told", "jalan.kepala", "superior", BREACH, MOMENTS[1], "14 Jul 16:00", None),
        (
            "first_response",
            1,
            2,
            "told",
            "pu.kepala",
            "superior; pu.sekretaris is vacant",
            BREACH,
            MOMENTS[2],
            "16 Jul 16:00",
            None,
        ),
        # the head of the unit was told already: the next one above who was not
        (
            "first_response",
            1,
            3,
            "told",
            "setda.sekda",
            "unit head; pu.sekretaris is vacant",
            BREACH,
            MOMENTS[3],
            "20 Jul 16:00",
            None,
        ),
        ("first_response", 1, 4, "told", COORDINATOR, "coordinator", BREACH, MOMENTS[4], "27 Jul 16:00", None),
        ("first_response", 1, 5, "told", "inspektorat.inspektur", "inspector", BREACH, MOMENTS[5], None, None),
    ]
    assert case.state == "in_follow_up"
    assert town.findings(MOMENTS[5]) == []


def test_each_rung_has_a_notice_with_what_its_text_needs(town: Town) -> None:
    case = owned_by_the_road_section(town)
    for moment in MOMENTS[:2]:
        town.sweep(moment)
    with town.site.reading() as session:
        of_rungs = select(Notice).where(Notice.complaint_id == case.id, Notice.escalation_id.is_not(None))
        rows = session.scalars(of_rungs).all()
        told = [(row.event, row.escalation_id, row.facts, row.state, shown(row.created_at)) for row in rows]
    facts = {"clock": "first_response", "due_at": "2026-07-13T09:00:00Z"}
    assert told == [
        ("warning", 1, {**facts, "rung": 0, "tell": "owner"}, "waiting", MOMENTS[0]),
        ("escalation", 2, {**facts, "rung": 1, "tell": "superior"}, "waiting", MOMENTS[1]),
    ]


def test_a_case_that_nobody_owns_is_that_of_the_unit_head(town: Town) -> None:
    case = town.case_in("disposed")
    for moment in ("8 Jul 11:13", "8 Jul 16:01", "9 Jul 16:01"):
        town.sweep(moment)
    assert of(case, "holding") == [
        (0, "warned", "pu.kepala", "owner"),
        (1, "told", "setda.sekda", "superior"),
        (2, "told", "kota.wali-kota", "superior"),
    ]


def test_a_reported_post_is_skipped_and_that_is_recorded(town: Town) -> None:
    case = town.submit("6 Jul 09:00")
    reported = {**DISPOSITION, "reported": "pu.kepala,setda.sekda"}
    case.attempt("dispose", COORDINATOR, "6 Jul 09:00", reported)
    for moment in ("8 Jul 11:13", "8 Jul 16:01"):
        town.sweep(moment)
    assert of(case, "holding") == [
        (0, "warned", "kota.wali-kota", "owner; pu.kepala is reported; setda.sekda is reported"),
        (1, "told", "kota.wali-kota", "superior; setda.sekda is reported"),
    ]


def test_nobody_in_a_reported_unit_is_told_of_misconduct(town: Town) -> None:
    case = town.submit("6 Jul 09:00")
    case.attempt("dispose", COORDINATOR, "6 Jul 09:00", {**OVERSIGHT, "reported": "setda"})
    town.sweep("8 Jul 16:01")
    assert of(case, "holding")[1:] == [(1, "told", "kota.wali-kota", "superior; setda.sekda is reported")]


def test_somebody_is_always_told(town: Town) -> None:
    case = town.case_in("disposed")
    for moment in ("8 Jul 16:01", "9 Jul 16:01", "13 Jul 16:01", "15 Jul 16:01", "22 Jul 16:01"):
        town.sweep(moment)
    assert [(outcome, post) for _, outcome, post, _ in of(case, "holding")] == [
        ("skipped", None),
        ("told", "setda.sekda"),
        ("told", "kota.wali-kota"),
        ("told", "pu.kepala"),
        ("told", COORDINATOR),
        ("told", "inspektorat.inspektur"),
    ]


def test_where_everybody_was_told_the_last_who_can_be_is_told_again(town: Town) -> None:
    case = town.submit("6 Jul 09:00")
    case.attempt("dispose", COORDINATOR, "6 Jul 09:00", {**DISPOSITION, "unit": "inspektorat"})
    for moment in ("8 Jul 16:01", "9 Jul 16:01", "13 Jul 16:01", "15 Jul 16:01", "22 Jul 16:01"):
        town.sweep(moment)
    assert [(post, why) for _, _, post, why in of(case, "holding")[1:]] == [
        ("kota.wali-kota", "superior"),
        ("inspektorat.inspektur", "superior"),
        ("inspektorat.inspektur", "unit head; everybody above was told before"),
        (COORDINATOR, "coordinator"),
        ("inspektorat.inspektur", "inspector; everybody above was told before"),
    ]


def test_re_routed_while_overdue_the_told_rungs_lapse_and_later_ones_climb_the_new_chain(town: Town) -> None:
    case = town.case_in("in_follow_up")
    for moment in MOMENTS[:2]:
        town.sweep(moment)
    assert [rung[1:3] for rung in of(case, "first_response")] == [("warned", "pu.penghubung"), ("told", "pu.kepala")]
    case.make("arbitrate", COORDINATOR, "14 Jul 10:00", unit="rsud", reason="Bukan jalan.")
    town.sweep(MOMENTS[2])
    assert of(case, "first_response") == [
        (0, "lapsed", "pu.penghubung", "owner"),
        (1, "lapsed", "pu.kepala", "superior; pu.sekretaris is vacant"),
        (2, "told", "kesehatan.kepala", "superior"),
    ]
    assert case.refuses("tighten", "pu.kepala", MOMENTS[2], confidential=True) == "NotFound"
    assert town.findings(MOMENTS[2]) == []


def test_passing_down_is_re_routing_too(town: Town) -> None:
    case = town.case_in("disposed")
    town.sweep("8 Jul 16:01")
    case.goes("pass_down", moment="9 Jul 08:00")
    town.sweep("13 Jul 16:01")
    assert [
        (term, rung, outcome, post) for name, term, rung, outcome, post, *_ in case.rungs() if name == "holding"
    ] == [
        (1, 0, "skipped", None),
        (1, 1, "lapsed", "setda.sekda"),
        (2, 0, "skipped", None),
        (2, 1, "told", "pu.kepala"),
    ]


def with_second_rung(town: Town, rung: Rung) -> Town:
    """The town with another rung at the due moment of its complaints."""
    compiled = town.engine.workflow("complaint").definition
    ladders = {**compiled.ladders, "hierarchy": (compiled.ladders["hierarchy"][0], rung)}
    workflows = {(compiled.name, compiled.version): Workflow(replace(compiled, ladders=ladders))}
    return replace(town, engine=replace(town.engine, workflows={**town.engine.workflows, **workflows}))


@pytest.mark.parametrize(
    ("rung", "state", "sent_from"),
    [
        (Rung("superior"), "waiting", "8 Jul 16:01"),
        (Rung("superior", office_hours=True), "waiting", "9 Jul 07:30"),
        (Rung("superior", listed=True), "unaddressed", "8 Jul 16:01"),
    ],
)
def test_a_rung_is_mailed_at_once_or_in_office_hours_or_stands_in_the_list_alone(
    town: Town, rung: Rung, state: str, sent_from: str
) -> None:
    case = with_second_rung(town, rung).case_in("disposed")
    case.town.sweep("8 Jul 16:01")
    with town.site.reading() as session:
        notice = session.scalars(select(Notice).where(Notice.event == "escalation")).one()
    assert (notice.state, shown(notice.next_attempt_at)) == (state, sent_from)
    assert (case.told()[-1], case.town.findings("8 Jul 16:01")) == (("holding", 1, "told", "setda.sekda"), [])


WHO_ACTS = [
    ("received", "9 Jul 10:00", "verification", COORDINATOR),
    ("disposed", "8 Jul 14:00", "holding", "pu.kepala"),
    ("contested", "7 Jul 14:00", "arbitration", COORDINATOR),
    ("in_follow_up", "10 Jul 16:00", "first_response", "pu.penghubung"),
    ("awaiting_approval", "8 Jul 14:00", "approval", "pu.kepala"),
    ("under_review", "20 Jul 15:00", "review", "pu.kepala"),
    ("objected", "20 Jul 15:00", "review", "setda.sekda"),
]


@pytest.mark.parametrize(("state", "moment", "clock", "post"), WHO_ACTS)
def test_the_warning_goes_to_whoever_must_act(town: Town, state: str, moment: str, clock: str, post: str) -> None:
    case = town.case_in(state)
    town.sweep(moment)
    assert case.told()[-1] == (clock, 0, "warned", post)


def test_an_arbiter_who_is_asked_in_follow_up_is_warned_and_escalated(town: Town) -> None:
    case = town.case_in("in_follow_up")
    case.goes("ask_arbitration", moment="6 Jul 09:00")
    for moment in ("7 Jul 15:00", "7 Jul 16:01"):
        town.sweep(moment)
    assert of(case, "arbitration") == [
        (0, "warned", COORDINATOR, "owner"),
        (1, "told", "setda.sekda", "superior"),
    ]


@pytest.mark.parametrize(
    ("state", "moment", "clock"),
    [
        ("incomplete", "5 Aug 15:00", "completion"),
        ("awaiting_reporter", "17 Jul 15:00", "reply"),
        ("answered", "17 Jul 15:00", "confirmation"),
    ],
)
def test_the_reporter_is_reminded_before_time_runs_out(town: Town, state: str, moment: str, clock: str) -> None:
    known, unknown = town.case_in(state, reporter=REPORTER), town.case_in(state)
    town.sweep(moment)
    for case in (known, unknown):
        assert case.state == state
        assert of(case, clock) == [(0, "warned", None, "the reporter must act")]
    assert (known.notices()[-1], "reporter: remind" in unknown.notices()) == ("reporter: remind", False)


def test_a_rung_told_is_a_grant_to_read_until_the_case_closes(town: Town) -> None:
    case = town.case_in("in_follow_up", confidential=True)
    officers = ("pu.kepala", "setda.sekda", COORDINATOR, "kota.wali-kota", "inspektorat.inspektur")
    views = []
    for moment in ("13 Jul 16:00", "13 Jul 16:01", "14 Jul 16:01", "20 Jul 16:01", "27 Jul 16:01"):
        town.sweep(moment)
        views.append([seen(case, by) for by in officers])
    case.goes("answer", "confirm", moment="28 Jul 09:00")
    views.append([seen(case, by) for by in officers])
    row, read = "row", "row content notes"
    # the coordinator reads what is confidential at the own door only
    assert views == [
        [row, "nothing", row, row, row],
        [read, "nothing", row, row, row],
        [read, read, row, row, row],
        [read, read, row, row, row],
        [read, read, row, row, read],
        [row, "nothing", row, row, row],
    ]


def test_a_grant_ends_when_the_case_leaves(town: Town) -> None:
    case = town.case_in("disposed", confidential=True)
    town.sweep("8 Jul 16:01")
    before = seen(case, "setda.sekda")
    case.goes("pass_down", moment="9 Jul 08:00")
    assert (before, seen(case, "setda.sekda")) == ("row content notes", "nothing")


def test_an_overdue_case_that_is_withdrawn_is_told_of_no_more_and_leaves_every_list(town: Town) -> None:
    case = town.case_in("in_follow_up")
    town.sweep(MOMENTS[1])
    told, before = case.told(), seen(case, "pu.kepala")
    case.goes("withdraw", moment="14 Jul 09:00")
    assert [town.sweep(moment) for moment in MOMENTS[2:]] == [Sweep()] * 4
    assert (case.told(), before, case.seen().next_moment_at) == (told, "row content notes", None)
    assert town.findings(MOMENTS[5]) == []


def test_a_case_that_is_opened_again_has_a_ladder_of_its_own(town: Town) -> None:
    case = town.case_in("in_follow_up")
    town.sweep(MOMENTS[1])
    case.goes("answer", "dispute", moment="14 Jul 09:00")
    town.sweep("21 Jul 16:01")
    assert [each for each in case.told() if each[1] == 1] == [
        ("first_response", 1, "told", "pu.kepala"),
        ("reconsideration", 1, "told", "pu.kepala"),
    ]
    assert town.findings("21 Jul 16:01") == []
