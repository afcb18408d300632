"""Whom a rung tells where somebody is absent, vacant or reported: deputies, those above, and who stands in at the top."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lapor.directory import organisation
from lapor.machine.definition import Rung
from lapor.oversight import ladder
from lapor.records import AbsenceRow
from tests.integration.test_access import seen
from tests.integration.test_ladder import of
from tests.integration.town import COORDINATOR, DISPOSITION, Case, Town, at


def with_absences(town: Town, *absences: tuple[str, str, str, str]) -> Town:
    """The town with posts that are absent: post, deputy, since, until."""
    codes = town.engine.organisation.post_codes
    with town.site.writing() as session:
        for post, deputy, since, until in absences:
            by_id = {"post_id": codes[post].id, "deputy_id": codes[deputy].id}
            session.add(AbsenceRow(**by_id, since=at(since), until=at(until)))
        session.flush()
        return replace(town, engine=replace(town.engine, organisation=organisation.read(session)))


JULY = ("1 Jul 00:00", "1 Aug 00:00")
HOLDING = ("8 Jul 16:01", "9 Jul 16:01", "13 Jul 16:01")


def test_the_deputy_of_an_absent_superior_is_told_and_may_read_the_case(town: Town) -> None:
    absent = with_absences(town, ("pu.kepala", "jalan.kepala", *JULY))
    case = absent.case_in("in_follow_up", confidential=True)
    before = seen(case, "jalan.kepala")
    absent.sweep("13 Jul 16:01")
    assert of(case, "first_response")[1:] == [
        (1, "told", "jalan.kepala", "superior; pu.sekretaris is vacant; pu.kepala is absent, jalan.kepala deputises")
    ]
    assert (before, seen(case, "jalan.kepala"), seen(case, "pu.kepala")) == ("nothing", "row content notes", "row")
    assert case.notices()[-1] == "jalan.kepala: escalation"
    assert absent.findings("13 Jul 16:01") == []


def test_the_climb_goes_on_above_the_absent_post_and_not_above_its_deputy(town: Town) -> None:
    absent = with_absences(town, ("pu.kepala", "jalan.penghubung", *JULY))
    case = absent.case_in("in_follow_up")
    for moment in ("13 Jul 16:01", "14 Jul 16:01"):
        absent.sweep(moment)
    assert of(case, "first_response")[1:] == [
        (
            1,
            "told",
            "jalan.penghubung",
            "superior; pu.sekretaris is vacant; pu.kepala is absent, jalan.penghubung deputises",
        ),
        (2, "told", "setda.sekda", "superior"),
    ]


ABSENCES = [
    pytest.param(
        [("setda.sekda", "rsud.direktur", *JULY)],
        ("rsud.direktur", "superior; setda.sekda is absent, rsud.direktur deputises"),
        id="the deputy",
    ),
    pytest.param(
        [("setda.sekda", "rsud.direktur", *JULY), ("rsud.direktur", "kesehatan.kepala", *JULY)],
        ("kesehatan.kepala", "superior; setda.sekda is absent; rsud.direktur is absent, kesehatan.kepala deputises"),
        id="the deputy of the deputy",
    ),
    pytest.param(
        [("setda.sekda", "pu.sekretaris", *JULY)],
        ("kota.wali-kota", "superior; setda.sekda is absent; pu.sekretaris is vacant"),
        id="a vacant deputy",
    ),
    pytest.param(
        [("setda.sekda", "rsud.direktur", *JULY), ("rsud.direktur", "setda.sekda", *JULY)],
        ("kota.wali-kota", "superior; setda.sekda is absent; rsud.direktur is absent"),
        id="a deputy who is absent as well",
    ),
    pytest.param(
        [("setda.sekda", "rsud.direktur", "1 Jul 00:00", "8 Jul 16:01")],
        ("setda.sekda", "superior"),
        id="the absence is over",
    ),
    pytest.param(
        [("setda.sekda", "rsud.direktur", "8 Jul 16:02", "1 Aug 00:00")],
        ("setda.sekda", "superior"),
        id="the absence is still to come",
    ),
]


@pytest.mark.parametrize(("absences", "told"), ABSENCES)
def test_who_is_told_where_the_superior_is_absent(
    town: Town, absences: list[tuple[str, str, str, str]], told: tuple[str, str]
) -> None:
    absent = with_absences(town, *absences)
    case = absent.case_in("disposed")
    absent.sweep("8 Jul 16:01")
    assert of(case, "holding")[1:] == [(1, "told", *told)]


def test_a_deputy_who_is_reported_is_not_told_and_one_of_a_reported_post_is(town: Town) -> None:
    absent = with_absences(town, ("setda.sekda", "rsud.direktur", *JULY), ("kota.wali-kota", COORDINATOR, *JULY))
    case = absent.submit("6 Jul 09:00")
    case.attempt("dispose", COORDINATOR, "6 Jul 09:00", {**DISPOSITION, "reported": "rsud.direktur,kota.wali-kota"})
    absent.sweep("8 Jul 16:01")
    why = "superior; setda.sekda is absent; rsud.direktur is reported; kota.wali-kota is absent"
    assert of(case, "holding")[1:] == [(1, "told", COORDINATOR, f"{why}, {COORDINATOR} deputises")]


def test_a_deputy_who_was_told_is_not_told_again_and_whoever_comes_back_is(town: Town) -> None:
    both = (("setda.sekda", "rsud.direktur", *JULY), ("kota.wali-kota", "rsud.direktur", *JULY))
    absent = with_absences(town, ("pu.kepala", "rsud.direktur", "1 Jul 00:00", "10 Jul 00:00"), *both)
    case = absent.case_in("disposed")
    for moment in HOLDING:
        absent.sweep(moment)
    assert of(case, "holding")[1:] == [
        (1, "told", "rsud.direktur", "superior; setda.sekda is absent, rsud.direktur deputises"),
        (2, "told", "inspektorat.inspektur", "superior; kota.wali-kota is absent"),
        (3, "told", "pu.kepala", "unit head"),
    ]


def test_where_everybody_was_told_the_deputy_of_the_inspector_is_told_again(town: Town) -> None:
    absent = with_absences(town, ("inspektorat.inspektur", "inspektorat.auditor", *JULY))
    case = absent.submit("6 Jul 09:00")
    case.attempt("dispose", COORDINATOR, "6 Jul 09:00", {**DISPOSITION, "unit": "inspektorat"})
    for moment in HOLDING:
        absent.sweep(moment)
    deputises = "inspektorat.inspektur is absent, inspektorat.auditor deputises"
    assert of(case, "holding")[1:] == [
        (1, "told", "kota.wali-kota", "superior"),
        (2, "told", "inspektorat.auditor", f"superior; {deputises}"),
        (
            3,
            "told",
            "inspektorat.auditor",
            "unit head; inspektorat.inspektur is absent; everybody above was told before",
        ),
    ]


def test_the_deputy_of_whoever_must_act_is_warned(town: Town) -> None:
    absent = with_absences(town, ("pu.penghubung", "pu.petugas", *JULY))
    case = absent.case_in("in_follow_up")
    absent.sweep("10 Jul 15:01")
    assert of(case, "first_response") == [
        (0, "warned", "pu.petugas", "owner; pu.penghubung is absent, pu.petugas deputises")
    ]


INSPECTOR = "inspektorat.inspektur"
ABOVE = "superior; setda.sekda is reported"
STANDING_IN = [
    pytest.param(
        f"setda.sekda,kota.wali-kota,{INSPECTOR}",
        (COORDINATOR, f"{ABOVE}; kota.wali-kota is reported; {INSPECTOR} is reported"),
        id="the coordinator of the door",
    ),
    pytest.param(
        f"setda.sekda,kota.wali-kota,{INSPECTOR},{COORDINATOR}",
        (
            INSPECTOR,
            f"{ABOVE}; kota.wali-kota is reported; {INSPECTOR} is reported; {COORDINATOR} is reported; nobody can be told",
        ),
        id="nobody",
    ),
]


def reporting(town: Town, codes: str, **fields: str) -> Case:
    """A case handed to public works that is about these."""
    case = town.submit("6 Jul 09:00")
    case.attempt("dispose", COORDINATOR, "6 Jul 09:00", {**DISPOSITION, **fields, "reported": codes})
    return case


@pytest.mark.parametrize(("reported", "told"), STANDING_IN)
def test_who_is_told_where_everybody_above_is_reported_and_the_inspector_too(
    town: Town, reported: str, told: tuple[str, str]
) -> None:
    case = reporting(town, reported)
    town.sweep("8 Jul 16:01")
    assert of(case, "holding")[1:] == [(1, "told", *told)]
    assert town.findings("8 Jul 16:01") == []


def test_what_would_go_to_a_reported_inspector_goes_above_the_inspector_again(town: Town) -> None:
    case = reporting(town, "inspektorat", classification="oversight")
    for moment in ("8 Jul 16:01", "9 Jul 16:01", "22 Jul 16:01"):
        town.sweep(moment)
    assert of(case, "holding")[1:] == [
        (1, "told", "setda.sekda", "superior"),
        (2, "told", "kota.wali-kota", "superior"),
        (3, "skipped", None, "a higher rung was due as well"),
        (4, "skipped", None, "a higher rung was due as well"),
        (5, "told", "kota.wali-kota", f"inspector; {INSPECTOR} is reported; everybody above was told before"),
    ]
    assert {told for told in case.notices() if told.startswith("inspektorat")} == set()


def test_who_stands_above_a_vacant_inspector_is_told(town: Town) -> None:
    organisation = town.engine.organisation
    vacant = {organisation.inspector.id: replace(organisation.inspector, vacant=True)}
    engine = replace(town.engine, organisation=replace(organisation, posts={**organisation.posts, **vacant}))
    without = replace(town, engine=engine)
    case = reporting(without, "unknown", classification="oversight", reason="Tanpa nama.")
    without.sweep("22 Jul 16:01")
    assert of(case, "holding")[-1] == (5, "told", "kota.wali-kota", f"inspector; {INSPECTOR} is vacant")
    assert "kota.wali-kota: oversight" in case.notices()


TELLS = ("owner", "superior", "unit head", "coordinator", "inspector")


def test_nobody_reported_or_vacant_is_told_as_long_as_anybody_else_oversees_the_case(shared_town: Town) -> None:
    whole, complaint = shared_town.engine.organisation, shared_town.case_in("disposed").seen()
    posts = st.sets(st.sampled_from(sorted(whole.posts)))

    @given(posts, posts, st.lists(st.sampled_from(sorted(whole.posts)), unique=True), st.sampled_from(TELLS))
    def tell(vacant: set[int], reported: set[int], before: list[int], rung: str) -> None:
        changed = {each.id: replace(each, vacant=each.id in vacant) for each in whole.posts.values()}
        organisation, told = replace(whole, posts=changed), dict(zip(before, before, strict=True))
        found = ladder.recipient(organisation, complaint, None, Rung(rung), told, reported, at("8 Jul 16:01"))
        able = {post.id for post in organisation.overseers(complaint.door_id)} - vacant - reported
        assert found.post is not None
        if able or not found.why.endswith("; nobody can be told"):
            assert found.post.id not in vacant | reported
        else:
            assert found.post == organisation.inspector

    tell()
