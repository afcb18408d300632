"""`lapor config`, `migrate`, `seed` and `token`: what a deployment needs before it runs."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import click
from sqlalchemy.orm import Session

from lapor import settings as deployment
from lapor import vault
from lapor.access import tokens
from lapor.cli.here import as_json, print_json, settings_here, site_here
from lapor.demo import letter
from lapor.directory import demo
from lapor.errors import CannotRun, DefinitionFaulty, SettingsFaulty, Unauthenticated
from lapor.machine.definition import OFFICES
from lapor.machine.engine import Engine
from lapor.machine.organisation import Post
from lapor.notices import wordings
from lapor.privacy import rotation
from lapor.records import schema
from lapor.site import Site, load_definitions

DEMO_ROLES = ("coordinator", "liaison_officer", "handler", "supervisor", "inspector", "operator")
DEMO_DAYS = 30


@click.group()
def config() -> None:
    """The settings: config.yaml and LAPOR_*."""


@config.command()
@as_json
def check(as_json: bool) -> int:
    """List all faults of the settings, and of the definitions and texts that they name."""
    faults = _faults()
    if as_json:
        print_json({"faults": faults})
    else:
        click.echo("\n".join(faults) or "The settings are in order.", err=bool(faults))
    return 1 if faults else 0


def _faults() -> list[str]:
    try:
        settings = settings_here()
    except SettingsFaulty as found:
        return list(found.faults)
    faults: list[str] = []
    try:
        load_definitions(settings)
    except DefinitionFaulty as found:
        faults += [str(fault) for fault in found.faults]
    faults += vault.faults(settings.secrets.pepper, settings.secrets.identity, settings.secrets.content)
    try:
        wordings.load(settings.notices.texts)
    except SettingsFaulty as found:
        faults += found.faults
    return faults


@config.command()
@click.argument("file", type=click.Path(path_type=Path), default=Path("config.yaml"))
def init(file: Path) -> None:
    """Write FILE (default: config.yaml) with every setting, its default and what it means."""
    try:
        with file.open("x", encoding="utf-8") as out:
            out.write(deployment.example())
    except FileExistsError:
        raise CannotRun(f"{file} is there already: name another file, or move it away.") from None
    except OSError as fault:
        raise CannotRun(f"{file} cannot be written: {fault.strerror}.") from None
    click.echo(f"{file} is written.")


@click.command()
@click.option("--to", "revision", default="head", show_default=True, help="A revision, head or base.")
@as_json
def migrate(revision: str, as_json: bool) -> None:
    """Bring the tables of the database to a revision, store new definitions and calendars, and seal what is not sealed yet."""
    if not schema.is_known(revision):
        raise CannotRun(f"--to: there is no revision {revision!r}.")
    site = site_here(ready=False)
    before, after = schema.migrate(site.database, revision)
    if after == schema.head():
        site.prepare()
        rotation.renew(site.writing, site.vault, site.pepper)
    if as_json:
        print_json({"before": before, "after": after})
    else:
        click.echo(f"The database is at revision {after or 'none'}, it was at {before or 'none'}.")


@click.command()
@click.option("--demo", "wanted", is_flag=True, required=True, help="The demo government, with a token for each role.")
@as_json
def seed(wanted: bool, as_json: bool) -> None:
    """Fill the database; what is there already stays. Writes var/demo.json, readable by its owner only.

    A database without cases gets one: a letter that nobody verified in time, which the worker tells of at once.
    """
    site, now = site_here(), datetime.now(UTC)
    with site.writing() as session:
        demo.import_city(session)
    with site.writing() as session:
        engine = site.engine(session)
        letter.key_in(engine, session, now=now)
        written = _demo_file(site, session, engine, now)
    if as_json:
        print_json(written)
    else:
        click.echo(f"The demo government is there; tokens are in {site.settings.var / 'demo.json'}.")


def _demo_file(site: Site, session: Session, engine: Engine, now: datetime) -> dict[str, object]:
    path, posts = site.settings.var / "demo.json", demo_posts(engine)
    kept = _kept(path, session, engine, now)
    made = {
        name: kept.get(name) or tokens.create(session, engine, post, role=None, days=DEMO_DAYS, now=now)
        for name, post in posts.items()
    }
    codes = {name: post.code for name, post in posts.items()}
    content: dict[str, object] = {"url": site.public_url, "tokens": made, "posts": codes}
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
        json.dump(content, out, indent=1)
    return content


def _kept(path: Path, session: Session, engine: Engine, now: datetime) -> dict[str, str]:
    try:
        known = json.loads(path.read_text(encoding="utf-8"))["tokens"]
    except (OSError, ValueError, KeyError):
        return {}
    kept = {}
    for name, token in known.items():
        try:
            tokens.principal_of(session, engine, token, now=now)
            kept[name] = token
        except Unauthenticated:
            continue
    return kept


def demo_posts(engine: Engine) -> dict[str, Post]:
    """A post for each role: of the demo's agency where it has one, else the nearest to the root.

    Beside them the superior: who is told first when the coordinator is late.
    """
    organisation = engine.organisation
    agency = organisation.unit_codes[demo.AGENCY].id
    posts = [post for post in organisation.posts.values() if not post.vacant]
    posts.sort(key=lambda post: (post.unit_id != agency, len(organisation.units[post.unit_id].path)))
    found = {role: next(post for post in posts if post.role == role) for role in DEMO_ROLES}
    return {**found, "superior": next(organisation.climb(found["coordinator"]))}


@click.group()
def token() -> None:
    """Officers' tokens."""


@token.command()
@click.option("--post", required=True, help="The code of the post.")
@click.option("--role", type=click.Choice(OFFICES), help="Default: the role of the post.")
@click.option("--days", type=click.IntRange(1, 3650), default=90, show_default=True)
@as_json
def create(post: str, role: str | None, days: int, as_json: bool) -> None:
    """Print a new token, shown this once."""
    site = site_here()
    now = datetime.now(UTC)
    with site.writing() as session:
        engine = site.engine(session)
        found = engine.organisation.post_codes.get(post)
        if found is None:
            raise CannotRun(f"--post: there is no post with the code {post!r}.")
        secret = tokens.create(session, engine, found, role=role, days=days, now=now)
    if as_json:
        print_json({"token": secret, "post": post, "role": role or found.role, "days": days})
    else:
        click.echo(secret)
