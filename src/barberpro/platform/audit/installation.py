"""What happened to the installation and to no tenant: a signing key was changed, an unknown client knocked."""

import secrets
from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert

from .. import ids
from ..binding import across_tenants
from ..doors import Housekeeping, Transaction
from ..events import leaf
from .tables import installation_events

PREFIX = "ins"
RECORD = across_tenants(insert(installation_events), "it belongs to no tenant")
NOBODY = ""
"""Stands in the leaf for the tenant that there is none of."""


async def record(door: Transaction | Housekeeping, kind: str, data: Mapping[str, Any]) -> str:
    """Tell the audit log, in this transaction. Returns the entry's id.

    `data` holds ids, codes, instants and numbers; never personal data.
    """
    entry = {
        "id": ids.new(PREFIX),
        "type": kind,
        "data": dict(data),
        "occurred_at": door.now,
        "salt": secrets.token_hex(16),
    }
    await door.execute(RECORD, entry | {"leaf": leaf(NOBODY, entry)})
    return entry["id"]
