"""Resolves what a request names to a planned document: registered ones by id, raw text by parsing it once.

Registered documents are files, `schema/operations/<client name>/<Operation>.graphql`; the id is the SHA-256 of the
file's bytes, as in `sha256:2c26b4…`. They are parsed, checked against the schema, planned and compiled when the process
starts: one that no longer fits stops it, with the client's name. Raw text goes through the lexer's token limit and the
pass of `graph/limits.py` before validation, and is then kept.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    OperationDefinitionNode,
    StringValueNode,
    Visitor,
    get_operation_ast,
    parse,
    validate,
    visit,
)

from barberpro.graph.compiled.plans import prepare
from barberpro.graph.errors import TooComplex
from barberpro.graph.limits import MAX_TOKENS, measure, scan
from barberpro.graph.plan import Plan, plan
from barberpro.graph.schema import Graph
from barberpro.platform.contract import contract as contract
from barberpro.platform.principal import Principal

from .problems import Code, Refusal, refused
from .receive import Received

KEPT = 500
"""Ad hoc documents kept parsed, validated and planned."""
KEPT_LENGTH = 1_000_000
"""Characters of all of them: what is made of a document takes hundreds of times its length."""
LONGEST_KEPT = 20_000
"""Characters; longer texts are worked anew each time, so that the cache stays small."""
MAX_ERRORS = 10


@dataclass(frozen=True)
class Registered:
    """A document that a client may call by its id."""

    id: str
    client: str
    name: str
    text: str
    plan: Plan


class BrokenDocuments(Exception):
    """Registered documents that the schema cannot answer."""


def document_id(text: str) -> str:
    """The id of a document: the SHA-256 of its exact bytes."""
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def operation_files(folder: Traversable) -> Iterator[tuple[str, str, str]]:
    """Every registered document under `operations/`: client, name, text."""
    for client in sorted((c for c in folder.iterdir() if c.is_dir()), key=lambda c: c.name):
        for file in sorted(client.iterdir(), key=lambda f: f.name):
            if file.name.endswith(".graphql"):
                yield client.name, file.name.removesuffix(".graphql"), file.read_bytes().decode()


def load_registered(graph: Graph, folder: Traversable) -> dict[tuple[str, str], Registered]:
    """(client, id) → document. BrokenDocuments names every client and operation that no longer fits."""
    found: dict[tuple[str, str], Registered] = {}
    broken: list[str] = []
    for client, name, text in operation_files(folder):
        try:
            document = checked(graph, text)
            planned = _planned(graph, document, None)
            prepare(graph, planned)
        except Refusal as refusal:
            told = [e["message"] for e in refusal.errors or ()] or [refusal.message]
            broken.append(f"{client}/{name}: {'; '.join(told)}")
            continue
        made = Registered(document_id(text), client, name, text, planned)
        found[client, made.id] = made
    if broken:
        raise BrokenDocuments(
            "registered documents do not fit the schema:\n  " + "\n  ".join(broken)
        )
    return found


class Documents:
    """All documents of one process."""

    def __init__(self, graph: Graph, registered: Mapping[tuple[str, str], Registered]) -> None:
        self.graph = graph
        self.registered = registered
        self._kept: OrderedDict[tuple[str, str | None], Plan] = OrderedDict()
        self._kept_length = 0

    def resolve(self, received: Received, principal: Principal) -> tuple[Plan, str | None]:
        """The plan the request names, and its id where it is a registered one."""
        if received.document_id is not None:
            found = self.registered.get((principal.client_name, received.document_id))
            if found is None:
                raise refused(
                    Code.PERSISTED_QUERY_NOT_FOUND,
                    "No document with this id is registered for this client.",
                )
            return found.plan, found.id
        if principal.registered_only:
            raise refused(
                Code.PERSISTED_QUERY_REQUIRED,
                "This client may only run its registered documents: send `documentId`.",
                status=403,
            )
        return self._ad_hoc(received.query or "", received.operation_name), None

    def _ad_hoc(self, text: str, name: str | None) -> Plan:
        key = text, name
        if key in self._kept:
            self._kept.move_to_end(key)
            self.graph.counts.plans["hit"] += 1
            return self._kept[key]
        self.graph.counts.plans["miss"] += 1
        document = checked(self.graph, text)
        planned = _planned(self.graph, document, name)
        if len(text) <= LONGEST_KEPT:
            self._kept[key] = planned
            self._kept_length += len(text)
            while len(self._kept) > KEPT or self._kept_length > KEPT_LENGTH:
                (forgotten, _), _ = self._kept.popitem(last=False)
                self._kept_length -= len(forgotten)
                self.graph.counts.plans["evicted"] += 1
            self.graph.counts.plans_kept = len(self._kept)
        return planned


def checked(graph: Graph, text: str) -> DocumentNode:
    """Scan, parse, measure and validate, in this order; a Refusal tells what is wrong, and where."""
    try:
        scan(text)
    except TooComplex as error:
        raise refused(Code.GRAPHQL_PARSE_FAILED, str(error)) from None
    try:
        document = parse(text, max_tokens=MAX_TOKENS)
        measure(document)
        _check_text(text, document)
    except GraphQLError as error:
        raise _refusal(Code.GRAPHQL_PARSE_FAILED, [error]) from None
    except RecursionError:
        raise refused(Code.GRAPHQL_PARSE_FAILED, "The document is nested too deeply.") from None
    except TooComplex as error:
        raise refused(Code.GRAPHQL_VALIDATION_FAILED, str(error)) from None
    errors = validate(graph.core, document, max_errors=MAX_ERRORS, hide_suggestions=True)
    if errors:
        raise _refusal(Code.GRAPHQL_VALIDATION_FAILED, errors)
    return document


def _check_text(text: str, document: DocumentNode) -> None:
    """Raise TooComplex where a string in the document holds U+0000, which no table stores."""
    if "\\u" not in text and "\0" not in text:
        return

    class Strings(Visitor):
        def enter_string_value(self, node: StringValueNode, *_: Any) -> None:
            if "\0" in node.value:
                raise TooComplex("Text with a NUL character cannot be stored.")

    visit(document, Strings())


def _planned(graph: Graph, document: DocumentNode, name: str | None) -> Plan:
    operation = _operation(document, name)
    try:
        return plan(graph, document, operation)
    except TooComplex as error:
        raise refused(Code.GRAPHQL_VALIDATION_FAILED, str(error)) from None


def _operation(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    found = get_operation_ast(document, name)
    if found is None:
        which = (
            f"no operation {name!r}"
            if name
            else "no single operation: say which by `operationName`"
        )
        raise refused(Code.OPERATION_RESOLUTION_FAILURE, f"The document has {which}.")
    return found


def _refusal(code: Code, errors: list[GraphQLError]) -> Refusal:
    formatted = [{**error.formatted, "extensions": {"code": code}} for error in errors]
    refusal = refused(code, errors[0].message)
    refusal.errors = formatted  # type: ignore[assignment]
    return refusal
