"""What commands share: the deployment they are called in, and how they print."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from lapor import settings
from lapor.records import schema
from lapor.records.base import stamp
from lapor.settings import Settings
from lapor.site import Site, open_site

Command = TypeVar("Command", bound=Callable[..., Any])

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")


def settings_here() -> Settings:
    """The settings of the folder and the environment that the command is called in."""
    return settings.load(os.environ, Path.cwd())


def site_here(*, ready: bool = True) -> Site:
    """The deployment. `ready`: its database must be at the current revision.

    Raises:
        CannotRun: it cannot be opened, or is not ready.
    """
    site = open_site(settings_here())
    if ready:
        with site.database.connect() as connection:
            schema.require_current(connection)
    return site


def print_json(value: Any) -> None:
    """Print one JSON value; moments are in UTC."""
    click.echo(json.dumps(value, ensure_ascii=False, default=_plain))


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return stamp(value)
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value.isoformat()


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table for people under its title; where there are no rows, the title alone."""
    click.echo(title)
    table = Table(*columns)
    for row in rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    if table.rows:
        Console(markup=False).print(table)


@contextmanager
def progress(what: str, total: int, *, done: int = 0) -> Iterator[Callable[[int], None]]:
    """Show progress on stderr; the function given takes how much was done since it was last called."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=total, completed=done)
        yield lambda more: bar.advance(task, more)
