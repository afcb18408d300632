"""Reporters who gather their own cases."""

import sqlalchemy as sa
from alembic import op

from lapor.records.base import Moment

revision = "0012"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "gatherings",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("email_index", sa.Text(), nullable=False),
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("until", Moment(timezone=True), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gatherings")),
        sa.UniqueConstraint("email_index", name=op.f("uq_gatherings_email_index")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_gatherings_token_hash")),
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_table("gatherings")
