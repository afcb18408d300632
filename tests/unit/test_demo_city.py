"""The demo government keeps what it promises: a whole city, sound from the lowest post to the top, and its complaints."""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lapor import site
from lapor.directory import demo, organisation
from lapor.directory.categories import OTHER, code_of
from lapor.machine.fields import text as checked_text
from lapor.machine.organisation import Organisation
from lapor.records import CategoryRow, Record, RegionRow, schema

CITY = demo.read()
UNITS: Mapping[str, Mapping[str, Any]] = {unit["code"]: unit for unit in CITY.units}
POSTS: Mapping[str, Mapping[str, Any]] = {post["code"]: post for unit in CITY.units for post in unit["posts"]}
SUBMISSIONS = [sample.submission for sample in CITY.complaints]
ROOT = "pemerintah-kota"


def chain(post: str) -> list[str]:
    """The posts above this one, nearest first."""
    above, found = POSTS[post]["reports_to"], list[str]()
    while above is not None:
        assert above not in found
        found.append(above)
        above = POSTS[above]["reports_to"]
    return found


def way_up(unit: str) -> list[str]:
    """The unit and those around it, up to the root."""
    parent = UNITS[unit]["parent"]
    return [unit, *(way_up(parent) if parent else [])]


def roles(unit: Mapping[str, Any]) -> list[str]:
    return [post["role"] for post in unit["posts"]]


def imported(session: Session) -> dict[str, list[tuple[object, ...]]]:
    tables = Record.metadata.sorted_tables
    return {table.name: sorted(map(tuple, session.execute(table.select())), key=repr) for table in tables}


def test_the_city_has_the_size_that_was_promised() -> None:
    kinds = {
        "agency": 12, "body": 3, "bureau": 2, "district": 4, "division": 20, "government": 1, "health_centre": 1,
        "hospital": 1, "inspectorate": 1, "school": 1, "secretariat": 1, "section": 4, "technical_unit": 1,
        "village": 8,
    }  # fmt: skip
    assert Counter(unit["kind"] for unit in CITY.units) == kinds
    assert (len(UNITS), len(CITY.units), len(POSTS)) == (60, 60, 193)
    assert (len(CITY.categories), len(CITY.regions), len(CITY.complaints)) == (40, 14, 60)
    assert {unit["zone"] for unit in CITY.units} == {"Asia/Jakarta"}


def test_no_code_stands_twice_and_every_post_carries_the_code_of_its_unit() -> None:
    codes = [post["code"] for unit in CITY.units for post in unit["posts"]]
    assert len(codes) == len(set(codes))
    assert [code.split(".")[0] for code in codes] == [unit["code"] for unit in CITY.units for _ in unit["posts"]]


def test_every_unit_lies_below_the_root() -> None:
    assert {way_up(code)[-1] for code in UNITS} == {ROOT}


def test_every_chain_of_posts_ends_at_the_top() -> None:
    top = f"{ROOT}.wali-kota"
    assert {([code, *chain(code)])[-1] for code in POSTS} == {top}
    assert chain("seksi-pemeliharaan-jalan.kepala-seksi") == [
        "bidang-jalan-dan-jembatan.kepala-bidang",
        "dinas-pekerjaan-umum.sekretaris-dinas",
        "dinas-pekerjaan-umum.kepala-dinas",
        "sekretariat-daerah.sekretaris-daerah",
        top,
    ]


def test_every_agency_is_three_to_five_posts_deep() -> None:
    depths: dict[str, int] = defaultdict(int)
    for code in POSTS.keys() - {post["code"] for post in UNITS[ROOT]["posts"]}:
        agency = way_up(code.split(".")[0])[-2]
        inside = [post for post in [code, *chain(code)] if agency in way_up(post.split(".")[0])]
        depths[agency] = max(depths[agency], len(inside))
    districts = {code: 3 for code, unit in UNITS.items() if unit["kind"] == "district"}
    agencies = {code: 4 for code, unit in UNITS.items() if unit["kind"] in {"agency", "body", "secretariat"}}
    with_sections = ("dinas-pekerjaan-umum", "dinas-perhubungan", "dinas-lingkungan-hidup", "dinas-kesehatan")
    assert depths == {"inspektorat": 4, **districts, **agencies, **dict.fromkeys(with_sections, 5)}


def test_a_post_below_a_head_reports_to_somebody_of_its_own_unit() -> None:
    below = [(unit["code"], post["reports_to"].split(".")[0]) for unit in CITY.units[1:] for post in unit["posts"][1:]]
    assert all(unit == above for unit, above in below)


def test_a_head_reports_to_a_post_of_a_unit_around_or_to_the_top_of_the_city() -> None:
    for unit in CITY.units[1:]:
        above = unit["posts"][0]["reports_to"].split(".")[0]
        assert above in {*way_up(unit["parent"]), "sekretariat-daerah"}, unit["code"]


def test_some_posts_are_vacant_and_some_acting_but_none_both() -> None:
    assert {code for code, post in POSTS.items() if post["vacant"]} == {
        "badan-penanggulangan-bencana-daerah.sekretaris-badan",
        "bidang-pertamanan.kepala-bidang",
        "bidang-rehabilitasi-sosial.kepala-bidang",
        "dinas-perhubungan.sekretaris-dinas",
        "inspektorat.inspektur-pembantu-investigasi",
        "kelurahan-dahlia.lurah",
        "seksi-penerangan-jalan-umum.kepala-seksi",
        "smp-negeri-7.petugas-pengaduan",
    }
    assert {code for code, post in POSTS.items() if post["acting"]} == {
        "bidang-jalan-dan-jembatan.kepala-bidang",
        "dinas-pendidikan.sekretaris-dinas",
        "dinas-tenaga-kerja.kepala-dinas",
        "kecamatan-karangrejo.camat",
        "puskesmas-sukamaju.kepala-puskesmas",
        "rsud-kota-contoh.wakil-direktur-pelayanan",
        "sekretariat-daerah.asisten-administrasi-umum",
        "seksi-pengangkutan-sampah.kepala-seksi",
    }


def test_the_root_keeps_the_door_the_identities_and_the_system() -> None:
    assert {post["code"]: post["role"] for post in UNITS[ROOT]["posts"]} == {
        "pemerintah-kota.wali-kota": "supervisor",
        "pemerintah-kota.koordinator-pengaduan": "coordinator",
        "pemerintah-kota.penjaga-identitas": "custodian",
        "pemerintah-kota.pengelola-sistem": "operator",
    }


def test_the_head_comes_first_and_supervises_but_that_of_the_inspectorate_inspects() -> None:
    assert {unit["code"]: roles(unit)[0] for unit in CITY.units} == {
        **dict.fromkeys(UNITS, "supervisor"),
        "inspektorat": "inspector",
    }
    for unit in CITY.units[1:]:
        others = {post["code"] for post in unit["posts"][1:]}
        assert all(unit["posts"][0]["code"] in chain(code) for code in others), unit["code"]


def test_every_unit_that_can_hold_a_case_has_a_liaison_officer_and_every_agency_a_handler() -> None:
    assert {unit["code"] for unit in CITY.units if "liaison_officer" not in roles(unit)} == {ROOT}
    without_handler = {unit["kind"] for unit in CITY.units if "handler" not in roles(unit)}
    assert without_handler == {"government", "village"}
    assert not any(post["vacant"] for post in POSTS.values() if post["role"] == "liaison_officer")


def test_the_mailbox_of_a_post_is_made_of_its_code_and_can_be_written_to() -> None:
    assert {post["email"] for post in POSTS.values()} == {f"{code}@kota-contoh.example" for code in POSTS}
    assert max(map(len, POSTS)) <= 64  # RFC 5321, 4.5.3.1.1


def test_categories_differ_and_each_is_used() -> None:
    codes = [code_of(name) for name in CITY.categories]
    assert len(codes) == len(set(codes))
    assert OTHER in CITY.categories
    assert {submission["category"] for submission in SUBMISSIONS} == set(codes)


def test_regions_lie_in_each_other_by_their_codes() -> None:
    assert [parent for _, _, parent in CITY.regions] == [code.rpartition(".")[0] or None for code, _, _ in CITY.regions]
    assert [len(code.split(".")) for code, _, _ in CITY.regions] == [1, 2, *[3, 4, 4] * 4]
    places = {name for _, name, _ in CITY.regions[2:]}
    assert places == {unit["name"] for unit in CITY.units if unit["kind"] in {"district", "village"}}


def test_every_code_that_a_complaint_names_exists() -> None:
    assert {submission["location"]["region"] for submission in SUBMISSIONS} <= {code for code, _, _ in CITY.regions}
    assert {sample.competent_unit for sample in CITY.complaints} <= UNITS.keys()
    assert {submission["wished_agency"] for submission in SUBMISSIONS if "wished_agency" in submission} <= UNITS.keys()
    assert {sample.reported for sample in CITY.complaints} <= {None, "unknown", *UNITS}
    assert all(submission["location"]["address"] for submission in SUBMISSIONS)


def test_titles_and_texts_are_unique_and_within_limits() -> None:
    for name, longest in (("title", 100), ("text", 3000)):
        texts: Sequence[str] = [submission[name] for submission in SUBMISSIONS]
        assert [checked_text(text, longest) for text in texts] == texts
        assert len(set(texts)) == len(texts)
    lengths = sorted(len(submission["text"]) for submission in SUBMISSIONS)
    assert lengths[0] >= 100
    assert len([length for length in lengths if length >= 1500]) == 6


def test_a_submission_has_the_fields_of_the_contract_and_no_others() -> None:
    known = {
        "kind", "title", "text", "category", "location", "anonymous", "confidential", "reporter", "remedy_sought",
        "wished_agency",
    }  # fmt: skip
    assert {name for submission in SUBMISSIONS for name in submission} == known
    assert {name for submission in SUBMISSIONS for name in submission["location"]} == {"region", "address", "point"}


def test_all_kinds_and_privacy_choices_come_up() -> None:
    assert Counter(submission["kind"] for submission in SUBMISSIONS) == {
        "complaint": 48, "aspiration": 6, "information_request": 6,
    }  # fmt: skip
    chosen = Counter(
        ("reporter" in submission, submission.get("anonymous", False), submission.get("confidential", False))
        for submission in SUBMISSIONS
    )
    assert chosen == {
        (True, False, False): 22,
        (True, True, False): 18,
        (True, False, True): 5,
        (True, True, True): 9,
        (False, False, False): 6,
    }


def test_reporters_are_numbered_not_named() -> None:
    reporters = [submission["reporter"] for submission in SUBMISSIONS if "reporter" in submission]
    assert reporters == [
        {"name": f"Pelapor {number:02}", "email": f"pelapor-{number:02}@warga.example"}
        for number in range(1, len(reporters) + 1)
    ]


def test_some_complaints_wish_for_an_agency_that_is_not_competent() -> None:
    wished = [
        (sample.submission["wished_agency"], sample.competent_unit)
        for sample in CITY.complaints
        if "wished_agency" in sample.submission
    ]
    assert len(wished) == 8
    assert all(agency not in way_up(unit) for agency, unit in wished)


def test_misconduct_goes_to_the_inspectorate_and_never_to_those_it_is_about() -> None:
    assert [(s.competent_unit, s.reported) for s in CITY.complaints if s.classification == "oversight"] == [
        ("inspektorat", "bidang-pendaftaran-penduduk"),
        ("inspektorat", "kelurahan-flamboyan"),
        ("inspektorat", "unknown"),
    ]
    assert {s.classification for s in CITY.complaints if s.submission["kind"] != "complaint"} == {None}


def test_two_complaints_are_about_one_pothole_and_two_about_different_ones_in_one_street() -> None:
    potholes = [sample for sample in CITY.complaints if sample.submission["category"] == "jalan-berlubang"]
    assert [(sample.matter, sample.submission["location"]["region"]) for sample in potholes] == [
        ("lubang-depan-apotek", "35.80.01.1001"),
        ("lubang-depan-apotek", "35.80.01.1001"),
        (None, "35.80.02.1001"),
        (None, "35.80.02.1002"),
    ]
    assert all("Jalan Rajawali" in sample.submission["title"] for sample in potholes[2:])


def test_a_sample_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        CITY.complaints[0].competent_unit = ROOT  # type: ignore[misc]


def test_the_imported_city_is_the_one_that_was_read(database_url: str) -> None:
    database = site.connect(database_url)
    schema.migrate(database)
    with Session(database) as session:
        demo.import_city(session)
        _compare(organisation.read(session))
        names = session.scalars(select(CategoryRow.name).order_by(CategoryRow.id)).all()
        assert tuple(names) == CITY.categories
        rows = session.scalars(select(RegionRow).order_by(RegionRow.id)).all()
        assert tuple((row.code, row.name, row.parent_code) for row in rows) == CITY.regions
    database.dispose()


def test_importing_the_city_again_changes_nothing(database_url: str) -> None:
    database = site.connect(database_url)
    schema.migrate(database)
    with Session(database) as session:
        demo.import_city(session)
        first = imported(session)
        demo.import_city(session)
        assert imported(session) == first
    database.dispose()


def _compare(found: Organisation) -> None:
    assert [unit.code for unit in found.units.values()] == list(UNITS)
    for post in found.posts.values():
        wanted = POSTS[post.code]
        above = found.posts[post.reports_to].code if post.reports_to else None
        assert (post.title, above, post.vacant, post.role, post.email) == (
            wanted["title"], wanted["reports_to"], wanted["vacant"], wanted["role"], wanted["email"],
        )  # fmt: skip
    assert {unit.code: found.head(unit.id).code for unit in found.units.values()} == {
        code: unit["posts"][0]["code"] for code, unit in UNITS.items()
    }
    assert found.inspector.code == "inspektorat.inspektur"
    coordinators = {found.coordinator(unit.id) for unit in found.units.values()}
    assert [post.code for post in coordinators if post] == [f"{ROOT}.koordinator-pengaduan"]
