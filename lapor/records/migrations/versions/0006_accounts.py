"""Accounts of officers, their tenures and invitations, and the tokens of accounts."""

import sqlalchemy as sa
from alembic import op

from lapor.records.base import Moment

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "accounts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("totp_secret", sa.LargeBinary(), nullable=True),
        sa.Column("totp_step", sa.Integer(), nullable=False),
        sa.Column("created_at", Moment(timezone=True), nullable=False),
        sa.Column("disabled_at", Moment(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("email", name=op.f("uq_accounts_email")),
    )
    op.create_table(
        "tenures",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("post_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("acting", sa.Boolean(), nullable=False),
        sa.Column("since", Moment(timezone=True), nullable=False),
        sa.Column("until", Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_tenures_account_id")),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_tenures_post_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenures")),
    )
    op.create_index("ix_tenures_account_id", "tenures", ["account_id"], unique=False)
    op.create_table(
        "invitations",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("post_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("acting", sa.Boolean(), nullable=False),
        sa.Column("since", Moment(timezone=True), nullable=True),
        sa.Column("until", Moment(timezone=True), nullable=True),
        sa.Column("inviter_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", Moment(timezone=True), nullable=False),
        sa.Column("expires_at", Moment(timezone=True), nullable=False),
        sa.Column("accepted_at", Moment(timezone=True), nullable=True),
        sa.Column("revoked_at", Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["inviter_id"], ["posts.id"], name=op.f("fk_invitations_inviter_id")),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_invitations_post_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("hash", name=op.f("uq_invitations_hash")),
    )
    op.create_index("ix_invitations_post_id", "invitations", ["post_id"], unique=False)
    with op.batch_alter_table("tokens") as tokens:
        tokens.add_column(
            sa.Column("tenure_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        )
        tokens.add_column(sa.Column("name", sa.Text(), nullable=True))
        tokens.add_column(sa.Column("scope", sa.Text(), server_default="all", nullable=False))
        tokens.add_column(sa.Column("last_used_at", Moment(timezone=True), nullable=True))
        tokens.create_check_constraint(op.f("ck_tokens_scope"), "scope IN ('all', 'read')")
        tokens.create_foreign_key(op.f("fk_tokens_tenure_id"), "tenures", ["tenure_id"], ["id"])
        tokens.create_index("ix_tokens_tenure_id", ["tenure_id"], unique=False)


def downgrade() -> None:
    """Take it back. Tokens of accounts go: without their tenure they would outlive it."""
    op.execute("DELETE FROM tokens WHERE tenure_id IS NOT NULL")
    with op.batch_alter_table("tokens") as tokens:
        tokens.drop_index("ix_tokens_tenure_id")
        tokens.drop_constraint(op.f("fk_tokens_tenure_id"), type_="foreignkey")
        tokens.drop_constraint(op.f("ck_tokens_scope"), type_="check")
        for name in ("last_used_at", "scope", "name", "tenure_id"):
            tokens.drop_column(name)
    op.drop_index("ix_invitations_post_id", table_name="invitations")
    op.drop_table("invitations")
    op.drop_index("ix_tenures_account_id", table_name="tenures")
    op.drop_table("tenures")
    op.drop_table("accounts")
