"""Asks the graph the way the pipeline does, with a caller of the test's choosing."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import orjson
import pytest
from graphql import GraphQLError, parse, validate

from barberpro.graph.context import Context
from barberpro.graph.cursors import Cursors
from barberpro.graph.execute import coerced, encoded, run
from barberpro.graph.plan import plan
from barberpro.graph.schema import Graph
from barberpro.graph.scopes import held_by
from barberpro.platform.audit.checkpoints import Signer, Verifier
from barberpro.platform.crypto import Sealer
from barberpro.platform.database import Database
from barberpro.platform.locale import Catalogue, Language
from barberpro.platform.principal import Principal
from barberpro.platform.settings import Settings

from .conftest import MASTER_KEY, PUBLIC_URL


@dataclass(frozen=True)
class Answer:
    """What came of a document."""

    data: Any
    errors: list[GraphQLError]
    statements: int
    cost: int


def shown(data: Any) -> Any:
    """An answer's data as a caller reads it."""
    return orjson.loads(encoded(data))


Ask = Callable[..., Awaitable[Answer]]


@pytest.fixture(scope="session")
def audit_key() -> Verifier:
    """That of the platform which tests have."""
    return Signer(Sealer(MASTER_KEY), Settings(public_url=PUBLIC_URL)).verifier


@pytest.fixture
def ask(
    graph: Graph, database: Database, clock: Any, principal: Principal, audit_key: Verifier
) -> Ask:
    """`await ask(document, variable=…)`; `who` asks as another caller, `language` in another language."""

    async def answer(
        text: str,
        *,
        who: Principal = principal,
        language: Language = "es-AR",
        registered: bool = False,
        **variables: Any,
    ) -> Answer:
        document = parse(text)
        assert validate(graph.core, document) == []
        planned = plan(graph, document, document.definitions[0])
        assert not planned.requires.lacking(held_by(who))
        context = Context(
            principal=who,
            database=database,
            clock=clock,
            catalogue=Catalogue.load(files("barberpro") / "domains" / "messages"),
            cursors=Cursors(b"a secret of thirty-two bytes, yes", who.tenant),
            language=language,
            request_id="req_test",
            audit_key=audit_key,
            graph=graph,
        )
        result = await run(graph, planned, coerced(graph, planned, variables), context)
        cost = planned.cost(variables, registered=registered)
        return Answer(shown(result.data), result.errors or [], context.statements, cost)

    return answer
