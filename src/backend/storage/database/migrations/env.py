"""Migrate over the connection that `schema.py` provides; Alembic runs this file."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
with context.begin_transaction():
    context.run_migrations()
