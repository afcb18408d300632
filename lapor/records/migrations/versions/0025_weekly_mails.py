"""When each supervisor and coordinator is mailed how the cases stand."""

import sqlalchemy as sa
from alembic import op

from lapor.records.base import Moment

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "weekly_mails",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("post_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("week_of", sa.Date(), nullable=True),
        sa.Column("next_attempt_at", Moment(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("sent_at", Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_weekly_mails_post_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_weekly_mails")),
        sa.UniqueConstraint("post_id", name=op.f("uq_weekly_mails_post_id")),
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_table("weekly_mails")
