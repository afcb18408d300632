"""`lapor keys`: what seals who reported and what is confidential."""

from __future__ import annotations

import click

from lapor.cli.here import as_json, print_json, print_table, progress, site_here
from lapor.privacy import rotation
from lapor.site import Site


@click.group()
def keys() -> None:
    """The keys of who reported, and of what is confidential. Back them up, apart from the database."""


@keys.command(name="list")
@as_json
def list_(as_json: bool) -> None:
    """List the keys of both rings, oldest first, with how many data keys (of cases and attachments) each opens."""
    _show(site_here(), as_json=as_json)


@keys.command()
@as_json
def rotate(as_json: bool) -> None:
    """Add a key to each ring, and bring every case and attachment under it. What was broken off goes on, without further keys."""
    site = site_here()
    with site.reading() as session:
        behind = rotation.outstanding(session, site.vault)
    if not behind:
        for ring in (site.vault.identity, site.vault.content):
            ring.add()
        with site.reading() as session:
            behind = rotation.outstanding(session, site.vault)
    with progress("data keys", behind) as seen:
        rotation.renew(site.writing, site.vault, site.pepper, seen=seen)
    _show(site, as_json=as_json)


def _show(site: Site, *, as_json: bool) -> None:
    with site.reading() as session:
        standing = rotation.standing(session, site.vault)
    newest = {"identity": site.vault.identity.current, "content": site.vault.content.current}
    found = [
        {"ring": name, "key": key, "data_keys": count, "newest": key == newest[name]}
        for name, counts in standing.items()
        for key, count in counts.items()
    ]
    if as_json:
        print_json({"keys": found})
    else:
        rows = [(each["ring"], each["key"], each["data_keys"], "*" if each["newest"] else "") for each in found]
        print_table(
            "Keys; * seals from now on, one that opens nothing may be removed", ("ring", "key", "opens", ""), rows
        )
