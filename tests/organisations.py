"""A small city that tests are about: few units, every role, a vacant post in a chain, two zones, two doors."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy.orm import Session

from lapor.directory import categories, organisation
from lapor.records import StandardRow

# code, title, role, reports to; the first of a unit is its head
_POSTS: Mapping[str, list[tuple[str, str, str, str | None]]] = {
    "kota": [
        ("wali-kota", "Wali Kota", "supervisor", None),
        ("koordinator-pengaduan", "Koordinator Pengaduan", "coordinator", "setda.sekda"),
        ("penjaga-identitas", "Penjaga Identitas", "custodian", "setda.sekda"),
        ("pengelola-sistem", "Pengelola Sistem", "operator", "setda.sekda"),
    ],
    "setda": [("sekda", "Sekretaris Daerah", "supervisor", "kota.wali-kota")],
    "inspektorat": [
        ("inspektur", "Inspektur", "inspector", "kota.wali-kota"),
        ("auditor", "Auditor", "inspector", "inspektorat.inspektur"),
    ],
    "pu": [
        ("kepala", "Kepala Dinas Pekerjaan Umum", "supervisor", "setda.sekda"),
        ("sekretaris", "Sekretaris Dinas", "supervisor", "pu.kepala"),
        ("penghubung", "Pejabat Penghubung", "liaison_officer", "pu.sekretaris"),
        ("petugas", "Petugas Pengaduan", "handler", "pu.penghubung"),
    ],
    "jalan": [
        ("kepala", "Kepala Bidang Jalan", "supervisor", "pu.sekretaris"),
        ("penghubung", "Pejabat Penghubung", "liaison_officer", "jalan.kepala"),
        ("petugas", "Petugas Pengaduan", "handler", "jalan.penghubung"),
    ],
    "kesehatan": [
        ("kepala", "Kepala Dinas Kesehatan", "supervisor", "setda.sekda"),
        ("penghubung", "Pejabat Penghubung", "liaison_officer", "kesehatan.kepala"),
        ("petugas", "Petugas Pengaduan", "handler", "kesehatan.penghubung"),
    ],
    "rsud": [
        ("direktur", "Direktur", "supervisor", "kesehatan.kepala"),
        ("koordinator-pengaduan", "Koordinator Pengaduan", "coordinator", "rsud.direktur"),
        ("penghubung", "Pejabat Penghubung", "liaison_officer", "rsud.direktur"),
        ("petugas", "Petugas Pengaduan", "handler", "rsud.penghubung"),
    ],
}
VACANT = ("pu.sekretaris",)
WIB, WITA = "Asia/Jakarta", "Asia/Makassar"


def _unit(code: str, name: str, kind: str, parent: str | None, zone: str = WIB) -> dict[str, Any]:
    posts = [_post(f"{code}.{post}", title, role, above) for post, title, role, above in _POSTS[code]]
    return {"code": code, "name": name, "kind": kind, "parent": parent, "zone": zone, "posts": posts}


def _post(code: str, title: str, role: str, above: str | None) -> dict[str, Any]:
    return {
        "code": code,
        "title": title,
        "role": role,
        "reports_to": above,
        "vacant": code in VACANT,
        "acting": False,
        "email": f"{code}@kota.example",
    }


UNITS: tuple[Mapping[str, Any], ...] = (
    _unit("kota", "Pemerintah Kota", "government", None),
    _unit("setda", "Sekretariat Daerah", "secretariat", "kota"),
    _unit("inspektorat", "Inspektorat", "inspectorate", "kota"),
    _unit("pu", "Dinas Pekerjaan Umum", "agency", "kota"),
    _unit("jalan", "Bidang Jalan", "work_unit", "pu"),
    _unit("kesehatan", "Dinas Kesehatan", "agency", "kota", WITA),
    _unit("rsud", "Rumah Sakit Umum Daerah", "hospital", "kesehatan", WITA),
)
CATEGORIES = ("Jalan Rusak", "Antrean Rumah Sakit")
REGIONS = (("71", "Provinsi", None), ("71.01", "Kota", "71"))


def import_city(session: Session) -> None:
    """Fill an empty database: units and posts, categories, regions, and a service standard of the health agency."""
    organisation.import_units(session, UNITS)
    categories.find_or_add(session, CATEGORIES)
    categories.add_regions(session, REGIONS)
    agency = organisation.read(session).unit_codes["kesehatan"]
    start = date(2026, 1, 1)
    signed = {
        "signer_id": organisation.read(session).head(agency.id).id,
        "signed_at": datetime(2025, 12, 1, tzinfo=UTC),
    }
    session.add(StandardRow(unit_id=agency.id, kind="complaint", budget="4 working days", valid_from=start, **signed))
