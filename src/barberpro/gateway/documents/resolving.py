"""Resolves what a request names to a planned document: registered ones by id, raw text by parsing it once."""

from collections.abc import Mapping

from barberpro.domains.identity.documents import identifiers
from barberpro.graph.plan import Plan
from barberpro.graph.schema import Graph
from barberpro.platform.principal import Principal

from ..problems import Code, Refusal, refused
from ..receive import Received
from .files import Registered
from .noted import Noted
from .plans import KEPT_LENGTH, Plans
from .registry import Registry


class Documents:
    """All documents of one process."""

    def __init__(
        self,
        graph: Graph,
        registered: Mapping[tuple[str, str], Registered],
        registry: Registry | None = None,
        noted: Noted | None = None,
    ) -> None:
        self.registered = registered
        self._registry = registry
        self.noted = noted
        self._published = Plans(graph, KEPT_LENGTH)
        self._sent = Plans(graph)

    async def resolve(self, received: Received, principal: Principal) -> tuple[Plan, str | None]:
        """The plan the request names, and its id where it is a registered one."""
        if received.document_id is not None:
            found = self.registered.get((principal.client_name, received.document_id))
            if found is not None:
                return found.plan, found.id
            return await self._of_registry(received.document_id, principal)
        if principal.is_locked:
            raise refused(
                Code.PERSISTED_QUERY_REQUIRED,
                "This client may only run its registered documents: send `documentId`.",
                status=403,
            )
        text = received.query or ""
        plan = self._sent.of(text, received.operation_name)
        if principal.document_mode == "log" and self.noted is not None:
            self.noted.note(principal, text, plan.operation.name and plan.operation.name.value)
        return plan, None

    async def _of_registry(self, asked: str, principal: Principal) -> tuple[Plan, str]:
        identifier = identifiers.read(asked)
        if identifier is None or self._registry is None:
            raise _unknown()
        row = await self._registry.find(principal, identifier)
        if row is None:
            raise _unknown()
        return self._published.of(row.text), f"sha256:{row.sha256}"


def _unknown() -> Refusal:
    return refused(
        Code.PERSISTED_QUERY_NOT_FOUND,
        "No document with this id is registered for this client.",
    )
