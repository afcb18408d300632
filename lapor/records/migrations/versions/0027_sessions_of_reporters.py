"""A gathered session has an end of its own: another code leaves it as it is."""

import sqlalchemy as sa
from alembic import op

from lapor.records.base import Moment

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.add_column("gatherings", sa.Column("token_until", Moment(timezone=True), nullable=True))
    op.execute("UPDATE gatherings SET token_until = until, code_hash = '' WHERE token_hash IS NOT NULL")


def downgrade() -> None:
    """Take it back."""
    op.execute("UPDATE gatherings SET until = token_until WHERE token_hash IS NOT NULL")
    op.drop_column("gatherings", "token_until")
