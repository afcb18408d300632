"""The words of notices: read from the shipped files, with single entries replaced by an agency's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

from lapor import settings_file
from lapor.errors import SettingsFaulty
from lapor.settings_file import nearest

TONGUES = ("id", "en")
TO_REPORTER = frozenset({
    "submit", "ask_completion", "expire", "archive", "block", "uphold_refusal", "uphold_block", "readmit", "dispose",
    "return", "arbitrate", "ask_reporter", "resume_unanswered", "note_progress", "extend", "answer", "approve",
    "correct", "close", "close_unanswered", "uphold", "overturn", "remind", "on_your_behalf",
    "identity_asked", "identity_opened", "gather", "erasure_asked", "erasure_refused", "split_off",
})  # fmt: skip
"""Whatever else happens, a reporter is not told of it."""

_HERE = Path(__file__).parent / "texts"
_COMMON = frozenset({"number", "link", "due"})
_OF_A_CLOCK = ("warning", "escalation")
_OF_EVENT: Mapping[str, frozenset[str]] = {
    "extend": frozenset({"new_due"}),
    "remind": frozenset({"then"}),
    "gather": frozenset({"code"}),
}
_COUNTS = (
    "open", "warned", "overdue", "overdue_0_1", "overdue_2_3", "overdue_4_7", "overdue_more", "waiting_for_reporter",
    "unacknowledged", "promised", "closed",
)  # fmt: skip
_MOMENT = frozenset({"weekday", "day", "month", "year", "hour", "minute", "zone"})
_ELSEWHERE: Mapping[str, frozenset[str]] = {
    "frames.reporter": _COMMON | {"says"},
    "frames.reminder": _COMMON | {"says"},
    "frames.officer": _COMMON | {"says", "title"},
    "digest.subject": frozenset({"date"}),
    "digest.of_clock": frozenset({"number", "clock", "due"}),
    "digest.due": frozenset({"number", "due"}),
    "digest.undated": frozenset({"number"}),
    "digest.more": frozenset({"count"}),
    "digest.closing": frozenset({"link"}),
    "weekly.subject": frozenset({"date"}),
    **{f"weekly.{name}": frozenset({"count"}) for name in _COUNTS},
    "weekly.closing": frozenset({"link"}),
    "alarm.standstill.body": frozenset({"since", "until"}),
    "alarm.put_off.body": frozenset({"numbers"}),
    "moment": _MOMENT,
    "date": _MOMENT - {"hour", "minute", "zone"},
}


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language, as its file has them. `events` holds subject and body of each."""

    tongue: str
    frames: Mapping[str, str]
    events: Mapping[str, Mapping[str, str]]
    digest: Mapping[str, str]
    weekly: Mapping[str, str]
    alarm: Mapping[str, Mapping[str, str]]
    then: Mapping[str, str]
    clocks: Mapping[str, str]
    moment: str
    date: str
    days: Sequence[str]
    months: Sequence[str]


@dataclass(frozen=True, slots=True)
class Wordings:
    """The words of every language, in the order in which a mail has them."""

    words: tuple[Words, ...]

    @property
    def events(self) -> tuple[str, ...]:
        """Every event that has words, in the order of the files."""
        return tuple(self.words[0].events)

    def only(self, tongue: str) -> Wordings:
        """The same in one language."""
        return Wordings(tuple(words for words in self.words if words.tongue == tongue))


@cache
def shipped() -> Wordings:
    """The words that come along."""
    return Wordings(tuple(Words(tongue=tongue, **_shipped(tongue)) for tongue in TONGUES))


def load(folder: Path | None) -> Wordings:
    """The shipped words with those of a folder laid over them; None: the shipped ones.

    Raises:
        SettingsFaulty: with everything in the folder that does not fit, naming file and entry.
    """
    if folder is None:
        return shipped()
    faults = list(_strangers(folder))
    words = tuple(Words(tongue=tongue, **_laid_over(tongue, folder, faults)) for tongue in TONGUES)
    if faults:
        raise SettingsFaulty(faults)
    return Wordings(words)


def allowed(path: str) -> frozenset[str]:
    """The placeholders that the entry at a path such as `events.submit.body` may have."""
    section, _, rest = path.partition(".")
    if section != "events":
        return _ELSEWHERE.get(path, frozenset())
    event, _, part = rest.partition(".")
    if part == "subject":
        return frozenset()
    told = frozenset[str]() if event in TO_REPORTER else frozenset({"title"})
    of_a_clock = frozenset({"clock"}) if event.startswith(_OF_A_CLOCK) else frozenset[str]()
    return _COMMON | told | of_a_clock | _OF_EVENT.get(event, frozenset())


def _shipped(tongue: str) -> dict[str, Any]:
    faults = list[str]()
    tree = settings_file.read(_HERE / f"{tongue}.yaml", f"{tongue}.yaml", faults)
    if faults:
        raise SettingsFaulty(faults)
    return tree


def _strangers(folder: Path) -> Iterator[str]:
    if not folder.is_dir():
        yield f"notices.texts: {folder} is no folder"
        return
    known = [f"{tongue}.yaml" for tongue in TONGUES]
    for name in sorted(file.name for file in folder.iterdir() if file.suffix in {".yaml", ".yml"}):
        if name not in known:
            yield f"{folder.name}/{name}: unknown; {' and '.join(known)} are read"


def _laid_over(tongue: str, folder: Path, faults: list[str]) -> dict[str, Any]:
    file, tree = folder / f"{tongue}.yaml", _shipped(tongue)
    if not file.is_file():
        return tree
    named = f"{folder.name}/{file.name}"
    found = list[str]()
    merged = _merged(tree, settings_file.read(file, named, faults), found)
    faults += [f"{named}: {fault}" for fault in found]
    return merged


def _merged(shipped: Mapping[str, Any], own: Mapping[Any, Any], faults: list[str], above: str = "") -> dict[str, Any]:
    merged = dict(shipped)
    for name, value in own.items():
        path = f"{above}{name}"
        if name not in shipped and above != "clocks.":
            faults.append(f"{path}: unknown{nearest(name, shipped)}")
        elif isinstance(shipped.get(name), dict):
            if isinstance(value, dict):
                merged[name] = _merged(shipped[name], value, faults, f"{path}.")
            else:
                faults.append(f"{path}: must be names with texts")
        else:
            faults += [f"{path}: {fault}" for fault in _ill_fitting(path, shipped.get(name, ""), value)]
            merged[str(name)] = value
    return merged


def _ill_fitting(path: str, shipped: Any, value: Any) -> Iterator[str]:
    """What is wrong with an entry of somebody's own, beside the one that it replaces."""
    if isinstance(shipped, list):
        fits = isinstance(value, list) and len(value) == len(shipped)
        if not fits or not all(isinstance(each, str) and each.isprintable() for each in value):
            yield f"must be a list of {len(shipped)} texts of one line each"
    elif not isinstance(value, str) or not value.strip():
        yield "must be text"
    else:
        yield from _unfilled(path, value)
        if path.endswith(("subject", "date")) and not value.isprintable():
            yield "must be one line"


def _unfilled(path: str, text: str) -> Iterator[str]:
    try:
        names = {name for name in placeholders(text) if name not in allowed(path)}
    except ValueError:
        yield "has a brace that stands alone: write {{ or }} for one that is to be read"
        return
    known = ", ".join(f"{{{name}}}" for name in sorted(allowed(path))) or "none"
    for name in sorted(names):
        yield f"{{{name}}} is unknown here; allowed: {known}"


def placeholders(text: str) -> list[str]:
    """What stands between braces, whatever it is.

    >>> placeholders("Nomor {number}, {due!r:>9}")
    ['number', 'due!r:>9']

    Raises:
        ValueError: a brace stands alone.
    """
    found = []
    for _, name, form, conversion in Formatter().parse(text):
        if name is not None:
            found.append(name + (f"!{conversion}" if conversion else "") + (f":{form}" if form else ""))
    return found
