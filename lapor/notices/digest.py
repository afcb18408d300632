"""What the daily mail of a post says: numbers and due moments, nothing of any content. Pure text, as in `texts`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from lapor.notices.texts import Half, Text, clock_named, fill, spoken, spoken_day
from lapor.notices.wordings import Wordings, Words

LISTED = 50
"""So many of a kind are listed; of the others the number is told."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One case in a digest. `clock` names the clock that is due, where the entry is about one."""

    number: str
    due_at: datetime | None = None
    clock: str | None = None


@dataclass(frozen=True, slots=True)
class Digest:
    """What is new to a post and what waits for it. Moments are told in `zone`."""

    day: date
    zone: str
    warnings: Sequence[Entry] = ()
    work: Sequence[Entry] = ()
    waiting: Sequence[Entry] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to tell."""
        return not (self.warnings or self.work or self.waiting)


def render(digest: Digest, link: str, wordings: Wordings) -> Text:
    """Put a digest into words; `link` is where officers begin."""
    halves = tuple(Half(words.tongue, _half(words, digest, link)) for words in wordings.words)
    subject = " / ".join(
        fill(words.digest["subject"], {"date": spoken_day(words, digest.day)}) for words in wordings.words
    )
    return Text(subject, halves, (link,))


def _half(words: Words, digest: Digest, link: str) -> str:
    told = {"warnings": digest.warnings, "work": digest.work, "waiting": digest.waiting}
    listed = ["\n".join(_listed(words, name, entries, digest.zone)) for name, entries in told.items() if entries]
    return "\n\n".join([words.digest["body"], *listed, fill(words.digest["closing"], {"link": link})]) + "\n"


def _listed(words: Words, name: str, entries: Sequence[Entry], zone: str) -> Iterator[str]:
    yield words.digest[name]
    yield from (_line(words, entry, zone) for entry in entries[:LISTED])
    if len(entries) > LISTED:
        yield fill(words.digest["more"], {"count": str(len(entries) - LISTED)})


def _line(words: Words, entry: Entry, zone: str) -> str:
    named = {
        "number": entry.number,
        "due": spoken(words, entry.due_at, zone) if entry.due_at else None,
        "clock": clock_named(words, entry.clock) if entry.clock else None,
    }
    kind = "undated" if entry.due_at is None else "of_clock" if entry.clock else "due"
    return fill(words.digest[kind], named)
