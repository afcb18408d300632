"""Who is calling, and whether a route is for them. Which cases there are for them is the scope's to say."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any, TypeVar, cast

from argon2 import PasswordHasher
from flask import Flask, current_app, request
from sqlalchemy.orm import Session
from werkzeug.exceptions import RequestEntityTooLarge

from api import callers, limiting
from api.openapi import Blueprint, problems
from lapor.access import openings, tokens, wall
from lapor.access.principal import VISITOR, Principal
from lapor.errors import Forbidden, NotFound, Unauthenticated, Unavailable
from lapor.machine.definition import OFFICES
from lapor.machine.engine import Engine
from lapor.site import Site

View = TypeVar("View", bound=Callable[..., Any])
Clock = Callable[[], datetime]
ANYONE = "anyone"
REPORTER = ("reporter",)
# who reads cases at all; the others have an empty scope
READERS = ("coordinator", "liaison_officer", "handler", "supervisor", "inspector")
HOLDERS_OF_TOKENS = (*REPORTER, *OFFICES)
EVERYBODY = ("visitor", *HOLDERS_OF_TOKENS)
_READ = ("GET", "HEAD")


@dataclass(frozen=True, slots=True)
class Call:
    """One request: an open session, the engine of the moment, who calls, and when."""

    session: Session
    engine: Engine
    principal: Principal
    now: datetime


def site() -> Site:
    """The deployment that the application stands on."""
    return cast(Site, current_app.config["SITE"])


def now() -> datetime:
    """The moment, by the clock of the application."""
    return cast(Clock, current_app.config["CLOCK"])()


def hasher() -> PasswordHasher:
    """What hashes passwords: argon2id, with the parameters of the application."""
    return cast(PasswordHasher, current_app.config["HASHER"])


def policy(
    *roles: str,
    one_transaction: bool = True,
    walled: bool = True,
    streamed: bool = False,
    limit: limiting.Limit | None = None,
) -> Callable[[View], View]:
    """Declare who may call a route; the view gets the `Call` first, and is committed when it returns from a write.

    Without `one_transaction` the view changes nothing by its own call, but opens one for each thing that it changes.
    Without `walled` it answers everybody alike: an officer too sees what other agencies hold. `limit` is asked first,
    in transactions of its own: what it counts stays counted.
    With `streamed` the body is left to the view: no limit is put on it, and none of it is read before the caller is
    known. The view closes the session of its call before it reads.
    """

    def declare(view: View) -> View:
        @wraps(view)
        def called(*args: Any, **kwargs: Any) -> Any:
            # the body first: who sends it slowly must not hold a lock meanwhile
            if streamed:
                request.max_content_length = sys.maxsize
            else:
                _read_body()
            if limit:
                limit(site(), now())
            with opened(roles, writes=one_transaction and request.method not in _READ, walled=walled) as call:
                return view(call, *args, **kwargs)

        return cast(View, _declared(called, roles))

    return declare


def anyone(view: View) -> View:
    """Declare that a route asks nobody who they are: it shows nothing of any case."""
    return cast(View, _declared(view, (ANYONE,)))


def _read_body() -> None:
    # a body without a length is cut at the limit without a word
    body, limit = request.get_data(), request.max_content_length
    if request.content_length is None and limit is not None and len(body) >= limit:
        raise RequestEntityTooLarge


def _declared(view: Any, roles: tuple[str, ...]) -> Any:
    open_to_all = "visitor" in roles or ANYONE in roles
    schemes = [name for name, of in (("reporter", REPORTER), ("officer", OFFICES)) if set(of) & set(roles)]
    security: list[dict[str, list[str]]] = [{name: []} for name in schemes]
    if open_to_all:
        security.append({})
    documented = Blueprint.doc(security=security)(view)
    documented = problems(421)(documented)
    documented.policy = roles
    return documented if ANYONE in roles else problems(401, 403, 429, 503)(documented)


@contextmanager
def opened(roles: tuple[str, ...], *, writes: bool, walled: bool = True) -> Iterator[Call]:
    """Open a session for this request, and find out who calls.

    Raises:
        Unauthenticated: the token is needed and missing, or wrong.
        Forbidden: the route is for others, or the token only reads.
        TooMany: tokens were wrong too often.
    """
    given = callers.token()
    principal = None if given else VISITOR
    try:
        with site().writing() if writes else site().reading() as session:
            engine, moment = site().engine(session), now()
            principal = principal or tokens.principal_of(session, engine, given or "", now=moment)
            _admit(principal, roles)
            # what was rolled back has no attributes any more
            used = principal.token.id if principal.token and tokens.is_to_be_noted(principal, moment) else None
            if walled:
                wall.put_up(session, engine.organisation, principal)
            yield Call(session, engine, principal, moment)
            looked = openings.looked(session)
            if writes:
                openings.record(session, principal, looked, moment)
    except (Unauthenticated, NotFound):
        if given and _failed(principal):
            limiting.failure(site(), given, now())
        raise
    if looked and not writes:
        with site().writing() as session:
            openings.record(session, principal, looked, moment)
    if used:
        _note_use(used, moment)


def _admit(principal: Principal, roles: tuple[str, ...]) -> None:
    if principal.role not in roles:
        raise Unauthenticated if principal == VISITOR else Forbidden
    if principal.only_reads and request.method not in _READ:
        raise Forbidden("This token only reads: it may call GET, and nothing else.")


def _failed(principal: Principal | None) -> bool:
    """Whether a token did not open what was asked for: it is nobody's, or that of the reporter of another case."""
    return principal is None or limiting.is_of_another_case(site(), principal)


def _note_use(token_id: int, moment: datetime) -> None:
    """In a transaction of its own, afterwards: what was asked for is done, whatever becomes of the note."""
    with suppress(Unavailable), site().writing() as session:
        tokens.note_use(session, token_id, now=moment)


def require_policies(app: Flask) -> None:
    """Refuse an application with a route that does not say who may call it.

    Raises:
        LookupError: with the routes.
    """
    views = app.view_functions
    bare = [rule.rule for rule in app.url_map.iter_rules() if not getattr(views[rule.endpoint], "policy", None)]
    if bare:
        raise LookupError(f"No policy is declared for {', '.join(bare)}.")
