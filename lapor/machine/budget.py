"""A budget: how much time a clock allows, as a number and a unit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache


class Unit(StrEnum):
    """What a budget is counted in."""

    HOURS = "hours"
    WORKING_HOURS = "working hours"
    CALENDAR_DAYS = "calendar days"
    WORKING_DAYS = "working days"


@dataclass(frozen=True, slots=True)
class Budget:
    """An amount of at least one, of hours, working hours, calendar days or working days.

    >>> str(Budget.parse("3 working days")), str(Budget.parse("1 working day"))
    ('3 working days', '1 working day')
    """

    amount: int
    unit: Unit

    @classmethod
    @lru_cache(maxsize=1024)
    def parse(cls, text: str) -> Budget:
        """Read "3 working days".

        Raises:
            ValueError: the text is no positive whole number followed by one of the four units.
        """
        found = re.fullmatch(r"([1-9][0-9]{0,4}) ((?:working )?hours?|(?:working|calendar) days?)", text)
        if not found:
            raise ValueError(f"{text!r} is not a whole number from 1 and one of: {', '.join(Unit)}")
        return cls(int(found[1]), Unit(found[2].removesuffix("s") + "s"))

    def __str__(self) -> str:
        return f"{self.amount} {self.unit.removesuffix('s') if self.amount == 1 else self.unit}"
