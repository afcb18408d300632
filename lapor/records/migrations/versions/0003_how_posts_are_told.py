"""How posts are told: at once, or once a day.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from lapor.records.base import Moment

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of choices."""
    op.create_table(
        "notice_choices",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("post_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("choice", sa.Text(), nullable=False),
        sa.Column("digest_at", Moment(timezone=True), nullable=True),
        sa.Column("next_attempt_at", Moment(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.CheckConstraint("choice IN ('at_once', 'daily')", name=op.f("ck_notice_choices_choice")),
        sa.CheckConstraint(
            "(choice = 'daily') = (digest_at IS NOT NULL AND next_attempt_at IS NOT NULL)",
            name=op.f("ck_notice_choices_moments"),
        ),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_notice_choices_post_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_choices")),
        sa.UniqueConstraint("post_id", name=op.f("uq_notice_choices_post_id")),
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_table("notice_choices")
