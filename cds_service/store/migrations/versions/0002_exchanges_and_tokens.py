"""Calls and their answers, what was said of coverage, used tokens, and who read the audit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "exchanges",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.String(36), nullable=False),
        sa.Column("hook_instance", sa.String(36), nullable=False),
        sa.Column("hook", sa.String(64), nullable=False),
        sa.Column("service", sa.String(255), nullable=False),
        sa.Column("client", sa.String(255), nullable=False),
        sa.Column("tenant", sa.String(255), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("token_use", sa.String(16), nullable=False),
        sa.Column("request_hash", sa.String(64), nullable=False),
        sa.Column("request_bytes", sa.Integer(), nullable=False),
        sa.Column("response_hash", sa.String(64), nullable=False),
        sa.Column("response_bytes", sa.Integer(), nullable=False),
        sa.Column("cards", sa.JSON(), nullable=False),
        sa.Column("duration_ms", sa.Float(), nullable=False),
        sa.Column("engine_version", sa.String(64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("request_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("response_sealed", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_exchanges"),
        sa.UniqueConstraint("call_id", name="uq_exchanges_call_id"),
    )
    for column in ("created_at", "hook_instance"):
        op.create_index(f"ix_exchanges_{column}", "exchanges", [column])
    op.create_table(
        "assertions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("exchange_id", sa.Integer(), nullable=False),
        sa.Column("assertion_id", sa.String(255), nullable=False),
        sa.Column("order_hash", sa.String(64), nullable=False),
        sa.Column("covered", sa.String(32), nullable=False),
        sa.Column("pa_needed", sa.String(32), nullable=False),
        sa.Column("satisfied_pa_id", sa.String(255), nullable=False),
        sa.Column("doc_needed", sa.JSON(), nullable=False),
        sa.Column("info_needed", sa.JSON(), nullable=False),
        sa.Column("questionnaires", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_assertions"),
        sa.ForeignKeyConstraint(
            ["exchange_id"], ["exchanges.id"], name="fk_assertions_exchange_id_exchanges", ondelete="CASCADE"
        ),
    )
    for column in ("assertion_id", "exchange_id"):
        op.create_index(f"ix_assertions_{column}", "assertions", [column])
    # A plain column: SQLite adds a reference only by making the table anew, which would delete the cards with it.
    op.add_column("evaluations", sa.Column("call_id", sa.String(36), nullable=True))
    op.create_index("ix_evaluations_call_id", "evaluations", ["call_id"])
    op.create_table(
        "used_tokens",
        sa.Column("mark", sa.String(64), nullable=False),
        sa.Column("refused_from", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("mark", name="pk_used_tokens"),
    )
    op.create_index("ix_used_tokens_refused_from", "used_tokens", ["refused_from"])
    op.create_table(
        "audit_reads",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reader", sa.String(255), nullable=False),
        sa.Column("question", sa.String(255), nullable=False),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("opened", sa.Boolean(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_reads"),
    )
    op.create_index("ix_audit_reads_read_at", "audit_reads", ["read_at"])


def downgrade() -> None:
    op.drop_table("audit_reads")
    op.drop_table("used_tokens")
    op.drop_index("ix_evaluations_call_id", "evaluations")
    op.drop_column("evaluations", "call_id")
    op.drop_table("assertions")
    op.drop_table("exchanges")
