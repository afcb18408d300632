"""Reporters' wishes about their own data; what an erased case said leaves its trail, and the chain stays."""

import sqlalchemy as sa
from alembic import op

from lapor.records.base import Moment

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_REST = (
    "id, complaint_id, sequence, at, role, post, move, source, target, holder, calendar_version, is_public, commitment, "
    "previous, hash"
)
_SEALED = "NEW.public LIKE 'sealed:%' AND NEW.internal LIKE 'sealed:%'"
_KEPT = f"{_SEALED} AND NEW.salt = OLD.salt AND OLD.salt <> ''"
_OF_ERASED = "EXISTS (SELECT 1 FROM complaints WHERE id = NEW.complaint_id AND erased_at IS NOT NULL)"
_EMPTIED = f"NEW.public = '' AND NEW.internal = '' AND NEW.salt = '' AND {_OF_ERASED}"
_REFUSE = "BEGIN SELECT RAISE(ABORT, 'the trail is append-only'); END"


def _triggers(fixed: str, refused: str, function: str) -> dict[str, list[str]]:
    return {
        "sqlite": [
            f"CREATE TRIGGER trail_no_update BEFORE UPDATE OF {fixed} ON trail {_REFUSE}",
            f"CREATE TRIGGER trail_sealed_only BEFORE UPDATE ON trail WHEN {refused} {_REFUSE}",
        ],
        "postgresql": [
            f"CREATE TRIGGER trail_no_change BEFORE DELETE OR UPDATE OF {fixed} ON trail "
            "FOR EACH ROW EXECUTE FUNCTION trail_refuse()",
            f"CREATE TRIGGER trail_sealed_only BEFORE UPDATE ON trail FOR EACH ROW {function}",
        ],
    }


_SEALING = _triggers(f"{_REST}, salt", f"NOT ({_SEALED})", f"WHEN (NOT ({_SEALED})) EXECUTE FUNCTION trail_refuse()")
_SEALING_OR_ERASING = _triggers(_REST, f"NOT (({_KEPT}) OR ({_EMPTIED}))", "EXECUTE FUNCTION trail_sealed_or_erased()")
# the condition of a trigger cannot look into another table there
_FUNCTION = (
    "CREATE FUNCTION trail_sealed_or_erased() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN "
    f"IF ({_KEPT}) OR ({_EMPTIED}) THEN RETURN NEW; END IF; "
    "RAISE EXCEPTION 'the trail is append-only'; END$$"
)
_OPEN = {
    "sqlite": ["DROP TRIGGER trail_no_update", "DROP TRIGGER trail_sealed_only"],
    "postgresql": ["DROP TRIGGER trail_no_change ON trail", "DROP TRIGGER trail_sealed_only ON trail"],
}


def upgrade() -> None:
    """Make the change."""
    op.add_column("complaints", sa.Column("erased_at", Moment(timezone=True), nullable=True))
    with op.batch_alter_table("idempotency_keys") as keys:
        keys.add_column(sa.Column("complaint_id", _ID, nullable=True))
        keys.create_foreign_key(op.f("fk_idempotency_keys_complaint_id"), "complaints", ["complaint_id"], ["id"])
        keys.create_index("ix_idempotency_keys_complaint_id", ["complaint_id"])
    _make_tables()
    _run(_OPEN)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_FUNCTION)
    _run(_SEALING_OR_ERASING)


def downgrade() -> None:
    """Take it back. What is erased stays erased."""
    _run(_OPEN)
    _run(_SEALING)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION trail_sealed_or_erased()")
    op.drop_table("exports")
    op.drop_table("erasures")
    with op.batch_alter_table("idempotency_keys") as keys:
        keys.drop_index("ix_idempotency_keys_complaint_id")
        keys.drop_constraint(op.f("fk_idempotency_keys_complaint_id"), type_="foreignkey")
        keys.drop_column("complaint_id")
    op.drop_column("complaints", "erased_at")


def _make_tables() -> None:
    op.create_table(
        "erasures",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("complaint_id", _ID, nullable=False),
        sa.Column("asked_at", Moment(timezone=True), nullable=False),
        sa.Column("due_at", Moment(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("ended_at", Moment(timezone=True), nullable=True),
        sa.Column("post_id", _ID, nullable=True),
        sa.Column("legal_basis", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('asked', 'taken_back', 'refused', 'done')", name=op.f("ck_erasures_state")),
        sa.CheckConstraint("(state = 'asked') = (ended_at IS NULL)", name=op.f("ck_erasures_ended")),
        sa.ForeignKeyConstraint(["complaint_id"], ["complaints.id"], name=op.f("fk_erasures_complaint_id")),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_erasures_post_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
    )
    op.create_index("ix_erasures_complaint_id", "erasures", ["complaint_id"])
    op.create_index("ix_erasures_state_asked_at", "erasures", ["state", "asked_at", "id"])
    asked = sa.text("state = 'asked'")
    op.create_index(
        "uq_erasures_asked",
        "erasures",
        ["complaint_id"],
        unique=True,
        sqlite_where=asked,
        postgresql_where=asked,
    )
    op.create_table(
        "exports",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("complaint_id", _ID, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["complaint_id"], ["complaints.id"], name=op.f("fk_exports_complaint_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exports")),
        sa.UniqueConstraint("complaint_id", "day", name=op.f("uq_exports_complaint_id_day")),
    )
    op.create_index("ix_exports_complaint_id", "exports", ["complaint_id"])


def _run(statements: dict[str, list[str]]) -> None:
    for statement in statements[op.get_bind().dialect.name]:
        op.execute(statement)
