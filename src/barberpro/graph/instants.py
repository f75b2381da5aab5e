"""Instants as text from the database, where an operation asks for no more than to show them.

Drivers take longer to make a datetime than to pass a text on, and the encoder to write one.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

from barberpro.platform.clock import iso

WIDTHS = (20, 27)
"""Characters of an instant as it is shown: of whole seconds, and with all six digits of their fraction."""


class instant_text(GenericFunction[str]):
    """A column of instants as `clock.iso` writes them, but for fractions that end with zeros on PostgreSQL."""

    type = Text()
    inherit_cache = True


def exact(text: str) -> str:
    """A text of another width, as `clock.iso` writes its instant."""
    return iso(datetime.fromisoformat(text))


@compiles(instant_text, "postgresql")
def _(element: Any, compiler: Any, **kw: Any) -> str:
    (column,) = (compiler.process(c, **kw) for c in element.clauses)
    # Sessions are in UTC (`platform/roles.py`).
    return f"replace(replace(CAST({column} AS TEXT), ' ', 'T'), '+00', 'Z')"


@compiles(instant_text, "sqlite")
def _(element: Any, compiler: Any, **kw: Any) -> str:
    (column,) = (compiler.process(c, **kw) for c in element.clauses)
    return f"replace({column}, '.000000Z', 'Z')"
