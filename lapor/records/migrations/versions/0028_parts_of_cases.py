"""Parts that were split off from a case."""

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    # not in a batch: SQLite would make the table anew, and all others refer to the one that there is
    kind = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    refers = "CONSTRAINT fk_complaints_whole_id REFERENCES complaints (id)"
    op.execute(f"ALTER TABLE complaints ADD COLUMN whole_id {kind} {refers}")
    op.create_index(op.f("ix_complaints_whole_id"), "complaints", ["whole_id"])


def downgrade() -> None:
    """Take it back."""
    op.drop_index(op.f("ix_complaints_whole_id"), "complaints")
    op.drop_column("complaints", "whole_id")
