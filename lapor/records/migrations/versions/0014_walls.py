"""Row-level security: what `access/wall.py` puts up, PostgreSQL holds. SQLite has none."""

from alembic import op

revision = "0014"
down_revision = "0012"
branch_labels = None
depends_on = None

# each subquery is evaluated once for a statement, not once for a row
_NO_WALL = "(SELECT coalesce(current_setting('lapor.wall', true), '')) <> 'on'"
_UNITS = "coalesce((SELECT string_to_array(current_setting('lapor.units', true), ',')\\:\\:bigint[]), '{}')"
_POST = "(SELECT nullif(current_setting('lapor.post', true), '')\\:\\:bigint)"
_TOLD = f"EXISTS (SELECT FROM escalations WHERE escalations.complaint_id = complaints.id AND post_id = {_POST})"  # nosec B608 - our own names
_OF_AGENCY = f"holder_id = ANY({_UNITS}) OR door_id = ANY({_UNITS}) OR reviewer_id = {_POST} OR {_TOLD}"
_BELOW = ("messages", "trail", "openings")


def upgrade() -> None:
    """Make the change."""
    if op.get_bind().dialect.name != "postgresql":
        return
    _secure("complaints", f"{_NO_WALL} OR {_OF_AGENCY}")
    for table in _BELOW:
        _secure(table, f"{_NO_WALL} OR EXISTS (SELECT FROM complaints WHERE complaints.id = {table}.complaint_id)")  # nosec B608 - our own names


def downgrade() -> None:
    """Take it back."""
    if op.get_bind().dialect.name != "postgresql":
        return
    for table in (*_BELOW, "complaints"):
        op.execute(f"DROP POLICY wall ON {table}")
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")


def _secure(table: str, shown: str) -> None:
    op.execute(f"CREATE POLICY wall ON {table} USING ({shown}) WITH CHECK (true)")
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    # the owner of the tables is whom the application connects as
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
