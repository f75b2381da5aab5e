"""A request on its way through the pipeline."""

from dataclasses import dataclass, field

from starlette.requests import Request

from barberpro.platform.locale import Language, negotiate

from .budgets import Charge
from .deadline import Deadline
from .headers import first
from .identify import Believed


@dataclass(slots=True)
class Call:
    """Who sent what from where, and what the log will tell of it."""

    request: Request
    id: str
    """`req_…`, which the caller can quote."""
    deadline: Deadline
    """Until when the work must be done."""
    has_arrived: bool = False
    """Whether all of the request is there."""
    told: dict[str, object] = field(default_factory=dict)
    """Facts for its line in the log."""
    believed: Believed | None = None
    """On whose behalf it comes, for who has to ask again; None until that is known."""
    charge: Charge | None = None
    """What its client was charged last; None while nobody was."""

    @property
    def address(self) -> str:
        """Where it comes from."""
        client = self.request.scope.get("client")
        return client[0] if client else "unknown"

    @property
    def language(self) -> Language:
        """The language of ours that the caller prefers."""
        return negotiate(first(self.request, b"accept-language"))
