"""Manifests as their tools write them, and what is none."""

import hashlib
import json
from typing import Any

import pytest

from barberpro.domains.identity.documents import identifiers, manifests
from barberpro.domains.identity.documents.errors import ManifestInvalid
from barberpro.domains.identity.documents.identifiers import Identifier

A, B = "query A { __typename }", "query B {\n  __typename\n}"
SHA_A, SHA_B = (hashlib.sha256(text.encode()).hexdigest() for text in (A, B))
BOTH = [(SHA_A, A), (SHA_B, B)]


def entry(known_as: str, text: str) -> dict[str, str]:
    return {"id": known_as, "name": text[6], "type": "query", "body": text, "extra": "let stand"}


@pytest.mark.parametrize(
    "manifest",
    [
        {
            "format": "apollo-persisted-query-manifest",
            "version": 1,
            "operations": [entry(*each) for each in BOTH],
        },
        {
            "format": "apollo-persisted-query-manifest",
            "version": 1,
            "operations": {each[0]: entry(*each) for each in BOTH},
        },
        {"operations": dict(BOTH)},
        dict(BOTH),
    ],
    ids=["apollo", "apollo with an object", "operations in an object", "relay and codegen"],
)
def test_every_form_gives_ids_and_texts(manifest: Any) -> None:
    assert manifests.read(json.dumps(manifest).encode()) == BOTH


# What the tools wrote of a query for locations against this schema: what each calls it, and the text.
RELAY = (  # relay-compiler 21.0
    "725f3ea9c5cf4434755d2e85d49ef660",
    "query aNamesQuery {\n  locations(first: 3) {\n    nodes {\n      id\n      name\n    }\n  }\n}\n",
)
CODEGEN = (  # @graphql-codegen/client-preset 6.2
    "sha256:aad0b546d5c54a531418f254a4518d2d5abb10f4bbb04bb3cb4b1f0e139080fa",
    "query Names { locations(first: 3) { nodes { id name } } }",
)
APOLLO = (  # @apollo/generate-persisted-query-manifest 1.4
    "9af959be30531103589018cc1289083cbee7656b33ca5572154547122b1cb4ed",
    "query Names {\n  locations(first: 3) {\n    nodes {\n      id\n      name\n      __typename\n    }\n"
    "    __typename\n  }\n}",
)


@pytest.mark.parametrize(("known_as", "text"), [RELAY, CODEGEN, APOLLO])
def test_what_a_tool_calls_a_text_is_its_digest(known_as: str, text: str) -> None:
    identifier = identifiers.read(known_as)
    assert identifier is not None
    assert identifier == identifiers.of(text, identifier.algorithm)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"null",
        b"\xff",
        b"{}",
        b'{"operations": []}',
        b'{"operations": [{"id": "x"}]}',
        b'{"operations": [{"body": "{ a }"}]}',
        b'{"operations": ["{ a }"]}',
        b'{"x": 1}',
        b'{"x": {"body": 1}}',
        b'{"format": "other", "version": 1, "operations": []}',
        b'{"format": "apollo-persisted-query-manifest", "version": 2, "operations": []}',
        b'{"format": "apollo-persisted-query-manifest", "version": 1}',
        b'{"x": "{ a }", "x": "{ b }"}',
        b'{"x":' * 100_000,
    ],
)
def test_what_is_no_manifest_is_refused(content: bytes) -> None:
    with pytest.raises(ManifestInvalid):
        manifests.read(content)


def test_there_are_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    content = json.dumps(dict(BOTH)).encode()
    monkeypatch.setattr(manifests, "MOST", 1)
    with pytest.raises(ManifestInvalid):
        manifests.read(content)
    monkeypatch.setattr(manifests, "MOST", 2)
    assert len(manifests.read(content)) == 2
    monkeypatch.setattr(manifests, "LARGEST", len(content) - 1)
    with pytest.raises(ManifestInvalid):
        manifests.read(content)


@pytest.mark.parametrize("algorithm", ["sha256", "sha1", "md5"])
def test_an_identifier_is_read_with_its_prefix_and_bare(algorithm: str) -> None:
    made = identifiers.of(A, algorithm)
    assert made.digest == hashlib.new(algorithm, A.encode()).hexdigest()
    assert identifiers.read(made.digest) == identifiers.read(str(made)) == made


def test_what_is_no_identifier_is_none() -> None:
    assert identifiers.read(SHA_A) == Identifier("sha256", SHA_A)
    for text in ("", "x", SHA_A[:-1], SHA_A.upper(), f"md5:{SHA_A}", f":{SHA_A}", f"a:sha256:{SHA_A}",
                 "é" * 64):  # fmt: skip
        assert identifiers.read(text) is None
