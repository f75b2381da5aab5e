"""What someone may try who manages users: give, take or keep more than they have."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from barberpro.domains.identity.users import custom_roles, invitations, service
from barberpro.domains.identity.users.errors import (
    EmailTaken,
    LastOwner,
    LocationCountOutOfRange,
    OwnerLimited,
    ReachExceeded,
    RightsExceeded,
    RoleCountOutOfRange,
    RoleInUse,
    RoleNameTaken,
    RoleNotFound,
    RoleScopesInvalid,
    UserNotFound,
)
from barberpro.domains.identity.users.roles import BUILT_IN, KNOWN_SCOPES
from barberpro.domains.locations.errors import LocationNotFound
from barberpro.platform import ids

from ..chain import open_shop
from ..domains.conftest import refused as refused
from ..domains.conftest import state as state
from .visiting import boss as boss

ANA: Any = {"email": "ana@example.com", "name": "Ana", "role_ids": ["receptionist"]}
MANAGER = BUILT_IN["manager"].scopes


@pytest.fixture
def manager(boss: Any) -> Any:
    return replace(boss, scopes=MANAGER)


async def invited(opening: Any, who: Any, **other: Any) -> str:
    async with opening(who) as tx:
        email = f"{ids.new('usr').replace('_', '.')}@example.com"
        return (await service.invite(tx, **{**ANA, "email": email, **other}))[0].id


async def ready_owner(opening: Any, boss: Any) -> str:
    """An owner who has taken up the invitation."""
    async with opening(boss) as tx:
        email = f"{ids.new('usr').replace('_', '.')}@example.com"
        made, link = await service.invite(tx, email=email, name="Dueña", role_ids=["owner"])
        await invitations.accept(tx, link, "$argon2id$made-by-hand")
    return made.id


def test_built_in_roles_are_what_they_say() -> None:
    assert list(BUILT_IN) == [
        "owner",
        "manager",
        "receptionist",
        "provider",
        "accountant",
        "analyst",
    ]
    assert BUILT_IN["owner"].scopes == KNOWN_SCOPES
    assert {name for name, role in BUILT_IN.items() if role.requires_second_factor} == {
        "owner",
        "manager",
    }
    for name, role in BUILT_IN.items():
        assert role.sentence("en") and role.sentence("es-AR")
        assert name == "owner" or role.scopes < KNOWN_SCOPES
        assert name in ("owner", "manager") or not any(s.startswith("users:") for s in role.scopes)


async def test_rights_are_the_union_of_the_roles_now(opening: Any, boss: Any) -> None:
    user = await invited(opening, boss, role_ids=["accountant", "provider"])
    async with opening(boss) as tx:
        found = await service.rights(tx, user)
        assert found.scopes == BUILT_IN["accountant"].scopes | BUILT_IN["provider"].scopes
        assert (found.locations, found.is_active) == (None, True)
        await service.set_roles(tx, user, role_ids=["analyst"])
        assert (await service.rights(tx, user)).scopes == BUILT_IN["analyst"].scopes
        await service.disable(tx, user)
        found = await service.rights(tx, user)
    assert (found.scopes, found.locations, found.is_active) == (frozenset(), frozenset(), False)


@pytest.mark.parametrize("user", ["usr_" + "0" * 26, "", "cli_x", "x" * 1_000])
async def test_nobody_has_no_rights(opening: Any, boss: Any, user: str) -> None:
    async with opening(boss) as tx:
        assert not (await service.rights(tx, user)).is_active


async def test_nobody_invites_into_more_than_they_have(refused: Any, manager: Any) -> None:
    lacking = sorted(KNOWN_SCOPES - MANAGER)
    owner = {**ANA, "role_ids": ["owner"]}
    await refused(
        lambda tx: service.invite(tx, **owner), RightsExceeded, who=manager, lacking=lacking
    )


async def test_nobody_promotes_beyond_themselves(opening: Any, refused: Any, manager: Any) -> None:
    user = await invited(opening, manager)
    await refused(
        lambda tx: service.set_roles(tx, user, role_ids=["owner"]),
        RightsExceeded,
        who=manager,
        lacking=sorted(KNOWN_SCOPES - MANAGER),
    )


@pytest.mark.parametrize(
    "act", ["disable", "enable", "end_sessions", "invite_again", "remove_second_factor", "demote"]
)
async def test_nobody_manages_who_may_more(
    opening: Any, refused: Any, boss: Any, manager: Any, act: str
) -> None:
    """A link for a new password would be as good as the owner's rights."""
    owner = await ready_owner(opening, boss)
    acts = {"demote": lambda tx: service.set_roles(tx, owner, role_ids=["analyst"])}
    attempt = acts.get(act) or (lambda tx: getattr(service, act)(tx, owner))
    lacking = sorted(KNOWN_SCOPES - MANAGER)
    await refused(attempt, RightsExceeded, who=manager, lacking=lacking)


async def test_the_last_owner_stays(opening: Any, refused: Any, boss: Any) -> None:
    first = await ready_owner(opening, boss)
    await invited(opening, boss, role_ids=["owner"])  # has no password yet: could let nobody in
    for attempt in (
        lambda tx: service.disable(tx, first),
        lambda tx: service.set_roles(tx, first, role_ids=["manager"]),
    ):
        await refused(attempt, LastOwner, who=boss)
    second = await ready_owner(opening, boss)
    async with opening(boss) as tx:
        assert not (await service.disable(tx, first)).is_active
    await refused(lambda tx: service.disable(tx, second), LastOwner, who=boss)


async def test_of_two_owners_who_remove_each_other_at_once_one_stays(
    opening: Any, boss: Any
) -> None:
    pair = [await ready_owner(opening, boss) for _ in range(2)]

    async def remove(user: str) -> bool:
        try:
            async with opening(boss) as tx:
                await service.disable(tx, user)
        except LastOwner:
            return False
        return True

    assert sorted(await asyncio.gather(*map(remove, pair))) == [False, True]


async def test_nobody_lets_see_what_they_do_not_see(opening: Any, refused: Any, boss: Any) -> None:
    async with opening(boss) as tx:
        here, there = [(await open_shop(tx, name)).id for name in ("Norte", "Sur")]
    limited = replace(boss, scopes=MANAGER, locations=frozenset({here}))
    cases: list[Any] = [
        (None, ReachExceeded, {}),
        ([there], LocationNotFound, {"location_id": there}),
        ([here, there], LocationNotFound, {"location_id": there}),
        ([], LocationCountOutOfRange, {"most": 100}),
    ]
    for given, failure, facts in cases:
        asked = {**ANA, "location_ids": given}
        await refused(
            lambda tx, asked=asked: service.invite(tx, **asked), failure, who=limited, **facts
        )
    other = await invited(opening, boss, location_ids=[there])
    whole = await invited(opening, boss)
    for user in (other, whole):
        await refused(
            lambda tx, user=user: service.disable(tx, user), UserNotFound, who=limited, user_id=user
        )
    mine = await invited(opening, limited, location_ids=[here])
    async with opening(limited) as tx:
        assert (await service.rights(tx, mine)).locations == {here}


async def test_an_owner_sees_everything(opening: Any, refused: Any, boss: Any) -> None:
    async with opening(boss) as tx:
        shop = (await open_shop(tx, "Norte")).id
    asked = {**ANA, "role_ids": ["owner"], "location_ids": [shop]}
    await refused(lambda tx: service.invite(tx, **asked), OwnerLimited, who=boss)


async def test_what_makes_no_sense_changes_nothing(
    opening: Any, refused: Any, boss: Any, stranger: Any
) -> None:
    await invited(opening, boss, email=ANA["email"])
    theirs = replace(stranger, scopes=KNOWN_SCOPES)
    async with opening(theirs) as tx:
        foreign = (await custom_roles.create(tx, name="Ajeno", scopes=["bookings:read"])).id
    shouted = {**ANA, "email": "ANA@Example.com"}
    await refused(lambda tx: service.invite(tx, **shouted), EmailTaken, who=boss)
    cases: list[Any] = [
        ([], RoleCountOutOfRange, {"most": 10}),
        ([f"r{n}" for n in range(11)], RoleCountOutOfRange, {"most": 10}),
        (["king"], RoleNotFound, {"role_id": "king"}),
        ([foreign], RoleNotFound, {"role_id": foreign}),
    ]
    for role_ids, failure, facts in cases:
        asked = {**ANA, "email": "b@example.com", "role_ids": role_ids}
        await refused(
            lambda tx, asked=asked: service.invite(tx, **asked), failure, who=boss, **facts
        )


async def test_roles_of_ones_own(opening: Any, refused: Any, boss: Any, manager: Any) -> None:
    known = sorted(KNOWN_SCOPES)
    create = custom_roles.create
    for scopes in ([], ["bookings:destroy"], ["bookings:read", ""]):
        await refused(
            lambda tx, scopes=scopes: create(tx, name="X", scopes=scopes),
            RoleScopesInvalid,
            who=boss,
            known=known,
        )
    await refused(
        lambda tx: create(tx, name="X", scopes=["keys:write"]),
        RightsExceeded,
        who=manager,
        lacking=["keys:write"],
    )
    async with opening(boss) as tx:
        made = await create(tx, name="Cajera", scopes=["billing:write", "billing:read"])
        strong = await create(tx, name="Llaves", scopes=["keys:write"])
    assert made.scopes == ["billing:read", "billing:write"]
    await refused(
        lambda tx: create(tx, name="CAJERA", scopes=["billing:read"]),
        RoleNameTaken,
        who=boss,
        name="CAJERA",
    )
    for attempt in (
        lambda tx: custom_roles.change(tx, strong.id, scopes=["bookings:read"]),
        lambda tx: custom_roles.remove(tx, strong.id),
    ):
        await refused(attempt, RightsExceeded, who=manager, lacking=["keys:write"])
    user = await invited(opening, boss, role_ids=[made.id])
    await refused(
        lambda tx: custom_roles.remove(tx, made.id), RoleInUse, who=boss, role_id=made.id, count=1
    )
    async with opening(boss) as tx:
        await custom_roles.change(tx, made.id, scopes=["billing:read"], requires_second_factor=True)
        found = await service.rights(tx, user)
        assert (found.scopes, found.requires_second_factor) == ({"billing:read"}, True)
        await service.set_roles(tx, user, role_ids=["analyst"])
        await custom_roles.remove(tx, made.id)
