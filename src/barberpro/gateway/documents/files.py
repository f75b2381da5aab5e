"""Documents registered by the repository: files, `schema/operations/<client name>/<Operation>.graphql`.

The id is the SHA-256 of the file's bytes, as in `sha256:2c26b4…`. They are parsed, checked against the schema, planned
and compiled when the process starts: one that no longer fits stops it, with the client's name.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources.abc import Traversable

from barberpro.domains.identity.documents import identifiers
from barberpro.graph.compiled.plans import prepare
from barberpro.graph.fitting import Unfit, parsed, planned
from barberpro.graph.plan import Plan
from barberpro.graph.schema import Graph


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

    def __init__(self, broken: list[str]) -> None:
        super().__init__("registered documents do not fit the schema:\n  " + "\n  ".join(broken))
        self.broken = broken


def document_id(text: str) -> str:
    """The id of a document: the SHA-256 of its exact bytes."""
    return str(identifiers.of(text))


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
            plan = planned(graph, parsed(graph, text))
            prepare(graph, plan)
        except Unfit as unfit:
            broken.append(f"{client}/{name}: {told(unfit)}")
            continue
        made = Registered(document_id(text), client, name, text, plan)
        found[client, made.id] = made
    if broken:
        raise BrokenDocuments(broken)
    return found


def told(unfit: Unfit) -> str:
    """All that is wrong with a document, with line and column of the first, in one line."""
    line, column = unfit.place
    return f"{line}:{column}: " + "; ".join(error.message for error in unfit.errors)
