"""Cursors: where a page ended, opaque and sealed against change.

A cursor holds the values of the ordering at one row, and the ordering's name; its MAC binds it to the tenant and to
the field it came from, so that a cursor forged, or taken elsewhere, is refused before it reaches a statement.
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from barberpro.platform.clock import iso

from .errors import BadInput

MAC_BYTES = 12
LONGEST = 8_192
"""Characters, more than any row's cursor has: the ordering key of a name of 120 characters can have 4,320 bytes."""


@dataclass(slots=True)
class Cursors:
    """Makes and reads the cursors of one caller."""

    secret: bytes
    """At most 64 bytes."""
    tenant: str

    def write(self, field: str, order: str, values: tuple[Any, ...]) -> str:
        """The cursor of a row whose ordering columns hold `values`."""
        plain = [iso(v) if isinstance(v, datetime) else v for v in values]
        body = orjson.dumps([order, *plain])
        return _text(self._mac(field, body) + body)

    def read(self, field: str, order: str, cursor: str) -> list[Any]:
        """The values in a cursor. BadInput where we did not make it for this field and ordering."""
        if len(cursor) > LONGEST:
            raise BadInput("The cursor is not one of ours.")
        try:
            raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise BadInput("The cursor is not one of ours.") from None
        mac, body = raw[:MAC_BYTES], raw[MAC_BYTES:]
        # The text as well: base64 has several for the same bytes, of which we write one.
        if _text(raw) != cursor or not hmac.compare_digest(mac, self._mac(field, body)):
            raise BadInput("The cursor is not one of ours.")
        made_for, *values = orjson.loads(body)
        if made_for != order:
            raise BadInput("The cursor belongs to another ordering. Start again without it.")
        return values

    def _mac(self, field: str, body: bytes) -> bytes:
        text = f"{self.tenant}\x00{field}\x00".encode() + body
        # Keyed BLAKE2b (RFC 7693) is a MAC by itself; OpenSSL's HMAC was a twentieth of a page of fifty rows.
        return hashlib.blake2b(text, digest_size=MAC_BYTES, key=self.secret).digest()


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
