"""`lapor workflow`: which definitions there are, whether they satisfy the proofs, and how they look."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from lapor.cli.here import as_json, print_json, print_table, settings_here
from lapor.errors import DefinitionFaulty
from lapor.machine import graph as drawing
from lapor.machine import reader
from lapor.machine.definition import Definition, Fault
from lapor.machine.proof import prove
from lapor.site import load_definitions, workflows_folder


@click.group()
def workflow() -> None:
    """Definitions of kinds: list, check, draw."""


@workflow.command("list")
@as_json
def list_all(as_json: bool) -> None:
    """List the kinds of this deployment."""
    definitions = load_definitions(settings_here())
    if as_json:
        print_json({"items": [_row(definition) for definition in definitions]})
        return
    rows = [tuple(_row(definition).values()) for definition in definitions]
    print_table("workflows", ("name", "version", "label", "states", "moves", "clocks"), rows)


@workflow.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@as_json
def check(files: tuple[Path, ...], as_json: bool) -> int:
    """Print the proof of each file, or all its faults. Without files: those of this deployment."""
    chosen = files or tuple(map(_from_here, sorted(workflows_folder(settings_here()).glob("*.yaml"))))
    faults: list[Fault] = []
    for path in chosen:
        found = _check(path, quiet=as_json)
        faults.extend(found)
    if as_json:
        listed = [
            {"file": fault.file, "line": fault.line, "code": fault.code, "message": fault.message} for fault in faults
        ]
        print_json({"faults": listed})
    return 1 if faults else 0


@workflow.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--lang", type=click.Choice(["id", "en"]), default="id", show_default=True)
def graph(file: Path, lang: Literal["id", "en"]) -> None:
    """Print a definition as a Mermaid diagram."""
    click.echo(drawing.mermaid(reader.load(file), lang))


def _from_here(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _check(path: Path, *, quiet: bool) -> tuple[Fault, ...]:
    try:
        definition = reader.load(path)
    except DefinitionFaulty as found:
        if not quiet:
            click.echo("\n".join(map(str, found.faults)))
        return found.faults
    if not quiet:
        proof = prove(definition)
        click.echo(
            f"{path}: sound: {len(definition.states)} states, {len(definition.moves)} moves, "
            f"{proof.configurations} reachable configurations of state and clocks"
        )
    return ()


def _row(definition: Definition) -> dict[str, object]:
    return {
        "name": definition.name,
        "version": definition.version,
        "label": definition.label.id,
        "states": len(definition.states),
        "moves": len(definition.moves),
        "clocks": len(definition.clocks),
    }
