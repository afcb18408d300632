"""The caller's own account."""

from __future__ import annotations

from typing import Any

from api.auth import Call, hasher, opened, policy
from api.fields import NewPassword, Request, Text
from api.openapi import Blueprint
from lapor.access import accounts, passwords
from lapor.machine.definition import OFFICES
from lapor.records import Account

blueprint = Blueprint("accounts", "An officer's own account.")


class PasswordChangeSchema(Request):
    """The present password and the new one."""

    present = Text(required=True, metadata={"format": "password"})
    new = NewPassword(required=True)


@blueprint.put("/account/password")
@policy(*OFFICES, one_transaction=False)
@blueprint.body(PasswordChangeSchema)
@blueprint.response(204)
def change_password(call: Call, given: dict[str, Any]) -> None:
    """Change the password. All other tokens of the account end."""
    account: Account = accounts.own(call.session, call.principal)
    # argon2 takes its time, and nothing must be held open meanwhile
    call.session.close()
    if not passwords.is_right(hasher(), account.password_hash, given["present"]):
        raise accounts.wrong_password()
    new = passwords.hashed(hasher(), given["new"], email=account.email, field="new")
    with opened(OFFICES, writes=True) as then:
        accounts.change_password(then.session, then.principal, present=account.password_hash, new=new, now=then.now)
