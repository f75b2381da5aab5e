"""Errors of the graph itself, with the codes callers see. What a domain foresees is a `Failure` instead."""

from typing import ClassVar

from graphql import GraphQLError
from strawberry.exceptions import StrawberryInputCoercionError


class Coded(Exception):
    """An error that callers are told as it is, by its code. Any other is a defect, and masked."""

    code: ClassVar[str]


class BadInput(Coded):
    """An argument that no state of the shop could make right."""

    code: ClassVar[str] = "BAD_USER_INPUT"


class TooExpensive(Coded):
    """The operation costs more than one operation may."""

    code: ClassVar[str] = "COST_LIMIT_EXCEEDED"


class TooComplex(Coded):
    """The document is larger, deeper or more repetitive than any honest one."""

    code: ClassVar[str] = "GRAPHQL_VALIDATION_FAILED"


class UpstreamUnavailable(Coded):
    """Another service, which owns the field, does not answer: the same may be well in a moment."""

    code: ClassVar[str] = "UPSTREAM_UNAVAILABLE"

    @classmethod
    def of(cls, service: str) -> "UpstreamUnavailable":
        return cls(f"The service `{service}` does not answer. Ask again in a moment.")


class UpstreamFault(Coded):
    """Another service, which owns the field, answered with an error, or with what its schema does not promise."""

    code: ClassVar[str] = "UPSTREAM_FAULT"

    @classmethod
    def of(cls, service: str) -> "UpstreamFault":
        return cls(f"The service `{service}` could not answer this.")


class Undeclared(Exception):
    """The schema does not build: a field lacks its scope, its cost or its description."""


class UnknownSubgraph(Exception):
    """There is no domain of that name to serve apart."""


def code_of(error: GraphQLError) -> str | None:
    """The code an error was raised with, or None where it was raised by graphql-core or by a defect.

    Only our own errors are asked: those of the database driver have codes too, and words not meant for callers.
    """
    original = error.original_error or error
    if isinstance(original, StrawberryInputCoercionError):
        return (
            BadInput.code
        )  # an input of which one member must be given, as a literal that gives none or two
    return original.code if isinstance(original, Coded) else None
