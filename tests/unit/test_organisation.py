"""Units and posts: who is above, who heads, who keeps the door, who decides."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lapor.machine.organisation import Absence, Organisation, Post, Unit

CITY, ROADS, BRIDGES, HEALTH, INSPECTORATE = 1, 2, 3, 4, 5


def unit(id_: int, code: str, *path: int, kind: str = "agency") -> Unit:
    return Unit(id_, code, code.title(), kind, "Asia/Jakarta", (*path, id_))


def post(
    id_: int, code: str, unit_id: int, above: int | None, role: str = "supervisor", *, vacant: bool = False
) -> Post:
    return Post(id_, code, code.title(), unit_id, above, vacant, role, None)


MAYOR = post(10, "mayor", CITY, None)
DESK = post(11, "desk", CITY, 10, "coordinator")
ROADS_HEAD = post(20, "roads-head", ROADS, 10)
ROADS_DESK = post(21, "roads-desk", ROADS, 22, "coordinator", vacant=True)
ROADS_SECRETARY = post(22, "roads-secretary", ROADS, 20, vacant=True)
HEALTH_HEAD = post(40, "health-head", HEALTH, 10)
AUDITOR = post(50, "auditor", INSPECTORATE, 10, "inspector")
POSTS = (MAYOR, DESK, ROADS_HEAD, ROADS_DESK, ROADS_SECRETARY, HEALTH_HEAD, AUDITOR)
UNITS = (
    unit(CITY, "city", kind="government"),
    unit(ROADS, "roads", CITY),
    unit(BRIDGES, "bridges", CITY, ROADS, kind="work unit"),
    unit(HEALTH, "health", CITY),
    unit(INSPECTORATE, "inspectorate", CITY, kind="inspectorate"),
)


def of(units: tuple[Unit, ...] = UNITS, posts: tuple[Post, ...] = POSTS) -> Organisation:
    return Organisation({each.id: each for each in units}, {each.id: each for each in posts})


def test_units_and_posts_are_found_by_code() -> None:
    assert of().unit_codes["bridges"] == UNITS[2]
    assert of().post_codes["auditor"] == AUDITOR
    assert set(of().unit_codes) == {"city", "roads", "bridges", "health", "inspectorate"}
    assert len(of().post_codes) == len(POSTS)


def test_the_root_is_the_government_wherever_it_stands_in_the_list() -> None:
    assert of(units=UNITS[::-1]).root == UNITS[0]


@pytest.mark.parametrize(
    ("top", "below"),
    [
        (CITY, {CITY, ROADS, BRIDGES, HEALTH, INSPECTORATE}),
        (ROADS, {ROADS, BRIDGES}),
        (BRIDGES, {BRIDGES}),
    ],
)
def test_a_subtree_holds_the_unit_and_all_below_it(top: int, below: set[int]) -> None:
    assert of().subtree(top) == below
    assert {each.id for each in UNITS if of().is_within(each.id, top)} == below


@pytest.mark.parametrize(
    ("unit_id", "head"),
    [
        pytest.param(CITY, MAYOR, id="the first post"),
        pytest.param(ROADS, ROADS_HEAD, id="not the first in the list of all"),
        pytest.param(BRIDGES, ROADS_HEAD, id="no post of its own"),
    ],
)
def test_the_head_is_the_first_post_of_the_unit_or_of_the_nearest_above(unit_id: int, head: Post) -> None:
    assert of().head(unit_id) == head


@pytest.mark.parametrize(
    ("unit_id", "coordinator"),
    [
        pytest.param(CITY, DESK, id="in the unit"),
        pytest.param(ROADS, ROADS_DESK, id="in the unit, though vacant"),
        pytest.param(BRIDGES, ROADS_DESK, id="in the unit above"),
        pytest.param(HEALTH, DESK, id="past posts that are none"),
    ],
)
def test_the_coordinator_keeps_the_nearest_door(unit_id: int, coordinator: Post) -> None:
    assert of().coordinator(unit_id) == coordinator


@pytest.mark.parametrize(
    ("unit_id", "receivers"),
    [
        pytest.param(HEALTH, ["health-liaison", "health-head", "mayor"], id="the liaison officer, then upwards"),
        pytest.param(ROADS, ["roads-head", "mayor"], id="no liaison officer"),
        pytest.param(BRIDGES, ["roads-head", "mayor"], id="no post of its own"),
    ],
)
def test_what_comes_to_a_unit_is_told_to_its_liaison_officer_before_its_head(
    unit_id: int, receivers: list[str]
) -> None:
    liaison = post(41, "health-liaison", HEALTH, 40, "liaison_officer")
    assert [each.code for each in of(posts=(*POSTS, liaison)).receivers(unit_id)] == receivers


def test_without_a_coordinator_there_is_none_and_the_inspector_decides() -> None:
    bare = of(posts=(MAYOR, ROADS_HEAD, AUDITOR))
    assert bare.coordinator(BRIDGES) is None
    assert bare.arbiter([ROADS, BRIDGES]) == AUDITOR


@pytest.mark.parametrize(
    ("concerned", "arbiter"),
    [
        pytest.param([ROADS], ROADS_DESK, id="one unit"),
        pytest.param([ROADS, BRIDGES], ROADS_DESK, id="one below the other"),
        pytest.param([BRIDGES, BRIDGES], ROADS_DESK, id="the same twice"),
        pytest.param([BRIDGES, HEALTH], DESK, id="in two agencies"),
        pytest.param([ROADS, HEALTH, CITY], DESK, id="with the city itself"),
        pytest.param([], AUDITOR, id="nobody concerned"),
    ],
)
def test_the_arbiter_stands_above_all_units_concerned(concerned: list[int], arbiter: Post) -> None:
    assert of().arbiter(concerned) == arbiter
    assert of().arbiter(iter(concerned)) == arbiter


def test_units_of_two_governments_have_the_inspector_as_arbiter() -> None:
    both = of(units=(*UNITS, unit(6, "province", kind="government")))
    assert both.arbiter([ROADS, 6]) == AUDITOR


@pytest.mark.parametrize(
    ("units", "posts", "inspector"),
    [
        pytest.param(UNITS, POSTS, AUDITOR, id="the head of the inspectorate"),
        pytest.param(UNITS, POSTS[:-1], MAYOR, id="an inspectorate without posts"),
        pytest.param(UNITS[:-1], POSTS[:-1], MAYOR, id="no inspectorate"),
    ],
)
def test_somebody_is_always_the_inspector(units: tuple[Unit, ...], posts: tuple[Post, ...], inspector: Post) -> None:
    assert of(units, posts).inspector == inspector


@pytest.mark.parametrize(
    ("units", "posts", "overseers"),
    [
        pytest.param(UNITS, POSTS, [MAYOR, MAYOR, ROADS_DESK], id="those above, the head of all, the door"),
        pytest.param(
            UNITS, (*POSTS[:-1], replace(AUDITOR, reports_to=40)), [HEALTH_HEAD, MAYOR, MAYOR, ROADS_DESK], id="a chain"
        ),
        pytest.param(UNITS[:-1], (MAYOR, ROADS_HEAD), [MAYOR], id="neither inspectorate nor door"),
    ],
)
def test_who_oversees_where_the_inspector_cannot(
    units: tuple[Unit, ...], posts: tuple[Post, ...], overseers: list[Post]
) -> None:
    inspector, *others = of(units, posts).overseers(BRIDGES)
    assert (inspector, others) == (of(units, posts).inspector, overseers)


@pytest.mark.parametrize(
    ("start", "above"),
    [
        (ROADS_DESK, [ROADS_SECRETARY, ROADS_HEAD, MAYOR]),
        (AUDITOR, [MAYOR]),
        (MAYOR, []),
    ],
)
def test_a_climb_passes_every_post_above_vacant_ones_included(start: Post, above: list[Post]) -> None:
    assert list(of().climb(start)) == above


def test_a_climb_through_a_circle_ends_where_it_closes() -> None:
    first, second, third = (post(n, f"p{n}", CITY, above) for n, above in ((1, 2), (2, 3), (3, 2)))
    assert list(of(posts=(first, second, third)).climb(first)) == [second, third]
    assert list(of(posts=(post(9, "alone", CITY, 9),)).climb(post(9, "alone", CITY, 9))) == []


NOON = datetime(2026, 7, 6, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def away(post: Post, deputy: Post, since: datetime = NOON - HOUR, until: datetime = NOON + HOUR) -> Post:
    return replace(post, absences=(*post.absences, Absence(1, deputy.id, since, until)))


@pytest.mark.parametrize(
    ("at", "stand_in"),
    [
        (NOON - timedelta(microseconds=1), ROADS_HEAD),
        (NOON, DESK),
        (NOON + HOUR - timedelta(microseconds=1), DESK),
        (NOON + HOUR, ROADS_HEAD),
        (NOON + 3 * HOUR, AUDITOR),
    ],
)
def test_a_deputy_stands_in_from_the_moment_an_absence_begins_until_it_is_over(at: datetime, stand_in: Post) -> None:
    head = away(away(ROADS_HEAD, DESK, NOON, NOON + HOUR), AUDITOR, NOON + 2 * HOUR, NOON + 4 * HOUR)
    found = of(posts=(MAYOR, DESK, head, AUDITOR)).stand_in(head, at)
    assert found == (head if stand_in == ROADS_HEAD else stand_in)


CHAINS = [
    pytest.param({}, ["roads-head"], "roads-head", id="there itself"),
    pytest.param({20: 40}, ["roads-head", "health-head"], "health-head", id="its deputy"),
    pytest.param({20: 40, 40: 50}, ["roads-head", "health-head", "auditor"], "auditor", id="its deputy's deputy"),
    pytest.param({20: 22}, ["roads-head", "roads-secretary"], None, id="a vacant deputy"),
    pytest.param({22: 40}, ["roads-head"], "roads-head", id="somebody else is absent"),
    pytest.param({20: 40, 40: 20}, ["roads-head", "health-head"], None, id="both stand in for each other"),
    pytest.param({20: 40, 40: 50, 50: 40}, ["roads-head", "health-head", "auditor"], None, id="a circle further on"),
    pytest.param({20: 20}, ["roads-head"], None, id="its own deputy"),
]


@pytest.mark.parametrize(("deputies", "chain", "stand_in"), CHAINS)
def test_who_stands_in_for_an_absent_post(deputies: dict[int, int], chain: list[str], stand_in: str | None) -> None:
    there = of().posts
    posts = tuple(away(each, there[deputies[each.id]]) if each.id in deputies else each for each in POSTS)
    organisation = of(posts=posts)
    head = organisation.posts[20]
    assert [each.code for each in organisation.stand_ins(head, NOON)] == chain
    found = organisation.stand_in(head, NOON)
    assert (found.code if found else None) == stand_in


def test_a_vacant_post_that_is_there_has_nobody_to_stand_in() -> None:
    assert of().stand_in(ROADS_SECRETARY, NOON) is None


@given(st.dictionaries(st.integers(0, 5), st.integers(0, 5)), st.sets(st.integers(0, 5)))
def test_whoever_stands_in_is_there_and_nobody_stands_in_twice(deputies: dict[int, int], vacant: set[int]) -> None:
    bare = {n: post(n, f"p{n}", CITY, None, vacant=n in vacant) for n in range(6)}
    posts = tuple(away(each, bare[deputies[n]]) if n in deputies else each for n, each in bare.items())
    organisation = of(posts=posts)
    for each in posts:
        chain, found = organisation.stand_ins(each, NOON), organisation.stand_in(each, NOON)
        assert (chain[0], len({*chain})) == (each, len(chain))
        assert all(after.id == deputies[before.id] for before, after in pairwise(chain))
        assert found == (chain[-1] if chain[-1].id not in deputies and chain[-1].id not in vacant else None)
