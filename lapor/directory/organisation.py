"""Units and posts: import them from a list, read them as the organisation that everything climbs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lapor.directory import revision
from lapor.errors import InvalidFields
from lapor.machine.definition import ROLES
from lapor.machine.organisation import Organisation, Post, Unit
from lapor.records import PostRow, UnitRow

COORDINATOR_POST = "koordinator-pengaduan"


def read(session: Session) -> Organisation:
    """The organisation as it is stored now; the first post of a unit is its head."""
    rows = session.scalars(select(UnitRow).order_by(UnitRow.id)).all()
    parents = {row.id: row.parent_id for row in rows}
    units = {row.id: Unit(row.id, row.code, row.name, row.kind, row.zone, _path(row.id, parents)) for row in rows}
    in_order = select(PostRow).order_by(PostRow.unit_id, PostRow.position)
    return Organisation(units, {row.id: _post(row) for row in session.scalars(in_order)})


def _path(unit_id: int, parents: Mapping[int, int | None]) -> tuple[int, ...]:
    parent = parents[unit_id]
    return (*(_path(parent, parents) if parent else ()), unit_id)


def _post(row: PostRow) -> Post:
    return Post(row.id, row.code, row.title, row.unit_id, row.reports_to_id, row.vacant, row.role, row.email)


def import_units(session: Session, units: Iterable[Mapping[str, Any]]) -> None:
    """Add units with their posts, in any order; those whose code is there already are left as they are.

    A unit is {code, name, kind, parent, zone, posts}, a post {code, title, reports_to, vacant, acting, role?, email?}.

    Raises:
        InvalidFields: every fault at once, by the code of the unit: a code that stands twice, an unknown parent or
            superior, a missing key, a circle of units.
    """
    wanted = list(units)
    known = {row.code: row for row in session.scalars(select(UnitRow))}
    posts = {row.code: row for row in session.scalars(select(PostRow))}
    _refuse(wanted, known.keys(), posts.keys())
    new = [unit for unit in wanted if unit["code"] not in known]
    for unit in new:
        row = UnitRow(code=unit["code"], name=unit["name"], kind=unit["kind"], zone=unit["zone"])
        known[row.code] = row
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


def _refuse(units: list[Mapping[str, Any]], known: Iterable[str], known_posts: Iterable[str]) -> None:
    faults: dict[str, list[str]] = {}
    codes = {unit.get("code") for unit in units} | set(known)
    post_codes = {post.get("code") for unit in units for post in unit.get("posts", ())} | set(known_posts)
    seen: set[str] = set()
    for number, unit in enumerate(units, 1):
        found = _faults_of(unit, codes, post_codes, seen)
        if found:
            faults[str(unit.get("code") or f"unit {number}")] = found
    if not faults:
        faults = _circles({unit["code"]: unit["parent"] for unit in units})
    if faults:
        raise InvalidFields(faults)


def _faults_of(unit: Mapping[str, Any], codes: set[Any], posts: set[Any], seen: set[str]) -> list[str]:
    missing = {"code", "name", "kind", "parent", "zone", "posts"} - unit.keys()
    if missing:
        return ["missing: " + ", ".join(sorted(missing))]
    faults = ["stands twice"] if unit["code"] in seen else []
    seen.add(unit["code"])
    if unit["parent"] and unit["parent"] not in codes:
        faults.append(f"unknown parent {unit['parent']!r}")
    for post in unit["posts"]:
        lacking = {"code", "title", "reports_to", "vacant", "acting"} - post.keys()
        if lacking:
            faults.append(f"post {post.get('code')!r} lacks " + ", ".join(sorted(lacking)))
        elif post["reports_to"] and post["reports_to"] not in posts:
            faults.append(f"post {post['code']!r} reports to the unknown {post['reports_to']!r}")
        elif post.get("role") not in (None, *ROLES):
            faults.append(f"post {post['code']!r} has the unknown role {post['role']!r}")
    return faults


def _circles(parents: Mapping[str, str | None]) -> dict[str, list[str]]:
    faults = {}
    for code in parents:
        above, seen = parents[code], {code}
        while above is not None and above not in seen:
            seen.add(above)
            above = parents.get(above)
        if above is not None:
            faults[code] = ["lies below itself"]
    return faults
