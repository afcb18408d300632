"""A bare claim in SQL: as many rows as our sweep writes, in as large batches, with nothing worked out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import text

from tests.integration.town import Town, at

_CLAIM = text("""
WITH due AS MATERIALIZED (
    SELECT id, holder_id, trail_length, trail_head, state FROM complaints
    WHERE next_moment_at < :now ORDER BY next_moment_at LIMIT :batch FOR UPDATE SKIP LOCKED
), moved AS (
    UPDATE clocks SET rung = rung + 1, next_moment_at = :upcoming FROM due
    WHERE clocks.complaint_id = due.id AND clocks.state = 'running' AND clocks.next_moment_at < :now
    RETURNING clocks.id, clocks.complaint_id, clocks.name, clocks.term, clocks.rung, clocks.due_at
), raised AS (
    INSERT INTO escalations (complaint_id, clock_id, clock, term, rung, outcome, tell, post_id, why, due_at, raised_at,
        next_rung_at)
    SELECT complaint_id, id, name, term, rung - 1, 'told', 'superior', :post, 'superior', due_at, :now, :upcoming
    FROM moved RETURNING id, complaint_id
), noted AS (
    INSERT INTO trail (complaint_id, sequence, at, role, move, source, target, holder, calendar_version, is_public,
        public, internal, salt, commitment, previous, hash)
    SELECT due.id, trail_length + 1, :now, 'system', 'escalate', state, state, 'pu', 1, false, '{}', :said, :salt,
        :hash, trail_head, :hash FROM moved JOIN due ON due.id = moved.complaint_id
), told AS (
    INSERT INTO outbox (complaint_id, escalation_id, post_id, event, facts, state, created_at, next_attempt_at, attempts)
    SELECT complaint_id, id, :post, 'escalation', :facts, 'waiting', :now, :now, 0 FROM raised
)
UPDATE complaints SET next_moment_at = :upcoming, trail_length = complaints.trail_length + 1, trail_head = :hash
FROM due WHERE complaints.id = due.id
""")


def claim_all(town: Town, moment: str, batch: int) -> int:
    """Claim all that is due at a moment; return how many cases that was."""
    now, claimed = at(moment), 0
    given: dict[str, Any] = {
        "now": now,
        "upcoming": now + timedelta(days=1),
        "batch": batch,
        "post": town.engine.organisation.post_codes["setda.sekda"].id,
        "said": '{"clock":"holding","outcome":"told","rung":1,"term":1,"told":"setda.sekda","why":"superior"}',
        "facts": '{"clock":"holding","due_at":"2026-07-08T09:00:00Z","rung":1,"tell":"superior"}',
        "salt": "0" * 32,
        "hash": "0" * 64,
    }
    while True:
        with town.site.writing() as session:
            done: int = session.execute(_CLAIM, given).rowcount  # type: ignore[attr-defined]
        claimed += done
        if done < batch:
            return claimed
