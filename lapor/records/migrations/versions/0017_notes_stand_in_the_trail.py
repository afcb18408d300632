"""What is said to a rung stands in the trail alone, which is sealed where the case is confidential."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.drop_column("escalations", "note")


def downgrade() -> None:
    """Take it back; what was said before is in the trail."""
    op.add_column("escalations", sa.Column("note", sa.Text(), nullable=True))
