"""Copies of tenants' rows that a process keeps in memory, and how it knows that one is old.

Whoever changes what others keep copies of raises the edition of its subject in the same transaction (`changed`). Who
reads asks for the editions first, and makes anew the copies of those that have changed. So a copy is never older than
the answer it is used for, in however many processes, and no message between them can be lost or late.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, TypeVar

from sqlalchemy import BigInteger, Column, UniqueConstraint, select
from sqlalchemy.dialects import postgresql, sqlite

from . import ids
from .doors import Reader, Transaction
from .sets import each, key_set
from .tables import Key, tenant_table

V = TypeVar("V")
MOST = 10_000
"""Copies that a process keeps; the ones not used for longest go first."""

editions = tenant_table(
    "editions",
    "edn",
    Column("subject", Key, nullable=False),
    Column("edition", BigInteger, nullable=False),
    UniqueConstraint("organization_id", "subject", name="uq_editions_subject"),
    audited=False,
)
asked = each(key_set("subjects"))
# An IN in so many words: SQLite looks each subject up in the index, as it does not for `among`.
READ = select(editions.c.subject, editions.c.edition).where(
    editions.c.subject.in_(select(asked.c.value))
)


def _raise(insert: Any) -> Any:
    made = insert(editions)
    return made.on_conflict_do_update(
        index_elements=[editions.c.organization_id, editions.c.subject],
        set_={"edition": editions.c.edition + 1},
    )


RAISE = {"postgresql": _raise(postgresql.insert), "sqlite": _raise(sqlite.insert)}


async def changed(tx: Transaction, *subjects: str) -> None:
    """What is kept in memory of these is old from the commit on.

    Call it last: it locks a row a subject. They are locked in one order, so that two transactions that change the same
    ones do not wait for each other.
    """
    rows = [{"id": ids.new("edn"), "subject": s, "edition": 1} for s in sorted(set(subjects))]
    await tx.insert(RAISE[tx.dialect], rows)


class Copies:
    """What this process keeps of all tenants' rows, each by its tenant and the subject it is of."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._kept: OrderedDict[tuple[str, str], tuple[int, Any]] = OrderedDict()
        self.made = 0
        """How many copies had to be made: for measuring."""

    async def of(
        self,
        reader: Reader,
        subjects: Iterable[str],
        make: Callable[[Reader, list[str]], Awaitable[Mapping[str, V]]],
        *,
        is_old: Callable[[V], bool] = lambda _: False,
    ) -> dict[str, V]:
        """The copies of these subjects, current when this was called.

        `make` reads those that are missing or old, all at once; a subject that it finds nothing of is left out, and
        asked for again the next time. `is_old` says of a copy that time alone has made it so.
        """
        tenant, wanted = reader.principal.tenant, list(dict.fromkeys(subjects))
        if not wanted:
            return {}
        # The editions are read before the rows: a change in between makes the copy newer than it says, never older.
        rows = await reader.direct(READ, {"subjects": wanted})
        at: dict[str, int] = {row.subject: row.edition for row in rows}
        found: dict[str, V] = {}
        missing = []
        for subject in wanted:
            kept = self._kept.get((tenant, subject))
            if kept is None or kept[0] != at.get(subject, 0) or is_old(kept[1]):
                missing.append(subject)
                continue
            self._kept.move_to_end((tenant, subject))
            found[subject] = kept[1]
        if missing:
            self.made += len(missing)
            for subject, copy in (await make(reader, missing)).items():
                self._kept[tenant, subject] = at.get(subject, 0), copy
                found[subject] = copy
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return found
