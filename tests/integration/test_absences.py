"""Absences over HTTP: who says that a post is absent, who may deputise, and who is told meanwhile."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from tests.integration.test_invitations import DOOR
from tests.integration.test_ladder import of
from tests.integration.test_ladder_standing_in import JULY, with_absences
from tests.integration.town import COORDINATOR, DISPOSITION, Case, Town, at
from tests.integration.web import NOT_FOUND, Answer, Web, problem

HEAD, LIAISON, HANDLER, BELOW = "pu.kepala", "pu.penghubung", "pu.petugas", "jalan.kepala"
INSPECTOR = "inspektorat.inspektur"
BEGIN, END = "2026-07-06T02:00:00Z", "2026-07-20T00:00:00Z"
DEPUTY = "Must be another post of the same agency, not vacant, that works on cases or oversees them."
PAST = "Must not lie in the past: leave it out if the absence begins now."
LATER = "Must be later than now, and than since."


def absent(web: Web, post: str = HEAD, by: str = HEAD, **said: Any) -> Answer:
    return web.post("/absences", {"post": post, "deputy": LIAISON, "until": END, **said}, by)


def listed(web: Web, by: str = COORDINATOR) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = web.get("/absences", by).json["items"]
    return items


def test_an_absence_is_seen_by_the_post_its_deputy_and_whoever_stands_above(web: Web) -> None:
    made = absent(web)
    later = absent(web, BELOW, HEAD, deputy=HANDLER, since=END, until="2026-07-27T00:00:00Z")
    assert (made.status_code, later.status_code) == (201, 201)
    first = {"id": 1, "post": HEAD, "deputy": LIAISON, "since": BEGIN, "until": END}
    second = {"id": 2, "post": BELOW, "deputy": HANDLER, "since": END, "until": "2026-07-27T00:00:00Z"}
    assert [made.json, later.json] == [first, second]
    seen = {by: listed(web, by) for by in (HEAD, LIAISON, BELOW, HANDLER, COORDINATOR, DOOR, INSPECTOR)}
    assert seen == {
        HEAD: [first, second],
        LIAISON: [first],
        BELOW: [second],
        HANDLER: [second],
        COORDINATOR: [first, second],
        DOOR: [],
        INSPECTOR: [],
    }
    web.watch.at = at("20 Jul 07:00")
    assert listed(web) == [second]


def test_absences_come_in_pages(web: Web) -> None:
    for post in (HEAD, HANDLER, BELOW):
        absent(web, post, COORDINATOR)
    page = web.get("/absences?limit=2", COORDINATOR).json
    rest = web.get(f"/absences?limit=2&cursor={page['next']}", COORDINATOR).json
    assert ([item["id"] for item in page["items"] + rest["items"]], rest["next"]) == ([1, 2, 3], None)


WHO = [
    (HEAD, HEAD, LIAISON, 201),
    (HANDLER, HANDLER, LIAISON, 201),
    (INSPECTOR, INSPECTOR, "inspektorat.auditor", 201),
    (COORDINATOR, HEAD, LIAISON, 201),
    (DOOR, "rsud.petugas", "kesehatan.kepala", 201),
    (HEAD, BELOW, LIAISON, 201),
    (BELOW, HEAD, LIAISON, 403),
    (HANDLER, LIAISON, HEAD, 403),
    (DOOR, HEAD, LIAISON, 403),
    (DOOR, "kesehatan.kepala", "rsud.direktur", 403),
    (INSPECTOR, HEAD, LIAISON, 403),
    ("kota.wali-kota", INSPECTOR, "inspektorat.auditor", 403),
    (COORDINATOR, "kota.penjaga-identitas", "kota.wali-kota", 403),
    ("kota.penjaga-identitas", "kota.penjaga-identitas", "kota.wali-kota", 403),
]


@pytest.mark.parametrize(("by", "post", "deputy", "status"), WHO)
def test_a_post_is_absent_by_its_own_word_or_by_that_of_whoever_stands_above(
    web: Web, by: str, post: str, deputy: str, status: int
) -> None:
    answer = absent(web, post, by, deputy=deputy)
    assert answer.status_code == status
    assert len(web.town.dump()["absences"]) == (status == 201)


FAULTS: list[tuple[dict[str, Any], dict[str, list[str]]]] = [
    ({"deputy": HEAD}, {"deputy": [DEPUTY]}),
    ({"deputy": "kesehatan.kepala"}, {"deputy": [DEPUTY]}),
    ({"deputy": "pu.sekretaris"}, {"deputy": [DEPUTY]}),
    ({"post": "kota.wali-kota", "deputy": "kota.penjaga-identitas"}, {"deputy": [DEPUTY]}),
    (
        {"post": "x", "deputy": "y"},
        {"post": ["There is no post with the code 'x'."], "deputy": ["There is no post with the code 'y'."]},
    ),
    ({"until": BEGIN}, {"until": [LATER]}),
    ({"since": END}, {"until": [LATER]}),
    ({"since": "2026-07-06T01:59:59Z", "deputy": HEAD}, {"since": [PAST], "deputy": [DEPUTY]}),
    ({"reason": "cuti"}, {"reason": ["Unknown field."]}),
]


@pytest.mark.parametrize(("said", "errors"), FAULTS)
def test_an_absence_that_cannot_be_is_refused(web: Web, said: dict[str, Any], errors: dict[str, Any]) -> None:
    assert problem(absent(web, by=COORDINATOR, **said)) == (422, "invalid-fields", errors)
    assert web.town.dump()["absences"] == []


def test_a_post_is_absent_once_at_a_time(web: Web) -> None:
    meets = {"until": [f"The post is absent from {BEGIN} until {END} already: end that first."]}
    assert absent(web).status_code == 201
    assert problem(absent(web, since="2026-07-19T23:59:59Z", until="2026-08-01T00:00:00Z"))[2] == meets
    assert absent(web, since=END, until="2026-08-01T00:00:00Z").status_code == 201
    assert absent(web, BELOW).status_code == 201
    web.watch.at = at("20 Jul 07:00")
    # what is over stays written down, and no engine holds it any more
    assert absent(web, HANDLER).status_code == 422
    assert absent(web, HANDLER, HANDLER, until="2026-08-01T00:00:00Z").status_code == 201
    with web.site.reading() as session:
        posts = web.site.engine(session).organisation.posts.values()
    assert {each.code: [absence.id for absence in each.absences] for each in posts if each.absences} == {
        HEAD: [2],
        HANDLER: [4],
    }


def test_of_two_that_say_so_at_once_one_is_told_of_the_other(web: Web) -> None:
    web.token(HEAD)
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: absent(web).status_code, range(2)))
    assert sorted(answers) == [201, 422]


def test_an_absence_is_ended_by_whoever_arranges_for_the_post(web: Web) -> None:
    absent(web)
    absent(web, HANDLER, HANDLER, since=END, until="2026-07-27T00:00:00Z")
    assert problem(web.delete("/absences/1", LIAISON)) == (403, "forbidden", None)
    for by, number in ((BELOW, 1), (DOOR, 1), (INSPECTOR, 1), (HEAD, 3), (HEAD, 2**70)):
        assert web.delete(f"/absences/{number}", by).json == NOT_FOUND
    assert [web.delete("/absences/1", COORDINATOR).status_code, web.delete("/absences/2", HANDLER).status_code] == [
        204,
        204,
    ]
    assert (listed(web), web.delete("/absences/1", COORDINATOR).json) == ([], NOT_FOUND)
    assert absent(web).status_code == 201


def test_while_a_post_is_absent_its_deputy_is_told_and_afterwards_the_post_itself(web: Web) -> None:
    absent(web, deputy=BELOW)
    cases = [web.disposed() for _ in range(2)]
    assert _swept(web, "8 Jul 11:13") == [(0, "warned", BELOW, f"owner; {HEAD} is absent, {BELOW} deputises")] * 2
    (rung, *_) = web.get("/escalations", BELOW).json["items"]
    noted = web.post(f"/escalations/{rung['id']}/acknowledgement", {"note": "Baik."}, BELOW)
    assert (len(cases), noted.status_code) == (2, 200)
    web.delete("/absences/1", HEAD)
    web.disposed()
    assert _swept(web, "10 Jul 15:01")[-1] == (0, "warned", HEAD, "owner")


def _swept(web: Web, moment: str) -> list[tuple[int, str, str | None, str]]:
    """What a worker tells with the engine of the moment, of the clocks of holding."""
    web.watch.at = at(moment)
    with web.site.reading() as session:
        town = replace(web.town, engine=web.site.engine(session))
    town.sweep(moment)
    ids = range(1, 1 + len(town.dump()["complaints"]))
    return [rung for number in ids for rung in of(Case(town, number, "", ""), "holding")]


@pytest.mark.parametrize(
    ("absences", "reported", "told"),
    [
        pytest.param([(LIAISON, HANDLER)], None, HANDLER, id="the deputy"),
        pytest.param([(LIAISON, BELOW), (BELOW, HEAD)], None, HEAD, id="the deputy of the deputy"),
        pytest.param([(LIAISON, "pu.sekretaris")], None, LIAISON, id="a vacant deputy"),
        pytest.param([(LIAISON, "jalan.penghubung")], None, LIAISON, id="a deputy for whom the case is not there"),
        pytest.param([(LIAISON, HANDLER)], HANDLER, LIAISON, id="a reported deputy"),
        pytest.param([(HEAD, HANDLER)], None, LIAISON, id="somebody else is absent"),
    ],
)
def test_new_work_is_told_to_the_deputy_for_whom_the_case_is_there(
    town: Town, absences: list[tuple[str, str]], reported: str | None, told: str
) -> None:
    absent = with_absences(town, *((post, deputy, *JULY) for post, deputy in absences))
    case = absent.submit()
    fields = {**DISPOSITION, **({"reported": reported} if reported else {})}
    case.attempt("dispose", COORDINATOR, "6 Jul 09:00", fields)
    assert case.notices() == [f"{told}: work"]


def test_a_deputy_is_not_told_of_what_it_did_itself_nor_of_its_own_draft(town: Town) -> None:
    absent = with_absences(town, (LIAISON, COORDINATOR, *JULY))
    assert absent.case_in("disposed").notices() == []
    drafted = with_absences(town, ("jalan.penghubung", "jalan.petugas", *JULY)).submit()
    drafted.attempt("dispose", COORDINATOR, "6 Jul 09:00", {**DISPOSITION, "unit": "jalan"})
    drafted.attempt("accept", "jalan.penghubung", "6 Jul 09:00", {})
    drafted.attempt("propose_answer", "jalan.petugas", "6 Jul 09:00", {"text": "Sudah ditambal."})
    assert drafted.notices() == ["jalan.petugas: work", "jalan.penghubung: work"]


def to_do(web: Web, by: str) -> list[tuple[str, bool]]:
    """What waits for somebody: the states of the cases, and whether there is a move that is only for who acts in it."""
    acting = {"propose_answer", "answer", "approve", "uphold", "accept"}
    items = web.get("/work", by).json["items"]
    return [(item["state"], bool(acting & {*item["moves"]})) for item in items]


# how far the case goes, where it is, who is absent, the deputy, and what is then in the deputy's list
DONE_BY_DEPUTIES = [
    pytest.param("pu", "follow_up", HANDLER, LIAISON, [("in_follow_up", True)], id="an officer of the same unit"),
    pytest.param("jalan", "approval", BELOW, HEAD, [("awaiting_approval", True)], id="a supervisor above"),
    pytest.param("pu", "follow_up", HANDLER, "jalan.petugas", [], id="an officer of another unit, who may not act"),
    pytest.param("pu", "follow_up", HANDLER, BELOW, [], id="somebody who does no such work"),
    pytest.param("pu", "approval", HEAD, BELOW, [], id="a supervisor below, who may not act"),
    pytest.param("pu", "review", HEAD, LIAISON, [], id="what the reviewer alone decides"),
]


def given(web: Web, unit: str, stage: str) -> None:
    """A case that the handler of a unit works on, or has drafted an answer to, or whose answer is appealed against."""
    case = web.submit()
    web.moved(case, "dispose", COORDINATOR, **{**DISPOSITION, "unit": unit})
    web.moved(case, "accept", f"{unit}.penghubung")
    if stage == "review":
        web.moved(case, "answer", f"{unit}.penghubung", text="Sudah ditambal.")
        web.moved(case, "appeal", case["secret"], reason="Belum.")
        return
    web.moved(case, "reassign", f"{unit}.kepala", post=f"{unit}.petugas")
    if stage == "approval":
        web.moved(case, "propose_answer", f"{unit}.petugas", text="Sudah ditambal.")


@pytest.mark.parametrize(("unit", "stage", "post", "deputy", "listed_then"), DONE_BY_DEPUTIES)
def test_a_deputy_works_on_what_waits_for_the_absent_post_as_far_as_it_may(
    web: Web, unit: str, stage: str, post: str, deputy: str, listed_then: list[tuple[str, bool]]
) -> None:
    given(web, unit, stage)
    own = to_do(web, post)
    assert absent(web, post, COORDINATOR, deputy=deputy).status_code == 201
    meanwhile = to_do(web, deputy)
    assert web.delete("/absences/1", COORDINATOR).status_code == 204
    assert (len(own), meanwhile, to_do(web, deputy)) == (1, listed_then, [])


def test_the_deputy_of_a_deputy_who_is_absent_too_does_the_work_of_both(web: Web) -> None:
    given(web, "pu", "follow_up")
    absent(web, HANDLER, COORDINATOR, deputy=BELOW)
    absent(web, BELOW, COORDINATOR, deputy=LIAISON)
    assert (to_do(web, LIAISON), to_do(web, BELOW)) == ([("in_follow_up", True)], [])
