"""Service standards are drafted, signed and withdrawn; those that are there stay in force."""

from datetime import UTC, datetime, time, timedelta

import sqlalchemy as sa
from alembic import op

from lapor.records.base import Moment

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_POSTS = ("drafter_id", "signer_id")
_STANDARDS = sa.table(
    "service_standards",
    sa.column("id", _ID),
    sa.column("budget", sa.Text()),
    sa.column("valid_from", sa.Date()),
    sa.column("signed_at", Moment(timezone=True)),
)
_WHY = "a signed service standard does not change"
_REFUSING = {
    "sqlite": [
        f"CREATE TRIGGER standards_signed_{verb.lower()} BEFORE {verb} ON service_standards "
        f"WHEN OLD.signed_at IS NOT NULL BEGIN SELECT RAISE(ABORT, '{_WHY}'); END"
        for verb in ("UPDATE", "DELETE")
    ],
    "postgresql": [
        f"CREATE FUNCTION standards_refuse() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION '{_WHY}'; END$$",
        "CREATE TRIGGER standards_signed BEFORE UPDATE OR DELETE ON service_standards "
        "FOR EACH ROW WHEN (OLD.signed_at IS NOT NULL) EXECUTE FUNCTION standards_refuse()",
    ],
}
_LETTING = {
    "sqlite": ["DROP TRIGGER standards_signed_update", "DROP TRIGGER standards_signed_delete"],
    "postgresql": ["DROP TRIGGER standards_signed ON service_standards", "DROP FUNCTION standards_refuse()"],
}


def upgrade() -> None:
    """Make the change. What set clocks so far is taken as signed by its first day, wherever that began."""
    with op.batch_alter_table("service_standards") as standards:
        standards.alter_column("budget", existing_type=sa.Text(), nullable=True)
        standards.add_column(sa.Column("signed_at", Moment(timezone=True), nullable=True))
        for name in _POSTS:
            standards.add_column(sa.Column(name, _ID, nullable=True))
            standards.create_foreign_key(op.f(f"fk_service_standards_{name}"), "posts", [name], ["id"])
    connection = op.get_bind()
    for row in connection.execute(sa.select(_STANDARDS.c.id, _STANDARDS.c.valid_from)).all():
        day = datetime.combine(row.valid_from, time(), UTC) - timedelta(days=1)
        connection.execute(_STANDARDS.update().where(_STANDARDS.c.id == row.id).values(signed_at=day))
    with op.batch_alter_table("service_standards") as standards:
        standards.create_check_constraint(
            op.f("ck_service_standards_signed"), "signer_id IS NULL OR signed_at IS NOT NULL"
        )
    _run(_REFUSING)


def downgrade() -> None:
    """Take it back. Drafts and withdrawals are lost: what cannot be told from what is in force would set clocks."""
    _run(_LETTING)
    signed = sa.and_(_STANDARDS.c.signed_at.is_not(None), _STANDARDS.c.budget.is_not(None))
    op.get_bind().execute(_STANDARDS.delete().where(sa.not_(signed)))
    with op.batch_alter_table("service_standards") as standards:
        standards.drop_constraint(op.f("ck_service_standards_signed"), type_="check")
        for name in _POSTS:
            standards.drop_constraint(op.f(f"fk_service_standards_{name}"), type_="foreignkey")
            standards.drop_column(name)
        standards.drop_column("signed_at")
        standards.alter_column("budget", existing_type=sa.Text(), nullable=False)


def _run(statements: dict[str, list[str]]) -> None:
    for statement in statements[op.get_bind().dialect.name]:
        op.execute(statement)
