"""`lapor breach`: whom a breach concerns, and the notice that is due to them."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click

from lapor.cli.calendars import MOMENT
from lapor.cli.here import as_json, print_json, print_table, site_here
from lapor.errors import CannotRun
from lapor.oversight import breach as breaches
from lapor.oversight.breach import Touched, Used
from lapor.records.base import stamp


@click.group()
def breach() -> None:
    """When personal data may have been disclosed (UU 27/2022)."""


@breach.command()
@click.option("--from", "since", type=MOMENT, required=True, help="Since when, such as 2026-03-17T09:00:00+07:00.")
@click.option("--to", "until", type=MOMENT, required=True, help="Until when.")
@click.option("--known-at", type=MOMENT, help="When it became known; the notice is due 72 hours later. Default: now.")
@click.option("--all", "everything", is_flag=True, help="Whoever had the database: all cases that were in it.")
@click.option("--notice", type=click.Path(path_type=Path), help="Write the draft of the notice to this file.")
@as_json
def report(
    since: datetime, until: datetime, known_at: datetime | None, everything: bool, notice: Path | None, as_json: bool
) -> None:
    """List whose personal data was touched between two moments, as far as recorded, and draft the notice to them.

    Cases go by their numbers; names are never printed. What was not hidden may have been read without a record.
    """
    if until < since:
        raise CannotRun("--to: must not be before --from.")
    known, site = known_at or datetime.now(UTC), site_here()
    with site.reading() as session:
        cases = breaches.touched(session, since.astimezone(UTC), until.astimezone(UTC), everything=everything)
        tokens = breaches.used(session, site.engine(session), since, until)
    drafted = breaches.draft(cases, since, until, known_at=known, zone=site.settings.zone.key)
    if notice:
        _write(notice, drafted)
    if as_json:
        listed = {"cases": [asdict(case) for case in cases], "tokens": [_told(token) for token in tokens]}
        print_json({**listed, "notify_by": stamp(known + breaches.TERM), "notice": drafted})
    else:
        _print(cases, tokens)
        click.echo(f"The notice is written to {notice}." if notice else drafted)


def _told(token: Used) -> dict[str, str]:
    return {"post": token.post, "role": token.role, "last_used_at": stamp(token.last_used_at)}


def _print(cases: list[Touched], tokens: list[Used]) -> None:
    rows = [
        (case.number, case.identity, _yes(case.contact), _yes(case.mail), _yes(case.confidential), ", ".join(case.how))
        for case in cases
    ]
    columns = ("number", "identity", "contact", "mail", "confidential", "touched by")
    print_table(f"Cases touched: {len(rows)}", columns, rows)
    used = [tuple(_told(token).values()) for token in tokens]
    print_table(f"Tokens of accounts used since then: {len(used)}", ("post", "role", "last used"), used)


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _write(file: Path, drafted: str) -> None:
    try:
        file.write_text(drafted, encoding="utf-8")
    except OSError as fault:
        raise CannotRun(f"{file} cannot be written: {fault.strerror}.") from None
