"""Officers as people: invited, logged in, with one-time codes of their own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pyotp

from lapor.access import accounts
from tests.integration.town import COORDINATOR
from tests.integration.web import Answer, Web

OPERATOR = "kota.pengelola-sistem"
OFFICERS = {
    "coordinator": COORDINATOR,
    "liaison_officer": "pu.penghubung",
    "handler": "pu.petugas",
    "supervisor": "pu.kepala",
    "inspector": "inspektorat.inspektur",
    "custodian": "kota.penjaga-identitas",
    "operator": OPERATOR,
}
EMAIL, PASSWORD = "sari@kota.example", "jembatan tua di hulu"


@dataclass
class Person:
    """Somebody with an account. `secret` is that of the one-time codes."""

    web: Web
    email: str = EMAIL
    password: str = PASSWORD
    secret: str | None = field(default=None, repr=False)

    def invited(self, post: str, by: str = COORDINATOR, **said: Any) -> dict[str, Any]:
        answer = self.web.post("/invitations", {"email": self.email, "post": post, **said}, by)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json
        return made

    def accept(self, code: str, **said: Any) -> Answer:
        return self.web.post("/invitations/acceptance", {"code": code, "password": self.password, **said})

    def takes(self, post: str, by: str = COORDINATOR, **said: Any) -> dict[str, Any]:
        """Is invited to a post, and accepts."""
        code = self.invited(post, by, **said)["code"]
        answer = self.accept(code, **self.codes())
        assert answer.status_code == 201, answer.text
        taken: dict[str, Any] = answer.json
        self.secret = taken.get("totp", {}).get("secret", self.secret)
        return taken

    def codes(self, **later: float) -> dict[str, str]:
        """The one-time code of the moment, or of another, for a body; nothing without a secret."""
        at = self.web.watch.at + timedelta(**later)
        return {"totp": pyotp.TOTP(self.secret).at(at)} if self.secret else {}

    def log_in(self, **said: Any) -> Answer:
        return self.web.post("/sessions", {"email": self.email, "password": self.password, **self.codes(), **said})

    def token(self, **said: Any) -> str:
        """The token of a new session."""
        answer = self.log_in(**said)
        assert answer.status_code == 201, answer.text
        token: str = answer.json["token"]
        return token

    def disable(self) -> None:
        with self.web.site.writing() as session:
            found = accounts.find(session, self.email)
            assert found
            accounts.disable(session, found, now=self.web.watch.at)


def at_once(deed: Callable[[], Any], times: int) -> list[Any]:
    """What comes of a deed that many threads do at the same time."""
    with ThreadPoolExecutor(times) as pool:
        return [each.result() for each in [pool.submit(deed) for _ in range(times)]]


def officer(web: Web, post: str = "pu.penghubung", by: str = COORDINATOR, **said: Any) -> Person:
    """Somebody who holds a post."""
    person = Person(web)
    person.takes(post, by, **said)
    return person
