"""What a stream tells, in bytes: the body of each answer, and last why there are no more, where that is a refusal."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

import structlog

from ..negotiation import MediaType
from ..present import MASKED, present, present_refusal
from ..problems import Code, Refusal
from .streams import Ended, Stream

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Body:
    """An answer as GraphQL over HTTP has it."""

    content: bytes
    is_refusal: bool = False
    """Whether it is the reason why no other follows."""


async def bodies(stream: Stream) -> AsyncGenerator[Body]:
    """Each answer; what ends the stream is the last, where its caller should know. Ended where the server goes away."""
    call, media = stream.call, MediaType.GRAPHQL_RESPONSE
    try:
        async with aclosing(stream.answers()) as answers:  # type: ignore[type-var]
            async for result in answers:
                yield Body(bytes(present(result, media, call).body))
    except Ended:
        raise
    except Refusal as refusal:
        yield Body(bytes(present_refusal(refusal, media, call).body), is_refusal=True)
    except Exception:
        log.exception("defect")
        fault = Refusal(Code.INTERNAL_SERVER_ERROR, 500, MASKED)
        yield Body(bytes(present_refusal(fault, media, call).body), is_refusal=True)
