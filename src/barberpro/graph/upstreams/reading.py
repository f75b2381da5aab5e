"""Reads another service's answer, and believes nothing of it that our schema does not promise.

What is amiss becomes an error that stands where the value would: both executors raise it there, so that each occurrence
has its path and null goes up to the nearest field that may be null.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLString,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)

from barberpro.platform.upstreams.service import Garbled

from .forwarding import Asked, Part

PREFIX = "told_"
"""Before each response key, as an attribute: a caller may choose any name for one, also Python's own."""
INT_END = 2**31

KINDS: dict[str, tuple[type, ...]] = {
    GraphQLInt.name: (int,),
    GraphQLFloat.name: (int, float),
    GraphQLString.name: (str,),
    GraphQLID.name: (str, int),
    GraphQLBoolean.name: (bool,),
}
"""What JSON must hold for the scalars of the specification; graphql-core would make one of them of another."""


class Object:
    """An object of another service: what it told under each response key."""

    def __init__(self, told: Mapping[str, Any], *, is_whole: bool) -> None:
        vars(self).update({f"{PREFIX}{key}": value for key, value in told.items()})
        self.is_whole = is_whole
        """Whether no error stands in it, at any depth."""


def is_whole(value: Any) -> bool:
    """Whether no error stands in a value."""
    if isinstance(value, list):
        return all(map(is_whole, value))
    return not isinstance(value, Exception) and (not isinstance(value, Object) or value.is_whole)


def sound(value: Any) -> Any:
    """The value with nothing in place of its errors."""
    if isinstance(value, list):
        return [sound(each) for each in value]
    return None if isinstance(value, Exception) else value


def read(answer: Mapping[str, Any], asked: Asked, count: int, fault: Exception) -> list[Any]:
    """What an answer says of each of `count` entities; `fault` stands wherever it is not to be believed.

    Raises Garbled where it says nothing about them at all.
    """
    data, errors = answer.get("data"), _Errors.of(answer.get("errors"))
    entities = data.get("_entities") if isinstance(data, dict) else None
    if not isinstance(entities, list):
        raise Garbled("no entities")
    if len(entities) != count:
        raise Garbled(f"{len(entities)} entities for {count} keys")
    reading = _Reading(fault)
    below = errors.at("_entities")
    return [reading.entity(e, asked.field, below.at(n)) for n, e in enumerate(entities)]


class _Errors:
    """The errors of an answer, by their paths; one without a path may be about anything."""

    def __init__(self, *, here: bool = False) -> None:
        self.here = here
        self.below: dict[Any, _Errors] = {}

    @classmethod
    def of(cls, listed: Any) -> "_Errors":
        root = cls()
        for error in listed if isinstance(listed, list) else ():
            path = error.get("path") if isinstance(error, dict) else None
            at = root
            for step in path if isinstance(path, list) else ():
                if not isinstance(step, str | int):
                    break
                at = at.below.setdefault(step, cls())
            at.here = True
        return root

    def at(self, step: str | int) -> "_Errors":
        return self.below.get(step) or (HERE if self.here else NOWHERE)

    @property
    def any(self) -> bool:
        return self.here or bool(self.below)


HERE = _Errors(here=True)
NOWHERE = _Errors()


class _Reading:
    def __init__(self, fault: Exception) -> None:
        self._fault = fault

    def entity(self, entity: Any, field: Part, errors: _Errors) -> Any:
        """The field's value of one entity; an entity that the service does not know has none."""
        if entity is None:
            return self._fault if errors.any else None
        if not isinstance(entity, dict) or field.key not in entity:
            return self._fault
        return self._value(entity[field.key], field.type, field, errors.at(field.key))

    def _value(self, value: Any, type_: Any, part: Part, errors: _Errors) -> Any:
        if value is None:
            return self._fault if errors.any or is_non_null_type(type_) else None
        bare = get_nullable_type(type_)
        if is_list_type(bare):
            if not isinstance(value, list):
                return self._fault
            items = enumerate(value)
            return [self._value(each, bare.of_type, part, errors.at(n)) for n, each in items]
        if is_leaf_type(bare):
            return self._leaf(value, bare)
        if not isinstance(value, dict):
            return self._fault
        told = {p.key: self._member(value, p, errors) for p in part.below}
        return Object(told, is_whole=_all_whole(told.values()))

    def _member(self, value: dict[str, Any], part: Part, errors: _Errors) -> Any:
        if part.key not in value:
            return self._fault
        return self._value(value[part.key], part.type, part, errors.at(part.key))

    def _leaf(self, value: Any, type_: Any) -> Any:
        kinds = KINDS.get(type_.name)
        if isinstance(type_, GraphQLEnumType):
            known = type_.values.get(value) if isinstance(value, str) else None
            return self._fault if known is None else known.value
        if kinds is not None:
            is_bool = isinstance(value, bool) and bool not in kinds
            is_long = type_ is GraphQLInt and not -INT_END <= _number(value) < INT_END
            return self._fault if is_bool or is_long or not isinstance(value, kinds) else value
        try:
            return type_.coerce_input_value(value)
        except Exception:  # whatever a scalar finds wrong with it
            return self._fault


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _all_whole(values: Iterable[Any]) -> bool:
    return all(map(is_whole, values))
