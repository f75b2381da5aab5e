"""The changes from one SDL to another, each with the coordinate it stands at and how it is for callers.

graphql-core finds what changed in names and types. What it does not look at are deprecations, `@oneOf`, a scalar's
specification, and the directives that say who may ask and at what cost: those are in `stated.py`.
"""

import re
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from graphql import GraphQLSchema, build_ast_schema, find_schema_changes, parse
from graphql.utilities.find_schema_changes import (
    BreakingChangeType,
    DangerousChangeType,
    SchemaChange,
)

from ..federation.entities import ENTITY


class Severity(StrEnum):
    """What a change means to who calls as before."""

    BREAKING = "breaking"
    """What was answered will be refused, or answered in another shape."""
    DANGEROUS = "dangerous"
    """It is answered still, and may say or cost what the caller is not prepared for."""
    SAFE = "safe"


class Change(NamedTuple):
    """One change. Its kind is graphql-core's name for it, or one of `stated.py`."""

    severity: Severity
    kind: str
    coordinate: str
    """As in the GraphQL specification, section 3.14: `Type`, `Type.field`, `Type.field(argument:)`, `@directive`."""
    says: str


MEMBER = re.compile(r"\w+\.\w+(?:\(\w+:?\))?")
DIRECTIVE = re.compile(r"@\w+(?:\(\w+:?\))?")
LAST_NAMED = re.compile(r"(?:union type|implemented by) (\w+)\.$")
TYPE = re.compile(r"(?:Standard scalar |Description of )?(\w+)")
TEXT = " has changed to "
ENTITIES = f" was added to union type {ENTITY}."
"""A router asks for the entities that it composed, so a further one surprises nobody."""


@lru_cache(maxsize=8)
def schema_of(sdl: str) -> GraphQLSchema:
    """A schema to compare and to look things up in; nothing can be executed over it."""
    return build_ast_schema(parse(sdl))


def structural(before: GraphQLSchema, after: GraphQLSchema) -> list[Change]:
    """What changed in names, types, defaults and descriptions."""
    return [_located(each) for each in find_schema_changes(before, after)]


def _located(change: SchemaChange) -> Change:
    says = change.description
    if change.type.name == "DESCRIPTION_CHANGED":
        says = says.partition(TEXT)[0] + " has changed."
    return Change(_severity(change), change.type.name, _coordinate(says), says)


def _severity(change: SchemaChange) -> Severity:
    if isinstance(change.type, BreakingChangeType):
        return Severity.BREAKING
    if isinstance(change.type, DangerousChangeType) and not change.description.endswith(ENTITIES):
        return Severity.DANGEROUS
    return Severity.SAFE


def _coordinate(says: str) -> str:
    """Where a change stands, out of the sentence about it: graphql-core tells it nowhere else."""
    directive = DIRECTIVE.search(says)
    found = directive or MEMBER.search(says)
    # A default may hold anything, also what looks like a directive; the coordinate comes first.
    member = MEMBER.search(says)
    if directive and member and member.start() < directive.start():
        found = member
    if found is not None:
        place = found[0]
        return place[:-1] + ":)" if place.endswith(")") and not place.endswith(":)") else place
    named = LAST_NAMED.search(says) or TYPE.match(says)
    return named[1] if named else says
