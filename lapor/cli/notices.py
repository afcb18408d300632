"""`lapor notices`: how they look, and how often a post is told."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import click

from lapor.cli.here import as_json, print_json, settings_here, site_here
from lapor.errors import CannotRun
from lapor.machine.engine import Engine
from lapor.machine.organisation import Post
from lapor.notices import choice as choices
from lapor.notices import html, samples, wordings
from lapor.notices.texts import Text
from lapor.oversight import weekly as weeklies
from lapor.settings_file import nearest


@click.group()
def notices() -> None:
    """What people are told by mail."""


@notices.command()
@click.argument("event", required=False)
@click.option("--html", "as_html", is_flag=True, help="Print the HTML.")
@click.option("--lang", type=click.Choice(wordings.TONGUES), help="Default: all languages, as in a mail.")
@as_json
def preview(event: str | None, as_html: bool, lang: str | None, as_json: bool) -> None:
    """Show how the notice of EVENT looks, with facts that are made up. Without EVENT: all notices."""
    settings = settings_here()
    words = wordings.load(settings.notices.texts)
    known = samples.events(words)
    if event and event not in known:
        raise CannotRun(f"There is no notice of {event}{nearest(event, known) or '; there are ' + ', '.join(known)}")
    chosen = words.only(lang) if lang else words
    texts = {name: samples.shown(name, chosen, settings.public_url) for name in ([event] if event else known)}
    if as_json:
        print_json({"items": [_item(name, text) for name, text in texts.items()]})
        return
    for name, text in texts.items():
        _show(name, html.page(text) if as_html else text.body, text.subject)


def _item(event: str, text: Text) -> dict[str, str]:
    return {"event": event, "subject": text.subject, "text": text.body, "html": html.page(text)}


def _show(event: str, body: str, subject: str) -> None:
    click.secho(event, bold=True, fg="cyan")
    click.secho(subject, bold=True)
    click.echo(f"\n{body}")


@notices.command()
@click.option("--post", required=True, help="The code of the post.")
@click.argument("choice", type=click.Choice(choices.CHOICES))
@as_json
def choose(post: str, choice: str, as_json: bool) -> None:
    """Tell a post of warnings and new work at once, or once a day when its office opens. Escalations do not wait."""
    site, now = site_here(), datetime.now(UTC)
    with site.writing() as session:
        engine = site.engine(session)
        found = _post(engine, post)
        calendar = engine.calendar(engine.key(found.unit_id))
        digest_at = choices.choose(session, found, choice, calendar, now=now).digest_at
    local = digest_at.astimezone(ZoneInfo(calendar.zone)).isoformat() if digest_at else None
    if as_json:
        print_json({"post": post, "choice": choice, "digest_at": local})
    else:
        click.echo(f"{post} is told " + (f"once a day, next on {local}." if local else "at once."))


@notices.command()
@click.option("--post", required=True, help="The code of the post.")
@click.argument("choice", type=click.Choice(["on", "off"]))
@as_json
def weekly(post: str, choice: str, as_json: bool) -> None:
    """Mail a supervisor or coordinator each week how the cases of their units stand, as is done by default, or do not."""
    site, now = site_here(), datetime.now(UTC)
    with site.writing() as session:
        engine = site.engine(session)
        found = _post(engine, post)
        if found.role not in weeklies.ROLES:
            raise CannotRun(f"{post} is a post of the role {found.role}; mailed are {' and '.join(weeklies.ROLES)}.")
        calendar = engine.calendar(engine.key(found.unit_id))
        upcoming = weeklies.choose(session, found, calendar, wanted=choice == "on", now=now)
    local = upcoming.astimezone(ZoneInfo(calendar.zone)).isoformat() if upcoming else None
    if as_json:
        print_json({"post": post, "weekly": choice == "on", "next_at": local})
    else:
        click.echo(f"{post} is told " + (f"each week, next on {local}." if local else "no more each week."))


def _post(engine: Engine, code: str) -> Post:
    found = engine.organisation.post_codes.get(code)
    if found is None:
        raise CannotRun(f"There is no post {code}{nearest(code, engine.organisation.post_codes)}")
    return found
