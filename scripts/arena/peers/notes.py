"""Opens sealed notes for the peers, by the product's own vault: how a note is sealed is nobody's free choice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from barberpro.domains.bookings.tables import bookings
from barberpro.platform.crypto import Sealer, load_master
from barberpro.platform.sealing.vault import Vault
from barberpro.platform.settings import Settings

STATEMENT = """SELECT b.id, b.notes, s.subject_id, s.sealed, t.id, t.sealed FROM bookings b
  JOIN subject_keys s ON s.organization_id = $1 AND s.subject_id = b.customer_id
  JOIN tenant_keys t ON t.organization_id = $1 AND t.id = s.tenant_key_id
  WHERE b.organization_id = $1 AND b.id = ANY($2::text[])"""


class Notes:
    """What opens notes, under this process's settings."""

    def __init__(self) -> None:
        self._vault = Vault(Sealer(load_master(Settings())))

    def opened(self, tenant: str, rows: Sequence[Any]) -> dict[str, str]:
        """The notes in rows of STATEMENT, by their bookings' ids."""
        return {
            id_: self._vault.subject(tenant, (key, wrapped), subject, sealed).open(
                bookings.c.notes, id_, note
            )
            for id_, note, subject, sealed, key, wrapped in rows
        }
