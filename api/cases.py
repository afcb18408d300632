"""A case as answers show it: what the caller may not see is left out, never null."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from lapor.access.reading import Seen
from lapor.machine.clock import ALIVE, CalendarKey
from lapor.machine.definition import State
from lapor.machine.engine import Engine
from lapor.privacy.identity import FIELDS, Identity
from lapor.records import ClockRow, Complaint

Words = Mapping[str, str]

CHANNELS = (
    "website",
    "android",
    "hotline",
    "instagram",
    "sms",
    "email",
    "counter",
    "letter",
    "whatsapp",
    "facebook",
    "other",
)
# what a case in a state with this role acting waits for
_NEXT: Mapping[str, Words] = {
    "reporter": {"id": "Menunggu tanggapan pelapor.", "en": "The reporter is to respond."},
    "coordinator": {"id": "Menunggu verifikasi koordinator.", "en": "The coordinator is to verify it."},
    "liaison_officer": {"id": "Menunggu tindak lanjut instansi.", "en": "The holder is to act on it."},
    "handler": {"id": "Menunggu tindak lanjut petugas.", "en": "A handler is to act on it."},
    "supervisor": {"id": "Menunggu keputusan atasan.", "en": "A supervisor is to decide."},
    "inspector": {"id": "Menunggu keputusan inspektorat.", "en": "The inspectorate is to decide."},
    "arbiter": {"id": "Menunggu penetapan unit yang berwenang.", "en": "An arbiter is to decide who is competent."},
    "approver": {"id": "Menunggu persetujuan tanggapan.", "en": "The drafted answer is to be approved."},
    "reviewer": {"id": "Menunggu peninjauan pejabat yang lebih tinggi.", "en": "A higher post is to review it."},
}
_NOTHING: Words = {"id": "Tidak ada lagi yang ditunggu.", "en": "Nothing more is to be done."}


def shown(seen: Seen, engine: Engine) -> dict[str, Any]:
    """The members of a case for the schema `Case`."""
    complaint = seen.complaint
    state = _state(complaint, engine)
    holder = engine.organisation.units[complaint.holder_id]
    row = {
        "tracking_number": complaint.number,
        "state": complaint.state,
        "phase": complaint.phase,
        "label": state.label,
        "holder": holder,
        "version": complaint.version,
        "next": {"text": _NEXT.get(state.acts or "", _NOTHING), "by": complaint.due_at},
    }
    erased = {"erased": True} if complaint.erased_at else {}
    whole = seen.kin.get(complaint.whole_id or 0)
    part = {"part_of": whole} if whole else {}
    content = _content(seen, engine) if seen.parts.content else {}
    identity = {"reporter": _known(seen.reporter)} if seen.parts.identity and seen.reporter else {}
    return {**row, **erased, **part, **content, **identity}


def _state(complaint: Complaint, engine: Engine) -> State:
    return engine.workflow(complaint.kind, complaint.definition_version).definition.states[complaint.state]


def _content(seen: Seen, engine: Engine) -> dict[str, Any]:
    complaint = seen.complaint
    said = {
        "incident_date": complaint.incident_date,
        "channel": complaint.channel,
        "answer_by": _answer_by(seen, engine),
        "linked_to": seen.kin.get(complaint.linked_to_id or 0),
    }
    given = said | {name: seen.texts[name] for name in ("remedy_sought", "wished_agency")}
    return {
        "kind": complaint.kind,
        "class": complaint.classification,
        "received_at": complaint.received_at,
        "title": seen.texts["title"],
        "text": seen.texts["text"],
        "category": seen.category,
        "location": _location(seen),
        "anonymous": complaint.anonymous,
        "confidential": complaint.confidential,
        "clocks": [_clock(row, engine) for row in seen.clocks],
        "door": engine.organisation.units[complaint.door_id].code,
        **{name: value for name, value in given.items() if value is not None},
    }


def _clock(row: ClockRow, engine: Engine) -> dict[str, Any]:
    names = ("name", "term", "budget", "started_at", "due_at", "state")
    key = CalendarKey(row.zone, row.calendar_version, row.office)
    provisional = {"provisional": True} if engine.is_provisional(key, row.started_at, row.due_at) else {}
    stopped = {"stopped_at": row.stopped_at} if row.stopped_at else {}
    return {name: getattr(row, name) for name in names} | stopped | provisional


def _answer_by(seen: Seen, engine: Engine) -> datetime | None:
    """The earlier of the law's budget and the agency's standard: of the clocks that an extension would reach."""
    rules = engine.workflow(seen.complaint.kind, seen.complaint.definition_version).definition.clocks
    promised = [row.due_at for row in seen.clocks if row.state in ALIVE and rules[row.name].extended_by]
    return min(promised, default=None)


def _location(seen: Seen) -> dict[str, Any] | None:
    complaint = seen.complaint
    point = {"lat": complaint.latitude, "lon": complaint.longitude} if complaint.latitude is not None else None
    parts = {"region": seen.region, "address": seen.texts["address"], "point": point}
    return {name: value for name, value in parts.items() if value is not None} or None


def _known(reporter: Identity) -> dict[str, str]:
    said = {name: getattr(reporter, name) for name in FIELDS}
    return {name: value for name, value in said.items() if value is not None}
