"""Units and posts: import them from a list, read them as the organisation that everything climbs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lapor.directory import revision
from lapor.directory.units_file import refuse
from lapor.machine.organisation import Absence, Organisation, Post, Unit
from lapor.records import AbsenceRow, PostRow, UnitRow

COORDINATOR_POST = "koordinator-pengaduan"


def read(session: Session) -> Organisation:
    """The organisation as it is stored now; the first post of a unit is its head."""
    rows = session.scalars(select(UnitRow).order_by(UnitRow.id)).all()
    parents = {row.id: row.parent_id for row in rows}
    units = {row.id: Unit(row.id, row.code, row.name, row.kind, row.zone, _path(row.id, parents)) for row in rows}
    in_order = select(PostRow).order_by(PostRow.unit_id, PostRow.position)
    absences = _absences(session)
    return Organisation(units, {row.id: _post(row, absences[row.id]) for row in session.scalars(in_order)})


def _absences(session: Session) -> Mapping[int, tuple[Absence, ...]]:
    found = defaultdict[int, tuple[Absence, ...]](tuple)
    lasting = select(AbsenceRow).where(AbsenceRow.ended_at.is_(None)).order_by(AbsenceRow.id)
    for row in session.scalars(lasting):
        found[row.post_id] += (Absence(row.id, row.deputy_id, row.since, row.until),)
    return found


def _path(unit_id: int, parents: Mapping[int, int | None]) -> tuple[int, ...]:
    parent = parents[unit_id]
    return (*(_path(parent, parents) if parent else ()), unit_id)


def _post(row: PostRow, absences: tuple[Absence, ...]) -> Post:
    named = row.id, row.code, row.title, row.unit_id, row.reports_to_id, row.vacant, row.role, row.email
    return Post(*named, absences)


def import_units(session: Session, units: Iterable[Mapping[str, Any]]) -> None:
    """Add units with their posts, in any order; those whose code is there already are left as they are.

    A unit is {code, name, kind, parent, zone, posts}, a post {code, title, reports_to, vacant, acting, role?, email?}.

    Raises:
        InvalidFields: every fault at once, by the code of the unit: a code that stands twice, an unknown parent or
            superior, a missing key, a circle of units.
    """
    known = {row.code: row for row in session.scalars(select(UnitRow))}
    posts = {row.code: row for row in session.scalars(select(PostRow))}
    wanted = list(units)
    refuse(wanted, known.keys(), posts.keys())
    new = [unit for unit in wanted if unit["code"] not in known]
    if not new:
        return
    for unit in new:
        known[unit["code"]] = UnitRow(code=unit["code"], name=unit["name"], kind=unit["kind"], zone=unit["zone"])
    session.add_all(known.values())
    session.flush()
    for unit in new:
        known[unit["code"]].parent_id = known[unit["parent"]].id if unit["parent"] else None
        for position, post in enumerate(unit["posts"]):
            posts[post["code"]] = _new_post(known[unit["code"]], unit["kind"], position, post)
    session.add_all(posts.values())
    session.flush()
    for post in (post for unit in new for post in unit["posts"] if post["reports_to"]):
        posts[post["code"]].reports_to_id = posts[post["reports_to"]].id
    session.flush()
    revision.grow(session)


def _new_post(unit: UnitRow, kind: str, position: int, post: Mapping[str, Any]) -> PostRow:
    return PostRow(
        code=post["code"],
        title=post["title"],
        unit_id=unit.id,
        position=position,
        vacant=post["vacant"],
        acting=post["acting"],
        role=post.get("role") or _role(kind, position, post["code"]),
        email=post.get("email"),
    )


def _role(kind: str, position: int, code: str) -> str:
    if code.endswith("." + COORDINATOR_POST):
        return "coordinator"
    if kind == "inspectorate":
        return "inspector"
    return "supervisor" if position == 0 else "liaison_officer"
