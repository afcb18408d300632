"""Write docs/reference from the code: `make docs`. With --check: say which files are not as they would be written."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import click

from api import errors, words
from api.reading_room import explained
from lapor import settings
from lapor.cli import cli
from lapor.machine import fields, graph, reader
from lapor.machine.definition import CATALOGUES, CLASSES, ClockRule, Definition, Label, Move, Need, Rung
from lapor.machine.guards import GUARDS

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "reference"
WRITTEN = "*Written by `make docs` from the code: change that, not this.*"


def pages() -> Mapping[str, str]:
    """Every file of the reference by its name."""
    definitions = [reader.load(path) for path in sorted(settings.shipped_workflows().glob("*.yaml"))]
    made = {
        "commands.md": _commands(),
        "settings.md": _settings(),
        "problems.md": _problems(),
        "guards-and-fields.md": _guards(),
        **{f"workflow-{each.name.replace('_', '-')}.md": _workflow(each) for each in definitions},
    }
    return {name: "\n\n".join(parts) + "\n" for name, parts in made.items()}


def main(arguments: Sequence[str]) -> int:
    """Return 1 where --check finds a file that is not as it would be written."""
    made = pages()
    there = {path.name for path in FOLDER.glob("*.md")}
    differ = [name for name, text in made.items() if name not in there or (FOLDER / name).read_text() != text]
    stray = sorted(there - made.keys())
    if "--check" in arguments:
        for name in [*differ, *stray]:
            print(f"docs/reference/{name} is not what the code says: make docs", file=sys.stderr)
        return 1 if differ or stray else 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in differ:
        (FOLDER / name).write_text(made[name], encoding="utf-8")
    for name in stray:
        (FOLDER / name).unlink()
    return 0


def _workflow(definition: Definition) -> Iterator[str]:
    yield f"# {definition.label.en} ({definition.label.id})"
    yield WRITTEN
    yield f"`workflows/{definition.name}.yaml`, version {definition.version}. A case starts in `{definition.initial}`."
    yield "```mermaid\n" + graph.mermaid(definition, "en") + "```"
    yield "## States"
    states = definition.states.values()
    yield _table(
        ("state", "label", "phase", "who acts", "closed"),
        ((f"`{s.name}`", _both(s.label), s.phase, s.acts, s.closed) for s in states),
    )
    yield "## Moves"
    yield "`?` marks a field that may be left out; guards are told in [guards and fields](guards-and-fields.md)."
    yield _table(
        ("move", "label", "from", "to", "by", "fields", "guards", "public"), map(_move, definition.moves.values())
    )
    yield "## Clocks"
    yield _table(
        ("clock", "label", "budget", "runs in", "pauses in", "met by", "then"), map(_clock, definition.clocks.values())
    )
    yield "## Ladders"
    for name, rungs in definition.ladders.items():
        yield f"### {name}"
        yield _table(("at", "tells", "as", "how"), map(_rung, rungs))
    yield "## Limits"
    limits = definition.limits
    yield _table(("limit", "value"), ((f"`{name}`", getattr(limits, name)) for name in type(limits).__slots__))


def _move(move: Move) -> Sequence[object]:
    needs = ", ".join(f"{need.name}: {need.type}{'?' if need.optional else ''}" for need in move.needs)
    target = f"`{move.target}`" if move.target else "stays"
    public = "yes" if move.public else ""
    by, guards = ", ".join(move.by), ", ".join(move.guards)
    return f"`{move.name}`", _both(move.label), _names(move.sources), target, by, needs, guards, public


def _clock(rule: ClockRule) -> Sequence[object]:
    budget = rule.budget
    told = ", ".join(f"{of}: {each}" for of, each in budget.items()) if isinstance(budget, Mapping) else budget
    label = _both(rule.label) if rule.label else ""
    met, then = _names(rule.met_by), rule.then or (f"ladder {rule.ladder}" if rule.ladder else "")
    return f"`{rule.name}`", label, told or "the agency's standard", _names(rule.runs), _names(rule.pauses), met, then


def _rung(rung: Rung) -> Sequence[object]:
    at = f"{rung.share}% of the working time" if rung.share is not None else "due"
    how = (
        "in the list alone" if rung.listed else "by mail, in office hours" if rung.office_hours else "by mail, at once"
    )
    return f"{at} + {rung.after}" if rung.after else at, rung.tell, "warning" if rung.warning else "escalation", how


def _guards() -> Iterator[str]:
    yield "# Guards and fields"
    yield WRITTEN
    yield "## Guards"
    yield "A move is open only while all its guards hold. The register is closed: `lapor/machine/guards.py`."
    told = words.read("words.yaml")["values"]["guard"]
    rows = [(f"`{name}`", (guard.__doc__ or "").strip(), told[name]["en"]) for name, guard in GUARDS.items()]
    yield _table(("guard", "holds when", "else the caller is told"), rows)
    yield "## Types of fields"
    move = Move("", (), None, (), Label("", ""), reason="catalogue")
    kinds = sorted(fields.TYPES - {"reason", "classification"})
    rows = [(f"`{kind}`", fields.describe(Need("", kind, optional=False), move), "") for kind in kinds]
    rows.append(("`classification`", "one of " + ", ".join(CLASSES), ""))
    rows += [("`reason`", "one of " + ", ".join(words_), f"reason: {name}") for name, words_ in CATALOGUES.items()]
    yield _table(("type", "is", "where the move says"), rows)


def _problems() -> Iterator[str]:
    yield "# Problems"
    yield WRITTEN
    yield (
        "Failures of the API are `application/problem+json` (RFC 9457). `type` is stable, and can be opened; texts come"
        " in the language of `Accept-Language`."
    )
    for kind in errors.kinds():
        yield f"## {kind.slug}"
        for language in reversed(words.LANGUAGES):
            told = explained(kind, language)
            yield f"**{told['status']} {told['title']}.** {told['cause']} *{told['cure']}*"


def _settings() -> Iterator[str]:
    yield "# Settings"
    yield WRITTEN
    yield "`lapor config init` writes this file, `lapor config check` lists all faults of one."
    yield "```yaml\n" + settings.example() + "```"


def _commands() -> Iterator[str]:
    yield "# Commands"
    yield WRITTEN
    yield "Exit codes: 0, 1 where something was found, 2 where the command could not run; then stderr says why."
    for path, command in _walk(cli, "lapor"):
        yield f"## {path}"
        with click.Context(
            command, info_name=path, terminal_width=100, max_content_width=100, help_option_names=["-h", "--help"]
        ) as context:
            yield f"```text\n{command.get_help(context)}\n```"


def _walk(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            if below:
                yield from _walk(below, f"{path} {name}")


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join('' if cell is None else str(cell) for cell in line)} |" for line in lines)


def _both(label: Label) -> str:
    return f"{label.en} ({label.id})"


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
