"""Cases at random, and everybody who may look at them: for what must hold wherever cases stand."""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import suppress

from lapor.errors import LaporError
from tests.integration.town import COORDINATOR, USUAL, WAYS, Case, Town

HOSPITAL = "rsud.koordinator-pengaduan"
POSTS = (
    COORDINATOR,
    HOSPITAL,
    "pu.penghubung",
    "pu.petugas",
    "pu.kepala",
    "jalan.penghubung",
    "jalan.kepala",
    "kesehatan.penghubung",
    "kota.wali-kota",
    "setda.sekda",
    "inspektorat.inspektur",
    "inspektorat.auditor",
    "kota.penjaga-identitas",
    "kota.pengelola-sistem",
    "pu.kepala as coordinator",
)


def wander(town: Town, seed: int, cases: int = 10) -> list[Case]:
    """Cases at random from 6 July on, one a day: they go some way, lie for days, and are escalated until 20 July."""
    dice = random.Random(seed)
    made: list[Case] = []
    for day in range(6, 6 + cases):
        made.append(_stray(town, dice, f"{day} Jul 09:00", made))
        if dice.random() < 0.4:
            town.sweep(f"{day} Jul 20:00")
    town.sweep("20 Jul 20:00")
    return made


def _stray(town: Town, dice: random.Random, moment: str, before: Sequence[Case]) -> Case:
    confidential = dice.random() < 0.3
    if dice.random() < 0.2:
        case, door = town.submit(moment, confidential=confidential, door="rsud"), HOSPITAL
    else:
        case, door = town.case_in(dice.choice([*WAYS]), moment, confidential=confidential), COORDINATOR
    for name in dice.sample([*USUAL], 6):
        by, fields = USUAL[name]
        if name == "link" and before:
            fields = {"earlier": dice.choice(before).number}
        with suppress(LaporError):
            case.attempt(name, door if by == COORDINATOR else by, moment, fields)
    return case
