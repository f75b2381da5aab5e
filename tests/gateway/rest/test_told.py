"""What is told of the routes: the OpenAPI description, and the page that shows it."""

import json
import tomllib
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from barberpro.gateway.documents import contract, load_registered
from barberpro.gateway.rest.openapi import described
from barberpro.gateway.rest.routes import BrokenRoutes, Route, load_routes
from barberpro.graph.schema import Graph

TOLD = json.loads((contract() / "openapi.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def documents(graph: Graph) -> Any:
    return load_registered(graph, contract() / "operations")


@pytest.fixture(scope="module")
def routes(graph: Graph, documents: Any) -> list[Route]:
    return load_routes(graph, documents, contract())


def test_the_description_is_valid_and_is_what_the_code_builds(
    graph: Graph, routes: list[Route]
) -> None:
    built = described(graph, routes)
    OpenAPIV31SpecValidator(built).validate()
    assert json.loads(json.dumps(built)) == TOLD


def test_every_row_is_described(routes: list[Route]) -> None:
    rows = tomllib.loads((contract() / "rest.toml").read_text("utf-8"))["route"]
    told = [(method.upper(), path) for path, methods in TOLD["paths"].items() for method in methods]
    assert sorted(told) == sorted((row["method"], row["path"]) for row in rows)
    names = [o["operationId"] for methods in TOLD["paths"].values() for o in methods.values()]
    assert len(set(names)) == len(names) == len(routes)


def test_scopes_and_answers_stand_in_it() -> None:
    asked = TOLD["paths"]["/api/v1/bookings"]["post"]
    assert asked["security"][0] == {"oauth2": ["bookings:read", "bookings:write"]}
    assert "SLOT_TAKEN" in asked["responses"]["409"]["description"]
    body = asked["requestBody"]["content"]["application/json"]["schema"]
    assert "idempotencyKey" not in body["properties"]
    listed = TOLD["paths"]["/api/v1/bookings"]["get"]
    first = next(p for p in listed["parameters"] if p["name"] == "first")
    assert (first["schema"]["default"], first["required"]) == (20, False)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ('operation = "Nothing"', "Nothing"),
        ('operation = "LocationGet"', "id come from nowhere"),
        ('operation = "LocationGet"\nfrom = { id = "path.key" }', "in the path"),
        ('operation = "LocationGet"\nfrom = { id = "cookie.id" }', "no place"),
        ('operation = "LocationGet"\nfrom = { id = "query.id", key = "query.key" }', "no \\$key"),
        ('operation = "LocationGet"\nat = "location"\nto = 1', "unknown members to"),
        ('operation = "LocationGet"\nat = "place"\nfrom = { id = "query.id" }', "place"),
    ],
)
def test_a_row_that_does_not_fit_its_document_is_named(
    graph: Graph, documents: Any, tmp_path: Any, row: str, says: str
) -> None:
    head = '[[route]]\ngroup = "G"\nmethod = "GET"\npath = "/api/x"\n'
    (tmp_path / "rest.toml").write_text(head + row, "utf-8")
    with pytest.raises(BrokenRoutes, match=f"GET /api/x: .*{says}"):
        load_routes(graph, documents, tmp_path)


def test_a_document_without_a_route_is_named(graph: Graph, documents: Any) -> None:
    one = next(each for (client, _), each in documents.items() if client == "rest")
    lost = {**documents, ("rest", "sha256:0"): replace(one, name="Lost")}
    with pytest.raises(BrokenRoutes, match="no route for Lost"):
        load_routes(graph, lost, contract())


class Seen(HTMLParser):
    """The page's tags, ids and links."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        held = dict(attrs)
        self.ids += [held["id"] or ""] if "id" in held else []
        self.links += [held["href"] or ""] if "href" in held else []


async def test_the_page_needs_nothing_but_itself(http: httpx.AsyncClient) -> None:
    shown = await http.get("/docs")
    assert shown.status_code == 200
    policy = shown.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    seen = Seen()
    seen.feed(shown.text)
    assert not {"script", "img", "link", "iframe"} & set(seen.tags)
    assert len(set(seen.ids)) == len(seen.ids)
    inside = {link.removeprefix("#") for link in seen.links if link.startswith("#")}
    assert inside <= set(seen.ids)
    assert {link for link in seen.links if not link.startswith("#")} == {"/openapi.json"}


async def test_every_problem_leads_to_its_place_on_the_page(http: httpx.AsyncClient) -> None:
    seen = Seen()
    seen.feed((await http.get("/docs")).text)
    for code, place in TOLD["x-problems"].items():
        assert place == f"/docs#problem-{code}"
        assert f"problem-{code}" in seen.ids


async def test_the_description_is_served_as_it_is_kept(http: httpx.AsyncClient) -> None:
    answer = await http.get("/openapi.json")
    assert answer.json() == TOLD
    again = await http.get("/openapi.json", headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
