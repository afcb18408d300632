"""What becomes of 100,000 guesses in an hour: how many are held against a secret or a password, and what the limits allow.

A wrong secret is looked up whatever the limits say, because a right one always works (docs/decisions/0013-limits.md); so
what limits bound there is how many are told that they are wrong, and 128 bits bound the rest. A password can be
guessed: past the limit none is looked at, which is counted where argon2 is asked.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import click
from argon2 import PasswordHasher
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.asking import asker, environ
from lapor.access import limits
from lapor.access.limits import Name
from lapor.access.secrets import REPORTER_PREFIX, new_number, new_secret
from lapor.settings import Limits
from tests import postgres
from tests.integration.conftest import founded
from tests.integration.people import Person, officer
from tests.integration.web import V1, Web

BLOCKS, NUMBERS = 1000, 1000
ONE_BLOCK = "198.51.100.1"
# a secret is 128 random bits
SECRETS = 2**128


class Counting(PasswordHasher):
    """argon2 with its smallest parameters, and how often it was asked whether a password is right."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.asked = 0

    def verify(self, hash: str | bytes, password: str | bytes) -> Any:  # noqa: A002
        """Hold a password against a hash."""
        self.asked += 1
        return super().verify(hash, password)


@dataclass(frozen=True)
class Outcome:
    """What became of the guesses of one kind. `at_most`: so many may be answered, by the limits' arithmetic."""

    guesses: str
    made: int
    right: int
    answered: int
    refused: int
    compared: int
    at_most: int
    still_opens: bool
    seconds: float

    @property
    def holds(self) -> bool:
        """Whether nothing was opened, no more was answered than may be, and whoever is right gets in from elsewhere."""
        whole = self.right + self.answered + self.refused == self.made
        return whole and self.right == 0 and self.answered <= self.at_most and self.still_opens


@dataclass(frozen=True)
class Target:
    """An application with the limits of a new deployment, a case, and an officer."""

    web: Web
    hasher: Counting
    case: dict[str, Any]
    person: Person

    @property
    def rules(self) -> Limits:
        """The limits that hold."""
        return self.web.site.settings.limits

    def allowed(self, *names: Name) -> int:
        """The smallest of some limits, in the one window that an hour which stands still is part of."""
        return min(limits.allowance(self.rules, name) or sys.maxsize for name in names)


@contextmanager
def standing(kind: str) -> Iterator[Target]:
    """A town on a database of its own, whose clock stands still: all guesses fall into one window."""
    with tempfile.TemporaryDirectory() as folder, founded(kind, Path(folder)) as town:
        hasher = Counting()
        web = Web(town, hasher)
        case = web.submit()
        yield Target(web, hasher, case, officer(web))


def guess(target: Target, number: int, *, shows: bool = False) -> Iterator[Outcome]:
    """Make so many guesses in all: at one number, from one block, and at one account."""
    third = number // 3
    one, path = target.case["tracking_number"], f"{V1}/complaints/"
    numbers = [new_number(2026) for _ in range(NUMBERS)]
    email = target.person.email
    kinds: tuple[tuple[str, Name, int], ...] = (
        ("secrets of one number, from 1,000 blocks", "failed_secrets_of_number", third),
        ("secrets of 1,000 numbers, from one block", "failed_secrets", third),
        ("passwords of one account, from one block", "failed_sessions", number - 2 * third),
    )

    def asked(name: Name, turn: int) -> dict[str, Any]:
        if name == "failed_sessions":
            body = {"email": email, "password": f"jembatan ke-{turn:06} di hulu"}
            return environ("POST", f"{V1}/sessions", body=body, address=ONE_BLOCK)
        at_one = name == "failed_secrets_of_number"
        address = f"10.{turn % BLOCKS // 256}.{turn % BLOCKS % 256}.1" if at_one else ONE_BLOCK
        where = one if at_one else numbers[turn % NUMBERS]
        return environ("GET", f"{path}{where}", token=new_secret(REPORTER_PREFIX), address=address)

    for name, limit, times in kinds:
        ask, began, before = asker(target.web.app), perf_counter(), target.hasher.asked
        turns = track(range(times), f"{name:42}", console=Console(stderr=True), disable=not shows)
        told = Counter(ask(asked(limit, turn)) for turn in turns)
        answered = told[401] + told[404]
        compared = target.hasher.asked - before if limit == "failed_sessions" else times
        yield Outcome(
            name,
            times,
            told[200] + told[201],
            answered,
            told[429],
            compared,
            target.allowed(limit),
            still_opens(target, limit),
            round(perf_counter() - began, 1),
        )
        forget(target)


def still_opens(target: Target, limit: Name) -> bool:
    """Whether the right secret works from a block that is over its limit, and the right password from another block."""
    ask = asker(target.web.app)
    if limit == "failed_sessions":
        body = {"email": target.person.email, "password": target.person.password}
        return ask(environ("POST", f"{V1}/sessions", body=body, address="203.0.113.1")) == 201
    path = f"{V1}/complaints/{target.case['tracking_number']}"
    return ask(environ("GET", path, token=target.case["secret"], address=ONE_BLOCK)) == 200


def forget(target: Target) -> None:
    """Begin anew: each kind of guess is counted by itself."""
    target.web.watch.forward(hours=2)


def _table(found: Sequence[Outcome]) -> Table:
    table = Table("guesses", "made", "right", "answered", "at most", "told 429", "held against", "the right one", "s")
    for each in found:
        counts = (each.made, each.right, each.answered, each.at_most, each.refused, each.compared)
        table.add_row(
            each.guesses, *map("{:,}".format, counts), "opens" if each.still_opens else "is shut out", f"{each.seconds}"
        )
    return table


@click.command(context_settings={"max_content_width": 100})
@click.option("--guesses", default=100_000, show_default=True, help="How many in all, a third of each kind.")
@click.option("--database", type=click.Choice(["sqlite", "postgresql"]), default="postgresql", show_default=True)
@click.option("--json", "in_json", is_flag=True, help="One object on stdout.")
def main(guesses: int, database: str, *, in_json: bool) -> None:
    """Guess secrets and passwords within one hour, and say what became of it."""
    try:
        with standing(database) as target:
            found = list(guess(target, guesses, shows=sys.stderr.isatty()))
    finally:
        postgres.stop_own()
    chance = guesses / SECRETS
    if in_json:
        told = [asdict(each) for each in found]
        print(json.dumps({"holds": all(each.holds for each in found), "chance": chance, "guesses": told}, indent=2))
    else:
        Console(width=150).print(_table(found))
        print(f"That one of {guesses:,} guesses opens a given case: {chance:.1e}.")
    sys.exit(0 if all(each.holds for each in found) else 1)


if __name__ == "__main__":
    main()
