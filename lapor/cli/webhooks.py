"""`lapor webhook`: the apps of agencies that are told of their cases."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from uuid import uuid4

import click
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from lapor.cli.here import as_json, print_json, print_table, site_here
from lapor.directory import webhooks
from lapor.errors import CannotRun, LaporError
from lapor.notices.webhook import Http, Message
from lapor.records import UnitRow, Webhook, WebhookDelivery


@click.group()
def webhook() -> None:
    """Agencies' own apps, told of the cases of their units by signed messages."""


@webhook.command()
@click.option("--unit", required=True, help="The code of the unit: its cases, and those of all units below it.")
@click.option("--url", required=True, help="Where its app listens.")
@click.option("--event", "events", multiple=True, type=click.Choice(webhooks.EVENTS), help="Only these; default: all.")
@as_json
def add(unit: str, url: str, events: tuple[str, ...], as_json: bool) -> None:
    """Register a webhook and print the secret that signs its messages, shown this once."""
    site = site_here()
    allow_private, now = site.settings.webhooks.allow_private, datetime.now(UTC)
    with site.writing() as session:
        engine = site.engine(session)
        found = engine.organisation.unit_codes.get(unit)
        if found is None:
            raise CannotRun(f"--unit: there is no unit with the code {unit!r}.")
        made = webhooks.register(session, found, url, events=events, allow_private=allow_private, now=now)
        secret = webhooks.secret_of(site.pepper, made.salt)
    if as_json:
        print_json({"id": made.id, "unit": unit, "url": url, "events": made.events, "secret": secret})
    else:
        click.echo(f"Webhook {made.id} is registered. Its secret, shown this once:\n{secret}")


@webhook.command("list")
@as_json
def list_all(as_json: bool) -> None:
    """List all webhooks, with how many messages wait and how many were given up."""
    site = site_here()
    with site.reading() as session:
        listed = _listed(session)
    if as_json:
        print_json(listed)
    else:
        columns = ("id", "unit", "url", "events", "active", "waiting", "dead")
        print_table(f"{len(listed)} webhooks", columns, [[row[name] for name in columns] for row in listed])


def _listed(session: Session) -> list[dict[str, object]]:
    counts = select(WebhookDelivery.webhook_id, WebhookDelivery.state, func.count()).group_by(
        WebhookDelivery.webhook_id, WebhookDelivery.state
    )
    counted = {(webhook_id, state): number for webhook_id, state, number in session.execute(counts)}
    found = select(Webhook, UnitRow.code).join(UnitRow, UnitRow.id == Webhook.unit_id).order_by(Webhook.id)
    return [
        {
            "id": row.id,
            "unit": code,
            "url": row.url,
            "events": row.events or list(webhooks.EVENTS),
            "active": row.active,
            "waiting": counted.get((row.id, "waiting"), 0),
            "dead": counted.get((row.id, "dead"), 0),
        }
        for row, code in session.execute(found)
    ]


@webhook.command()
@click.argument("webhook_id", metavar="ID", type=int)
def remove(webhook_id: int) -> None:
    """Tell a webhook nothing more; what still waits for it is given up."""
    with site_here().writing() as session:
        if not webhooks.deactivate(session, webhook_id):
            raise CannotRun(f"There is no active webhook {webhook_id}: see `lapor webhook list`.")
    click.echo(f"Webhook {webhook_id} is not active any more.")


@webhook.command()
@click.argument("webhook_id", metavar="ID", type=int)
def test(webhook_id: int) -> int:
    """Send a message of the type lapor.test now, once, and tell what came of it."""
    site, now = site_here(), datetime.now(UTC)
    with site.reading() as session:
        found = session.get(Webhook, webhook_id)
    if found is None:
        raise CannotRun(f"There is no webhook {webhook_id}: see `lapor webhook list`.")
    body = json.dumps({"type": "lapor.test", "timestamp": now.isoformat(), "data": {}})
    message = Message(f"msg_test_{uuid4().hex}", found.url, webhooks.secret_of(site.pepper, found.salt), body)
    try:
        Http(site.settings.webhooks).send(message, now=now)
    except LaporError as fault:
        click.echo(f"The message was not taken: {fault}.", err=True)
        return 1
    click.echo("The message was taken.")
    return 0


@webhook.command()
@as_json
def dead(as_json: bool) -> None:
    """List the messages that were given up."""
    with site_here().reading() as session:
        found = select(WebhookDelivery).filter_by(state="dead").order_by(WebhookDelivery.id)
        listed = [_told(row) for row in session.scalars(found)]
    if as_json:
        print_json(listed)
    else:
        columns = ("id", "webhook", "message", "event", "created_at", "attempts", "fault")
        print_table(f"{len(listed)} given up", columns, [[row[name] for name in columns] for row in listed])


def _told(row: WebhookDelivery) -> dict[str, object]:
    return {
        "id": row.id,
        "webhook": row.webhook_id,
        "message": row.message_id,
        "event": row.event,
        "created_at": row.created_at.isoformat(),
        "attempts": row.attempts,
        "fault": row.fault,
    }


@webhook.command()
@click.argument("delivery_id", metavar="[ID]", type=int, required=False)
@click.option("--all", "everything", is_flag=True, help="All that were given up.")
def resend(delivery_id: int | None, everything: bool) -> None:
    """Let the worker send again what was given up: one message, or all to webhooks that are active."""
    if (delivery_id is None) == (not everything):
        raise click.UsageError("Name the ID of one message, or --all.")
    with site_here().writing() as session:
        number = _revive(session, delivery_id, datetime.now(UTC))
    if delivery_id is not None and not number:
        raise CannotRun(f"No message {delivery_id} was given up to an active webhook: see `lapor webhook dead`.")
    click.echo(f"{number} to be sent again.")


def _revive(session: Session, delivery_id: int | None, now: datetime) -> int:
    active = select(Webhook.id).where(Webhook.active)
    given_up = update(WebhookDelivery).where(WebhookDelivery.state == "dead", WebhookDelivery.webhook_id.in_(active))
    chosen = given_up if delivery_id is None else given_up.where(WebhookDelivery.id == delivery_id)
    waiting = chosen.values(state="waiting", attempts=0, next_attempt_at=now)
    return len(session.scalars(waiting.returning(WebhookDelivery.id)).all())
