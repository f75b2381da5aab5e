"""What a browser carries for us between pages: sealed, so that it can neither read nor change it."""

import base64
import binascii
from datetime import datetime, timedelta
from typing import Any

import orjson

from barberpro.platform.crypto import Sealer, Unsealable

LIFE = timedelta(minutes=30)
"""How long signing in and deciding may take."""
LONGEST = 8_000  # characters
ABOUT = b"oauth/authorize"


class Unreadable(Exception):
    """Not one of our tickets, or an old one."""


def sealed(sealer: Sealer, now: datetime, facts: dict[str, Any]) -> str:
    """A ticket that says these facts until `LIFE` has passed."""
    body = {**facts, "until": (now + LIFE).timestamp()}
    return base64.urlsafe_b64encode(sealer.seal(orjson.dumps(body), ABOUT)).decode().rstrip("=")


def opened(sealer: Sealer, now: datetime, ticket: str) -> dict[str, Any]:
    """What a ticket says. Raises Unreadable."""
    if len(ticket) > LONGEST:
        raise Unreadable
    try:
        raw = base64.b64decode(ticket + "=" * (-len(ticket) % 4), altchars=b"-_", validate=True)
        facts = orjson.loads(sealer.open(raw, ABOUT))
    except (binascii.Error, ValueError, Unsealable):
        raise Unreadable from None
    if now.timestamp() >= facts.pop("until"):
        raise Unreadable
    return facts
