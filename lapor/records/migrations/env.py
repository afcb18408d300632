"""Alembic's entry: runs on the connection that `migrate` hands over, or on none to print SQL."""

from alembic import context

from lapor.records import Record

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Record.metadata,
    render_as_batch=True,
    # all revisions in one transaction: SQLite can do that too, as lapor.site opens it
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
