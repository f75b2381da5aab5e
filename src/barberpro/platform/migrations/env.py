"""Alembic's entry: runs the migrations on the connection that `migrations` opened and locked."""

from typing import Any, Literal

from alembic import context

from barberpro.platform.tables import Document, Instant, Key, metadata

NAMED = {id(Key): "Key", id(Document): "Document"}


def render(kind: str, item: Any, imports: Any) -> str | Literal[False]:
    """Write our types by their names, so a migration reads like the table it makes."""
    name = "Instant()" if isinstance(item, Instant) else NAMED.get(id(item))
    if kind != "type" or name is None:
        return False
    imports.imports.add(f"from barberpro.platform.tables import {name.removesuffix('()')}")
    return name


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    compare_type=True,
    render_item=render,
    render_as_batch=True,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
