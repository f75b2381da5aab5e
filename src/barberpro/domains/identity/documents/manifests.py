"""Manifests of documents, read as the tools write them. Pure: the ids are checked where the texts are published.

- Apollo's `generate-persisted-query-manifest`: `{"format": "apollo-persisted-query-manifest", "version": 1,
  "operations": [{"id": …, "name": …, "type": …, "body": …}]}`, the id a SHA-256. Other members are let stand.
- A map from ids to texts: Relay's `persisted_queries.json` (MD5 unless set otherwise) and GraphQL Code Generator's
  `persisted-documents.json` (SHA-256 or SHA-1, with `sha256:` or `sha1:` before it or without).
  Its `operations` may be an object as well: ids and texts, or ids and entries with a `body`.
"""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from .errors import ManifestInvalid

LARGEST = 10_000_000  # bytes
MOST = 1_000  # documents
APOLLO = "apollo-persisted-query-manifest"


class Entry(NamedTuple):
    """A document of a manifest."""

    known_as: str
    text: str


def read(content: bytes) -> list[Entry]:
    """The documents of a manifest, in its order. ManifestInvalid where it is none of these."""
    if len(content) > LARGEST:
        raise ManifestInvalid(f"it has more than {LARGEST} bytes.")
    try:
        found = json.loads(content, object_pairs_hook=_once)
    except RecursionError:
        raise ManifestInvalid("it is nested too deeply.") from None
    except ValueError:
        raise ManifestInvalid("it is not JSON in UTF-8.") from None
    entries = list(_entries(found))
    if not 1 <= len(entries) <= MOST:
        raise ManifestInvalid(f"it holds {len(entries)} documents; from 1 to {MOST} are taken.")
    return entries


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose members have names of their own: of two that share one, the second would win unseen."""
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ManifestInvalid("a name stands twice in one object.")
    return made


def _entries(found: Any) -> Iterator[Entry]:
    if not isinstance(found, dict):
        raise ManifestInvalid("it is no object.")
    operations = found.get("operations")
    if "format" in found or isinstance(operations, dict | list):
        form, version = found.get("format", APOLLO), found.get("version", 1)
        if form != APOLLO or version != 1:
            raise ManifestInvalid(f"its format is not {APOLLO}, version 1.")
        if isinstance(operations, list):
            yield from (_entry(None, each) for each in operations)
            return
        found = operations
    if not isinstance(found, dict):
        raise ManifestInvalid("it has no `operations`.")
    yield from (_entry(known_as, each) for known_as, each in found.items())


def _entry(known_as: str | None, each: Any) -> Entry:
    text = each
    if isinstance(each, dict):
        known_as, text = each.get("id", known_as), each.get("body")
    if not isinstance(known_as, str) or not isinstance(text, str):
        raise ManifestInvalid("an operation has no id, or no text.")
    return Entry(known_as, text)
