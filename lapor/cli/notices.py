"""`lapor notices`: how they look."""

from __future__ import annotations

import click

from lapor.cli.here import as_json, print_json, settings_here
from lapor.errors import CannotRun
from lapor.notices import html, samples, wordings
from lapor.notices.texts import Text
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
