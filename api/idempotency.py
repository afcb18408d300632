"""A submission sent again with its key is the same submission: it is made once, and answered alike."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, TypeVar, cast

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import Response, g, request
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from api import auth
from lapor.access.secrets import hashed
from lapor.errors import InvalidFields, KeyInFlight, KeyReused, Unavailable
from lapor.records import IdempotencyKey

View = TypeVar("View", bound=Callable[..., Any])
HEADER = "Idempotency-Key"
# a process that died leaves its key in flight; a living one has answered by then
TAKEN_OVER_AFTER = timedelta(seconds=60)
PATTERN = "[A-Za-z0-9._~-]{22,200}"
_KEPT_HEADERS = ("Content-Type", "Location", "ETag")
_NONCE = 12


@dataclass(frozen=True, slots=True)
class Claim:
    """A key that this request alone works under, since `at`."""

    key: str
    digest: str
    at: datetime


def once(view: View) -> View:
    """Let a route be called again with the same key. The view calls `keep` before it is committed.

    Raises:
        InvalidFields: the key is shorter than 128 bits.
        KeyInFlight: the same request is under way.
        KeyReused: another request had this key.
    """
    declared: Any = view

    @wraps(view)
    def called(*args: Any, **kwargs: Any) -> Any:
        key = request.headers.get(HEADER)
        if key is None:
            return view(*args, **kwargs)
        if not re.fullmatch(PATTERN, key):
            raise InvalidFields({HEADER: ["Must be 22 to 200 characters of A-Z a-z 0-9 . _ ~ -, at random."]})
        found = _claim(key, declared.policy)
        if isinstance(found, Response):
            return found
        g.claim = found
        try:
            return view(*args, **kwargs)
        except BaseException:
            with suppress(Unavailable):
                _release(found)
            raise

    return cast(View, called)


def keep(session: Session, answer: Response, complaint_id: int) -> None:
    """Keep the answer under the key of this request, if it has one, in the transaction that made this case.

    Raises:
        KeyInFlight: another request took the key over meanwhile; whatever was done here must not be.
    """
    claim: Claim | None = g.get("claim")
    if claim is None:
        return
    headers = {name: answer.headers[name] for name in _KEPT_HEADERS}
    told = json.dumps([answer.status_code, headers, answer.get_data(as_text=True)])
    sealing = _held(update(IdempotencyKey), claim).values(
        answer=seal(claim.key, claim.digest, told), complaint_id=complaint_id
    )
    if session.scalar(sealing.returning(IdempotencyKey.id)) is None:
        raise KeyInFlight


def seal(key: str, digest: str, told: str) -> bytes:
    """Close a text so that only the key opens it."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + _cipher(key).encrypt(nonce, told.encode(), digest.encode())


def unseal(key: str, digest: str, sealed: bytes) -> str:
    """Open what `seal` closed."""
    return _cipher(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], digest.encode()).decode()


def _cipher(key: str) -> AESGCM:
    return AESGCM(HKDF(SHA256(), 32, salt=None, info=b"lapor idempotency answer").derive(key.encode()))


def _claim(key: str, roles: tuple[str, ...]) -> Claim | Response:
    digest, moment = hashed(key, auth.site().pepper), auth.now()
    row = IdempotencyKey(hash=digest, request_hash=_request_hash(), created_at=moment)
    try:
        with auth.site().writing() as session:
            session.add(row)
    except IntegrityError:
        return _known(key, digest, moment, roles)
    return Claim(key, digest, moment)


def _known(key: str, digest: str, moment: datetime, roles: tuple[str, ...]) -> Claim | Response:
    with auth.opened(roles, writes=True) as call:
        same = select(IdempotencyKey).where(IdempotencyKey.hash == digest).with_for_update()
        row = call.session.scalars(same).one_or_none()
        if row is not None and row.request_hash != _request_hash():
            raise KeyReused
        if row is not None and row.answer is not None:
            status, headers, body = json.loads(unseal(key, digest, row.answer))
            return Response(body, status, headers)
        if row is None or row.created_at > moment - TAKEN_OVER_AFTER:
            raise KeyInFlight
        row.created_at = moment
    return Claim(key, digest, moment)


def _request_hash() -> str:
    # the body may be short enough to be guessed
    return hashed(request.get_data().decode("utf-8", "surrogateescape"), auth.site().pepper)


def _release(claim: Claim) -> None:
    with auth.site().writing() as session:
        session.execute(_held(delete(IdempotencyKey), claim))


def _held(statement: Any, claim: Claim) -> Any:
    """The row of a claim, as long as nobody answered it or took it over."""
    return statement.where(
        IdempotencyKey.hash == claim.digest,
        IdempotencyKey.created_at == claim.at,
        IdempotencyKey.answer.is_(None),
    )
