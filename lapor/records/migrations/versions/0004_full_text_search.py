"""Full-text search of what is not confidential."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_ENTER = (
    "INSERT INTO complaint_search (rowid, title, text) SELECT {0}id, {0}title, {0}text {1} WHERE NOT {0}confidential"
)
_LEAVE = (
    "INSERT INTO complaint_search (complaint_search, rowid, title, text) "
    "SELECT 'delete', old.id, old.title, old.text WHERE NOT old.confidential"
)
_ENTER_NEW = _ENTER.format("new.", "")
UP = {
    "sqlite": [
        "CREATE VIRTUAL TABLE complaint_search USING fts5 (title, text, content='complaints', content_rowid='id')",
        _ENTER.format("", "FROM complaints"),
        f"CREATE TRIGGER complaint_search_insert AFTER INSERT ON complaints BEGIN {_ENTER_NEW}; END",
        "CREATE TRIGGER complaint_search_update AFTER UPDATE OF confidential, title, text ON complaints "
        f"BEGIN {_LEAVE}; {_ENTER_NEW}; END",
        f"CREATE TRIGGER complaint_search_delete AFTER DELETE ON complaints BEGIN {_LEAVE}; END",
    ],
    "postgresql": [
        "CREATE EXTENSION IF NOT EXISTS pg_trgm",
        "CREATE INDEX ix_complaints_words ON complaints USING gin (to_tsvector('indonesian', "
        "regexp_replace(title || ' ' || text, '[[\\:punct\\:]]+', ' ', 'g'))) WHERE NOT confidential",
        "CREATE INDEX ix_complaints_title ON complaints USING gin (title gin_trgm_ops) WHERE NOT confidential",
    ],
}
# the extension stays: others in this database may have come to lean on it
DOWN = {
    "sqlite": [
        "DROP TRIGGER complaint_search_insert",
        "DROP TRIGGER complaint_search_update",
        "DROP TRIGGER complaint_search_delete",
        "DROP TABLE complaint_search",
    ],
    "postgresql": ["DROP INDEX ix_complaints_words", "DROP INDEX ix_complaints_title"],
}


def upgrade() -> None:
    """Make the change."""
    _run(UP)


def downgrade() -> None:
    """Take it back."""
    _run(DOWN)


def _run(statements: dict[str, list[str]]) -> None:
    for statement in statements[op.get_bind().dialect.name]:
        op.execute(statement)
