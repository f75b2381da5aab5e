"""Authorization requests that a client left with us (RFC 9126), so that no browser can change them."""

import secrets
from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import bindparam, insert, update

from barberpro.platform import ids
from barberpro.platform.doors import Transaction
from barberpro.platform.events import publish

from .codes import digest
from .events import RequestPushed, RequestUsed
from .tables import pushed_requests

PREFIX = "urn:ietf:params:oauth:request_uri:"
LIFE = timedelta(seconds=60)
REFERENCE_BYTES = 32

c = pushed_requests.c
MAKE = insert(pushed_requests)
# The one statement that decides who uses a request: of many at once, one finds it unused.
USE = (
    update(pushed_requests)
    .where(
        c.request_hash == bindparam("digest"),
        c.client_id == bindparam("of_client"),
        c.used_at.is_(None),
        c.expires_at > bindparam("at"),
    )
    .values(used_at=bindparam("at"))
    .returning(c.parameters)
)


async def push(tx: Transaction, client: str, parameters: Mapping[str, str]) -> str:
    """Keep a request; what comes back is the `request_uri` to use once, within a minute."""
    reference = PREFIX + secrets.token_urlsafe(REFERENCE_BYTES)
    values = {
        "id": ids.new("par"),
        "client_id": client,
        "request_hash": digest(reference),
        "parameters": dict(parameters),
        "expires_at": tx.now + LIFE,
    }
    await tx.execute(MAKE, values)
    await publish(tx, RequestPushed(subject=client))
    return reference


async def use(tx: Transaction, client: str, reference: str) -> dict[str, str] | None:
    """The parameters that this client left under the reference, for the first who asks; then None."""
    values = {"digest": digest(reference), "of_client": client, "at": tx.now}
    used = await tx.row(USE, values)
    await publish(tx, RequestUsed(subject=client, is_taken=used is not None))
    return used.parameters if used else None
