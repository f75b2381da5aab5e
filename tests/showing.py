"""What a request shows of its sender, in the shape that `identify` takes."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from barberpro.gateway.identify import Identify, Presented
from barberpro.platform.principal import Principal

Knock = Callable[..., Awaitable[Principal]]


def shown(headers: Mapping[str, str], **changes: Any) -> Presented:
    """A POST to the graph with these headers; repeated ones come as Starlette's `Headers`."""
    lower = [
        (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()
    ]
    return Presented(**({"raw": lower, "url": "https://gateway.example/graphql"} | changes))


def knocking(identify: Identify) -> Knock:
    """`await knock(headers, …)` is what `identify` makes of such a request."""

    async def knock(headers: Mapping[str, str], **changes: Any) -> Principal:
        return await identify(shown(headers, **changes))

    return knock
