"""A bare claim in SQL: as many rows as our sweep writes, in as large batches, with nothing worked out."""

from __future__ import annotations

from sqlalchemy import text

STATEMENT = text("""
WITH due AS MATERIALIZED (
    SELECT id, holder_id, trail_length, trail_head, state FROM complaints
    WHERE next_moment_at < :now ORDER BY next_moment_at LIMIT :batch FOR UPDATE SKIP LOCKED
), moved AS (
    UPDATE clocks SET rung = rung + 1, next_moment_at = :then FROM due
    WHERE clocks.complaint_id = due.id AND clocks.state = 'running' AND clocks.next_moment_at < :now
    RETURNING clocks.id, clocks.complaint_id, clocks.name, clocks.term, clocks.rung, clocks.due_at
), raised AS (
    INSERT INTO escalations (complaint_id, clock_id, clock, term, rung, outcome, tell, post_id, why, due_at, raised_at,
        next_rung_at)
    SELECT complaint_id, id, name, term, rung - 1, 'told', 'superior', :post, 'superior', due_at, :now, :then FROM moved
    RETURNING id, complaint_id
), noted AS (
    INSERT INTO trail (complaint_id, sequence, at, role, move, source, target, holder, calendar_version, is_public,
        public, internal, salt, commitment, previous, hash)
    SELECT due.id, trail_length + 1, :now, 'system', 'escalate', state, state, 'pu', 1, false, '{}', :said, :salt, :hash,
        trail_head, :hash FROM moved JOIN due ON due.id = moved.complaint_id
), told AS (
    INSERT INTO outbox (complaint_id, escalation_id, post_id, event, facts, state, created_at, next_attempt_at, attempts)
    SELECT complaint_id, id, :post, 'escalation', :facts, 'waiting', :now, :now, 0 FROM raised
)
UPDATE complaints SET next_moment_at = :then, trail_length = complaints.trail_length + 1, trail_head = :hash
FROM due WHERE complaints.id = due.id
""")
