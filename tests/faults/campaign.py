"""A campaign: processes that are killed and stopped at random, and a mail server in changing moods."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess

from tests.faults.worker import Place, sender, sweeper
from tests.mailserver import MailServer

CREW: Mapping[str, Callable[[Place], None]] = {
    "first sweeper": sweeper,
    "second sweeper": sweeper,
    "first sender": sender,
    "second sender": sender,
}
# how often each is met, in the campaign
MOODS: Mapping[str, int] = {
    "": 8,
    "gone": 1,
    "hang": 1,
    "drop": 3,
    "RCPT 421 4.3.2 closing": 1,
    "RCPT 451 4.3.0 later": 2,
    "DATA 452 4.3.1 full": 2,
    "RCPT 550 5.1.1 nobody": 1,
}
PACE = 0.6
"""The longest time in seconds between two deeds."""
PATIENCE = 600
"""For how many seconds what is calm may take."""
# a process that has everything in memory makes the others, so that none is busy with starting most of the time
START = get_context("forkserver")
START.set_forkserver_preload(["tests.faults.worker"])


def seed() -> int:
    """The seed of this run: LAPOR_TEST_SEED, else a new one; printed, so that a failure can be repeated."""
    given = int(os.environ.get("LAPOR_TEST_SEED") or random.SystemRandom().randrange(10**6))
    print(f"LAPOR_TEST_SEED={given}")
    return given


def warm_up() -> None:
    """Have the process ready that makes the others."""
    first = START.Process(target=time.monotonic)
    first.start()
    first.join()


@dataclass
class Campaign:
    """Four processes at work in a place, and what is done to them. `done` counts it."""

    place: Place
    server: MailServer
    lots: random.Random
    lease_seconds: float
    crew: dict[str, ForkServerProcess] = field(default_factory=dict)
    asleep: dict[str, float] = field(default_factory=dict)
    done: Counter[str] = field(default_factory=Counter)

    def rage(self, seconds: float) -> None:
        """Kill, stop and start again at random for so long; in the end all are killed."""
        until = time.monotonic() + seconds
        deeds = {self._kill: 5, self._stop: 2, self._change_mood: 3}
        for name in CREW:
            self._start(name)
        try:
            while time.monotonic() < until:
                time.sleep(self.lots.uniform(0.02, PACE))
                self._wake()
                self._look()
                self.lots.choices([*deeds], [*deeds.values()])[0]()
        finally:
            self._end()

    def calm(self, place: Place, settled: Callable[[], bool]) -> None:
        """Let the senders work undisturbed until it is settled."""
        self.place, patience = place, time.monotonic() + PATIENCE
        for name in ("first sender", "second sender"):
            self._start(name)
        try:
            while not settled():
                assert time.monotonic() < patience, "something waits for ever"
                self._look()
                time.sleep(0.1)
        finally:
            self._end()

    def _start(self, name: str) -> None:
        self.crew[name] = START.Process(target=CREW[name], args=(self.place,), daemon=True)
        self.crew[name].start()

    def _kill(self) -> None:
        name = self.lots.choice([*CREW])
        self.asleep.pop(name, None)
        self.crew[name].kill()
        self.crew[name].join()
        self._start(name)
        self.done["killed"] += 1

    def _stop(self) -> None:
        name = self.lots.choice([*CREW])
        if name not in self.asleep:
            os.kill(self._pid(name), signal.SIGSTOP)
            # mostly past the lease of whatever is being sent
            self.asleep[name] = time.monotonic() + self.lots.uniform(0.2, 2.5) * self.lease_seconds
            self.done["stopped"] += 1

    def _wake(self) -> None:
        for name, until in [*self.asleep.items()]:
            if until < time.monotonic():
                os.kill(self._pid(name), signal.SIGCONT)
                del self.asleep[name]

    def _change_mood(self) -> None:
        mood = self.lots.choices([*MOODS], [*MOODS.values()])[0]
        if self.server.mood == "gone":
            self.server.start()
        if mood == "gone":
            self.server.stop()
        self.server.mood = mood
        self.done["moods"] += 1

    def _look(self) -> None:
        ended = {name: process.exitcode for name, process in self.crew.items() if process.exitcode is not None}
        assert not ended, f"ended by itself: {ended}"

    def _end(self) -> None:
        for process in self.crew.values():
            process.kill()
            process.join()
        self.crew.clear()
        self.asleep.clear()
        if self.server.mood == "gone":
            self.server.start()
        self.server.mood = ""

    def _pid(self, name: str) -> int:
        pid = self.crew[name].pid
        assert pid is not None
        return pid


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Say how long something took."""
    began = time.monotonic()
    yield
    print(f"{what}: {time.monotonic() - began:.1f} s")
