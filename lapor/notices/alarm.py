"""What operators are told of the worker itself: moments and numbers of cases, no fault, for faults may hold content."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage

from lapor.machine.organisation import Organisation
from lapor.notices import mail
from lapor.notices.delivery import attempt
from lapor.notices.texts import Half, Text, fill, spoken
from lapor.notices.wordings import Wordings, Words
from lapor.records.base import canonical

LISTED = 20
"""So many cases are named; of the others the number is told."""

log = logging.getLogger("lapor.worker")


@dataclass(frozen=True, slots=True)
class Standstill:
    """No sweep began between two moments."""

    since: datetime
    until: datetime

    @property
    def name(self) -> str:
        """What the message is called by: the same whenever it is made again."""
        return _name("standstill", self.since.isoformat())


@dataclass(frozen=True, slots=True)
class PutOff:
    """Cases that a sweep could not handle, by their numbers."""

    at: datetime
    numbers: Sequence[str]

    @property
    def name(self) -> str:
        """What the message is called by: the same whenever it is made again."""
        return _name("put-off", self.at.isoformat(), *sorted(self.numbers))


Alarm = Standstill | PutOff


def tell(
    organisation: Organisation,
    sender: mail.Sender | None,
    alarm: Alarm,
    *,
    now: datetime,
    public_url: str,
    wordings: Wordings,
) -> int:
    """Mail an alarm to each operator with an address; return how many were told. What fails is logged, never raised."""
    told = 0
    if sender is None:
        log.warning("operators are not mailed: the settings name no sender")
        return told
    for post in organisation.posts.values():
        if post.role != "operator" or not post.email:
            continue
        text = render(alarm, organisation.units[post.unit_id].zone, wordings)
        outcome = attempt(sender, _Writer(alarm.name, text, sender.address, post.email, public_url, now))
        if outcome.name == "sent":
            told += 1
        else:
            log.warning("operator %s is not told: %s", post.code, outcome.fault)
        if outcome.down:
            break
    return told


@dataclass(frozen=True, slots=True)
class _Writer:
    name: str
    text: Text
    sender: str
    recipient: str
    public_url: str
    now: datetime

    def __call__(self) -> EmailMessage:
        return mail.compose(
            self.name,
            self.text,
            sender=self.sender,
            recipient=self.recipient,
            public_url=self.public_url,
            now=self.now,
        )


def render(alarm: Alarm, zone: str, wordings: Wordings) -> Text:
    """Put an alarm into words; moments are told in `zone`."""
    kind = "standstill" if isinstance(alarm, Standstill) else "put_off"
    halves = tuple(
        Half(words.tongue, fill(words.alarm[kind]["body"], _named(words, alarm, zone)) + "\n")
        for words in wordings.words
    )
    return Text(" / ".join(words.alarm[kind]["subject"] for words in wordings.words), halves)


def _named(words: Words, alarm: Alarm, zone: str) -> Mapping[str, str]:
    if isinstance(alarm, Standstill):
        return {"since": spoken(words, alarm.since, zone), "until": spoken(words, alarm.until, zone)}
    more = len(alarm.numbers) - LISTED
    rest = [fill(words.digest["more"], {"count": str(more)})] if more > 0 else []
    return {"numbers": "\n".join([*alarm.numbers[:LISTED], *rest])}


def _name(kind: str, *of: str) -> str:
    return f"{kind}-" + hashlib.sha256(canonical(of).encode()).hexdigest()[:32]
