"""What everybody reads: published cases under ids of their own, and counts that nothing unpublished enters."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event, text, update

from lapor.access.secrets import read_number
from lapor.handling import publishing
from lapor.handling.publishing import Edited
from lapor.records import PublicVersion
from tests.integration.test_publishing import EDITED, MOVES, delete, publish, published, put
from tests.integration.town import COORDINATOR, DISPOSITION, REPORTER, WAYS, Case, Town, at
from tests.integration.web import NOT_FOUND, Web, problem

HEALTH = {"unit": "rsud", "category": "antrean-rumah-sakit", "classification": "not_oversight"}


def titles(web: Web, query: str = "") -> list[str]:
    answer = web.get(f"/public/complaints?{query}")
    assert answer.status_code == 200, answer.text
    return [case["title"] for case in answer.json["items"]]


def fill(web: Web) -> dict[str, str]:
    """Three published cases, an hour apart, the newest first: their public ids by their public titles."""
    made = {}
    for title, way in (("Jalan berlubang", "answered"), ("Antrean panjang", "disposed"), ("Jembatan retak", "closed")):
        web.watch.forward(hours=1)
        case = web.submit(title="Judul asli", text="Isi asli melati.", reporter={"name": "Pelapor"})
        web.moved(case, "dispose", COORDINATOR, **(HEALTH if way == "disposed" else DISPOSITION))
        if way != "disposed":
            web.moved(case, "accept", "pu.penghubung")
            web.moved(case, "answer", "pu.penghubung", text="Sudah, Pak Budi 0812-3456-7890.")
        if way == "closed":
            web.moved(case, "confirm", case["secret"])
        made[title] = put(web, case, {"title": title, "text": f"{title} di dekat pasar."}).json["public_id"]
    return dict(reversed(made.items()))


def test_a_published_case_shows_what_is_public_and_nothing_more(web: Web) -> None:
    public_id = fill(web)["Jalan berlubang"]
    answer = web.get(f"/public/complaints/{public_id}")
    assert answer.json == {
        "public_id": public_id,
        "title": "Jalan berlubang",
        "text": "Jalan berlubang di dekat pasar.",
        "category": "jalan-rusak",
        "holder": {"code": "pu", "name": "Dinas Pekerjaan Umum"},
        "state": "answered",
        "phase": "closure",
        "label": {"id": "Ditanggapi instansi", "en": "Answered"},
        "received_month": "2026-07",
        "answered": True,
        "published_at": "2026-07-06T03:00:00Z",
    }
    assert "ETag" not in answer.headers
    assert web.get("/public/complaints").json["items"][-1] == answer.json


def test_a_public_id_is_forgiven_like_a_number_and_leads_to_no_case(web: Web) -> None:
    public_id = fill(web)["Jalan berlubang"]
    for written in (public_id.lower(), public_id.replace("-", ""), public_id.replace("0", "O").replace("1", "l")):
        assert web.get(f"/public/complaints/{written}").json["public_id"] == public_id
    assert read_number(public_id) is None
    assert web.get(f"/complaints/{public_id}", COORDINATOR).json == NOT_FOUND


def test_the_month_of_receipt_is_that_of_the_door(town: Town) -> None:
    # in Jakarta the next month has begun, in UTC not yet
    case = town.submit("1 Aug 00:30")
    case.attempt("dispose", COORDINATOR, "1 Aug 09:00", DISPOSITION)
    publish(case)
    with town.site.reading() as session:
        assert session.query(PublicVersion.month).scalar() == "2026-08"


def test_what_is_not_public_answers_like_what_is_missing(web: Web) -> None:
    unpublished = web.disposed()
    taken_back, public_id = published(web)
    delete(web, taken_back)
    for path in (public_id, unpublished["tracking_number"], "P-0000-0000", "x", "P-7QK4-M2ZD%00"):
        answer = web.get(f"/public/complaints/{path}")
        assert (answer.status_code, answer.json) == (404, NOT_FOUND)


def test_the_list_comes_in_pages_newest_first(web: Web) -> None:
    ids = fill(web)
    assert titles(web) == [*ids]
    found, cursor = [], ""
    while True:
        page = web.get(f"/public/complaints?limit=1{cursor}").json
        found += [case["title"] for case in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert found == [*ids]


def test_cases_published_at_one_moment_are_neither_skipped_nor_repeated(web: Web) -> None:
    ids = sorted(published(web)[1] for _ in range(3))
    first = web.get("/public/complaints?limit=2").json
    second = web.get(f"/public/complaints?limit=2&cursor={first['next']}").json
    assert [case["public_id"] for case in (*first["items"], *second["items"])] == ids


FILTERS = {
    "category=jalan-rusak": ["Jembatan retak", "Jalan berlubang"],
    "category=tidak-ada": [],
    "unit=kesehatan": ["Antrean panjang"],
    "unit=rsud": ["Antrean panjang"],
    "unit=kota": ["Jembatan retak", "Antrean panjang", "Jalan berlubang"],
    "phase=disposition": ["Antrean panjang"],
    "phase=closed": ["Jembatan retak"],
    "phase=closure": ["Jalan berlubang"],
    "phase=follow_up": [],
    "published_before=2026-07-06T04:00:00Z": ["Jalan berlubang"],
    "published_after=2026-07-06T04:00:00Z": ["Jembatan retak"],
    "q=pasar": ["Jembatan retak", "Antrean panjang", "Jalan berlubang"],
    "q=PASAR retak": ["Jembatan retak"],
    "q=jembatan&phase=closure": [],
    "q=melati": [],
    "q=asli": [],
    "q=%25": [],
    "q=0812": [],
}


def test_the_list_is_filtered_and_only_the_public_text_is_searched(web: Web) -> None:
    fill(web)
    assert {query: titles(web, query) for query in FILTERS} == FILTERS


FAULTS = {
    "unit=x": {"unit": ["There is no unit with the code 'x'."]},
    "phase=intake": {"phase": ["Must be one of: disposition, follow_up, closure, closed."]},
    "cursor=x": {"cursor": ["Must be the `next` of the page before, asked for in the same way."]},
    "cursor=WyJ4IiwgIngiXQ": {"cursor": ["Must be the `next` of the page before, asked for in the same way."]},
    "cursor=WyIyMDI2LTA3LTA2VDAyOjAwOjAwWiIsIDFd": {
        "cursor": ["Must be the `next` of the page before, asked for in the same way."]
    },
    "state=answered": {"state": ["Unknown field."]},
}


@pytest.mark.parametrize("query", FAULTS)
def test_a_list_that_cannot_be_is_refused(web: Web, query: str) -> None:
    assert problem(web.get(f"/public/complaints?{query}")) == (422, "invalid-fields", FAULTS[query])


def test_what_is_edited_or_taken_back_leaves_the_search(web: Web) -> None:
    case, _ = published(web)
    put(web, case, {"title": "Trotoar", "text": "Licin."})
    assert (titles(web, "q=terperosok"), titles(web, "q=licin")) == ([], ["Trotoar"])
    delete(web, case)
    assert titles(web, "q=licin") == []
    put(web, case)
    assert titles(web, "q=terperosok") == [EDITED["title"]]
    with web.site.writing() as session:
        session.delete(session.query(PublicVersion).one())
    assert titles(web, "q=terperosok") == []


@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_forms_of_words_and_misspelt_titles_are_found(web: Web) -> None:
    fill(web)
    asked = {"q=berlubag": ["Jalan berlubang"], "q=pasarnya antre": ["Antrean panjang"]}
    assert {query: titles(web, query) for query in asked} == asked


COPIES = """
    INSERT INTO public_versions (complaint_id, public_id, title, text, month, published_at, post_id)
    SELECT c.id, c.number, 'Sampah ' || c.id, '-', '2026-07', c.received_at, 1 FROM complaints c WHERE c.number LIKE 'x%'
"""
CASES = """
    INSERT INTO complaints ({columns})
    SELECT {values} FROM complaints, generate_series(1, 5000) AS n WHERE complaints.id = 1
"""


@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_the_index_is_used_where_much_is_public(web: Web) -> None:
    fill(web)
    unlike = {"id": "n + 10", "number": "'x' || n", "secret_hash": "'x' || n"}
    with web.site.reading() as session:
        names = session.execute(text("SELECT * FROM complaints LIMIT 0")).keys()
    cases = CASES.format(columns=", ".join(names), values=", ".join(unlike.get(name, name) for name in names))
    web.town.execute(text(cases), text(COPIES), text("ANALYZE complaints"), text("ANALYZE public_versions"))
    ran: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        ran.append((statement, parameters))

    event.listen(web.site.database, "before_cursor_execute", note)
    assert titles(web, "q=jembatan") == ["Jembatan retak"]
    event.remove(web.site.database, "before_cursor_execute", note)
    statement, parameters = next(each for each in ran if "plainto_tsquery" in each[0])
    with web.site.reading() as session:
        plan = session.connection().exec_driver_sql(f"EXPLAIN {statement}", parameters).scalars().all()
    assert "ix_public_versions_words" in "\n".join(plan)


def test_lists_and_counts_take_as_many_statements_for_one_as_for_three(web: Web) -> None:
    counted = []
    for more in (1, 2):
        for _ in range(more):
            published(web)
        for path in ("/public/complaints", "/public/statistics"):
            with web.statements() as ran:
                web.get(path)
            counted.append(len(ran))
    assert counted[:2] == counted[2:] == [2, 2]


def several(town: Town, count: int, moment: str = "6 Jul 09:00", *moves: str, **disposition: str) -> list[Case]:
    """Cases that were handed to a unit and published."""
    cases = [town.submit(moment) for _ in range(count)]
    for case in cases:
        case.attempt("dispose", COORDINATOR, moment, {**DISPOSITION, **disposition})
        case.goes(*moves, moment=moment)
        with town.site.writing() as session:
            actor = town.who(COORDINATOR)
            publishing.publish(town.engine, session, case.number, Edited(**EDITED), actor=actor, now=at(moment))
    return cases


def rows(**counts: int | None) -> list[dict[str, Any]]:
    return [{"name": name.replace("_", "-"), "count": count} for name, count in counts.items()]


NOTHING: dict[str, Any] = {
    "published": None,
    "by_category": [],
    "by_unit": [],
    "by_phase": [],
    "by_month": [],
    "answered": None,
    "by_term": [],
}


def test_too_few_cases_are_not_counted_at_all(web: Web) -> None:
    several(web.town, 4)
    assert web.get("/public/statistics").json == NOTHING


def test_what_is_public_is_counted_and_small_counts_are_kept_back(web: Web) -> None:
    town = web.town
    several(town, 6, "6 Jul 09:00", "accept", "answer", unit="pu")
    several(town, 1, "6 Jul 09:00", "accept", unit="pu")
    several(town, 5, "3 Jun 09:00", unit="rsud", category="antrean-rumah-sakit")
    several(town, 2, "3 Jun 09:00", unit="jalan")
    late = several(town, 1, "3 Jun 09:00", unit="pu")[0]
    late.attempt("accept", "pu.penghubung", "3 Jun 10:00", {})
    late.attempt("answer", "pu.penghubung", "6 Jul 10:00", {"text": "Sudah."})
    told = web.get("/public/statistics").json
    assert told == {
        "published": 15,
        "by_category": rows(antrean_rumah_sakit=5, jalan_rusak=10),
        # the division counts with its agency, the hospital with the agency above it
        "by_unit": rows(kesehatan=5, pu=10),
        "by_phase": [
            {"name": "closure", "count": 7},
            {"name": "disposition", "count": None},
            {"name": "follow_up", "count": None},
        ],
        "by_month": [{"name": "2026-06", "count": 8}, {"name": "2026-07", "count": 7}],
        "answered": 7,
        "by_term": [{"name": "within_term", "count": None}, {"name": "after_term", "count": None}],
    }


def test_nothing_unpublished_changes_any_answer(web: Web) -> None:
    town = web.town
    several(town, 6, "6 Jul 09:00", "accept", "answer")
    several(town, 7, "3 Jun 09:00", unit="rsud", category="antrean-rumah-sakit")
    paths = ("/public/statistics", "/public/complaints", "/public/complaints?q=mobil", "/public/complaints?limit=2")
    before = [web.get(path).data for path in paths]
    hidden: list[dict[str, Any]] = [{}, {"confidential": True}, {"anonymous": True, "reporter": REPORTER}]
    for said in hidden:
        town.submit("1 May 09:00", **said, door="rsud")
        for state in WAYS:
            town.case_in(state, "1 May 09:00", **said)
    for state, name, fields, by in MOVES.values():
        case = town.case_in(state, "3 Jul 09:00")
        assert publish(case) is None
        assert [web.get(path).data for path in paths] != before
        case.attempt(name, by, "6 Jul 10:00", fields)
        assert [web.get(path).data for path in paths] == before
    # nor does what damage leaves behind
    for state in ("disposed", "answered"):
        left = town.case_in(state)
        publish(left)
        town.execute(update(type(left.seen())).where(type(left.seen()).id == left.id).values(confidential=True))
        assert [web.get(path).data for path in paths] == before
