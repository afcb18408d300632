"""Who reported is sealed, and what is confidential; the trail keeps its commitments when what it says is replaced."""

import hashlib

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_FIXED = (
    "id, complaint_id, sequence, at, role, post, move, source, target, holder, calendar_version, is_public, salt, "
    "commitment, previous, hash"
)
_REPLACED = "NEW.public NOT LIKE 'sealed:%' OR NEW.internal NOT LIKE 'sealed:%'"
_REFUSE = "BEGIN SELECT RAISE(ABORT, 'the trail is append-only'); END"
_WHOLE = {
    "sqlite": [
        f"CREATE TRIGGER trail_no_update BEFORE UPDATE ON trail {_REFUSE}",
        f"CREATE TRIGGER trail_no_delete BEFORE DELETE ON trail {_REFUSE}",
    ],
    "postgresql": [
        "CREATE TRIGGER trail_no_change BEFORE UPDATE OR DELETE ON trail FOR EACH ROW EXECUTE FUNCTION trail_refuse()"
    ],
}
_BUT_FOR_SEALING = {
    "sqlite": [
        f"CREATE TRIGGER trail_no_update BEFORE UPDATE OF {_FIXED} ON trail {_REFUSE}",
        f"CREATE TRIGGER trail_sealed_only BEFORE UPDATE ON trail WHEN {_REPLACED} {_REFUSE}",
        f"CREATE TRIGGER trail_no_delete BEFORE DELETE ON trail {_REFUSE}",
    ],
    "postgresql": [
        f"CREATE TRIGGER trail_no_change BEFORE DELETE OR UPDATE OF {_FIXED} ON trail "
        "FOR EACH ROW EXECUTE FUNCTION trail_refuse()",
        f"CREATE TRIGGER trail_sealed_only BEFORE UPDATE ON trail FOR EACH ROW WHEN ({_REPLACED}) "
        "EXECUTE FUNCTION trail_refuse()",
    ],
}
_OPEN = {
    "sqlite": ["DROP TRIGGER trail_no_update", "DROP TRIGGER trail_no_delete"],
    "postgresql": ["DROP TRIGGER trail_no_change ON trail"],
}
_OPEN_SEALING = {
    "sqlite": ["DROP TRIGGER trail_sealed_only"],
    "postgresql": ["DROP TRIGGER trail_sealed_only ON trail"],
}
_BATCH = 1000


def upgrade() -> None:
    """Make the change."""
    op.add_column("reporters", sa.Column("data_key", sa.Text(), nullable=True))
    op.add_column("reporters", sa.Column("email_index", sa.Text(), nullable=True))
    op.create_index("ix_reporters_email_index", "reporters", ["email_index"])
    op.add_column("complaints", sa.Column("content_key", sa.Text(), nullable=True))
    _run(_OPEN)
    op.add_column("trail", sa.Column("commitment", sa.Text(), nullable=False, server_default=sa.text("''")))
    _commit_to_what_is_said()
    _run(_BUT_FOR_SEALING)


def downgrade() -> None:
    """Take it back. What is sealed by then can never be opened again: its keys have no place before this."""
    _run(_OPEN)
    _run(_OPEN_SEALING)
    op.drop_column("trail", "commitment")
    _run(_WHOLE)
    op.drop_column("complaints", "content_key")
    op.drop_index("ix_reporters_email_index", "reporters")
    op.drop_column("reporters", "email_index")
    op.drop_column("reporters", "data_key")


def _commit_to_what_is_said() -> None:
    connection, last = op.get_bind(), 0
    said = sa.text("SELECT id, salt, public, internal FROM trail WHERE id > :last ORDER BY id LIMIT :size")
    write = sa.text("UPDATE trail SET commitment = :commitment WHERE id = :id")
    while rows := connection.execute(said, {"last": last, "size": _BATCH}).all():
        connection.execute(write, [{"id": row.id, "commitment": _commitment(*row[1:])} for row in rows])
        last = rows[-1].id


def _commitment(salt: str, public: str, internal: str) -> str:
    return hashlib.sha256(f"{salt}\n{public}\n{internal}".encode()).hexdigest()


def _run(statements: dict[str, list[str]]) -> None:
    for statement in statements[op.get_bind().dialect.name]:
        op.execute(statement)
