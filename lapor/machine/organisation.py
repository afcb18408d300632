"""Who reports to whom: units in a tree, posts that climb. A frozen picture of one moment; people come and go outside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property


@dataclass(frozen=True, slots=True)
class Unit:
    """A place in the tree of government. `path` holds the ids from the root down to this unit."""

    id: int
    code: str
    name: str
    kind: str
    zone: str
    path: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Absence:
    """A post is absent from `since` until before `until`, and its deputy (pelaksana harian, Plh.) stands in for it."""

    id: int
    deputy_id: int
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Post:
    """A post (jabatan) of a unit. `role` is what its holder does here when a token names no other role."""

    id: int
    code: str
    title: str
    unit_id: int
    reports_to: int | None
    vacant: bool
    role: str
    email: str | None
    absences: tuple[Absence, ...] = ()

    def absence(self, at: datetime) -> Absence | None:
        """The absence of a moment; None where the post is there."""
        return next((absence for absence in self.absences if absence.since <= at < absence.until), None)


@dataclass(frozen=True)
class Organisation:
    """Units and posts by id. The first post of a unit is its head."""

    units: Mapping[int, Unit]
    posts: Mapping[int, Post]

    @cached_property
    def unit_codes(self) -> Mapping[str, Unit]:
        """Units by code."""
        return {unit.code: unit for unit in self.units.values()}

    @cached_property
    def post_codes(self) -> Mapping[str, Post]:
        """Posts by code."""
        return {post.code: post for post in self.posts.values()}

    @cached_property
    def _posts_of(self) -> Mapping[int, tuple[Post, ...]]:
        grouped: dict[int, list[Post]] = {}
        for post in self.posts.values():
            grouped.setdefault(post.unit_id, []).append(post)
        return {unit_id: tuple(posts) for unit_id, posts in grouped.items()}

    @cached_property
    def root(self) -> Unit:
        """The first unit without a parent: the government as a whole."""
        return next(unit for unit in self.units.values() if len(unit.path) == 1)

    def subtree(self, unit_id: int) -> frozenset[int]:
        """The ids of a unit and of everything below it."""
        return frozenset(unit.id for unit in self.units.values() if unit_id in unit.path)

    def is_within(self, unit_id: int, ancestor_id: int) -> bool:
        """Whether a unit is another one or lies below it."""
        return ancestor_id in self.units[unit_id].path

    def agency(self, unit_id: int) -> int:
        """The unit right below the root that a unit belongs to; the root itself for the root."""
        path = self.units[unit_id].path
        return path[1] if len(path) > 1 else path[0]

    def head(self, unit_id: int) -> Post:
        """The head of a unit: of the nearest unit above where this one has no post."""
        return self._heads[unit_id]

    @cached_property
    def _heads(self) -> Mapping[int, Post]:
        # no unit is asked for before the tree is whole: one above has a post
        found = {}
        for unit in self.units.values():
            above = (self._posts_of.get(each) for each in reversed(unit.path))
            posts = next((posts for posts in above if posts), None)
            if posts:
                found[unit.id] = posts[0]
        return found

    def receivers(self, unit_id: int) -> Iterator[Post]:
        """Whom to tell of what comes to a unit, best first: its liaison officers, its head, and those above."""
        head = self.head(unit_id)
        yield from (post for post in self._posts_of.get(unit_id, ()) if post.role == "liaison_officer")
        yield head
        yield from self.climb(head)

    def coordinator(self, unit_id: int) -> Post | None:
        """The coordinator of the nearest door: in the unit, else above it."""
        above = reversed(self.units[unit_id].path)
        return next((post for up in above for post in self._posts_of.get(up, ()) if post.role == "coordinator"), None)

    def arbiter(self, unit_ids: Iterable[int]) -> Post:
        """The coordinator of the smallest subtree that holds all units concerned; without one, the inspector."""
        paths = [self.units[unit_id].path for unit_id in unit_ids]
        shared = [level[0] for level in zip(*paths, strict=False) if len(set(level)) == 1]
        found = self.coordinator(shared[-1]) if shared else None
        return found or self.inspector

    @cached_property
    def inspector(self) -> Post:
        """The head of the inspectorate; the head of the government where there is none."""
        inspectorates = (unit for unit in self.units.values() if unit.kind == "inspectorate")
        unit = next(inspectorates, self.root)
        return self.head(unit.id)

    def overseers(self, unit_id: int) -> Iterator[Post]:
        """The inspector, and who stands in where that post cannot, nearest first: those above, the head of all, the door."""
        yield self.inspector
        yield from self.climb(self.inspector)
        yield self.head(self.root.id)
        door = self.coordinator(unit_id)
        yield from [door] if door else []

    def climb(self, post: Post) -> Iterator[Post]:
        """The posts above this one, nearest first, vacant ones included; a circle ends where it closes."""
        seen = {post.id}
        above = post.reports_to
        while above is not None and above not in seen:
            seen.add(above)
            yield self.posts[above]
            above = self.posts[above].reports_to

    def stand_ins(self, post: Post, at: datetime) -> tuple[Post, ...]:
        """A post, its deputy where it is absent, the deputy's deputy: up to the first that is there.

        A circle ends where it closes: then nobody is there, and the last one is absent, too.
        """
        chain = {post.id: post}
        while (absence := post.absence(at)) and absence.deputy_id not in chain:
            post = self.posts[absence.deputy_id]
            chain[post.id] = post
        return tuple(chain.values())

    def stand_in(self, post: Post, at: datetime) -> Post | None:
        """Who does the work of a post at a moment: itself, or its deputy; nobody where that one is absent or vacant."""
        last = self.stand_ins(post, at)[-1]
        return None if last.vacant or last.absence(at) else last
