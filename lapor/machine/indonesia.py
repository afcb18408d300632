"""What is particular to Indonesia: three zones, national holidays with joint leave, a customary office week.

The holidays are those the library `holidays` knows; decrees that change a year later on are put on top elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from types import MappingProxyType

from holidays import GOVERNMENT, PUBLIC, country_holidays

from lapor.machine.calendar import Calendar, Window

# western, central and eastern time: WIB, WITA, WIT
ZONES = ("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura")
LANGUAGES = ("id", "en_US")
# the library knows decrees from 2002 on; beyond the last decree its dates are estimates
YEARS = range(2002, 2041)
_ESTIMATED = "(perkiraan)"


def holidays_of(years: range, language: str = "id") -> dict[date, str]:
    """The national holidays and the joint leave (cuti bersama) of some years, in order, each with its name.

    Names of one day are joined by "; ". Where the date of a coming holiday is the library's own calculation,
    its name says so: "(perkiraan)", "(estimated)". For years not yet decreed there is no joint leave: see `decreed`.

    Raises:
        ValueError: the language is none of LANGUAGES.
    """
    if language not in LANGUAGES:
        raise ValueError(f"holidays are named in one of {', '.join(LANGUAGES)}, not {language!r}")
    if not years:
        return {}
    found = country_holidays("ID", years=years, categories=(PUBLIC, GOVERNMENT), language=language)
    return dict(sorted(found.items()))


def decreed(year: int) -> bool:
    """Whether the library knows the joint leave of a year: it is decreed together with the holidays, from 2002 on.

    A year that is not decreed has too many working days; what is due in it will move when the decree comes.
    """
    return bool(country_holidays("ID", years=year, categories=(GOVERNMENT,), language="id"))


@cache
def decreed_years() -> frozenset[int]:
    """Those of YEARS that are decreed."""
    return frozenset(day.year for day in country_holidays("ID", years=YEARS, categories=(GOVERNMENT,), language="id"))


def estimated(years: range) -> tuple[date, ...]:
    """The holidays whose dates the library calculated, and has not taken from a decree."""
    return tuple(day for day, name in holidays_of(years).items() if is_estimated(name))


def is_estimated(name: str) -> bool:
    """Whether a holiday's name says that its date is a calculation."""
    return _ESTIMATED in name


def office_hours() -> Mapping[int, tuple[Window, ...]]:
    """The week that holds where a government sets none: Monday-Thursday 07:30-16:00, Friday 07:30-16:30, local time.

    A setting: no law fixes these hours for every government.
    """
    usual, friday = Window.parse("07:30", "16:00"), Window.parse("07:30", "16:30")
    return MappingProxyType({0: (usual,), 1: (usual,), 2: (usual,), 3: (usual,), 4: (friday,)})


def calendar(zone: str, *, years: range, week: Mapping[int, tuple[Window, ...]] | None = None) -> Calendar:
    """A calendar of an Indonesian office, by default with the week of `office_hours`.

    Outside `years` it knows no holiday, only its week.

    Raises:
        ValueError: the zone is unknown or the week is not in order.
    """
    return Calendar(zone, office_hours() if week is None else week, holidays_of(years))
