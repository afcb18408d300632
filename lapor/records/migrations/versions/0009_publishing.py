"""Public versions of cases, and full-text search of them."""

import sqlalchemy as sa
from alembic import op

from lapor.records.base import Moment

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_ENTER = (
    "INSERT INTO public_search (rowid, title, text) SELECT {0}id, {0}title, {0}text {1} WHERE {0}withdrawn_at IS NULL"
)
_LEAVE = (
    "INSERT INTO public_search (public_search, rowid, title, text) "
    "SELECT 'delete', old.id, old.title, old.text WHERE old.withdrawn_at IS NULL"
)
_ENTER_NEW = _ENTER.format("new.", "")
UP = {
    "sqlite": [
        "CREATE VIRTUAL TABLE public_search USING fts5 (title, text, content='public_versions', content_rowid='id')",
        f"CREATE TRIGGER public_search_insert AFTER INSERT ON public_versions BEGIN {_ENTER_NEW}; END",
        "CREATE TRIGGER public_search_update AFTER UPDATE OF withdrawn_at, title, text ON public_versions "
        f"BEGIN {_LEAVE}; {_ENTER_NEW}; END",
        f"CREATE TRIGGER public_search_delete AFTER DELETE ON public_versions BEGIN {_LEAVE}; END",
    ],
    "postgresql": [
        "CREATE INDEX ix_public_versions_words ON public_versions USING gin (to_tsvector('indonesian', "
        "regexp_replace(title || ' ' || text, '[[\\:punct\\:]]+', ' ', 'g'))) WHERE withdrawn_at IS NULL",
        "CREATE INDEX ix_public_versions_title ON public_versions USING gin (title gin_trgm_ops) "
        "WHERE withdrawn_at IS NULL",
    ],
}
DOWN = {
    "sqlite": [
        "DROP TRIGGER public_search_insert",
        "DROP TRIGGER public_search_update",
        "DROP TRIGGER public_search_delete",
        "DROP TABLE public_search",
    ],
    "postgresql": ["DROP INDEX ix_public_versions_words", "DROP INDEX ix_public_versions_title"],
}


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "public_versions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("complaint_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("published_at", Moment(timezone=True), nullable=False),
        sa.Column("post_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("withdrawn_at", Moment(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (title IS NOT NULL) AND (title IS NULL) = (text IS NULL)",
            name=op.f("ck_public_versions_has_text"),
        ),
        sa.ForeignKeyConstraint(["complaint_id"], ["complaints.id"], name=op.f("fk_public_versions_complaint_id")),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_public_versions_post_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_public_versions")),
        sa.UniqueConstraint("complaint_id", name=op.f("uq_public_versions_complaint_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_public_versions_public_id")),
    )
    op.create_index("ix_public_versions_published", "public_versions", ["published_at", "public_id"], unique=False)
    _run(UP)


def downgrade() -> None:
    """Take it back."""
    _run(DOWN)
    op.drop_index("ix_public_versions_published", table_name="public_versions")
    op.drop_table("public_versions")


def _run(statements: dict[str, list[str]]) -> None:
    for statement in statements[op.get_bind().dialect.name]:
        op.execute(statement)
