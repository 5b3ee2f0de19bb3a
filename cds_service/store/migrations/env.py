"""How Alembic runs: on the connection that `Database` hands over."""

from __future__ import annotations

from alembic import context

from cds_service.store.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    # SQLite cannot alter most of a table, so Alembic copies it.
    render_as_batch=True,
)
context.run_migrations()
