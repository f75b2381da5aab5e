"""One parameter that holds a whole set of keys, on both databases.

`IN (?, ?, …)` makes a new statement for every count and meets SQLite's limit of variables; one array parameter does
neither. PostgreSQL takes a real array, SQLite a JSON text that `json_each` opens.
"""

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    ARRAY,
    Boolean,
    ColumnElement,
    Dialect,
    Text,
    TypeDecorator,
    bindparam,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import BindParameter, FromClause
from sqlalchemy.sql.functions import GenericFunction


class KeySet(TypeDecorator[Iterable[str]]):
    """A set or list of keys as one value."""

    impl = ARRAY(Text())
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        kind: Any = Text() if dialect.name == "sqlite" else ARRAY(Text())
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: Iterable[str] | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        return json.dumps(list(value)) if dialect.name == "sqlite" else list(value)


def key_set(name: str, values: Iterable[str] | None = None) -> BindParameter[Any]:
    """A parameter that takes the whole set; its value is given here, or by `name` at execution."""
    if values is None:
        return bindparam(name, type_=KeySet())
    return bindparam(name, values, type_=KeySet(), unique=True)


class among_keys(GenericFunction[bool]):
    type = Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> Any:
        """As it stands: a database without booleans would be asked whether it `= 1`, and look into no index."""
        return self


class each_key(GenericFunction[str]):
    type = Text()
    inherit_cache = True


def among(
    column: ColumnElement[Any], keys: BindParameter[Any] | Iterable[str]
) -> ColumnElement[bool]:
    """`column` is one of `keys`."""
    given = keys if isinstance(keys, BindParameter) else key_set("keys", keys)
    return among_keys(column, given)


def each(keys: BindParameter[Any]) -> FromClause:
    """The keys as rows of one column, `value`.

    The alias is the column's name on purpose: PostgreSQL names a scalar function's column after its alias, and
    `json_each` has a column `value` of its own, so one text reads the same on both.
    """
    return each_key(keys).table_valued("value", name="value")


@compiles(among_keys, "sqlite")
def _(element: Any, compiler: Any, **kw: Any) -> str:
    column, keys = (compiler.process(c, **kw) for c in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({keys}))"  # noqa: S608 - compiled SQL, no values


@compiles(among_keys, "postgresql")
def _(element: Any, compiler: Any, **kw: Any) -> str:
    column, keys = (compiler.process(c, **kw) for c in element.clauses)
    return f"{column} = ANY ({keys})"


@compiles(each_key, "sqlite")
def _(element: Any, compiler: Any, **kw: Any) -> str:
    (keys,) = element.clauses
    return f"json_each({compiler.process(keys, **kw)})"


@compiles(each_key, "postgresql")
def _(element: Any, compiler: Any, **kw: Any) -> str:
    (keys,) = element.clauses
    return f"unnest({compiler.process(keys, **kw)})"
