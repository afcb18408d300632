"""What notices say of a case, in every language. Whom they go to, and when, is decided elsewhere; the words lie in files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from lapor.notices.wordings import TO_REPORTER, Wordings, Words, placeholders, shipped

Named = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What a notice may know of a case.

    `zone` is that of the case's door, `due_at` the earliest of its running clocks. `title` None: the recipient may not
    read it.
    """

    number: str
    zone: str
    phase: str | None
    due_at: datetime | None
    anonymous: bool
    confidential: bool
    title: str | None = None


@dataclass(frozen=True, slots=True)
class Half:
    """A notice in one language: paragraphs, with a blank line between two."""

    tongue: str
    text: str


@dataclass(frozen=True, slots=True)
class Text:
    """A notice in words, ready to be sent. `links` are the addresses in it that are ours."""

    subject: str
    halves: tuple[Half, ...]
    links: tuple[str, ...] = ()

    @property
    def body(self) -> str:
        """The plain text."""
        return "\n----\n\n".join(half.text for half in self.halves)


def render(
    event: str, case: CaseFacts, link: str, facts: Mapping[str, Any], *, wordings: Wordings | None = None
) -> Text:
    """Put an event into words; of an anonymous or confidential case with number, due moment and link only.

    A `due_at` in `facts` goes before the one of the case; `tell` is whom a rung is meant for. Without `wordings`: those
    that come along.

    Raises:
        KeyError: there is no wording for such an event.
    """
    chosen = (wordings or shipped()).words
    halves = tuple(Half(words.tongue, _half(words, event, case, link, facts)) for words in chosen)
    subject = " / ".join(words.events[_kind(words, event, facts)]["subject"] for words in chosen)
    return Text(f"[{case.number}] {subject}", halves, (link,))


def fill(text: str, named: Named) -> str:
    """Fill in what is named between braces; a line that names something that is None is left out."""
    kept = [line for line in text.splitlines() if all(named[name] is not None for name in placeholders(line))]
    return "\n".join(kept).format_map(named)


def spoken(words: Words, moment: datetime, zone: str) -> str:
    """A moment in words, in the time of a zone.

    >>> spoken(shipped().words[0], datetime.fromisoformat("2026-03-16T09:00:00+00:00"), "Asia/Jakarta")
    'Senin, 16 Maret 2026 pukul 16.00 WIB'
    """
    local = moment.astimezone(ZoneInfo(zone))
    of_time = {"hour": f"{local:%H}", "minute": f"{local:%M}", "zone": local.tzname() or zone}
    return fill(words.moment, {**_of_day(words, local.date()), **of_time})


def spoken_day(words: Words, day: date) -> str:
    """A day in words.

    >>> spoken_day(shipped().words[1], date(2026, 3, 16))
    'Monday 16 March 2026'
    """
    return fill(words.date, _of_day(words, day))


def clock_named(words: Words, name: str) -> str:
    """A clock in words; one without any is called by its name."""
    return words.clocks.get(name) or name.replace("_", " ")


def _of_day(words: Words, day: date) -> dict[str, str | None]:
    weekday, month = words.days[day.weekday()], words.months[day.month - 1]
    return {"weekday": weekday, "day": str(day.day), "month": month, "year": str(day.year)}


def _kind(words: Words, event: str, facts: Mapping[str, Any]) -> str:
    """The entry of an event: a rung may have one of its own for whom it is meant."""
    own = f"{event}_{str(facts.get('tell', '')).replace(' ', '_')}"
    return own if own in words.events else event


def _half(words: Words, event: str, case: CaseFacts, link: str, facts: Mapping[str, Any]) -> str:
    named = _named(words, case, link, facts)
    says = fill(words.events[_kind(words, event, facts)]["body"], named)
    frame = "reminder" if event == "remind" else "reporter" if event in TO_REPORTER else "officer"
    return _spaced(fill(words.frames[frame], {**named, "says": says}).split("\n"))


def _named(words: Words, case: CaseFacts, link: str, facts: Mapping[str, Any]) -> dict[str, str | None]:
    due_at = datetime.fromisoformat(facts["due_at"]) if "due_at" in facts else case.due_at
    hidden = case.anonymous or case.confidential
    return {
        "number": case.number,
        "link": link,
        "due": spoken(words, due_at, case.zone) if due_at else None,
        "title": _on_one_line(case.title) if case.title and not hidden else None,
        "clock": clock_named(words, str(facts.get("clock", ""))),
        "then": words.then.get(case.phase or "", words.then["otherwise"]),
        "code": facts.get("code"),
        "new_due": spoken_day(words, date.fromisoformat(facts["new_due"])) if "new_due" in facts else None,
    }


def _spaced(lines: Sequence[str]) -> str:
    """Lines with one blank one at most between two, where some were left out."""
    kept = [line for line, before in zip(lines, ["", *lines], strict=False) if line.strip() or before.strip()]
    return "\n".join(kept).strip() + "\n"


def _on_one_line(text: str) -> str:
    # a title can hold line breaks and signs that turn the reading direction, to look like lines of ours
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
