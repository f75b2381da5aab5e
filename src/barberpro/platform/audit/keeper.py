"""The worker's share of the log: sequences what happened, and signs a head every few seconds where it has grown."""

import asyncio

import structlog
from sqlalchemy import bindparam, insert, select

from ..binding import across_tenants
from ..clock import Clock
from ..crypto import Sealer
from ..database import Database
from ..doors import Housekeeping, housekeeping, survey
from ..settings import Settings
from .checkpoints import Head, Signer
from .heads import files
from .sequencer import asking, sequence, set_aside
from .tables import audit_heads
from .tree import WHY, Tree

IDLE_SECONDS = 0.5
"""The longest that an event waits for its place while a worker is up and not behind."""
TROUBLE_SECONDS = 2.0
ANY_SHOWN = across_tenants(select(audit_heads.c.size).limit(1), WHY)
SHOWN = across_tenants(select(audit_heads.c.size).where(audit_heads.c.size == bindparam("of")), WHY)
PUT = across_tenants(insert(audit_heads), WHY)

log = structlog.get_logger(__name__)


class Rewritten(Exception):
    """What stands in the database is not what was signed: a backup was put back, or somebody changed it."""


class Keeper:
    """Keeps the log for one process. Any number of them may run: they take turns."""

    def __init__(
        self, database: Database, clock: Clock, sealer: Sealer, settings: Settings
    ) -> None:
        self.database, self.clock = database, clock
        self.signer = Signer(sealer, settings)
        self.files = files(settings)
        self.every = settings.audit_head_seconds

    async def run(self, stop: asyncio.Event) -> None:
        """Sequence until told to stop, with a head at the end; trouble is tried again."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            rest, is_last = IDLE_SECONDS, stop.is_set()
            try:
                if await sequence(self.database, self.clock):
                    rest = 0.0
                if is_last or loop.time() >= due:
                    await self.sign()
                    await self.tell_of_set_aside()
                    due = loop.time() + self.every
            except Exception:  # the database or the disk is away, say: it all waits where it stands
                log.exception("audit_in_trouble")
                rest = TROUBLE_SECONDS
            if is_last:
                return
            if rest:
                await _pause(stop, rest)

    async def tell_of_set_aside(self) -> None:
        """Say which events nobody can put to the log, for an operator to look into."""
        async with survey(self.database, self.clock) as look:
            if entries := await set_aside(look):
                log.error("audit_set_aside", entries=entries)

    async def sign(self) -> Head | None:
        """Sign the log as it stands and write it down, outside first; None where it has not grown."""
        before = [h for f in self.files if (h := await asyncio.to_thread(f.newest))]
        async with survey(self.database, self.clock) as look:
            tree = Tree(asking(look))
            size = await tree.size()  # asked after the files: another worker may be signing
            if not before and await look.rows(ANY_SHOWN):
                raise Rewritten("the database shows signed heads, but their files are gone")
            for signed in before:
                await _goes_on(tree, size, signed)
            # What the database shows is not asked: a row that claims a huge log would stop all signing.
            if size <= max((signed.size for signed in before), default=0):
                return None
            head = self.signer.sign(size, await tree.root(size))
        for file in self.files:
            await asyncio.to_thread(file.add, head, self.signer.verifier, self.clock())
        async with housekeeping(self.database, self.clock) as house:
            await _put(house, head)
        return head


async def _goes_on(tree: Tree, size: int, signed: Head) -> None:
    """Refuse a log that does not begin with what was signed last: nobody may sign two histories."""
    if signed.size > size or await tree.root(signed.size) != signed.root:
        raise Rewritten(f"the log does not go on from the {signed.size} leaves that were signed")


async def _put(house: Housekeeping, head: Head) -> None:
    """Show the head to every process; another worker may just have signed the same size."""
    if not (await house.execute(SHOWN, {"of": head.size})).all():
        shown = {"size": head.size, "root": head.root, "note": head.note, "signed_at": house.now}
        await house.execute(PUT, shown)


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
