"""A small file of complaints with every trap that a real one has, and its tree of posts. All of it is made up here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

UNITS = ("Dinas Jalan", "Dinas Air", "Kecamatan Utara")
TOPICS = ("Jalan Rusak", "Air Keruh", None, "Lampu Mati / Padam", "jalan rusak")
# receipts in UTC; in Jakarta it is seven hours later, often another day
RECEIPTS = (
    "2024-03-07T16:59:00",  # 23:59 on Thursday
    "2024-03-07T17:00:00",  # midnight: Friday already
    "2024-03-09T02:00:00",  # Saturday
    "2024-03-11T03:00:00",  # Nyepi, a holiday
    "2024-04-05T09:29:59",  # Friday before two weeks of Lebaran, just before the office closes
    "2024-04-08T01:00:00",  # joint leave
    "2024-06-03T00:29:59",  # Monday, just before the office opens
    "2024-12-31T10:00:00",  # the last day of a year
)
ANSWERS_AFTER = (
    timedelta(0),
    timedelta(seconds=-1),
    timedelta(hours=3),
    timedelta(days=2, hours=14),
    timedelta(days=7),
    timedelta(days=20),
    None,
)


def units() -> list[dict[str, Any]]:
    """Three units below a government with a door, a secretariat and an inspectorate; one post is vacant."""
    government = _unit("pemerintah-kota", "Pemerintah Kota", "government", None)
    government["posts"] = [
        _post("pemerintah-kota.wali-kota", None),
        _post("pemerintah-kota.koordinator-pengaduan", "sekretariat-daerah.sekretaris-daerah"),
    ]
    secretariat = _unit("sekretariat-daerah", "Sekretariat Daerah", "secretariat", "pemerintah-kota")
    secretariat["posts"] = [_post("sekretariat-daerah.sekretaris-daerah", "pemerintah-kota.wali-kota", vacant=True)]
    inspectorate = _unit("inspektorat", "Inspektorat", "inspectorate", "pemerintah-kota")
    inspectorate["posts"] = [_post("inspektorat.inspektur", "pemerintah-kota.wali-kota")]
    return [government, secretariat, inspectorate, *(_agency(name) for name in UNITS)]


def _agency(name: str) -> dict[str, Any]:
    code = name.lower().replace(" ", "-")
    agency = _unit(code, name, "agency", "pemerintah-kota")
    agency["posts"] = [
        _post(f"{code}.kepala", "sekretariat-daerah.sekretaris-daerah"),
        _post(f"{code}.seksi", f"{code}.kepala"),
    ]
    return agency


def _unit(code: str, name: str, kind: str, parent: str | None) -> dict[str, Any]:
    return {"code": code, "name": name, "kind": kind, "parent": parent, "zone": "Asia/Jakarta"}


def _post(code: str, reports_to: str | None, *, vacant: bool = False) -> dict[str, Any]:
    title = code.rsplit(".", 1)[1].replace("-", " ").title()
    return {"code": code, "title": title, "reports_to": reports_to, "vacant": vacant, "acting": False}


def lines() -> Iterator[str]:
    """Every receipt with every answer, in the order of receipt, then what is no good."""
    pairs = [(receipt, after) for receipt in RECEIPTS for after in ANSWERS_AFTER]
    for n, (receipt, after) in enumerate(pairs, 1):
        submitted = datetime.fromisoformat(receipt)
        yield json.dumps(
            {
                "n": n,
                "text": _text(n),
                "address": None if n % 3 else "Jalan Contoh 1",
                "district": "Utara",
                "village": "Muka",
                "topic": TOPICS[n % len(TOPICS)],
                "unit": UNITS[n % len(UNITS)],
                "submitted_utc": submitted.isoformat(),
                "first_response_utc": None if after is None else (submitted + after).isoformat(),
            },
            ensure_ascii=n % 2 == 0,
        )
    yield json.dumps({"n": 900, "text": "Lampu jalan padam."})
    yield "{ini bukan JSON"


def _text(n: int) -> str:
    odd = {1: "tes", 2: "Jalan berlubang. " * 353, 3: "JalanÂ rusak â€“ mohon ditinjau\x8f\tsegera"}
    return odd.get(n, "Air keruh sejak kemarin." if n % 5 == 0 else f"Laporan nomor {n}: mohon ditindaklanjuti.")


def write(folder: Path) -> tuple[Path, Path]:
    """Write both files and return their paths."""
    complaints, tree = folder / "complaints.jsonl", folder / "units.json"
    complaints.write_text("\n".join(lines()) + "\n", encoding="utf-8")
    tree.write_text(json.dumps(units()), encoding="utf-8")
    return complaints, tree
