"""`lapor doctor` and `lapor trail verify`: is everything what it must be?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import click

from lapor.cli.here import as_json, print_json, print_table, progress, site_here
from lapor.oversight import doctor as examination
from lapor.oversight import stocktaking

# a worker that is alive tells what is due within a few intervals
INTERVALS = 3


@click.command()
@as_json
def doctor(as_json: bool) -> int:
    """Tell every case again from its trail and calendar, and compare with what is stored; read every attachment."""
    site, now = site_here(), datetime.now(UTC)
    lag = timedelta(seconds=INTERVALS * site.settings.worker.sweep_seconds)
    with site.reading() as session, progress("cases", examination.count(session)) as seen:
        report = examination.examine(site.engine(session), session, now=now - lag, seen=seen)
    with site.reading() as session, progress("attachments", stocktaking.count(session)) as seen:
        report.checked["attachments"] = stocktaking.count(session)
        ring, store = site.vault.content, site.attachments
        report.broken.extend(stocktaking.examine(ring, store, session, now=now, seen=seen))
    if as_json:
        broken = [{"code": each.code, "complaint": each.complaint, "detail": each.detail} for each in report.broken]
        print_json({"checked": dict(report.checked), "broken": broken})
    else:
        counted = [f"{what}: {number}" for what, number in report.checked.items() if number]
        looked = ", ".join(counted) or "nothing is stored"
        rows = [(each.code, each.complaint, each.detail) for each in report.broken]
        found = f"Findings: {len(rows)}" if rows else "Nothing found"
        print_table(f"{found} ({looked})", ("code", "complaint", "detail"), rows)
    return 1 if report.broken else 0


@click.group()
def trail() -> None:
    """The histories of all cases."""


@trail.command()
@as_json
def verify(as_json: bool) -> int:
    """Verify every chain, and name the first bad entry of each broken one."""
    site = site_here()
    with site.reading() as session:
        chains = examination.count(session)
        with progress("chains", chains) as seen:
            entries, broken = examination.verify_trails(site.engine(session), session, seen=seen)
    if as_json:
        listed = [{"complaint": each.complaint, "sequence": each.sequence, "why": each.why} for each in broken]
        print_json({"chains": chains, "entries": entries, "broken": listed})
    else:
        rows = [(each.complaint, each.sequence, each.why) for each in broken]
        title = f"Chains: {chains}, entries: {entries}, broken: {len(rows)}"
        print_table(title, ("complaint", "sequence", "why"), rows)
    return 1 if broken else 0
