"""Clocks know whose office hours they run under; rungs know when an amended calendar put off what they were told for."""

import sqlalchemy as sa
from alembic import op

from lapor.records.base import Moment

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_ALIVE = "state IN ('running', 'paused')"


def upgrade() -> None:
    """Make the change."""
    op.add_column("clocks", sa.Column("office", sa.Text(), nullable=False, server_default=sa.text("''")))
    op.create_index(
        "ix_clocks_alive_calendar_version",
        "clocks",
        ["calendar_version", "complaint_id"],
        sqlite_where=sa.text(_ALIVE),
        postgresql_where=sa.text(_ALIVE),
    )
    op.add_column("escalations", sa.Column("superseded_at", Moment(timezone=True), nullable=True))


def downgrade() -> None:
    """Take it back."""
    op.drop_column("escalations", "superseded_at")
    op.drop_index("ix_clocks_alive_calendar_version", "clocks")
    op.drop_column("clocks", "office")
