"""What is killed: a sweeper and a sender, each a process of its own, in a time that runs faster than ours."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from lapor import settings
from lapor.notices.delivery import deliver
from lapor.notices.mail import Smtp
from lapor.oversight.escalation import sweep
from lapor.site import Site, open_site

BREATH = 0.02


@dataclass(frozen=True)
class Watch:
    """All processes of one machine agree on the time: `start` when its monotonic clock stood at `began`, then faster.

    At `end`, `seconds` later, it stands still.
    """

    start: datetime
    end: datetime
    began: float
    seconds: float

    def now(self) -> datetime:
        """The moment, in the time that runs faster."""
        return min(self.end, self.start + self.lasting(time.monotonic() - self.began))

    def lasting(self, seconds: float) -> timedelta:
        """How much of its time goes by in so many of our seconds."""
        return (self.end - self.start) * (seconds / self.seconds)


@dataclass(frozen=True)
class Place:
    """Where to work: the database, the folder of its keys, the mail server, and what time it is."""

    url: str
    folder: Path
    mail: settings.Mail
    watch: Watch
    lease: timedelta

    def open(self) -> Site:
        """The site, with connections of its own."""
        given = {"LAPOR_DATABASE_URL": self.url, "LAPOR_VAR": str(self.folder)}
        return open_site(settings.load(given, self.folder))


def sweeper(place: Place) -> None:
    """Sweep for ever; whatever is raised ends the process."""
    site = place.open()
    while True:
        with site.reading() as session:
            engine = site.engine(session)
        done = sweep(engine, site.writing, now=place.watch.now(), batch=10)
        assert not done.put_off, done.put_off
        time.sleep(BREATH)


def sender(place: Place) -> None:
    """Send for ever; whatever is raised ends the process."""
    site = place.open()
    with site.reading() as session:
        engine = site.engine(session)
    while True:
        deliver(
            engine.organisation,
            site.writing,
            Smtp(place.mail),
            ring=site.vault.identity,
            now=place.watch.now(),
            public_url="https://lapor.example",
            digest=False,
            batch=10,
            lease=place.lease,
        )
        time.sleep(BREATH)
