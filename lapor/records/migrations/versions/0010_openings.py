"""Wishes to see what is hidden, what became of them, and who looked."""

import sqlalchemy as sa
from alembic import op

from lapor.records.base import Moment

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_WHAT = "what IN ('identity', 'content')"


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "openings",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("complaint_id", _ID, nullable=False),
        sa.Column("post_id", _ID, nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("legal_basis", sa.Text(), nullable=True),
        sa.Column("asked_at", Moment(timezone=True), nullable=False),
        sa.Column("consent", sa.Boolean(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("until", Moment(timezone=True), nullable=True),
        sa.CheckConstraint(_WHAT, name=op.f("ck_openings_what")),
        sa.CheckConstraint("state IN ('asked', 'granted', 'refused')", name=op.f("ck_openings_state")),
        sa.CheckConstraint("(state = 'granted') = (until IS NOT NULL)", name=op.f("ck_openings_until")),
        sa.ForeignKeyConstraint(["complaint_id"], ["complaints.id"], name=op.f("fk_openings_complaint_id")),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_openings_post_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_openings")),
    )
    op.create_index("ix_openings_complaint_id", "openings", ["complaint_id"])
    op.create_index("ix_openings_state_id", "openings", ["state", "id"])
    op.create_table(
        "opening_decisions",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("opening_id", _ID, nullable=False),
        sa.Column("post_id", _ID, nullable=False),
        sa.Column("granted", sa.Boolean(), nullable=False),
        sa.Column("at", Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["opening_id"], ["openings.id"], name=op.f("fk_opening_decisions_opening_id")),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_opening_decisions_post_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opening_decisions")),
        sa.UniqueConstraint("opening_id", "post_id", name=op.f("uq_opening_decisions_opening_id_post_id")),
    )
    op.create_table(
        "looks",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("complaint_id", _ID, nullable=False),
        sa.Column("post_id", _ID, nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.CheckConstraint(_WHAT, name=op.f("ck_looks_what")),
        sa.ForeignKeyConstraint(["complaint_id"], ["complaints.id"], name=op.f("fk_looks_complaint_id")),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_looks_post_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_looks")),
        sa.UniqueConstraint(
            "complaint_id", "post_id", "role", "what", "day", name=op.f("uq_looks_complaint_id_post_id_role_what_day")
        ),
    )
    op.create_index("ix_looks_complaint_id", "looks", ["complaint_id"])


def downgrade() -> None:
    """Take it back."""
    op.drop_table("looks")
    op.drop_table("opening_decisions")
    op.drop_table("openings")
