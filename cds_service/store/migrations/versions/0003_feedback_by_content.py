"""Feedback is the same when all of it is: a reason that is added later, for the same time, is feedback of its own."""

from __future__ import annotations

import datetime
import hashlib
import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_SAID = (
    sa.column("card", sa.String),
    sa.column("outcome", sa.String),
    sa.column("outcome_timestamp", sa.DateTime(timezone=True)),
    sa.column("accepted_suggestions", sa.JSON),
    sa.column("reason_system", sa.Text),
    sa.column("reason_code", sa.Text),
    sa.column("reason_display", sa.Text),
    sa.column("user_comment", sa.Text),
)
_FEEDBACK = sa.table("feedback", sa.column("id", sa.Integer), sa.column("content_hash", sa.String), *_SAID)


def upgrade() -> None:
    op.add_column("feedback", sa.Column("content_hash", sa.String(64), nullable=True))
    connection = op.get_bind()
    for row in connection.execute(sa.select(_FEEDBACK.c.id, *_SAID)).mappings().all():
        said = {column.name: row[column.name] for column in _SAID}
        hashed = {"content_hash": _hash(said)}
        connection.execute(sa.update(_FEEDBACK).where(_FEEDBACK.c.id == row["id"]).values(hashed))
    with op.batch_alter_table("feedback") as batch:
        batch.alter_column("content_hash", existing_type=sa.String(64), nullable=False)
        batch.drop_constraint("uq_feedback_card", type_="unique")
        batch.create_unique_constraint("uq_feedback_content_hash", ["content_hash"])
        batch.create_index("ix_feedback_card", ["card"])


def downgrade() -> None:
    # What was told of the same card, outcome and time in other words is more than the old table holds.
    later = _FEEDBACK.alias()
    same = [_FEEDBACK.c[name] == later.c[name] for name in ("card", "outcome", "outcome_timestamp")]
    first = sa.select(sa.func.min(later.c.id)).where(*same).scalar_subquery()
    op.get_bind().execute(sa.delete(_FEEDBACK).where(_FEEDBACK.c.id > first))
    with op.batch_alter_table("feedback") as batch:
        batch.drop_index("ix_feedback_card")
        batch.drop_constraint("uq_feedback_content_hash", type_="unique")
        batch.drop_column("content_hash")
        batch.create_unique_constraint("uq_feedback_card", ["card", "outcome", "outcome_timestamp"])


def _hash(said: dict[str, Any]) -> str:
    """As the service made it when this migration was written."""
    moment: datetime.datetime = said["outcome_timestamp"]
    zoned = moment.replace(tzinfo=datetime.UTC) if moment.tzinfo is None else moment.astimezone(datetime.UTC)
    text = json.dumps({**said, "outcome_timestamp": zoned.isoformat()}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
