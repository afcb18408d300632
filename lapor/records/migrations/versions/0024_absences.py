"""Posts that are absent for a time, their deputies, and whom a deputy was told for."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "absences",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("post_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("deputy_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_absences_post_id")),
        sa.ForeignKeyConstraint(["deputy_id"], ["posts.id"], name=op.f("fk_absences_deputy_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absences")),
    )
    op.create_index(op.f("ix_absences_post_id"), "absences", ["post_id"])
    op.create_index(op.f("ix_absences_ended_at"), "absences", ["ended_at"])
    # not in a batch: SQLite would make the table anew, and notices refer to the one that there is
    kind = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    refers = "CONSTRAINT fk_escalations_instead_of_id REFERENCES posts (id)"
    op.execute(f"ALTER TABLE escalations ADD COLUMN instead_of_id {kind} {refers}")


def downgrade() -> None:
    """Take it back."""
    op.drop_column("escalations", "instead_of_id")
    op.drop_table("absences")
