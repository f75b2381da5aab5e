"""Every field of the schema refuses who lacks any one thing it needs, over HTTP and before the first statement.

The documents are made from the schema: the shortest way to each field, through `node` where there is one.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import httpx
import pytest
from graphql import get_named_type, is_abstract_type, is_composite_type, is_required_argument, parse
from graphql import validate as violations

from barberpro.graph.plan import plan
from barberpro.graph.schema import Graph
from barberpro.graph.scopes import POLICIES, Needed
from barberpro.platform.principal import Principal

from .conftest import Always


@dataclass(frozen=True)
class Way:
    """How a type is reached: the steps below the operation's root, and the variables they need."""

    operation: str
    steps: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()

    def on(self, name: str, field: Any) -> "Way":
        """One field further; its required arguments are variables that nobody gives."""
        needed = [(a, str(v.type)) for a, v in field.args.items() if is_required_argument(v)]
        at = len(self.variables)
        given = ", ".join(f"{a}: $v{at + n}" for n, (a, _) in enumerate(needed))
        declared = tuple(f"$v{at + n}: {kind}" for n, (_, kind) in enumerate(needed))
        step = f"{name}({given})" if given else name
        return replace(self, steps=(*self.steps, step), variables=self.variables + declared)

    def narrowed(self, type_name: str) -> "Way":
        return replace(self, steps=(*self.steps, f"... on {type_name}"))

    def document(self, *, leaf: bool) -> str:
        body = self.steps[-1] if leaf else f"{self.steps[-1]} {{ __typename }}"
        for step in reversed(self.steps[:-1]):
            body = f"{step} {{ {body} }}"
        head = (
            f"{self.operation} Asked({', '.join(self.variables)})"
            if self.variables
            else self.operation
        )
        return f"{head} {{ {body} }}"


def ways(graph: Graph) -> dict[tuple[str, str], str]:
    """A document for every field that can be asked."""
    roots = [(name, Way(name.lower())) for name in ("Query", "Mutation", "Subscription")]
    known, left = dict(roots), deque(name for name, _ in roots)
    found: dict[tuple[str, str], str] = {}
    while left:
        type_name = left.popleft()
        type_: Any = graph.core.type_map[type_name]
        fields = sorted(type_.fields.items(), key=lambda item: (item[0] != "node", item[0]))
        for name, field in fields:
            answered: Any = get_named_type(field.type)
            further = known[type_name].on(name, field)
            is_leaf = not is_composite_type(answered)
            found[type_name, name] = further.document(leaf=is_leaf)
            if is_leaf:
                continue
            reached = {} if not hasattr(answered, "fields") else {answered.name: further}
            if is_abstract_type(answered):
                possible = graph.core.get_possible_types(answered)
                reached |= {t.name: further.narrowed(t.name) for t in possible}
            for reached_name, way in reached.items():
                if reached_name not in known:
                    known[reached_name] = way
                    left.append(reached_name)
    return found


def lacks(needed: Needed) -> Iterator[frozenset[str]]:
    """Every smallest thing to take away so that no set of it is whole."""
    yield from {frozenset(chosen) for chosen in product(*needed.sets)}


def caller(held: frozenset[str]) -> Principal:
    """Someone who holds just this."""
    return Principal(
        "org_nobody",
        client="cli_test",
        client_name="test",
        scopes=held.difference(POLICIES),
        user="usr_test" if "SIGNED_IN" in held else None,
        locations=None if "ORGANIZATION_WIDE" in held else frozenset({"loc_test"}),
    )


@pytest.fixture
def ask(http: httpx.AsyncClient, state: dict[str, Any]) -> Any:
    """Send a document as this caller: everything is real but the token."""

    async def send(document: str, who: Principal) -> httpx.Response:
        state["pipeline"] = replace(state["pipeline"], identify=Always(who))
        return await http.post("/graphql", json={"query": document})

    return send


def test_the_ways_lead_to_every_field(graph: Graph) -> None:
    found = ways(graph)
    assert graph.scopes.keys() - found.keys() <= {
        key for key in graph.scopes if is_abstract_type(graph.core.type_map[key[0]])
    }
    for document in found.values():
        assert violations(graph.core, parse(document)) == [], document


async def test_who_lacks_one_thing_is_refused_before_any_statement(
    graph: Graph, ask: Any, statements: Any
) -> None:
    everything = frozenset[str](POLICIES).union(*(s for n in graph.scopes.values() for s in n.sets))
    tried = 0
    with statements() as sent:
        for key, document in ways(graph).items():
            if graph.scopes[key].is_public:
                continue
            for missing in lacks(graph.scopes[key]):
                answer = await ask(document, caller(everything - missing))
                told = answer.json()
                assert (answer.status_code, set(told)) == (403, {"errors"}), document
                (error,) = told["errors"]
                assert error["extensions"]["code"] == "FORBIDDEN"
                asked = {
                    *error["extensions"]["requiredScopes"],
                    *error["extensions"].get("requiredPolicies", ()),
                }
                assert asked
                assert asked <= missing, document
                tried += 1
    assert sent == []
    assert tried > 150


async def test_who_holds_all_of_it_is_not_refused(graph: Graph, ask: Any) -> None:
    for key, document in ways(graph).items():
        if graph.scopes[key].is_public or key[0] == "Mutation":
            continue
        parsed = parse(document)
        requires = plan(graph, parsed, parsed.definitions[0]).requires
        held = requires.always.union(*(min(c.sets, key=len) for c in requires.choices))
        answer = await ask(document, caller(held))
        codes = {e.get("extensions", {}).get("code") for e in answer.json().get("errors", ())}
        assert not codes & {"FORBIDDEN", "UNAUTHENTICATED"}, document


async def test_a_partner_is_not_told_what_it_may_not_see(
    graph: Graph, http: httpx.AsyncClient, state: Any
) -> None:
    """Without the right to introspect, what lacks a scope does not exist."""

    partner = replace(caller(frozenset()), document_mode="locked", client_name="frontend")
    state["pipeline"] = replace(state["pipeline"], identify=Always(partner))
    registered = state["pipeline"].documents.registered
    refused = [
        d
        for (folder, _), d in registered.items()
        if folder == "frontend" and d.plan.requires.always
    ]
    assert refused
    for document in refused:
        answer = await http.post("/graphql", json={"documentId": document.id, "variables": {}})
        (error,) = answer.json()["errors"]
        assert error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
        assert "scope" not in answer.text.lower()
