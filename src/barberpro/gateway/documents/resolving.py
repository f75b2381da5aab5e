"""Resolves what a request names to a planned document: registered ones by id, raw text by parsing it once."""

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager

from barberpro.domains.identity.documents import identifiers
from barberpro.graph.plan import Plan
from barberpro.graph.schema import Graph
from barberpro.platform.principal import Principal

from ..problems import Code, Refusal, refused
from ..receive import Received
from .automatic import Automatic
from .files import Registered, document_id
from .noted import Noted
from .plans import KEPT_LENGTH, Plans
from .registry import Registry


class Documents:
    """All documents of one process.

    `registered` are those of the files. Clients of the tiers in `automatic_for` may name by its hash what they sent.
    """

    def __init__(
        self,
        graph: Graph,
        registered: Mapping[tuple[str, str], Registered],
        registry: Registry | None = None,
        noted: Noted | None = None,
        automatic: Automatic | None = None,
        automatic_for: Collection[str] = (),
    ) -> None:
        self.registered = registered
        self.noted = noted
        self.automatic = automatic or Automatic()
        self._automatic_for = frozenset(automatic_for)
        self._registry = registry
        self._published = Plans(graph, KEPT_LENGTH)
        self._sent = Plans(graph)

    async def resolve(self, received: Received, principal: Principal) -> tuple[Plan, str | None]:
        """The plan the request names, and its id where it is a registered one."""
        if received.client is not None and received.client != principal.client_name:
            raise _unknown()
        if received.document_id is not None:
            found = self.registered.get((principal.client_name, received.document_id))
            if found is not None:
                return found.plan, found.id
            return await self._found(received.document_id, received.operation_name, principal)
        if principal.is_locked:
            raise refused(
                Code.PERSISTED_QUERY_REQUIRED,
                "This client may only run its registered documents: send `documentId`.",
                status=403,
            )
        return await self._of_text(received.query or "", received, principal), None

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """What they do beside answering: meanwhile it is done, and at the end what was open is closed."""
        try:
            if self.noted is None:
                yield
                return
            async with self.noted.writing():
                yield
        finally:
            await self.automatic.close()

    async def _found(
        self, asked: str, operation: str | None, principal: Principal
    ) -> tuple[Plan, str | None]:
        """A document that is in no file: of the database, or one that was sent before."""
        identifier = identifiers.read(asked)
        if identifier is None or self._registry is None:
            raise _unknown()
        row = await self._registry.find(principal, identifier)
        if row is not None:
            return self._published.of(row.text), f"sha256:{row.sha256}"
        if not self._is_automatic(principal):
            raise _unknown()
        text = await self.automatic.find(principal.client, identifier.digest)
        if text is None:
            # Word for word what Apollo's clients wait for, to send the text.
            raise refused(Code.PERSISTED_QUERY_NOT_FOUND, "PersistedQueryNotFound")
        return self._sent.of(text, operation), None

    async def _of_text(self, text: str, received: Received, principal: Principal) -> Plan:
        if received.hashed is not None and received.hashed != document_id(text):
            message = "`extensions.persistedQuery.sha256Hash` is not the SHA-256 of `query`."
            raise refused(Code.BAD_REQUEST, message)
        plan = self._sent.of(text, received.operation_name)
        if principal.document_mode == "log" and self.noted is not None:
            self.noted.note(principal, text, plan.operation.name and plan.operation.name.value)
        if received.hashed is not None and self._is_automatic(principal):
            digest = received.hashed.removeprefix("sha256:")
            await self.automatic.keep(principal.client, digest, text)
        return plan

    def _is_automatic(self, principal: Principal) -> bool:
        return principal.tier in self._automatic_for and not principal.is_locked


def _unknown() -> Refusal:
    return refused(
        Code.PERSISTED_QUERY_NOT_FOUND,
        "No document with this id is registered for this client.",
    )
