"""The trail of a case: all of it for those entitled to its content, the public part for its reporter."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, fields
from sqlalchemy import select

from api.auth import HOLDERS_OF_TOKENS, Call, policy
from api.complaint_schemas import LabelSchema
from api.complaints import NUMBER
from api.fields import Moment
from api.openapi import Blueprint, problems
from lapor.access import reading
from lapor.access.policy import Parts
from lapor.access.reading import Seen
from lapor.machine.definition import Label, Move
from lapor.privacy import content
from lapor.records import TrailEntry

blueprint = Blueprint("trail", "What became of a case.")
# what the trail holds beside the moves of a definition
_NOTES: Mapping[str, Label] = {
    "submit": Label("Laporan diterima", "Submitted"),
    "split_off": Label("Dipisahkan dari laporan lain", "Split off from another case"),
    "escalate": Label("Eskalasi", "Escalated"),
    "stand_by": Label("Eskalasi disampaikan lewat laporan terkait", "Escalated through the linked case"),
    "acknowledge": Label("Eskalasi diketahui", "Escalation acknowledged"),
    "ask_opening": Label("Permintaan membuka yang dirahasiakan", "Asked to see what is hidden"),
    "open": Label("Yang dirahasiakan dibuka", "What is hidden was opened"),
    "consent": Label("Sikap pelapor atas pembukaan", "The reporter's word on the opening"),
    "decide_opening": Label("Putusan atas pembukaan", "Opening decided"),
    "attach": Label("Lampiran ditambahkan", "File attached"),
    "ask_erasure": Label("Permintaan penghapusan data", "Asked to erase the data"),
    "take_back_erasure": Label("Permintaan penghapusan ditarik", "Request to erase taken back"),
    "refuse_erasure": Label("Penghapusan data ditolak", "Erasure refused"),
    "erase": Label("Data dihapus", "Data erased"),
    "renew_secret": Label("Kode rahasia diperbarui", "Secret renewed"),
    "amend": Label("Tenggat mengikuti perubahan kalender", "Clocks follow an amended calendar"),
    "restart": Label("Tenggat dihitung ulang", "Clock started anew"),
    "publish": Label("Diterbitkan untuk umum", "Published"),
    "unpublish": Label("Penerbitan ditarik", "Publication taken back"),
}


class TrailEntrySchema(Schema):
    """One entry. `from` is null for the first; `detail` is there for those who may see it."""

    sequence = fields.Integer(required=True)
    at = Moment(required=True)
    actor_role = fields.String(required=True)
    move = fields.String(required=True)
    from_ = fields.String(data_key="from", attribute="from", required=True, allow_none=True)
    to = fields.String(required=True)
    label = fields.Nested(LabelSchema, required=True)
    detail = fields.Dict()


@blueprint.route("/complaints/<number>/trail", methods=["GET"], parameters=[NUMBER])
@policy(*HOLDERS_OF_TOKENS)
@problems(404)
@blueprint.response(200, TrailEntrySchema(many=True))
def index(call: Call, number: str) -> list[dict[str, Any]]:
    """Read the trail of a case, oldest entry first."""
    return told(call, reading.find(call.session, call.engine, call.principal, number))


def told(call: Call, seen: Seen) -> list[dict[str, Any]]:
    """The entries of a case as the caller sees them."""
    complaint, is_reporter = seen.complaint, call.principal.role == "reporter"
    entries = select(TrailEntry).where(TrailEntry.complaint_id == complaint.id).order_by(TrailEntry.sequence)
    if is_reporter:
        entries = entries.where(TrailEntry.is_public)
    moves = call.engine.workflow(complaint.kind, complaint.definition_version).definition.moves
    ring = call.engine.vault.content
    return [
        _entry(entry, content.payload(ring, complaint, entry), moves, seen.parts)
        for entry in call.session.scalars(entries)
    ]


def _entry(entry: TrailEntry, payload: tuple[str, str], moves: Mapping[str, Move], parts: Parts) -> dict[str, Any]:
    label = moves[entry.move].label if entry.move in moves else _NOTES.get(entry.move, Label(entry.move, entry.move))
    row = {
        "sequence": entry.sequence,
        "at": entry.at,
        "actor_role": entry.role,
        "move": entry.move,
        "from": entry.source,
        "to": entry.target,
        "label": label,
    }
    if not parts.content:
        return row
    public, internal = map(json.loads, payload)
    return {**row, "detail": {**(internal if parts.internal else {}), **public}}
