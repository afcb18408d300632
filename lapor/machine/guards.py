"""The closed register of conditions that a move may ask for. A guard sees facts gathered before and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lapor.machine.definition import Limits


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a case at `now`. `fields` is None while moves are only listed, not made."""

    now: datetime
    state: str
    previous: str | None
    tally: Mapping[str, int]
    bound: bool
    limits: Limits
    window_ends: datetime | None
    ombudsman_from: datetime
    higher_post: bool
    extendable: bool
    arbitration_pending: bool
    hidden: bool
    linked: bool
    fields: Mapping[str, Any] | None = None

    def times(self, name: str) -> int:
        """How often a move was made, or a count was raised."""
        return self.tally.get(name, 0)


def within_window(facts: Facts) -> bool:
    """The window after closing has not ended; an open case has none."""
    return facts.window_ends is None or facts.now <= facts.window_ends


def disputes_left(facts: Facts) -> bool:
    """The reporter has not disputed too often."""
    return facts.times("dispute") < facts.limits.disputes


def correction_left(facts: Facts) -> bool:
    """No answer was taken back before."""
    return facts.times("correct") < facts.limits.corrections


def questions_left(facts: Facts) -> bool:
    """Questions to the reporter are left, and none went unanswered: else the clock could be paused for ever."""
    return facts.times("ask_reporter") < facts.limits.questions and not facts.times("resume_unanswered")


def returns_left(facts: Facts) -> bool:
    """The units have not returned the case too often; after that only an arbiter decides."""
    return facts.times("returns") < facts.limits.returns


def not_bound(facts: Facts) -> bool:
    """No arbiter has decided who is competent."""
    return not facts.bound


def higher_post_left(facts: Facts) -> bool:
    """There is a higher post that took no part."""
    return facts.higher_post


def was_archived(facts: Facts) -> bool:
    """What the reporter objects to is archiving."""
    return facts.previous == "archived"


def was_blocked(facts: Facts) -> bool:
    """What the reporter objects to is blocking."""
    return facts.previous == "blocked"


def ombudsman_term_over(facts: Facts) -> bool:
    """The term since a complete file, after which the Ombudsman may be asked, is over."""
    return facts.now >= facts.ombudsman_from


def consented(facts: Facts) -> bool:
    """The reporter consents."""
    return facts.fields is None or facts.fields.get("consent") is True


def extension_left(facts: Facts) -> bool:
    """A running clock is neither breached nor extended before."""
    return facts.extendable


def no_arbitration_pending(facts: Facts) -> bool:
    """No arbiter has been asked already."""
    return not facts.arbitration_pending


def something_hidden(facts: Facts) -> bool:
    """Who reported, or what, is hidden."""
    return facts.hidden


def is_linked(facts: Facts) -> bool:
    """It is linked to an earlier case."""
    return facts.linked


def not_linked(facts: Facts) -> bool:
    """It is linked to no other case."""
    return not facts.linked


GUARDS: Mapping[str, Callable[[Facts], bool]] = {
    guard.__name__: guard
    for guard in (
        within_window,
        disputes_left,
        correction_left,
        questions_left,
        returns_left,
        not_bound,
        higher_post_left,
        was_archived,
        was_blocked,
        ombudsman_term_over,
        consented,
        extension_left,
        no_arbitration_pending,
        something_hidden,
        is_linked,
        not_linked,
    )
}
NAMES = frozenset(GUARDS)
