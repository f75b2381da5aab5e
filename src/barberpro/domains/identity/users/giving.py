"""What may be given to somebody: roles that give no more than the giver has, and shops that the giver sees."""

from collections.abc import Collection, Sequence

from sqlalchemy import select

from barberpro.domains.locations import service as locations_of
from barberpro.platform import ids
from barberpro.platform.doors import Transaction
from barberpro.platform.sets import among, key_set

from .errors import (
    LocationCountOutOfRange,
    OwnerLimited,
    ReachExceeded,
    RightsExceeded,
    RoleCountOutOfRange,
    RoleNotFound,
)
from .rights import own_role
from .roles import BUILT_IN, OWNER, Role, scopes_of
from .tables import roles

MOST_ROLES = 10
MOST_LOCATIONS = 100  # with more, a token would be too long for `identify`

# Locked: a role is neither changed nor deleted while it is given.
OWN_ROLES = select(roles).where(among(roles.c.id, key_set("asked"))).with_for_update(read=True)


async def roles_asked(tx: Transaction, role_ids: Collection[str]) -> list[Role]:
    """The roles of these ids, which the caller may give. In the order of their ids."""
    asked = set(role_ids)
    if not 1 <= len(asked) <= MOST_ROLES:
        raise RoleCountOutOfRange(MOST_ROLES)
    known = dict(BUILT_IN)
    own = sorted(each for each in asked if ids.prefix_of(each) == "rol")
    if own:
        known |= {row.id: own_role(row) for row in await tx.rows(OWN_ROLES, {"asked": own})}
    for each in sorted(asked):
        if each not in known:
            raise RoleNotFound(each[: ids.LIMIT])
    given = [known[each] for each in sorted(asked)]
    check_rights(tx, scopes_of(given))
    return given


async def reach_asked(
    tx: Transaction, given: Sequence[Role], location_ids: Collection[str] | None
) -> list[str] | None:
    """The shops that somebody with these roles is to see, in order; None for the whole organization."""
    if location_ids is not None and not 1 <= len(location_ids) <= MOST_LOCATIONS:
        raise LocationCountOutOfRange(MOST_LOCATIONS)
    if location_ids is not None and any(role.id == OWNER for role in given):
        raise OwnerLimited
    if location_ids is None:
        if tx.principal.locations is not None:
            raise ReachExceeded
        return None
    reach = sorted(set(location_ids))
    await locations_of.check_known(tx, reach)  # finds none that the caller does not see
    return reach


def check_rights(tx: Transaction, scopes: Collection[str]) -> None:
    """Raise RightsExceeded where the caller may not do all of this."""
    lacking = set(scopes) - tx.principal.scopes
    if lacking:
        raise RightsExceeded(sorted(lacking))
