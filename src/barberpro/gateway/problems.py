"""How the gateway says no. Each refusal has a code from one closed set, an HTTP status and a sentence."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


class Code(enum.StrEnum):
    """Every `extensions.code` a caller can meet. Apollo's strings where Apollo has one."""

    GRAPHQL_PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
    GRAPHQL_VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
    BAD_USER_INPUT = "BAD_USER_INPUT"
    BAD_REQUEST = "BAD_REQUEST"
    PERSISTED_QUERY_NOT_FOUND = "PERSISTED_QUERY_NOT_FOUND"
    PERSISTED_QUERY_REQUIRED = "PERSISTED_QUERY_REQUIRED"
    OPERATION_RESOLUTION_FAILURE = "OPERATION_RESOLUTION_FAILURE"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    FORBIDDEN = "FORBIDDEN"
    COST_LIMIT_EXCEEDED = "COST_LIMIT_EXCEEDED"
    THROTTLED = "THROTTLED"
    DEADLINE_EXCEEDED = "DEADLINE_EXCEEDED"
    EVENTS_MISSED = "EVENTS_MISSED"
    UPSTREAM_UNAVAILABLE = "UPSTREAM_UNAVAILABLE"
    """Another service, which owns the field, does not answer; what else was asked for is there."""
    UPSTREAM_FAULT = "UPSTREAM_FAULT"
    """Another service, which owns the field, answered with an error or with nonsense; what else was asked is there."""
    NOT_FOUND = "NOT_FOUND"
    METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED"
    INTERNAL_SERVER_ERROR = "INTERNAL_SERVER_ERROR"


@dataclass(eq=False)
class Refusal(Exception):
    """The request is not carried out.

    `of_operation` is true where the request was a well-formed GraphQL request and the operation was refused: under
    `application/json` those are told with status 200, as GraphQL over HTTP has it.
    """

    code: Code
    status: int
    message: str
    headers: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    """More members for `extensions`."""
    errors: list[dict[str, Any]] | None = None
    """Several formatted errors instead of the one message, as validation gives them."""
    of_operation: bool = False

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


def refused(code: Code, message: str, *, status: int = 400, **facts: Any) -> Refusal:
    """A refusal of the operation itself."""
    return Refusal(code, status, message, facts=facts, of_operation=True)
