"""The form of an answer, as the caller's Accept header has it (RFC 9110 section 12.5.1)."""

import enum
import re
from dataclasses import dataclass
from functools import lru_cache

from .problems import Code, Refusal

LONGEST_ACCEPT = 1_000
WEIGHT = re.compile(r"0(\.\d{0,3})?|1(\.0{0,3})?", re.ASCII)


class MediaType(enum.StrEnum):
    """What answers can be, the one we prefer first."""

    GRAPHQL_RESPONSE = "application/graphql-response+json"
    JSON = "application/json"


EVENT_STREAM = "text/event-stream"


@dataclass(frozen=True, slots=True)
class Accepted:
    """What a caller takes."""

    media: MediaType | None
    """In which an answer is told that is one; None for who takes only streams."""
    stream: bool
    """Whether a stream of events is taken: who takes anything at all does not mean that."""


@lru_cache(maxsize=256)
def negotiated(accept: str | None) -> Accepted:
    """The forms to answer in, by the caller's Accept header. Refusal 406 where the caller takes none of ours.

    Of two that weigh the same, one that is named wins over one that a wildcard covers. Who names none, or sends no
    header, may read no status but 200: they get `application/json`.
    """
    if accept is None or not accept.strip():
        return Accepted(MediaType.JSON, stream=False)
    weights = _weights(accept) if len(accept) <= LONGEST_ACCEPT else {}

    def preference(media: MediaType) -> tuple[float, bool, bool]:
        ranges = (media, "application/*", "*/*")
        applies = next((r for r in ranges if r in weights), None)
        if applies is None:
            return 0.0, False, False
        is_named = applies == media
        return weights[applies], is_named, (media is MediaType.GRAPHQL_RESPONSE) is is_named

    best = max(MediaType, key=preference)
    media = best if preference(best)[0] > 0 else None
    stream = weights.get(EVENT_STREAM, 0) > 0
    if media is None and not stream:
        raise Refusal(Code.BAD_REQUEST, 406, f"Answers come as {' or '.join(MediaType)}.")
    return Accepted(media, stream)


def _weights(accept: str) -> dict[str, float]:
    """Media range → its weight. A range whose weight cannot be read is left out."""
    found: dict[str, float] = {}
    for item in accept.split(","):
        media_range, *parameters = (part.strip().lower() for part in item.split(";"))
        weight = next((p[2:].strip() for p in parameters if p.startswith("q=")), "1")
        if WEIGHT.fullmatch(weight):
            found[media_range] = max(float(weight), found.get(media_range, 0.0))
    return found
