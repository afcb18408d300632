"""Reads a definition from YAML: its shape and its names, every fault with its line. What it must satisfy: `proof`."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any, Literal, cast

import yaml

from lapor.errors import DefinitionFaulty, DefinitionUnreadable
from lapor.machine.budget import Budget
from lapor.machine.definition import (
    CATALOGUES,
    CLASSES,
    PHASES,
    RECIPIENTS,
    ROLES,
    ClockRule,
    Definition,
    Fault,
    Label,
    Limits,
    Move,
    Need,
    Rung,
    State,
)
from lapor.machine.fields import TYPES
from lapor.machine.guards import NAMES as GUARDS
from lapor.machine.page import SOME, Entry, Page, compose, line_of
from lapor.machine.proof import prove

_KNOWN = {
    "phase": PHASES,
    "class": CLASSES,
    "role": ROLES,
    "recipient": RECIPIENTS,
    "catalogue": CATALOGUES,
    "guard": GUARDS,
    "field type": TYPES,
}
_DEFINITION = ("name", "version", "label", "initial", "limits", "states", "moves", "clocks", "ladders")
_STATE = ("phase", "acts", "closed", "label")
_MOVE = ("from", "to", "by", "label", "needs", "guards", "holder", "descends", "counts", "binding", "reason", "public")
_ENDS = ("then", "ladder")
_CLOCK_MOVES = ("starts_by", "met_by", "extended_by")
_CLOCK = ("budget", "runs", "pauses", "once", "anew", *_CLOCK_MOVES, "calendar", *_ENDS, "label")
_RUNG = ("at", "tell", "as", "when", "by")


def load(path: Path | str) -> Definition:
    """Read a definition and prove it.

    Raises:
        DefinitionUnreadable: the file is missing, cannot be opened, or is not YAML.
        DefinitionFaulty: with all faults, of shape, names and proofs, sorted by line.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise DefinitionUnreadable(f"{path} cannot be read: {error}") from error
    definition, faults = read(text, str(path))
    if definition:
        faults.extend(prove(definition).faults)
    if faults or definition is None:
        raise DefinitionFaulty(sorted(faults))
    return definition


def read(text: str, file: str) -> tuple[Definition | None, list[Fault]]:
    """Read a definition and name the faults of shape and names, sorted by line; `file` is for their messages.

    With faults it is good for the proofs only, and None where these would judge what nobody wrote.

    Raises:
        DefinitionUnreadable: the text is not YAML.
    """
    page = Page(file, _KNOWN)
    root = Entry(page, "the definition", 1, compose(text, file), _DEFINITION)
    root.require("name", "version", "initial", "states", "moves", "clocks")
    states, moves, clocks, ladders = (_section(root, kind) for kind in ("state", "move", "clock", "ladder"))
    name = root.text("name") or ""
    definition = Definition(
        name=name,
        version=root.number("version", 1),
        initial=root.name("initial", "state") or "",
        states={name: _state(name, entry) for name, entry in states.entries("state", _STATE)},
        moves={name: _move(name, entry) for name, entry in moves.entries("move", _MOVE)},
        clocks={name: _clock(name, entry) for name, entry in clocks.entries("clock", _CLOCK)},
        ladders={name: tuple(_rungs(name, ladders)) for name in ladders.found},
        limits=_limits(root),
        label=_label(root, name),
        fingerprint="",
        file=file,
        source=text,
    )
    return (_sealed(definition) if page.whole else None), sorted(page.faults)


def _sealed(definition: Definition) -> Definition:
    plain = json.dumps(_plain(definition), sort_keys=True)
    return replace(definition, fingerprint=hashlib.sha256(plain.encode()).hexdigest())


def _plain(value: Any) -> Any:
    """What the fingerprint covers: all that is compared, without labels."""
    if is_dataclass(value):
        named = [field.name for field in fields(value) if field.compare and field.name not in ("label", "fingerprint")]
        return {name: _plain(getattr(value, name)) for name in named}
    if isinstance(value, Mapping):
        return {name: _plain(part) for name, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, tuple) else value


def _section(root: Entry, kind: str) -> Entry:
    """Open the mapping of all states, or moves and so on; from here on their names are known."""
    section = root.entry(f"{kind}s")
    is_told = not section.missing or (kind == "ladder" and not root.has("ladders"))
    root.page.known[kind] = section.found if is_told else None
    root.page.whole &= is_told
    return section


def _label(entry: Entry, name: str) -> Label:
    plain = name.replace("_", " ")
    if not entry.has("label"):
        return Label(plain, plain)
    label = entry.entry("label", ("id", "en"))
    label.require("id", "en")
    return Label(label.text("id") or plain, label.text("en") or plain)


def _limits(root: Entry) -> Limits:
    defaults = {field.name: field.default for field in fields(Limits)}
    limits = root.entry("limits", tuple(defaults))
    given: dict[str, Any] = {}
    for name in limits.found:
        is_budget = isinstance(defaults[name], Budget)
        given[name] = limits.budget(name) if is_budget else limits.number(name, 0)
    return Limits(**given)


def _state(name: str, entry: Entry) -> State:
    if not entry.has("closed"):
        entry.require("phase")
    state = State(
        name,
        phase=entry.name("phase", "phase"),
        acts=entry.name("acts", "role"),
        closed=cast(Literal["window", "final"] | None, entry.choice("closed", "window", "final")),
        label=_label(entry, name),
        line=entry.line,
    )
    is_clear = state.closed or (state.acts and not entry.has("closed")) or not (entry.odd or entry.strayed)
    entry.page.whole &= bool(is_clear)
    return state


def _move(name: str, entry: Entry) -> Move:
    entry.require("from", "by")
    sources = entry.names("from", "state")
    return Move(
        name,
        sources=tuple(sources),
        target=entry.name("to", "state"),
        by=tuple(entry.names("by", "role", alone=True)),
        label=_label(entry, name),
        needs=tuple(_needs(entry)),
        guards=tuple(entry.names("guards", "guard")),
        holder=entry.flag("holder"),
        descends=entry.flag("descends"),
        counts=entry.choice("counts", "returns"),
        binding=entry.flag("binding"),
        reason=entry.name("reason", "catalogue"),
        public=entry.flag("public"),
        astray=entry.strayed or entry.odd,
        line=entry.line,
        where=sources,
    )


def _needs(move: Entry) -> Iterator[Need]:
    needs = move.entry("needs")
    for name in needs.found:
        text = needs.text(name)
        if text is None:
            continue
        need = Need(name, text.removesuffix("?"), text.endswith("?"))
        move.page.resolve("field type", need.type, needs.line_at(name))
        if need.type == "reason" and not move.has("reason") and not move.odd:
            message = f"{name} of {move.title} is a reason, so the move must name its catalogue"
            move.page.fault(needs.line_at(name), "bad-shape", message)
        yield need


def _clock(name: str, entry: Entry) -> ClockRule:
    entry.require("runs")
    if not entry.odd and not any(entry.has(key) for key in _ENDS):
        entry.reject(entry.line, f"{entry.title} needs a ladder, a move in then, or both")
    runs, pauses = entry.names("runs", "state"), entry.names("pauses", "state")
    for state in [state for state in pauses if state in runs]:
        entry.page.fault(pauses[state], "duplicate", f"{entry.title} both runs and pauses in {state}")
    starts_by, met_by, extended_by = (tuple(entry.names(key, "move")) for key in _CLOCK_MOVES)
    return ClockRule(
        name,
        budget=_budget(entry),
        runs=tuple(runs),
        pauses=tuple(pauses),
        once=entry.flag("once"),
        starts_by=starts_by,
        anew=cast(Literal["holder", "message"] | None, entry.choice("anew", "holder", "message")),
        met_by=met_by,
        extended_by=extended_by,
        calendar=cast(Literal["door", "holder"], entry.choice("calendar", "door", "holder") or "door"),
        then=entry.name("then", "move"),
        ladder=entry.name("ladder", "ladder"),
        label=_label(entry, name),
        astray=entry.strayed or entry.odd,
        line=entry.line,
        where={**pauses, **runs},
    )


def _budget(clock: Entry) -> Budget | Mapping[str, Budget] | None:
    """The budget of a clock, or one per class; None is the agency's own standard."""
    if not clock.has("budget"):
        if not clock.odd:
            message = f"{clock.title} needs a budget, such as 3 working days, or standard"
            clock.page.fault(clock.line, "bad-budget", message)
        return SOME
    node = clock.found["budget"][1]
    if isinstance(node, yaml.MappingNode):
        return _budgets(clock.entry("budget"))
    return None if node.value == "standard" else clock.budget("budget")


def _budgets(per_class: Entry) -> dict[str, Budget]:
    resolved = [per_class.page.resolve("class", name, line) for name, (line, _) in per_class.found.items()]
    missing = [name for name in CLASSES if name not in per_class.found]
    if missing and all(resolved):
        message = f"{per_class.title} must name both classes, and lacks {' and '.join(missing)}"
        per_class.page.fault(per_class.line, "bad-budget", message)
    return {name: per_class.budget(name) for name in per_class.found}


def _rungs(name: str, ladders: Entry) -> Iterator[Rung]:
    line, node = ladders.found[name]
    if not isinstance(node, yaml.SequenceNode) or not node.value:
        ladders.page.fault(line, "bad-shape", f"the ladder {name} must be a list of rungs")
        return
    before = None
    for number, item in enumerate(node.value, 1):
        entry = Entry(ladders.page, f"rung {number} of the ladder {name}", line_of(item), item, _RUNG)
        entry.require("at", "tell")
        rung = _rung(entry)
        if before and _is_earlier(rung, before):
            ladders.page.fault(entry.line_at("at"), "bad-shape", f"{entry.title} comes before the one above it")
        before = rung
        yield rung


def _is_earlier(rung: Rung, before: Rung) -> bool:
    if rung.share is not None:
        return before.share is None or rung.share < before.share
    if before.after is None:
        return False
    return rung.after is None or (rung.after.unit == before.after.unit and rung.after.amount < before.after.amount)


def _rung(entry: Entry) -> Rung:
    at = entry.text("at") or "due"
    rung = Rung(
        entry.name("tell", "recipient") or "",
        warning=entry.choice("as", "warning") is not None,
        office_hours=entry.choice("when", "at once", "office hours") == "office hours",
        listed=entry.choice("by", "mail", "list") == "list",
    )
    if share := re.fullmatch(r"([1-9][0-9]?)%", at):
        return replace(rung, share=int(share[1]))
    if later := re.fullmatch(r"due \+ (.+)", at):
        return replace(rung, after=entry.page.budget(later[1], entry.line_at("at")))
    if at != "due":
        message = f"at of {entry.title} is 1% to 99%, due, or such as due + 1 working day, not {at!r}"
        entry.page.fault(entry.line_at("at"), "bad-shape", message)
    return rung
