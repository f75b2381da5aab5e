"""What a token says is the most that it gives, whoever issued it: what its client and its user may do now decides."""

from typing import Any

import pytest
from sqlalchemy import delete, update

from barberpro.domains.identity.tables import clients
from barberpro.domains.identity.users.tables import role_assignments, users
from barberpro.gateway.problems import Code, Refusal

from ..chain import open_shop
from .issuing import Door
from .issuing import forger as forger
from .issuing import identify as identify
from .issuing import remote as remote
from .visiting import a_user
from .visiting import boss as boss

LATE = 5  # seconds, after which a change that nobody announced is felt


def headers(forger: Any, user: str, **claims: Any) -> dict[str, str]:
    """With a good token of this user."""
    return {"authorization": f"Bearer {forger.token(claims=forger.claims(sub=user, **claims))}"}


async def rejected(identify: Door, shown: dict[str, str]) -> None:
    with pytest.raises(Refusal) as raised:
        await identify(shown)
    assert raised.value.code is Code.UNAUTHENTICATED


async def changed(platform: Any, tenant: str, statement: Any) -> None:
    """In the table alone, so that no revocation is there to help."""
    async with platform.database.writing(tenant) as connection:
        await connection.execute(statement)


async def test_a_client_that_was_stopped_without_a_word(
    platform: Any, identify: Door, forger: Any, clock: Any
) -> None:
    shown = {"authorization": f"Bearer {forger.token()}"}
    await identify(shown)
    stopped = update(clients).where(clients.c.id == forger.client.id).values(is_active=False)
    await changed(platform, forger.client.organization_id, stopped)
    clock.forward(seconds=LATE)
    await rejected(identify, shown)


async def test_a_token_speaks_for_its_user(
    platform: Any, identify: Door, forger: Any, boss: Any
) -> None:
    user = await a_user(platform, boss, password=None)
    who = await identify(headers(forger, user, amr=["pwd", "otp"]))
    assert (who.user, who.client, who.amr) == (user, forger.client.id, ("pwd", "otp"))
    assert (who.scopes, who.locations) == ({"bookings:read"}, None)


async def test_a_role_that_is_taken_away_narrows_a_token_in_use(
    platform: Any, identify: Door, forger: Any, boss: Any, clock: Any
) -> None:
    user = await a_user(platform, boss, password=None)
    shown = headers(forger, user)
    await identify(shown)
    taken = delete(role_assignments).where(role_assignments.c.user_id == user)
    await changed(platform, boss.tenant, taken)
    clock.forward(seconds=LATE)
    assert (await identify(shown)).scopes == frozenset()


async def test_a_reach_that_is_less_narrows_a_token_in_use(
    platform: Any, identify: Door, forger: Any, boss: Any, opening: Any, clock: Any
) -> None:
    async with opening(boss) as tx:
        shop, other = await open_shop(tx, "Centro"), await open_shop(tx, "Norte")
    user = await a_user(platform, boss, password=None, location_ids=[shop.id, other.id])
    shown = headers(forger, user)
    assert (await identify(shown)).locations == {shop.id, other.id}
    of_token = headers(forger, user, locations=[other.id, "loc_" + "0" * 26])
    assert (await identify(of_token)).locations == {other.id}
    less = update(users).where(users.c.id == user).values(locations=[shop.id])
    await changed(platform, boss.tenant, less)
    clock.forward(seconds=LATE)
    assert (await identify(shown)).locations == {shop.id}
    assert (await identify(of_token)).locations == frozenset()


async def test_a_disabled_user_is_nobody(
    platform: Any, identify: Door, forger: Any, boss: Any, clock: Any
) -> None:
    user = await a_user(platform, boss, password=None)
    shown = headers(forger, user)
    await identify(shown)
    gone = update(users).where(users.c.id == user).values(is_active=False)
    await changed(platform, boss.tenant, gone)
    clock.forward(seconds=LATE)
    await rejected(identify, shown)


async def test_a_user_of_another_organization_is_nobody_here(
    platform: Any, identify: Door, forger: Any, stranger: Any, boss: Any
) -> None:
    other = type(boss)(**{**vars(stranger), "scopes": boss.scopes})
    user = await a_user(platform, other, password=None)
    await rejected(identify, headers(forger, user))


async def test_scopes_that_the_client_lost(
    platform: Any, identify: Door, forger: Any, clock: Any
) -> None:
    shown = {"authorization": f"Bearer {forger.token()}"}
    assert (await identify(shown)).scopes == {"bookings:read"}
    less = update(clients).where(clients.c.id == forger.client.id).values(scopes=["people:read"])
    await changed(platform, forger.client.organization_id, less)
    clock.forward(seconds=LATE)
    assert (await identify(shown)).scopes == frozenset()


@pytest.mark.parametrize(
    ("subject", "is_taken"),
    [("cli_" + "0" * 26, True), ("usr_" + "0" * 26, False), ("somebody", True), ("", True)],
)
async def test_a_subject_that_is_neither_the_client_nor_a_user(
    identify: Door, forger: Any, subject: str, is_taken: bool
) -> None:
    """Others have people whom we do not know; in our own tokens there are none."""
    if forger.is_other and is_taken:
        who = await identify(headers(forger, subject))
        assert (who.client, who.user) == (forger.client.id, None)
    else:
        await rejected(identify, headers(forger, subject))
