"""What a request is counted against: before it is served, and when a secret or token was wrong.

A secret that is right is never refused for what others did: 128 bits are not guessed, and behind one address there may be
a whole town. See docs/decisions/0013-limits.md.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime

from flask import request
from sqlalchemy import select

from api import callers
from lapor.access import limits, tokens
from lapor.access.limits import Name
from lapor.access.principal import Principal
from lapor.access.secrets import REPORTER_PREFIX, read_number
from lapor.records import Complaint
from lapor.site import Site

Limit = Callable[[Site, datetime], None]


def submission(site: Site, now: datetime) -> None:
    """Count a submission: an officer's by the account, everybody else's by where they are.

    Raises:
        TooMany: there were too many.
    """
    token = callers.token()
    if token is None or token.startswith(REPORTER_PREFIX):
        take(site, "submissions", callers.block(site.settings.server), now)
        return
    with site.reading() as session:
        keeper = tokens.keeper_of(session, site.pepper, token, now=now)
    if keeper:
        take(site, "keyed_in", keeper, now)


def word(site: Site, now: datetime) -> None:
    """Count what a reporter does in a case, by the case, if the secret opens it.

    Raises:
        TooMany: there were too many.
    """
    token, number = callers.token(), read_number((request.view_args or {})["number"])
    if token is None or number is None or not token.startswith(REPORTER_PREFIX):
        return
    with site.reading() as session:
        theirs = tokens.opens(session, site.pepper, token, number, now=now)
    if theirs:
        take(site, "words", number, now)


def failure(site: Site, token: str, now: datetime) -> None:
    """Count a secret or token that did not open what was asked for: by where it came from, and by the number.

    The block comes first: one that is over its limit makes no counts of ever more numbers.

    Raises:
        TooMany: there were too many.
    """
    number = (request.view_args or {}).get("number")
    take(site, "failed_secrets", callers.block(site.settings.server), now)
    if number is not None and token.startswith(REPORTER_PREFIX):
        take(site, "failed_secrets_of_number", read_number(number) or number, now)


def is_of_another_case(site: Site, principal: Principal) -> bool:
    """Whether a reporter asked for a number that is none of the cases that the secret opens."""
    number = (request.view_args or {}).get("number")
    if number is None or principal.role != "reporter":
        return False
    with site.reading() as session:
        asked = session.scalar(select(Complaint.id).where(Complaint.number == read_number(number)))
    return asked not in principal.cases


def code(site: Site, email: str, now: datetime) -> None:
    """Count a code that is asked for, by the address that it is for; nobody learns whether anything goes there.

    Raises:
        TooMany: there were too many.
    """
    take(site, "codes", email.strip().casefold(), now)


def log_in(site: Site, email: str, now: datetime) -> AbstractContextManager[None]:
    """Surround what looks at a password or code that somebody could guess: see `limits.session_attempt`."""
    where = callers.block(site.settings.server)
    return limits.session_attempt(site.writing, site.pepper, site.settings.limits, email, where, now=now)


def take(site: Site, name: Name, subject: str, now: datetime) -> None:
    """Count one more for a subject.

    Raises:
        TooMany: there were too many.
    """
    limits.take(site.writing, site.pepper, site.settings.limits, name, subject, now=now)
