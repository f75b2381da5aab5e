"""Binds a statement to one tenant, and to the locations a caller is limited to.

Every SELECT, UPDATE and DELETE, however deep it stands in the statement, gets the tenant rule of
each tenant table it names, and the row rule where the caller is limited. The rules' values are
parameters (`caller_tenant`, `caller_locations`), so a bound statement can be kept and used for any
caller. What cannot be bound (raw text, a table that was not declared in `tables.py`, a write inside
another statement) is refused, unless the statement is marked `across_tenants`.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Delete,
    Executable,
    Insert,
    Join,
    Select,
    Table,
    TableClause,
    TextClause,
    Update,
    and_,
    bindparam,
    exists,
    or_,
    select,
)
from sqlalchemy.sql import visitors
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.sql.elements import ColumnClause
from sqlalchemy.sql.expression import CTE, FromClause, Subquery
from sqlalchemy.sql.selectable import (
    FromClauseAlias,
    FromGrouping,
    SelectBase,
    TableValuedAlias,
    TextualSelect,
)

from .sets import among, each_key, key_set
from .tables import AtLocation, Key, Linked, metadata

S = TypeVar("S", bound=Executable)

ACROSS = "barberpro_across_tenants"
_bound: WeakKeyDictionary[Executable, dict[bool, Executable | None]] = WeakKeyDictionary()
TENANT = bindparam("caller_tenant", type_=Key)
LOCATIONS = key_set("caller_locations")
RAW = ("_prefixes", "_suffixes", "_hints", "_statement_hints")  # where SQLAlchemy keeps bare SQL


class Unbindable(Exception):
    """A statement that no principal could be bound to: a defect of ours, never of a caller."""


def across_tenants(statement: S, reason: str) -> S:
    """Mark a statement that must see more than one tenant, and say why."""
    if not reason:
        raise ValueError("say why this statement reaches across tenants")
    return statement.execution_options(**{ACROSS: reason})


def marked(statement: Executable) -> bool:
    """Whether a statement says why it reaches across tenants."""
    return bool(statement.get_execution_options().get(ACROSS))


def bind(statement: Executable, *, limited: bool) -> Executable:
    """The statement with the rules in it; `limited` where the caller is limited to locations.

    Remembered as long as the statement lives: binding one with joins costs more than running it
    (9 ms against 1.5 where it was measured), so what is run often should be made once.
    """
    if marked(statement):
        return statement
    remembered = _bound.get(statement)
    if remembered is None:
        remembered = _bound[statement] = {}
    if limited not in remembered:
        bound = _bind(statement, limited)
        remembered[limited] = None if bound is statement else bound  # it would keep itself alive
    found = remembered[limited]
    return statement if found is None else found


def _bind(statement: Executable, limited: bool) -> Executable:
    if not isinstance(statement, Select | CompoundSelect | Insert | Update | Delete):
        raise Unbindable(f"{type(statement).__name__} cannot be bound to a tenant")
    elements = list(visitors.iterate(statement))
    for element in elements:
        if _may_be_raw(type(element)):
            _refuse_raw(element)
        if element is not statement and isinstance(element, UpdateBase):
            raise Unbindable("a write inside another statement cannot be bound")
    if isinstance(statement, Insert):
        return _bind_insert(statement, elements, limited)
    if not isinstance(statement, CompoundSelect) and _is_flat(statement, elements):
        return statement.where(*_criteria(statement, limited))  # the usual one: nothing is cloned
    visit = {kind: lambda e: _bind_in_place(e, limited) for kind in ("select", "update", "delete")}
    bound = visitors.cloned_traverse(statement, {}, visit)
    vars(bound).pop("_is_clone_of", None)  # a copy that held its original would keep both forever
    return bound


def _is_flat(statement: Select[Any] | Update | Delete, elements: list[Any]) -> bool:
    """No select within, and no far side of an outer join, whose rules belong in its ON."""
    if any(isinstance(e, SelectBase) and e is not statement for e in elements):
        return False
    return not isinstance(statement, Select) or not any(
        map(_joins_outward, statement.get_final_froms())
    )


def _bind_insert(statement: Insert, elements: list[Any], limited: bool) -> Insert:
    """An INSERT needs no rule: the door fills the tenant in. It may read nothing else."""
    table = _tenant_table(statement.table)
    if any(isinstance(e, SelectBase) for e in elements):
        raise Unbindable("INSERT … SELECT cannot be bound: read the rows, then insert them")
    for element in elements:
        if element.__visit_name__ == "on_conflict_do_update":
            _refuse_foreign_update(table, element, limited)
    return statement


def _refuse_foreign_update(table: Table, clause: Any, limited: bool) -> None:
    """ON CONFLICT DO UPDATE reaches whatever row is in the way: it must be one of this tenant."""
    tenant = table.info["tenant"]
    target = {getattr(c, "name", c) for c in clause.inferred_target_elements or ()}
    if tenant not in target:
        raise Unbindable(f"an upsert of {table.name} must name index_elements with {tenant}")
    if tenant in {getattr(c, "name", c) for c in clause.update_values_to_set}:
        raise Unbindable("a row never changes its tenant")
    if limited and table.info["rows"]:
        raise Unbindable(f"an upsert of {table.name} cannot be bound to locations")


def _bind_in_place(part: Any, limited: bool) -> None:
    """Add the rules to a clone; an outer join's far side gets them in ON, so that it stays one.

    `select().join()` is kept apart until SQLAlchemy compiles, which finds the left side by what ON
    names. Rules in ON would mislead it, so its joins are laid down first.
    """
    part._where_criteria += tuple(_criteria(part, limited))
    if isinstance(part, Select) and any(map(_joins_outward, froms := part.get_final_froms())):
        part._from_obj = tuple(_with_rules_in_on(source, limited) for source in froms)
        part._setup_joins = part._memoized_select_entities = ()


def _joins_outward(source: FromClause) -> bool:
    if isinstance(source, FromGrouping):
        return _joins_outward(source.element)
    return isinstance(source, Join) and (
        source.isouter or _joins_outward(source.left) or _joins_outward(source.right)
    )


def _with_rules_in_on(source: FromClause, limited: bool) -> FromClause:
    if isinstance(source, FromGrouping):
        return _with_rules_in_on(source.element, limited)
    if not isinstance(source, Join):
        return source
    left, right = (_with_rules_in_on(side, limited) for side in (source.left, source.right))
    far = _rules_of(source.right, limited) if source.isouter else []
    on = and_(source.onclause, *far)  # pyright: ignore[reportArgumentType] - a join has one
    return type(source)(left, right, on, isouter=source.isouter)


def _criteria(part: Any, limited: bool) -> list[ColumnElement[bool]]:
    return [rule for source in dict.fromkeys(_sources(part)) for rule in _rules_of(source, limited)]


def _sources(part: Select[Any] | Update | Delete) -> Iterator[FromClause]:
    """What a statement reads from, in FROM or just by naming it."""
    if isinstance(part, Select):
        yield from part.get_final_froms()
        return
    yield part.table
    expressions: list[Any] = list(part._where_criteria)
    if isinstance(part, Update):
        expressions += (part._values or {}).values()
    if isinstance(part, Delete):
        yield from part._extra_froms
    for expression in expressions:
        yield from getattr(expression, "_from_objects", ())


def _rules_of(source: FromClause, limited: bool) -> list[ColumnElement[bool]]:
    """The rules that belong in WHERE for this source; those of a far side belong in ON."""
    if isinstance(source, Join):
        if source.full:
            raise Unbindable("FULL JOIN cannot be bound")
        near = _rules_of(source.left, limited)
        return near if source.isouter else near + _rules_of(source.right, limited)
    if isinstance(source, FromGrouping):
        return _rules_of(source.element, limited)
    named: Any = source
    while isinstance(named, FromClauseAlias) and not isinstance(named, TableValuedAlias):
        named = named.element
    if isinstance(named, Subquery | CTE | SelectBase) or _is_key_list(named):
        return []  # the selects in them are bound themselves
    return _table_rules(_tenant_table(named), source, limited)


def _table_rules(table: Table, source: FromClause, limited: bool) -> list[ColumnElement[bool]]:
    rules: list[ColumnElement[bool]] = [source.c[table.info["tenant"]] == TENANT]
    if limited and table.info["rows"]:
        rules.append(or_(*[_row_rule(rule, source) for rule in table.info["rows"]]))
    return rules


def _row_rule(rule: AtLocation | Linked, source: FromClause) -> ColumnElement[bool]:
    if isinstance(rule, AtLocation):
        return among(source.c[rule.column], LOCATIONS)
    link = metadata.tables[rule.table].alias()
    linked = select(link.c.id).where(
        link.c.organization_id == TENANT,
        link.c[rule.key] == source.c[rule.column],
        among(link.c[rule.location], LOCATIONS),
    )
    return exists(linked.correlate(source))  # said outright: by itself it reaches one level only


def _tenant_table(table: Any) -> Table:
    if isinstance(table, Table) and "tenant" in table.info:
        return table
    raise Unbindable(f"{table} is not a tenant's table: use tenant_table, or mark the statement")


def _is_key_list(source: Any) -> bool:
    return isinstance(source, TableValuedAlias) and isinstance(source.element, each_key)


@cache
def _may_be_raw(kind: type) -> bool:
    """Most elements are not, and there are many of them."""
    named = (TextClause, TextualSelect, ColumnClause, TableValuedAlias, TableClause)
    return issubclass(kind, named) or any(hasattr(kind, place) for place in RAW)


def _refuse_raw(element: Any) -> None:
    """Whatever may read more than it says."""
    if isinstance(element, TextClause | TextualSelect):
        raise Unbindable(f"raw SQL cannot be bound: {str(element)[:80]}")
    if isinstance(element, ColumnClause) and element.is_literal and element.name != "*":
        raise Unbindable(f"raw SQL cannot be bound: {element.name[:80]}")
    if any(getattr(element, place, None) for place in RAW):
        raise Unbindable("raw SQL cannot be bound: a prefix, suffix or hint")
    if isinstance(element, TableValuedAlias) and not _is_key_list(element):
        raise Unbindable(f"{element.element} may read what it likes: mark the statement")
    if isinstance(element, TableClause):
        _tenant_table(element)
