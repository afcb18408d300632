"""Alembic's entry: runs on the connection that `migrate` hands over, or on none to print SQL."""

from alembic import context

from lapor.records import Record, schema

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Record.metadata,
    include_name=schema.is_described,
    render_as_batch=True,
    # all revisions in one transaction: SQLite can do that too, as lapor.site opens it
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
