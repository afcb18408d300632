"""Files that came with a case."""

import sqlalchemy as sa
from alembic import op

from lapor.records.base import Moment

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

# what migration 0014 puts around all that belongs to a case
_WALL = """(SELECT coalesce(current_setting('lapor.wall', true), '')) <> 'on'
OR EXISTS (SELECT FROM complaints WHERE complaints.id = attachments.complaint_id)"""
_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "attachments",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("complaint_id", _ID, nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("at", Moment(timezone=True), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("post_id", _ID, nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("view_bytes", sa.BigInteger(), nullable=True),
        sa.Column("view_digest", sa.Text(), nullable=True),
        sa.Column("data_key", sa.Text(), nullable=False),
        sa.CheckConstraint("(view_bytes IS NULL) = (view_digest IS NULL)", name=op.f("ck_attachments_view")),
        sa.ForeignKeyConstraint(["complaint_id"], ["complaints.id"], name=op.f("fk_attachments_complaint_id")),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_attachments_post_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachments")),
        sa.UniqueConstraint("complaint_id", "sequence", name=op.f("uq_attachments_complaint_id_sequence")),
    )
    op.create_index("ix_attachments_complaint_id", "attachments", ["complaint_id"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"CREATE POLICY wall ON attachments USING ({_WALL}) WITH CHECK (true)")
        op.execute("ALTER TABLE attachments ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE attachments FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    """Take it back. The sealed files stay on disk, and nothing opens them any more."""
    op.drop_table("attachments")
