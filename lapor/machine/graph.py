"""Draws a definition as a Mermaid state diagram."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from lapor.machine.definition import Definition, Label

Language = Literal["id", "en"]


def mermaid(definition: Definition, lang: Language = "id") -> str:
    """Return the diagram: a line for each state, and an arrow for each pair of states with all moves between them."""
    lines = ["stateDiagram-v2"]
    lines += [f'    state "{_text(state.label, lang)}" as {name}' for name, state in definition.states.items()]
    lines += [f"    {arrow}" for arrow in _arrows(definition, lang)]
    return "\n".join(lines) + "\n"


def _arrows(definition: Definition, lang: Language) -> Iterator[str]:
    yield f"[*] --> {definition.initial}"
    between: dict[tuple[str, str], list[str]] = {}
    for move in definition.moves.values():
        for source in move.sources:
            between.setdefault((source, move.leads_to(source)), []).append(_text(move.label, lang))
    for (source, target), labels in between.items():
        yield f"{source} --> {target}: {', '.join(labels)}"
    for name, state in definition.states.items():
        if state.closed == "final":
            yield f"{name} --> [*]"


def _text(label: Label, lang: Language) -> str:
    """The label in one line, with what Mermaid would read as its own written as character codes."""
    text = " ".join((label.id if lang == "id" else label.en).split())
    return "".join(f"#{ord(char)};" if char in '#;:"<>' else char for char in text)
