"""Row-level security for wishes to be erased, and for exports. SQLite has none."""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_NO_WALL = "(SELECT coalesce(current_setting('lapor.wall', true), '')) <> 'on'"
_TABLES = ("erasures", "exports")


def upgrade() -> None:
    """Make the change."""
    if op.get_bind().dialect.name != "postgresql":
        return
    for table in _TABLES:
        shown = f"{_NO_WALL} OR EXISTS (SELECT FROM complaints WHERE complaints.id = {table}.complaint_id)"  # nosec B608
        op.execute(f"CREATE POLICY wall ON {table} USING ({shown}) WITH CHECK (true)")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    """Take it back."""
    if op.get_bind().dialect.name != "postgresql":
        return
    for table in _TABLES:
        op.execute(f"DROP POLICY wall ON {table}")
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
