"""What the declarations of other services' fields say, and the one call a level that answers them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from barberpro.platform.upstreams.service import Garbled, Silent, Upstreams

from ..context import Context
from ..errors import UpstreamFault, UpstreamUnavailable
from ..loads import INHERITED, PUBLIC, Fetched, Parents
from ..scopes import as_needed
from .forwarding import Asked
from .reading import read

log = structlog.get_logger(__name__)


@dataclass(frozen=True, eq=False, kw_only=True)
class Remote(Fetched):
    """The field of the same name of `entity`, a type of `service` whose key is the parent's `key`."""

    service: str
    entity: str
    key: str

    async def fetch(
        self, parents: Parents, context: Context, *, asked: Asked | None = None, **arguments: Any
    ) -> list[Any]:
        """The field's value for every parent: None, what the service told, or why there is nothing."""
        assert asked is not None  # noqa: S101 - both executors say what is asked below
        keys = [getattr(parent, self.key) for parent in parents]
        unique = list(dict.fromkeys(key for key in keys if key is not None))
        if not unique:
            return [None] * len(keys)
        values = dict(zip(unique, await self._values(unique, asked, context), strict=True))
        return [None if key is None else values[key] for key in keys]

    async def _values(self, keys: list[str], asked: Asked, context: Context) -> Sequence[Any]:
        representations = [{"__typename": self.entity, "id": key} for key in keys]
        body = {"query": asked.document, "variables": {"representations": representations}}
        try:
            if context.upstreams is None:
                raise Silent("this process asks no other service")
            upstreams: Upstreams = context.upstreams
            left = context.seconds_left() if context.seconds_left else None
            service = upstreams.service(self.service)
            answer = await service.ask(body, context.principal, self._scopes(), left)
            return read(answer, asked, len(keys), UpstreamFault.of(self.service))
        except Silent as silent:
            log.warning("upstream.silent", service=self.service, reason=str(silent))
            return [UpstreamUnavailable.of(self.service)] * len(keys)
        except Garbled as garbled:
            log.warning("upstream.garbled", service=self.service, reason=str(garbled))
            return [UpstreamFault.of(self.service)] * len(keys)

    def _scopes(self) -> list[str]:
        """What the service is told that the caller may do: what this field needs, and no more."""
        if self.scope in (INHERITED, PUBLIC):
            return []
        return sorted(frozenset[str]().union(*as_needed(self.scope).sets))
