"""Workflows: what there is to build forms and pictures from."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from api.auth import EVERYBODY, Call, policy
from api.complaint_schemas import LabelSchema
from api.openapi import Blueprint, problems
from api.pages import page_of
from lapor.errors import NotFound
from lapor.machine.definition import ClockRule
from lapor.machine.fields import schema

blueprint = Blueprint("workflows", "What may happen to each kind of case.")


class WorkflowSummarySchema(Schema):
    """A kind of case, and the version that new cases start with."""

    name = fields.String(required=True)
    version = fields.Integer(required=True)
    label = fields.Nested(LabelSchema, required=True)


class WorkflowStateSchema(Schema):
    """Where a case can be, and who acts there."""

    name = fields.String(required=True)
    phase = fields.String(required=True, allow_none=True)
    acts = fields.String(required=True, allow_none=True)
    closed = fields.String(required=True, allow_none=True)
    label = fields.Nested(LabelSchema, required=True)


class WorkflowMoveSchema(Schema):
    """A step. `to` is null where the case stays; `needs` is the JSON Schema of its fields."""

    name = fields.String(required=True)
    from_ = fields.List(fields.String(), data_key="from", attribute="sources", required=True)
    to = fields.String(attribute="target", required=True, allow_none=True)
    by = fields.List(fields.String(), required=True)
    label = fields.Nested(LabelSchema, required=True)
    public = fields.Boolean(required=True)
    needs = fields.Function(schema, required=True, metadata={"type": "object"})


class WorkflowClockSchema(Schema):
    """How long something may take. `budget` is a text, or one for each class, or "standard": the agency's own."""

    name = fields.String(required=True)
    budget = fields.Raw(required=True)
    runs = fields.List(fields.String(), required=True)
    pauses = fields.List(fields.String(), required=True)
    label = fields.Nested(LabelSchema, required=True, allow_none=True)


class WorkflowSchema(WorkflowSummarySchema):
    """A whole workflow."""

    initial = fields.String(required=True)
    states = fields.List(fields.Nested(WorkflowStateSchema), required=True)
    moves = fields.List(fields.Nested(WorkflowMoveSchema), required=True)
    clocks = fields.List(fields.Nested(WorkflowClockSchema), required=True)


@blueprint.get("/workflows")
@policy(*EVERYBODY)
@blueprint.response(200, page_of(WorkflowSummarySchema, "WorkflowPage"))
def index(call: Call) -> dict[str, Any]:
    """List the kinds of cases."""
    names = sorted(call.engine.current)
    return {"items": [call.engine.workflow(name).definition for name in names], "next": None}


@blueprint.get("/workflows/<name>")
@policy(*EVERYBODY)
@problems(404)
@blueprint.response(200, WorkflowSchema)
def show(call: Call, name: str) -> dict[str, Any]:
    """Read a workflow: its states, its moves with what they need, its clocks."""
    if name not in call.engine.current:
        raise NotFound
    definition = call.engine.workflow(name).definition
    return {
        "name": definition.name,
        "version": definition.version,
        "label": definition.label,
        "initial": definition.initial,
        "states": list(definition.states.values()),
        "moves": list(definition.moves.values()),
        "clocks": [_clock(rule) for rule in definition.clocks.values()],
    }


def _clock(rule: ClockRule) -> dict[str, Any]:
    budget = rule.budget
    told = {name: str(each) for name, each in budget.items()} if isinstance(budget, dict) else str(budget or "standard")
    return {"name": rule.name, "budget": told, "runs": rule.runs, "pauses": rule.pauses, "label": rule.label}
