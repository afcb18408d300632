"""`lapor account`: the first operator, who may do anything at all, and who has lost a password."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from lapor.access import accounts, appointing, invitations, recovery
from lapor.cli.here import as_json, print_json, print_table, site_here
from lapor.errors import CannotRun
from lapor.machine.engine import Engine
from lapor.records import Account, Invitation, PostRow, Tenure
from lapor.records.base import stamp


@click.group()
def account() -> None:
    """Officers' accounts."""


@account.command()
@click.option("--email", required=True, help="The e-mail address of the operator.")
@click.option("--post", required=True, help="The code of a post in the role operator.")
@as_json
def operator(email: str, post: str, as_json: bool) -> None:
    """Invite an operator, who can invite all others, and print the code, shown this once."""
    if not re.fullmatch(r"[^\s@]+@[^\s@]+\.[^\s@]+", email):
        raise CannotRun(f"--email: {email!r} is no e-mail address.")
    site, now = site_here(), datetime.now(UTC)
    days = site.settings.accounts.invitation_days
    with site.writing() as session:
        engine = site.engine(session)
        found = engine.organisation.post_codes.get(post)
        if found is None or found.role != "operator":
            raise CannotRun(f"--post: there is no post in the role operator with the code {post!r}.")
        code, made = invitations.invite(session, engine, found, email, inviter=None, days=days, now=now)
    _tell_code(made, post, code, as_json)


@account.command("list")
@as_json
def list_all(as_json: bool) -> None:
    """List all accounts with the posts that they held, hold and will hold."""
    site = site_here()
    with site.reading() as session:
        listed = _listed(session, site.engine(session))
    if as_json:
        print_json(listed)
    else:
        columns = ("email", "disabled_at", "one_time_codes", "tenures")
        rows = [{**row, "tenures": ", ".join(each["post"] for each in row["tenures"])} for row in listed]
        print_table(f"{len(listed)} accounts", columns, [[row[name] for name in columns] for row in rows])


def _listed(session: Session, engine: Engine) -> list[dict[str, Any]]:
    posts = engine.organisation.posts
    tenures: dict[int, list[dict[str, Any]]] = {}
    for row in session.scalars(select(Tenure).order_by(Tenure.since, Tenure.id)):
        until = stamp(row.until) if row.until else None
        told = {"post": posts[row.post_id].code, "acting": row.acting, "since": stamp(row.since), "until": until}
        tenures.setdefault(row.account_id, []).append(told)
    return [
        {
            "email": row.email,
            "disabled_at": stamp(row.disabled_at) if row.disabled_at else None,
            "one_time_codes": row.totp_secret is not None,
            "tenures": tenures.get(row.id, []),
        }
        for row in session.scalars(select(Account).order_by(Account.email))
    ]


@account.command()
@click.argument("email")
@as_json
def disable(email: str, as_json: bool) -> None:
    """Let an account do nothing: it is logged out everywhere, and cannot log in."""
    with site_here().writing() as session:
        found = _found(session, email)
        accounts.disable(session, found, now=datetime.now(UTC))
    _tell(found, as_json, "is disabled")


@account.command()
@click.argument("email")
@as_json
def enable(email: str, as_json: bool) -> None:
    """Let an account log in again. Its former tokens stay ended."""
    with site_here().writing() as session:
        found = _found(session, email)
        accounts.enable(session, found, now=datetime.now(UTC))
    _tell(found, as_json, "is enabled")


@account.command()
@click.argument("email")
@click.argument("post")
@as_json
def end(email: str, post: str, as_json: bool) -> None:
    """End all tenures by which an account holds a post: what is logged in by them is logged out."""
    with site_here().writing() as session:
        found = accounts.locked(session, _found(session, email).id)
        tenures, now = _tenures(session, found, post), datetime.now(UTC)
        for tenure in tenures:
            appointing.end(session, tenure, now=now)
    if as_json:
        print_json({"email": found.email, "post": post, "ended": len(tenures)})
    else:
        click.echo(f"{found.email} holds {post} no more.")


@account.command()
@click.argument("email")
@click.argument("post")
@as_json
def recover(email: str, post: str, as_json: bool) -> None:
    """Invite whoever holds a post to set password and one-time codes anew, and print the code, shown this once."""
    site, now = site_here(), datetime.now(UTC)
    with site.writing() as session:
        found = accounts.locked(session, _found(session, email).id)
        to = session, site.engine(session), found, _tenures(session, found, post)[0]
        code, made = recovery.offer(*to, inviter=None, days=site.settings.accounts.invitation_days, now=now)
    _tell_code(made, post, code, as_json)


def _tell_code(made: Invitation, post: str, code: str, as_json: bool) -> None:
    if as_json:
        print_json({"email": made.email, "post": post, "expires_at": stamp(made.expires_at), "code": code})
    else:
        click.echo(code)


def _tenures(session: Session, found: Account, post: str) -> Sequence[Tenure]:
    of_post = select(Tenure).join(PostRow, PostRow.id == Tenure.post_id).where(PostRow.code == post)
    lasting = of_post.where(Tenure.account_id == found.id, appointing.not_over(datetime.now(UTC)))
    held = session.scalars(lasting.order_by(Tenure.id)).all()
    if not held:
        raise CannotRun(f"{found.email} does not hold {post!r}: see `lapor account list`.")
    return held


def _found(session: Session, email: str) -> Account:
    found = accounts.find(session, email)
    if found is None:
        raise CannotRun(f"There is no account with the e-mail address {email!r}: see `lapor account list`.")
    return found


def _tell(found: Account, as_json: bool, said: str) -> None:
    if as_json:
        print_json({"email": found.email, "disabled_at": stamp(found.disabled_at) if found.disabled_at else None})
    else:
        click.echo(f"{found.email} {said}.")
