"""Who is calling: a reporter with own cases, an officer on a post in one role, or the system itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lapor.machine.organisation import Post
from lapor.records import Tenure, Token


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller. Officers have a post; a reporter has the ids of the cases that the secret opens.

    `token` is what an officer came with, `tenure` what it stands on; a token made by command stands on none.
    `opened` is what is hidden and open to an officer all the same: `identity`, `content` or both, by the id of the case.
    """

    role: str
    post: Post | None = None
    cases: frozenset[int] = frozenset()
    token: Token | None = field(default=None, compare=False, repr=False)
    tenure: Tenure | None = field(default=None, compare=False, repr=False)
    opened: Mapping[int, frozenset[str]] = field(default_factory=dict, compare=False)

    @property
    def unit_id(self) -> int:
        """The unit of an officer's post; 0, which no unit has, for everybody else."""
        return self.post.unit_id if self.post else 0

    @property
    def post_id(self) -> int:
        """The id of an officer's post; 0, which no post has, for everybody else."""
        return self.post.id if self.post else 0

    @property
    def account_id(self) -> int:
        """The id of an officer's account; 0, which no account has, for everybody else."""
        return self.tenure.account_id if self.tenure else 0

    @property
    def only_reads(self) -> bool:
        """Whether the token is good for nothing but reading."""
        return self.token is not None and self.token.scope == "read"


VISITOR = Principal("visitor")
SYSTEM = Principal("system")
