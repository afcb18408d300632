"""The demo government: one invented city with its units, categories and regions, and what its citizens write.

The city itself is data, in the folder `demo_city` beside this module; no person is named in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy.orm import Session

from lapor.directory import categories, organisation

FOLDER = Path(__file__).resolve().parent / "demo_city"
# the agency whose officers get the demo's tokens
AGENCY = "dinas-pekerjaan-umum"
MAIL_DOMAIN = "kota-contoh.example"


@dataclass(frozen=True, slots=True)
class Sample:
    """A complaint to try things out with. `submission` has the shape of the body of `POST /complaints`.

    `reported` is set for misconduct only: the code of the unit that it is about, or "unknown".
    Samples of one `matter` report the same thing; None: nobody else reports it.
    """

    submission: Mapping[str, Any]
    competent_unit: str
    reported: str | None = None
    matter: str | None = None

    @property
    def classification(self) -> str | None:
        """The class that a coordinator would set; only complaints have one."""
        if self.submission["kind"] != "complaint":
            return None
        return "oversight" if self.reported else "not_oversight"


@dataclass(frozen=True, slots=True)
class Demo:
    """The city, in the shapes that the importers take, and its complaints."""

    units: tuple[Mapping[str, Any], ...]
    categories: tuple[str, ...]
    regions: tuple[tuple[str, str, str | None], ...]
    complaints: tuple[Sample, ...]


def read() -> Demo:
    """Read the city from its folder."""
    return Demo(
        units=tuple(map(_with_mailboxes, _load("units"))),
        categories=tuple(_load("categories")),
        regions=tuple((code, name, parent) for code, name, parent in _load("regions")),
        complaints=tuple(Sample(**entry) for entry in _load("complaints")),
    )


def import_city(session: Session) -> None:
    """Add units, posts, categories and regions of the city that are not there yet; complaints are not submitted."""
    city = read()
    organisation.import_units(session, city.units)
    categories.find_or_add(session, city.categories)
    categories.add_regions(session, city.regions)


def _with_mailboxes(unit: Mapping[str, Any]) -> dict[str, Any]:
    return {**unit, "posts": [{**post, "email": f"{post['code']}@{MAIL_DOMAIN}"} for post in unit["posts"]]}


def _load(name: str) -> list[Any]:
    entries: list[Any] = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    return entries
