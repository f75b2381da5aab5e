"""Changes the master key: everything that it seals in the database is sealed anew, in one transaction.

What it seals are the signing keys, and the keys of tenants; below those nothing changes. What is *derived* from it
changes by itself: the key of the audit heads (whose public half stays in `keys.txt`), cursors, forms and tickets on
their way, which are asked for anew, and the second answer that a refresh token may be given within ten seconds.
"""

from typing import NamedTuple

from .audit.installation import record
from .clock import Clock
from .crypto import Sealer
from .database import Database
from .doors import housekeeping
from .rotation import rewrap as rewrap_signing_keys
from .sealing.rotation import rewrap as rewrap_tenant_keys


class Resealed(NamedTuple):
    """How many keys were sealed anew, of each kind."""

    signing: int
    tenants: int


async def change_master_key(database: Database, old: Sealer, new: Sealer, clock: Clock) -> Resealed:
    """Seal with `new` what `old` sealed; what `new` opens already stays. Raises Unsealable where neither opens one."""
    async with housekeeping(database, clock) as house:
        done = Resealed(
            await rewrap_signing_keys(house, old, new), await rewrap_tenant_keys(house, old, new)
        )
        if any(done):
            await record(house, "master_key.changed", done._asdict())
    return done
