"""Work: what the caller must act on now, and how the cases of a supervisor's units stand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from marshmallow import Schema, fields

from api import cases
from api.auth import READERS, Call, policy
from api.complaint_schemas import CaseSchema, CasesFilter, HolderSchema
from api.complaints import asked_for, listed
from api.openapi import Blueprint
from api.pages import page_of
from lapor.access import counting
from lapor.access.counting import COUNTED, Tally
from lapor.access.standing import BANDS
from lapor.handling.move import open_moves_of
from lapor.machine.engine import Engine

blueprint = Blueprint("work", "What is to be done, by whom and when.")
OVERSEERS = ("coordinator", "supervisor", "inspector")


class WorkItemSchema(CaseSchema):
    """A case that waits for the caller. `moves` are the names of those open to the caller."""

    moves = fields.List(fields.String(), required=True)


class CountsSchema(Schema):
    """How many cases there are; each count is the length of the list with the filters of the same name."""

    open = fields.Integer(required=True)
    warned = fields.Integer(required=True)
    overdue = fields.Integer(required=True)
    overdue_days = fields.Nested(
        Schema.from_dict({band: fields.Integer(required=True) for band in BANDS}, name="OverdueDaysSchema"),
        required=True,
        metadata={"description": "Overdue ones by calendar days since the due moment"},
    )
    waiting_for_reporter = fields.Integer(required=True)
    unacknowledged = fields.Integer(required=True)
    promised = fields.Integer(required=True)


class TallySchema(CountsSchema):
    """The open cases in one state that one unit holds."""

    holder = fields.Nested(HolderSchema, required=True)
    state = fields.String(required=True)


class SummarySchema(Schema):
    """Open cases by unit and state, in the order of their codes and names; and all of them together."""

    units = fields.List(fields.Nested(TallySchema), required=True)
    total = fields.Nested(CountsSchema, required=True)


@blueprint.get("/work")
@policy(*READERS)
@blueprint.query(CasesFilter)
@blueprint.response(200, page_of(WorkItemSchema, "WorkPage"))
def index(call: Call, asked: dict[str, Any]) -> dict[str, Any]:
    """List the open cases on which the caller must act now: the earliest due first, what is not due last.

    A deputy's list holds what is an absent post's to do as well, as far as the deputy itself may do it.
    """
    page = listed(call, asked_for(call.engine, {**asked, "to_act": True}))
    complaints = [seen.complaint for seen in page["items"]]
    moves = open_moves_of(call.engine, call.session, complaints, actor=call.principal, now=call.now)
    items = [
        {**cases.shown(seen, call.engine), "moves": [move.name for move in moves[seen.complaint.id]]}
        for seen in page["items"]
    ]
    return {**page, "items": items}


@blueprint.get("/work/summary")
@policy(*OVERSEERS)
@blueprint.response(200, SummarySchema)
def summary(call: Call) -> dict[str, Any]:
    """Count the open cases in the caller's scope by unit and state; nothing hidden is counted."""
    found = counting.tallies(call.session, call.engine, call.principal, now=call.now)
    rows = [_row(tally, call.engine) for tally in found]
    return {
        "units": sorted(rows, key=lambda row: (row["holder"].code, row["state"])),
        "total": _counts({name: _sum(name, found) for name in COUNTED}),
    }


def _row(tally: Tally, engine: Engine) -> dict[str, Any]:
    return {"holder": engine.organisation.units[tally.holder_id], "state": tally.state, **_counts(tally.counts)}


def _sum(name: str, tallies: Iterable[Tally]) -> int:
    return sum(tally.counts[name] for tally in tallies)


def _counts(counts: Mapping[str, int]) -> dict[str, Any]:
    plain = {name: count for name, count in counts.items() if " " not in name}
    return {**plain, "overdue_days": {band: counts[f"overdue {band}"] for band in BANDS}}
