"""One-time codes (TOTP, RFC 6238): six digits of a secret that an app on the officer's phone shares, and the time."""

from __future__ import annotations

import secrets
from datetime import datetime

import pyotp
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from lapor.access.secrets import is_same

PATTERN = "[0-9]{6}"
_ISSUER = "lapor"
_NONCE = 12
# a phone's clock may be off by this many steps of 30 seconds
_SLACK = 1


def new_secret() -> str:
    """Make a secret of 160 bits, shown once."""
    return pyotp.random_base32()


def uri(secret: str, email: str) -> str:
    """What an app reads as a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=_ISSUER)


def step(secret: str, code: str, *, after: int, now: datetime) -> int | None:
    """The time step that a code belongs to; None: it is wrong, or its step is not `after` the last one taken."""
    totp = pyotp.TOTP(secret)
    present = totp.timecode(now)
    near = range(max(present - _SLACK, after + 1), present + _SLACK + 1)
    return next((each for each in near if is_same(totp.generate_otp(each), code)), None)


def seal(secret: str, *, pepper: bytes, email: str) -> bytes:
    """Close a secret so that only the pepper opens it, and for this account only."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + _cipher(pepper).encrypt(nonce, secret.encode(), email.encode())


def unseal(sealed: bytes, *, pepper: bytes, email: str) -> str:
    """Open what `seal` closed."""
    return _cipher(pepper).decrypt(sealed[:_NONCE], sealed[_NONCE:], email.encode()).decode()


def _cipher(pepper: bytes) -> AESGCM:
    return AESGCM(HKDF(SHA256(), 32, salt=None, info=b"lapor one-time codes").derive(pepper))
