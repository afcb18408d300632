"""Counts against limits, which all processes share."""

import sqlalchemy as sa
from alembic import op

from lapor.records.base import Moment

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "limits",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("started_at", Moment(timezone=True), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_limits")),
    )
    op.create_index("ix_limits_started_at", "limits", ["started_at"], unique=False)


def downgrade() -> None:
    """Take it back."""
    op.drop_index("ix_limits_started_at", table_name="limits")

    op.drop_table("limits")
