"""GraphQL over HTTP by GET: what stands in the URL, what is never run so, and what a caller need not be sent again."""

import json
from typing import Any
from urllib.parse import quote

import httpx
import pytest

VIEWER = "{ viewer { organization { name } } }"
DOCUMENT = "query At($id: ID!) { location(id: $id) { name } }"


@pytest.fixture
async def ask(http: httpx.AsyncClient, bearer: Any) -> Any:
    """`await ask(query=…)` is what a caller with every scope gets for this URL."""
    token = await bearer(documents=("LocationById",))

    async def get(headers: dict[str, str] | None = None, **parameters: str) -> httpx.Response:
        return await http.get("/graphql", params=parameters, headers={**token, **(headers or {})})

    return get


def code(answer: httpx.Response) -> str:
    return answer.json()["errors"][0]["extensions"]["code"]


async def test_a_query_stands_in_the_url_as_it_would_in_a_body(ask: Any) -> None:
    answer = await ask(query="query A { __typename } query B { b: __typename }", operationName="B")
    assert (answer.status_code, answer.json()["data"]) == (200, {"b": "Query"})
    answer = await ask(query=DOCUMENT, variables=json.dumps({"id": "loc_nowhere"}))
    assert answer.json()["data"] == {"location": None}
    for nothing in ("", "null"):
        answer = await ask(query="{ __typename }", variables=nothing, extensions=nothing)
        assert answer.json()["data"] == {"__typename": "Query"}


async def test_old_clients_get_the_old_media_type(ask: Any) -> None:
    answer = await ask(query="{ nothing }", headers={"accept": "application/json"})
    assert (answer.status_code, code(answer)) == (200, "GRAPHQL_VALIDATION_FAILED")
    answer = await ask(query="{ nothing }")
    assert (answer.status_code, code(answer)) == (400, "GRAPHQL_VALIDATION_FAILED")


@pytest.mark.parametrize("accept", ["application/json", "application/graphql-response+json"])
async def test_a_mutation_is_never_run_by_get(ask: Any, accept: str) -> None:
    document = (
        "mutation ($input: LocationCloseInput!) { locationClose(input: $input) { __typename } }"
    )
    answer = await ask(
        query=document, variables='{"input": {"locationId": "x"}}', headers={"accept": accept}
    )
    assert (answer.status_code, code(answer)) == (405, "METHOD_NOT_ALLOWED")
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("query={a}&query={b}", 400),
        ("query=%ff", 400),
        ("query={a}&variables=[]", 400),
        ("query={a}&variables=1", 400),
        ("query={a}&variables={", 400),
        ("query={a}&variables=" + "[" * 60, 400),
        ('query={a}&variables={"a":"\\u0000"}', 400),
        ("query={a}&extensions=x", 400),
        ("operationName=A", 400),
        ("", 400),
        ("&".join(f"p{n}=1" for n in range(21)), 400),
        ("query=" + "a" * 16_384, 414),
    ],
)
async def test_a_url_that_makes_no_sense_is_refused(
    http: httpx.AsyncClient, url: str, status: int
) -> None:
    answer = await http.get("/graphql?" + quote(url, safe="=&%"))
    assert (answer.status_code, code(answer)) == (status, "BAD_REQUEST")


async def test_other_methods_are_told_which_there_are(http: httpx.AsyncClient) -> None:
    for method in ("PUT", "PATCH", "DELETE"):
        answer = await http.request(method, "/graphql")
        assert (answer.status_code, code(answer)) == (405, "METHOD_NOT_ALLOWED")
        assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "POST"}
        assert answer.headers["x-content-type-options"] == "nosniff"


async def test_nothing_runs_for_a_page_that_shows_no_credential(http: httpx.AsyncClient) -> None:
    """A browser sends no `Authorization` from somebody's page without asking us first, and we have no cookie here."""
    for site in ({}, {"cookie": "session=x"}, {"origin": "https://evil.example"}):
        answer = await http.get("/graphql", params={"query": "{ __typename }"}, headers=site)
        assert (answer.status_code, code(answer)) == (401, "UNAUTHENTICATED")
        assert "access-control-allow-origin" not in answer.headers


async def test_a_registered_document_is_not_sent_twice(ask: Any, state: Any, chain: Any) -> None:
    registered = state["pipeline"].documents.registered.values()
    (document,) = {each.id for each in registered if each.name == "LocationById"}
    asked = {"documentId": document, "variables": json.dumps({"id": "loc_nowhere"})}
    first = await ask(**asked)
    assert (first.status_code, first.headers["cache-control"]) == (200, "private, no-cache")
    tag = first.headers["etag"]
    for known in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        again = await ask(headers={"if-none-match": known}, **asked)
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        assert "content-type" not in again.headers
        assert int(again.headers["ratelimit"].partition("r=")[2].partition(";")[0]) > 0
    for unknown in ('"x"', "", tag.strip('"'), "x" * 5_000):
        assert (await ask(headers={"if-none-match": unknown}, **asked)).status_code == 200
    old = await ask(headers={"accept": "application/json", "if-none-match": tag}, **asked)
    assert (old.status_code, old.headers["etag"] != tag) == (200, True)


@pytest.mark.parametrize("name", ["documentId", "doc_id", "id"])
async def test_a_registered_document_is_called_by_its_bare_hash(
    ask: Any, state: Any, chain: Any, name: str
) -> None:
    registered = state["pipeline"].documents.registered.values()
    (document,) = {each.id for each in registered if each.name == "LocationById"}
    variables = json.dumps({"id": chain.norte.id})
    answer = await ask(**{name: document.removeprefix("sha256:")}, variables=variables)
    assert answer.json()["data"]["location"]["name"] == "Norte"


async def test_what_no_one_registered_and_what_failed_has_no_tag(ask: Any) -> None:
    for document in ("{ __typename }", "{ nothing }"):
        answer = await ask(query=document, headers={"if-none-match": "*"})
        assert answer.status_code in (200, 400)
        assert answer.headers["cache-control"] == "no-store"
        assert "etag" not in answer.headers
