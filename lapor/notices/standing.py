"""What the weekly mail of a post says: counts, numbers and due moments, nothing of any content. Pure text, as in `texts`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from lapor.notices.digest import Entry
from lapor.notices.texts import Half, Text, fill, spoken, spoken_day
from lapor.notices.wordings import Wordings, Words


@dataclass(frozen=True, slots=True)
class Standing:
    """How the cases of a post stand on a day. `counts` go by the names of the words; moments are told in `zone`."""

    day: date
    zone: str
    counts: Mapping[str, int]
    oldest: Sequence[Entry] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to tell."""
        return not any(self.counts.values())


def render(standing: Standing, link: str, wordings: Wordings) -> Text:
    """Put it into words; `link` is where officers find the same, as of the moment."""
    halves = tuple(Half(words.tongue, "\n".join(_lines(words, standing, link)) + "\n") for words in wordings.words)
    subject = " / ".join(
        fill(words.weekly["subject"], {"date": spoken_day(words, standing.day)}) for words in wordings.words
    )
    return Text(subject, halves, (link,))


def _lines(words: Words, standing: Standing, link: str) -> Iterator[str]:
    yield words.weekly["body"]
    yield ""
    yield from (fill(words.weekly[name], {"count": str(count)}) for name, count in standing.counts.items())
    yield ""
    if standing.oldest:
        yield words.weekly["oldest"]
        yield from (_line(words, entry, standing.zone) for entry in standing.oldest)
        yield ""
    yield fill(words.weekly["closing"], {"link": link})


def _line(words: Words, entry: Entry, zone: str) -> str:
    due = spoken(words, entry.due_at, zone) if entry.due_at else None
    return fill(words.digest["due" if due else "undated"], {"number": entry.number, "due": due})
