"""The first step of the pipeline: what is let in, how much of it is read, and what it is taken to ask for."""

from collections.abc import Iterable
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.requests import Request

from barberpro.gateway.negotiation import Accepted, MediaType, negotiated
from barberpro.gateway.problems import Code, Refusal
from barberpro.gateway.receive import Received, receive

MOST = 10_000
DIGEST = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
JSON_TYPE = "application/json"


class Upload:
    """A request as the server hands it over, which knows how much of it was read."""

    def __init__(self, chunks: Iterable[bytes], headers: dict[str, str], *, breaks: bool) -> None:
        self._chunks = list(chunks)
        self._breaks = breaks
        self.read = 0
        raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        scope = {"type": "http", "method": "POST", "path": "/graphql", "headers": raw}
        self.request = Request(scope, self._receive)

    async def _receive(self) -> dict[str, Any]:
        if self._breaks and not self._chunks:
            return {"type": "http.disconnect"}
        chunk = self._chunks.pop(0) if self._chunks else b""
        self.read += len(chunk)
        more = bool(self._chunks) or self._breaks
        return {"type": "http.request", "body": chunk, "more_body": more}


def upload(
    *chunks: bytes, content_type: str | None = JSON_TYPE, breaks: bool = False, **headers: str
) -> Upload:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if content_type is not None:
        named["content-type"] = content_type
    return Upload(chunks, named, breaks=breaks)


async def received(body: Any, **given: Any) -> Received:
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    return await receive(upload(content, **given).request, max_body=MOST)


async def refusal(body: Any, **given: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        await received(body, **given)
    assert (
        not caught.value.of_operation
    )  # these are not well-formed requests, whatever the media type
    return caught.value


# What a request asks for


async def test_everything_a_request_can_say() -> None:
    body = {
        "query": "query Q($a: Int) { x(a: $a) }",
        "documentId": "sha256:abc",
        "operationName": "Q",
        "variables": {"a": 1, "deep": [{"b": None}]},
        "extensions": {"other": 1},
        "onions": "ignored, as the specification has it",
    }
    assert await received(body) == Received(
        "query Q($a: Int) { x(a: $a) }", "sha256:abc", "Q", {"a": 1, "deep": [{"b": None}]}
    )


@pytest.mark.parametrize(
    "body",
    [
        {"query": "{x}"},
        {"query": "{x}", "documentId": None, "operationName": None},
        {"query": "{x}", "variables": None, "extensions": None},
        {"query": "{x}", "extensions": {"persistedQuery": None}},
    ],
)
async def test_what_is_null_or_missing_was_not_said(body: dict[str, Any]) -> None:
    assert await received(body) == Received("{x}", None, None, {})


async def test_a_document_can_be_named_instead_of_sent() -> None:
    assert await received({"documentId": "x"}) == Received(None, "x", None, {})
    longest = "x" * 128
    assert (await received({"documentId": longest, "query": None})).document_id == longest


async def test_an_empty_query_is_one_that_the_parser_will_refuse() -> None:
    assert (await received({"query": ""})).query == ""


async def test_apollo_names_a_document_by_its_hash() -> None:
    apollo = {"persistedQuery": {"version": 1, "sha256Hash": DIGEST}}
    by_hash = await received({"extensions": apollo})
    assert by_hash == Received(None, f"sha256:{DIGEST}", None, {})
    both = await received({"extensions": apollo, "query": "{x}"})
    assert both == Received("{x}", None, None, {}, hashed=f"sha256:{DIGEST}")
    ours = await received({"extensions": apollo, "documentId": "mine"})
    assert ours.document_id == "mine"


@pytest.mark.parametrize("name", ["documentId", "doc_id", "id"])
async def test_relay_names_a_document_by_other_members(name: str) -> None:
    named = Received(None, f"sha256:{DIGEST}", None, {})
    assert await received({name: DIGEST}) == await received({name: f"sha256:{DIGEST}"}) == named
    for other in (DIGEST[1:], DIGEST + "\n", DIGEST.upper()):
        assert (await received({name: other})).document_id == other  # no hash: no prefix is put on
    for wrong in ("", "x" * 129):
        assert (await refusal({name: wrong})).message == f"`{name}` has 1 to 128 characters."
    assert (await refusal({name: 7})).message == f"`{name}` must be a string."


async def test_the_first_name_of_a_document_counts() -> None:
    body = {"id": "c", "doc_id": "b", "documentId": "a"}
    assert (await received(body)).document_id == "a"
    assert (await received(body | {"documentId": None})).document_id == "b"


@pytest.mark.parametrize("number", [7, "7"])
async def test_a_text_may_be_numbered_by_an_id(number: Any) -> None:
    assert await received({"query": "{x}", "id": number}) == Received("{x}", None, None, {})


@pytest.mark.parametrize(
    "named",
    [
        {"version": 2, "sha256Hash": DIGEST},
        {"sha256Hash": DIGEST},
        {"version": "1", "sha256Hash": DIGEST},
        {"version": 1},
        {"version": 1, "sha256Hash": None},
        {"version": 1, "sha256Hash": 7},
        {"version": 1, "sha256Hash": DIGEST[1:]},
        {"version": 1, "sha256Hash": DIGEST + "\n"},
        {"version": 1, "sha256Hash": DIGEST.upper()},
        [],
        "x",
        7,
    ],
)
async def test_a_hash_that_apollo_would_not_send(named: Any) -> None:
    told = await refusal({"query": "{x}", "extensions": {"persistedQuery": named}})
    assert (told.code, told.status) == (Code.BAD_REQUEST, 400)
    assert "persistedQuery" in told.message


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "Send a document as `query`, or name a registered one by `documentId`."),
        ({"query": None}, "Send a document as `query`, or name a registered one by `documentId`."),
        ({"query": 7}, "`query` must be a string."),
        ({"query": True}, "`query` must be a string."),
        ({"query": ["{x}"]}, "`query` must be a string."),
        ({"query": {"x": 1}}, "`query` must be a string."),
        ({"query": "{x}", "operationName": 7}, "`operationName` must be a string."),
        ({"query": "{x}", "operationName": ["Q"]}, "`operationName` must be a string."),
        ({"query": "{x}", "variables": "{}"}, "`variables` must be an object."),
        ({"query": "{x}", "variables": [1]}, "`variables` must be an object."),
        ({"query": "{x}", "variables": 0}, "`variables` must be an object."),
        ({"query": "{x}", "extensions": []}, "`extensions` must be an object."),
        ({"query": "{x}", "extensions": False}, "`extensions` must be an object."),
        ({"documentId": 7}, "`documentId` must be a string."),
        ({"documentId": ""}, "`documentId` has 1 to 128 characters."),
        ({"documentId": "x" * 129}, "`documentId` has 1 to 128 characters."),
        ([{"query": "{x}"}], "Send one operation a request: batches are not answered."),
        ([], "Send one operation a request: batches are not answered."),
        ("{x}", "The body must be a JSON object."),
        (None, "The body must be a JSON object."),
        (7, "The body must be a JSON object."),
    ],
)
async def test_members_have_their_types(body: Any, message: str) -> None:
    told = await refusal(body)
    assert (told.code, told.status, told.message) == (Code.BAD_REQUEST, 400, message)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"query",
        b'{"query": "{x}"',
        b'{"query": "{x}"} {}',
        b"{'query': '{x}'}",
        b'{"query": "{x}",}',
        b'{"query": "\xff"}',
        b'{"query": "\\ud800"}',
        b'\xef\xbb\xbf{"query": "{x}"}',
        b'{"query": "{x}", "variables": {"a": NaN}}',
        b'{"query": "{x}", "variables": {"a": 1e999}}',
        '{"query": "{x}"}'.encode("utf-16"),
    ],
)
async def test_what_is_not_json_is_refused(body: bytes) -> None:
    told = await refusal(body)
    assert (told.code, told.status) == (Code.BAD_REQUEST, 400)
    assert told.message.startswith("The body is not JSON in UTF-8, from line 1, column ")


# Its type


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json; charset=utf-8",
        "Application/JSON ;Charset=UTF-8",
        'application/json;charset="utf-8"',
        "application/json; profile=x; charset=utf-8",
    ],
)
async def test_json_in_utf_8_is_taken(content_type: str) -> None:
    assert (await received({"query": "{x}"}, content_type=content_type)).query == "{x}"


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "text/plain",
        "text/plain; x=application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/graphql",
        "application/graphql-response+json",
        "application/json+x",
        "application/jsonp",
        "application/json, text/plain",
        "application/json; charset=latin-1",
        "application/json; charset=utf-16",
        "application/json; charset=",
        "application/json; charset=utf-8; charset=utf-7",
    ],
)
async def test_other_types_are_not(content_type: str | None) -> None:
    told = await refusal({"query": "{x}"}, content_type=content_type)
    assert (told.code, told.status) == (Code.BAD_REQUEST, 415)


async def test_compressed_bodies_are_not_taken() -> None:
    told = await refusal({"query": "{x}"}, content_encoding="gzip")
    assert (told.code, told.status) == (Code.BAD_REQUEST, 415)
    assert (await received({"query": "{x}"}, content_encoding="identity")).query == "{x}"


async def test_nothing_is_read_of_a_body_of_another_type() -> None:
    sent = upload(b'{"query": "{x}"}', content_type="text/plain")
    with pytest.raises(Refusal):
        await receive(sent.request, max_body=MOST)
    assert sent.read == 0


# Its size


def padded(size: int) -> bytes:
    return orjson.dumps({"query": "{x}"}).ljust(size)


async def test_a_body_may_be_as_large_as_the_limit_and_no_larger() -> None:
    assert (await received(padded(MOST))).query == "{x}"
    told = await refusal(padded(MOST + 1))
    assert (told.code, told.status) == (Code.BAD_REQUEST, 413)
    assert told.message == "The body is too large: at most 10000 bytes."
    assert told.headers == {"connection": "close"}


@pytest.mark.parametrize("length", [str(MOST + 1), "9" * 15, "9" * 16, "9" * 5_000])
async def test_a_body_that_is_announced_too_large_is_not_read(length: str) -> None:
    sent = upload(padded(100), content_length=length)
    with pytest.raises(Refusal) as caught:
        await receive(sent.request, max_body=MOST)
    assert (caught.value.status, sent.read) == (413, 0)


async def test_a_body_without_a_length_is_read_up_to_the_limit() -> None:
    chunks = [b"x" * 3_000] * 1_000
    sent = upload(*chunks, transfer_encoding="chunked")
    with pytest.raises(Refusal) as caught:
        await receive(sent.request, max_body=MOST)
    assert (caught.value.status, sent.read) == (413, 12_000)


async def test_a_length_that_lies_is_not_believed() -> None:
    told = await refusal(padded(MOST + 1), content_length="10")
    assert told.status == 413


async def test_chunks_are_one_body() -> None:
    body = orjson.dumps({"query": "{peñarol}"})
    chunks = [body[n : n + 1] for n in range(len(body))]
    assert (await receive(upload(*chunks).request, max_body=MOST)).query == "{peñarol}"


async def test_a_client_that_leaves_has_sent_no_request() -> None:
    sent = upload(b'{"query"', breaks=True)
    with pytest.raises(Refusal) as caught:
        await receive(sent.request, max_body=MOST)
    assert (caught.value.code, caught.value.status) == (Code.BAD_REQUEST, 400)


# Its nesting


def nested(levels: int) -> bytes:
    """A request with this many levels of brackets in all."""
    inner = b"[" * (levels - 2) + b"]" * (levels - 2)
    return b'{"query": "{x}", "variables": {"a": ' + inner + b"}}"


async def test_fifty_levels_are_read_and_no_more() -> None:
    value: Any = (await received(nested(50))).variables["a"]
    for _ in range(47):
        (value,) = value
    assert value == []
    told = await refusal(nested(51))
    assert (told.code, told.status) == (Code.BAD_REQUEST, 400)
    assert told.message == "The body is nested too deeply: at most 50 levels."


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"a":' * 20_000,
        b"[" * 50_000 + b"]" * 50_000,
        b'{"query": "{x}", "variables": ' + b'{"a":' * 900 + b"1" + b"}" * 901,
        b'{"query": "\\\\", "variables": ' + b'{"a":' * 60 + b"1" + b"}" * 61,
    ],
)
async def test_brackets_without_end_are_refused(body: bytes) -> None:
    with pytest.raises(Refusal) as caught:
        await receive(upload(body).request, max_body=262_144)
    assert caught.value.message == "The body is nested too deeply: at most 50 levels."


@pytest.mark.parametrize(
    "text",
    ["{" * 500, "[[" * 500, '"' + "{" * 500, '\\"' + "{" * 500 + "\\", "\\" * 7 + "[" * 500],
)
async def test_brackets_in_strings_do_not_count(text: str) -> None:
    body = {"query": text, "variables": {text: [text, {"a": text}]}}
    found = await received(body)
    assert (found.query, found.variables) == (text, {text: [text, {"a": text}]})


@pytest.mark.parametrize(
    "body", [b"]" * 99 + b"[" * 99, b'"' * 999, b'\\"' * 999, b'"' + b"\\" * 999, b'{"' + b"[" * 99]
)
async def test_strings_without_end_are_not_json(body: bytes) -> None:
    told = await refusal(body)
    assert told.message.startswith("The body is not JSON in UTF-8")


wide = st.recursive(
    st.text('[]{}"\\a', max_size=8) | st.integers(0, 9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text('{"\\', max_size=3), inner),
    max_leaves=20,
)


@given(wide, st.integers(45, 55))
@settings(deadline=None, max_examples=60)
async def test_depth_is_what_python_finds_after_decoding(value: Any, around: int) -> None:
    for _ in range(around - depth(value)):
        value = [value]
    body = {"query": "[" * 60, "variables": {"a": value}}
    if depth(body) > 50:
        assert (await refusal(body)).message.startswith("The body is nested too deeply")
    else:
        assert (await received(body)).variables == {"a": value}


def depth(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    return 1 + max(map(depth, value), default=0) if isinstance(value, list) else 0


# What is answered in


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        (None, MediaType.JSON),
        ("", MediaType.JSON),
        (" ", MediaType.JSON),
        ("*/*", MediaType.JSON),
        ("application/*", MediaType.JSON),
        ("application/graphql-response+json", MediaType.GRAPHQL_RESPONSE),
        ("application/graphql-response+json; charset=utf-8", MediaType.GRAPHQL_RESPONSE),
        ("application/json", MediaType.JSON),
        ("Application/JSON; charset=utf-8", MediaType.JSON),
        ("application/json, application/graphql-response+json", MediaType.GRAPHQL_RESPONSE),
        ("application/graphql-response+json, application/json;q=0.9", MediaType.GRAPHQL_RESPONSE),
        ("application/graphql-response+json;q=0.8,application/json;q=0.9", MediaType.JSON),
        ("application/graphql-response+json;q=0.8, application/json", MediaType.JSON),
        ("application/json, text/plain, */*", MediaType.JSON),
        ("application/graphql-response+json, */*", MediaType.GRAPHQL_RESPONSE),
        ("application/json;q=0.9, */*", MediaType.GRAPHQL_RESPONSE),
        ("application/json;q=0.9, */*;q=0.8", MediaType.JSON),
        ("application/graphql-response+json;q=0, */*", MediaType.JSON),
        ("application/json;q=0, application/*", MediaType.GRAPHQL_RESPONSE),
        ("text/html, application/*;q=0.2", MediaType.JSON),
        ("text/event-stream, application/json;q=0.001", MediaType.JSON),
        ("application/json;profile=x;Q=0.5, */*;q=0.1", MediaType.JSON),
        ("application/graphql-response+json;q=7, application/json", MediaType.JSON),
        ("application/graphql-response+json;q=, application/json", MediaType.JSON),
        (",, application/json ,", MediaType.JSON),
        (
            "application/json;q=0.9, application/json;q=0.1, application/*;q=0.5",
            MediaType.JSON,
        ),
    ],
)
def test_the_answer_is_of_the_type_the_caller_likes_best(
    accept: str | None, media: MediaType
) -> None:
    stream = bool(accept) and "text/event-stream" in accept
    assert negotiated(accept) == Accepted(media, stream=stream)


@pytest.mark.parametrize(
    "accept",
    [
        "text/html",
        "text/*",
        "application/xml",
        "application/json;q=0",
        "*/*;q=0",
        "application/json;q=0, */*;q=0.0",
        "*/*;q=1.5",
        "*/*;q=nan",
        "application/json;q=-1",
        "json",
        ";",
        ",",
        "application/json" + " " * 1_000,
        "a/b," * 50_000,
    ],
)
def test_a_caller_that_takes_neither_type_is_told_both(accept: str) -> None:
    with pytest.raises(Refusal) as caught:
        negotiated(accept)
    assert (caught.value.code, caught.value.status) == (Code.BAD_REQUEST, 406)
    assert caught.value.message == (
        "Answers come as application/graphql-response+json or application/json."
    )


@pytest.mark.parametrize("variables", [{"a": "x\0"}, {"a": [{"b": "\0"}]}, {"\0": 1}])
async def test_variables_with_a_nul_are_refused(variables: dict[str, Any]) -> None:
    told = await refusal({"query": "{x}", "variables": variables})
    assert (told.code, told.status) == (Code.BAD_REQUEST, 400)
    assert "NUL" in told.message


async def test_a_backslash_before_u0000_is_honest_text() -> None:
    taken = await received({"query": "{x}", "variables": {"a": r"\u0000"}})
    assert taken.variables == {"a": r"\u0000"}
