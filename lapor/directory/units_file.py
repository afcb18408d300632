"""What a list of units and posts must be before it is imported."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any
from zoneinfo import available_timezones

from lapor.errors import InvalidFields
from lapor.machine.definition import ROLES

Unit = Mapping[str, Any]
UNIT_KEYS = frozenset({"code", "name", "kind", "parent", "zone", "posts"})
POST_KEYS = frozenset({"code", "title", "reports_to", "vacant", "acting"})


def refuse(units: Sequence[Unit], known: Collection[str], known_posts: Collection[str]) -> None:
    """Look at a list of units, of which those in `known` are there already, as are the posts in `known_posts`.

    Raises:
        InvalidFields: every fault at once, by the code of the unit, or by its place where it has none.
    """
    shapeless = {str(unit.get("code") or f"unit {place}"): list(_missing(unit)) for place, unit in enumerate(units, 1)}
    faults = {code: found for code, found in shapeless.items() if found}
    if not faults:
        faults = _meant(units, known, known_posts)
    if faults:
        raise InvalidFields(faults)


def _missing(unit: Unit) -> Iterator[str]:
    if lacking := UNIT_KEYS - unit.keys():
        yield "lacks " + ", ".join(sorted(lacking))
    for post in unit.get("posts") or ():
        if lacking := POST_KEYS - post.keys():
            yield f"post {post.get('code')!r} lacks " + ", ".join(sorted(lacking))


def _meant(units: Sequence[Unit], known: Collection[str], known_posts: Collection[str]) -> dict[str, list[str]]:
    new = [unit for unit in units if unit["code"] not in known]
    codes = Counter([*(unit["code"] for unit in new), *known])
    posts = Counter([*(post["code"] for unit in new for post in unit["posts"]), *known_posts])
    zones = available_timezones()
    superiors = {post["code"]: post["reports_to"] for unit in new for post in unit["posts"]}
    parents = {unit["code"]: unit["parent"] for unit in new}
    roots = [*known][:1] + [code for code, parent in parents.items() if not parent]
    faults = {}
    for unit in new:
        found = [*_of_unit(unit, codes, zones, parents, roots)]
        for post in unit["posts"]:
            found.extend(_of_post(post, posts, superiors))
        faults[unit["code"]] = found
    return {code: found for code, found in faults.items() if found}


def _of_unit(
    unit: Unit,
    codes: Mapping[str, int],
    zones: Collection[str],
    parents: Mapping[str, str | None],
    roots: Sequence[str],
) -> Iterator[str]:
    code, parent = unit["code"], unit["parent"]
    if codes[code] > 1:
        yield "stands twice"
    if unit["zone"] not in zones:
        yield f"has the unknown zone {unit['zone']!r}"
    if parent and parent not in codes:
        yield f"lies below the unknown {parent!r}"
    if not parent and roots[0] != code:
        yield f"has no parent; only one unit is the root, and that is {roots[0]}"
    if not parent and not unit["posts"]:
        yield "is the root and has no post: somebody must always be there to tell"
    if _circles(code, parents):
        yield "lies below itself"


def _of_post(post: Unit, posts: Mapping[str, int], superiors: Mapping[str, str | None]) -> Iterator[str]:
    code, superior = post["code"], post["reports_to"]
    if posts[code] > 1:
        yield f"post {code!r} stands twice"
    if superior and superior not in posts:
        yield f"post {code!r} reports to the unknown {superior!r}"
    if post.get("role") not in (None, *ROLES):
        yield f"post {code!r} has the unknown role {post['role']!r}"
    if _circles(code, superiors):
        yield f"post {code!r} reports to itself in the end"


def _circles(code: str, above: Mapping[str, str | None]) -> bool:
    seen: set[str] = set()
    here = above.get(code)
    while here is not None and here not in seen and here != code:
        seen.add(here)
        here = above.get(here)
    return here == code
