"""How each notice looks, with facts that are made up: for those who write the words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime

from lapor.notices import alarm, digest, standing, texts
from lapor.notices.alarm import Alarm, PutOff, Standstill
from lapor.notices.digest import Digest, Entry
from lapor.notices.standing import Standing
from lapor.notices.texts import CaseFacts, Text
from lapor.notices.wordings import TO_REPORTER, Wordings

DIGEST, WEEKLY = "digest", "weekly"
_DUE = datetime(2026, 3, 16, 9, tzinfo=UTC)
_OTHER = datetime(2026, 3, 18, 9, tzinfo=UTC)
_NUMBER = "2026-7QK4-M2ZD-5"
_CASE = CaseFacts(
    number=_NUMBER,
    zone="Asia/Jakarta",
    phase="closure",
    due_at=_DUE,
    anonymous=False,
    confidential=False,
    title="Lampu jalan mati di depan pasar",
)
_ENDS = ("archive", "block", "close", "close_unanswered", "expire", "uphold", "uphold_block", "uphold_refusal")
_FACTS = {"clock": "first_response", "due_at": _DUE.isoformat()}
_DIGEST = Digest(
    day=date(2026, 3, 16),
    zone="Asia/Jakarta",
    warnings=(Entry(_NUMBER, _DUE, "first_response"),),
    work=(Entry("2026-3V8H-P1RT-K", _OTHER),),
    waiting=(Entry(_NUMBER, _DUE), Entry("2026-3V8H-P1RT-K", _OTHER), Entry("2026-9CMX-0WQ6-B")),
)
_STANDING = Standing(
    day=date(2026, 3, 23),
    zone="Asia/Jakarta",
    counts={
        "open": 41,
        "warned": 4,
        "overdue": 2,
        "overdue_0_1": 0,
        "overdue_2_3": 1,
        "overdue_4_7": 1,
        "overdue_more": 0,
        "waiting_for_reporter": 7,
        "unacknowledged": 1,
        "promised": 1,
        "closed": 18,
    },
    oldest=(Entry(_NUMBER, _DUE), Entry("2026-3V8H-P1RT-K", _OTHER)),
)
_ALARMS: Mapping[str, Alarm] = {
    "standstill": Standstill(_DUE, _OTHER),
    "put_off": PutOff(_DUE, (_NUMBER, "2026-3V8H-P1RT-K")),
}


def events(wordings: Wordings) -> tuple[str, ...]:
    """Everything that can be shown: each event, the digests, and what operators are told of the worker."""
    return (*wordings.events, DIGEST, WEEKLY, *_ALARMS)


def shown(event: str, wordings: Wordings, public_url: str) -> Text:
    """An event, a digest or an alarm, in words."""
    cases = f"{public_url}/api/v1/complaints"
    if event == DIGEST:
        return digest.render(_DIGEST, cases, wordings)
    if event == WEEKLY:
        return standing.render(_STANDING, f"{public_url}/api/v1/work/summary", wordings)
    if event in _ALARMS:
        return alarm.render(_ALARMS[event], _CASE.zone, wordings)
    case = replace(_CASE, phase=None, due_at=None) if event in _ENDS else _CASE
    facts = _FACTS if event not in TO_REPORTER else {"new_due": "2026-03-31"}
    return texts.render(event, case, f"{cases}/{_NUMBER}", facts, wordings=wordings)
