"""Reporters: a new secret for a case, and all own cases behind one token."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from api import limiting
from api.auth import EVERYBODY, REPORTER, Call, opened, policy, site
from api.complaints import NUMBER
from api.fields import EmailAddress, Line, Moment, Request
from api.openapi import Blueprint, problems
from lapor.access import gathering, reading
from lapor.errors import NotRecognised
from lapor.handling import own_cases

blueprint = Blueprint("reporters", "What reporters do about their own cases.")


class AddressSchema(Request):
    """The address that was given when reporting."""

    email = EmailAddress(required=True)


class CodeSentSchema(Schema):
    """How long a code is good. Whether one was sent is not told."""

    minutes = fields.Integer(required=True)


class GatheringSchema(AddressSchema):
    """The code that came by mail."""

    code = Line(longest=20, required=True)


class GatheredSchema(Schema):
    """A token for all cases that were reported with the address, shown this once."""

    token = fields.String(required=True)
    expires_at = Moment(required=True)


class SecretSchema(Schema):
    """The new secret of a case, shown this once."""

    secret = fields.String(required=True)


@blueprint.post("/reporters/codes")
@policy(*EVERYBODY, one_transaction=False)
@blueprint.body(AddressSchema)
@blueprint.response(202, CodeSentSchema)
def ask(call: Call, given: dict[str, Any]) -> dict[str, int]:
    """Have a code sent to an address, if anything was reported with it. The answer is the same where nothing was."""
    call.session.close()
    limiting.code(site(), given["email"], call.now)
    with opened(EVERYBODY, writes=True) as then:
        own_cases.send_code(then.engine, then.session, given["email"], now=then.now)
    return {"minutes": gathering.MINUTES}


@blueprint.post("/reporters/sessions")
@policy(*EVERYBODY, one_transaction=False)
@blueprint.body(GatheringSchema)
@blueprint.response(201, GatheredSchema)
def gather(call: Call, given: dict[str, Any]) -> dict[str, Any]:
    """Exchange the code for a token of some hours, good for all own cases. A code works once, and not after some errors."""
    call.session.close()
    with limiting.log_in(site(), given["email"], call.now):
        with opened(EVERYBODY, writes=True) as then:
            found = gathering.open_with(then.engine, then.session, given["email"], given["code"], now=then.now)
        # only now, so that the attempt counts
        if found is None:
            raise NotRecognised
    token, until = found
    return {"token": token, "expires_at": until}


@blueprint.route("/complaints/<number>/secret", methods=["POST"], parameters=[NUMBER])
@policy(*REPORTER, limit=limiting.word)
@problems(404, 409)
@blueprint.response(201, SecretSchema)
def renew(call: Call, number: str) -> dict[str, str]:
    """Have another secret for a case; the one before never works again. A part has none but that of its whole."""
    complaint = reading.find(call.session, call.engine, call.principal, number).complaint
    renewed = own_cases.renew_secret(call.engine, call.session, complaint.number, actor=call.principal, now=call.now)
    return {"secret": renewed}
