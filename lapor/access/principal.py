"""Who is calling: a reporter with one case, an officer on a post in one role, or the system itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lapor.machine.organisation import Post


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller. Officers have a post; a reporter has the id of the one case that the secret opens.

    `opened` is what is hidden and open to an officer all the same: `identity`, `content` or both, by the id of the case.
    """

    role: str
    post: Post | None = None
    complaint_id: int | None = None
    opened: Mapping[int, frozenset[str]] = field(default_factory=dict, compare=False)

    @property
    def unit_id(self) -> int:
        """The unit of an officer's post; 0, which no unit has, for everybody else."""
        return self.post.unit_id if self.post else 0

    @property
    def post_id(self) -> int:
        """The id of an officer's post; 0, which no post has, for everybody else."""
        return self.post.id if self.post else 0


VISITOR = Principal("visitor")
SYSTEM = Principal("system")
