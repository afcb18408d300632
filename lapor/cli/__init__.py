"""The command `lapor`: exit code 0, 1 where something was found, 2 where it could not run; errors in one line.

Without a command it prints the help on stderr, and so does each group.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version

import click
from click.exceptions import NoArgsIsHelpError
from sqlalchemy.exc import SQLAlchemyError

from lapor.errors import LaporError

CANNOT_RUN, INTERRUPTED = 2, 130
COMMANDS = {
    "account": "accounts",
    "breach": "breaches",
    "calendar": "calendars",
    "clock": "clocks",
    "config": "deployment",
    "demo": "demo",
    "doctor": "checking",
    "keys": "keys",
    "migrate": "deployment",
    "notices": "notices",
    "replay": "replaying",
    "seed": "deployment",
    "serve": "running",
    "token": "deployment",
    "trail": "checking",
    "webhook": "webhooks",
    "worker": "running",
    "workflow": "workflows",
}


class _Commands(click.Group):
    """Loads only the command that is called: all together take a second."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, for the help."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name."""
        module = COMMANDS.get(cmd_name)
        command: click.Command | None = getattr(import_module(f"lapor.cli.{module}"), cmd_name) if module else None
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("lapor"), prog_name="lapor")
@click.option("--debug", is_flag=True, help="Show where an error came from.")
def cli(debug: bool) -> None:
    """Lapor: complaints that do not get lost. Settings: config.yaml and LAPOR_*; see `lapor config init`."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and leave with its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given
    try:
        code = cli.main(args=[each for each in given if each != "--debug"], prog_name="lapor", standalone_mode=False)
    except NoArgsIsHelpError as fault:
        fault.show()
        code = CANNOT_RUN
    except (LaporError, SQLAlchemyError, click.ClickException) as fault:
        if debug:
            raise
        code = _tell(fault)
    except (KeyboardInterrupt, click.Abort):
        code = INTERRUPTED
    sys.exit(code if isinstance(code, int) else 0)


def _tell(fault: Exception) -> int:
    said = fault.format_message() if isinstance(fault, click.ClickException) else str(fault)
    if isinstance(fault, SQLAlchemyError):
        said = f"The database says: {said}"
    click.echo("lapor: " + " ".join(said.split("\n", maxsplit=1)[0].split()), err=True)
    return CANNOT_RUN
