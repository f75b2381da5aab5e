"""A partner publishes for itself, the organization decides: over the wire, with the tokens that each has."""

from typing import Any

import pytest

TEXT = "query Names { locations { nodes { name } } }"
PUBLISH = """mutation ($input: DocumentPublishInput!) { documentPublish(input: $input) {
  document { id documentId status name scopes cost aliases text publishedBy }
  errors { __typename ... on UserError { code field }
           ... on DocumentUnfit { reason line column } } } }"""
DECIDE = """mutation ($input: Document%sInput!) { document%s(input: $input) {
  document { status } errors { __typename } } }"""


@pytest.fixture
def sent(http: Any) -> Any:
    async def send(headers: Any, text: str, **variables: Any) -> Any:
        body = {"query": text, "variables": variables}
        return (await http.post("/graphql", json=body, headers=headers)).json()

    return send


@pytest.fixture
async def partner(bearer: Any) -> Any:
    return await bearer(scopes=["locations:read", "documents:read", "documents:write"])


def decide(verb: str) -> str:
    return DECIDE % (verb, verb)


async def test_what_a_partner_publishes_is_called_once_it_was_approved(
    http: Any, sent: Any, partner: Any, bearer: Any, chain: Any, clock: Any
) -> None:
    found = (await sent(partner, PUBLISH, input={"text": TEXT}))["data"]["documentPublish"]
    document = found["document"]
    assert (document["status"], document["name"], document["text"]) == ("PENDING", "Names", TEXT)
    assert (document["scopes"], document["cost"]) == (["locations:read"], 22)
    assert found["errors"] == []
    call = {"documentId": document["documentId"]}
    answer = (await http.post("/graphql", json=call, headers=partner)).json()
    assert answer["errors"][0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"
    own = await sent(partner, "{ ownDocuments(first: 5) { id status } }")
    assert own["data"] == {"ownDocuments": [{"id": document["id"], "status": "PENDING"}]}

    wanted = {"documentId": document["id"]}
    refused = await sent(partner, decide("Approve"), input=wanted)
    assert refused["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    owner = await bearer()
    approved = await sent(owner, decide("Approve"), input=wanted)
    assert approved["data"]["documentApprove"] == {"document": {"status": "ACTIVE"}, "errors": []}
    answer = (await http.post("/graphql", json=call, headers=partner)).json()
    names = {node["name"] for node in answer["data"]["locations"]["nodes"]}
    assert names == {"Centro", "Norte"}
    listed = await sent(owner, "{ documents(filter: {status: [ACTIVE]}) { nodes { id } } }")
    assert listed["data"]["documents"]["nodes"] == [{"id": document["id"]}]

    revoked = await sent(partner, decide("Revoke"), input=wanted)
    assert revoked["data"]["documentRevoke"]["document"] == {"status": "REVOKED"}
    answer = (await http.post("/graphql", json=call, headers=partner)).json()
    assert answer["errors"][0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"


async def test_what_is_rejected_is_not_called(
    http: Any, sent: Any, partner: Any, bearer: Any
) -> None:
    found = (await sent(partner, PUBLISH, input={"text": TEXT}))["data"]["documentPublish"]
    wanted = {"documentId": found["document"]["id"]}
    rejected = await sent(await bearer(), decide("Reject"), input=wanted)
    assert rejected["data"]["documentReject"]["document"] == {"status": "REJECTED"}
    call = {"documentId": found["document"]["documentId"]}
    answer = (await http.post("/graphql", json=call, headers=partner)).json()
    assert answer["errors"][0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"


async def test_a_partner_sees_and_publishes_for_no_other_client(
    sent: Any, partner: Any, registering: Any
) -> None:
    other = (await registering())[0]
    found = await sent(partner, PUBLISH, input={"text": TEXT, "clientId": other.id})
    (error,) = found["data"]["documentPublish"]["errors"]
    assert (error["code"], error["field"]) == ("DOCUMENT_CLIENT_NOT_FOUND", ["clientId"])
    for query in (
        "{ documents { nodes { text } } }",
        "{ unregisteredDocuments { nodes { text } } }",
    ):
        answer = await sent(partner, query)
        assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    answer = await sent(partner, '{ node(id: "doc_01h455vb4pex5vsknk084sn02q") { id } }')
    assert "errors" in answer or answer["data"] == {"node": None}


@pytest.mark.parametrize(
    ("text", "reason", "place"),
    [
        ("query A {\n  nothing\n}", "GRAPHQL_VALIDATION_FAILED", (2, 3)),
        ("query A {", "GRAPHQL_PARSE_FAILED", (1, 10)),
        ("query A { bookings { nodes { id } } }", "FORBIDDEN", (1, 11)),
        ("query A { locations(first: 1001) { nodes { id } } }", "BAD_USER_INPUT", (1, 1)),
        ("{ __typename }", "OPERATION_RESOLUTION_FAILURE", (1, 1)),
        ("query A { __typename } # \0", "GRAPHQL_PARSE_FAILED", (1, 1)),
    ],
)
async def test_what_does_not_fit_is_told_with_its_place(
    sent: Any, partner: Any, text: str, reason: str, place: tuple[int, int]
) -> None:
    answer = await sent(partner, PUBLISH, input={"text": text})
    if "\0" in text:  # no door lets such text in
        assert answer["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
        return
    (error,) = answer["data"]["documentPublish"]["errors"]
    assert (error["code"], error["field"]) == ("DOCUMENT_UNFIT", ["text"])
    assert (error["reason"], error["line"], error["column"]) == (reason, *place)
