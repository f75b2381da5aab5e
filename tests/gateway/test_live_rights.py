"""What a user may do is what their roles say now, whatever their token says: over HTTP, without Redis."""

from typing import Any

import pytest
from sqlalchemy import update

from barberpro.domains.identity.users import service
from barberpro.domains.identity.users.roles import BUILT_IN
from barberpro.domains.identity.users.tables import role_assignments, users
from barberpro.gateway.oauth.tokens import issue
from barberpro.platform import ids

from ..security.visiting import a_user
from ..security.visiting import boss as boss

WHO = "{ viewer { scopes user { userId name } } }"
USERS = "{ users { totalCount } }"
MANAGER = BUILT_IN["manager"].scopes


@pytest.fixture
async def user(platform: Any, boss: Any, clock: Any) -> str:
    made = await a_user(platform, boss, role="manager")
    clock.forward(seconds=1)  # when they chose a password, all of that second became void
    return made


@pytest.fixture
def asking(http: Any, registering: Any, platform: Any, clock: Any) -> Any:
    """`await asking(user)` is a function that asks with a token which says that they may do what managers may."""

    async def signed_in(user: str, *, has_second_factor: bool = True) -> Any:
        client, _ = await registering(scopes=sorted(MANAGER))
        amr = ("pwd", "otp", "mfa") if has_second_factor else ("pwd",)
        token = issue(
            platform.keys, platform.settings, clock(), client, MANAGER, user=user, amr=amr
        )

        async def ask(document: str) -> Any:
            headers = {"authorization": f"Bearer {token.text}"}
            return await http.post("/graphql", json={"query": document}, headers=headers)

        return ask

    return signed_in


async def changed(database: Any, statement: Any) -> None:
    """As if a later version, or somebody at the database, had changed it: nothing is revoked."""
    async with database.housekeeping() as connection:
        assert (await connection.execute(statement)).rowcount == 1


async def test_another_role_narrows_a_live_token_within_five_seconds(
    asking: Any, user: str, platform: Any, clock: Any
) -> None:
    ask = await asking(user)
    answer = (await ask(WHO)).json()["data"]["viewer"]
    assert answer == {"scopes": sorted(MANAGER), "user": {"userId": user, "name": "Ana"}}
    less = update(role_assignments).values(built_in="analyst")
    await changed(platform.database, less.where(role_assignments.c.user_id == user))
    clock.forward(seconds=5)
    answer = (await ask(WHO)).json()["data"]["viewer"]
    assert answer["scopes"] == sorted(MANAGER & BUILT_IN["analyst"].scopes)
    assert (await ask(USERS)).status_code == 403


async def test_who_sees_some_shops_only_is_not_told_who_works_elsewhere(
    asking: Any, user: str, platform: Any, clock: Any
) -> None:
    ask = await asking(user)
    assert (await ask(USERS)).json()["data"]["users"]["totalCount"] == 1
    node = (await ask(f'{{ node(id: "{user}") {{ id }} }}')).json()
    assert node["data"] == {"node": {"id": user}}
    limited = update(users).values(locations=[ids.new("loc")]).where(users.c.id == user)
    await changed(platform.database, limited)
    clock.forward(seconds=5)
    node = (await ask(f'{{ node(id: "{user}") {{ id }} }}')).json()
    assert node["data"] == {"node": None} and "errors" not in node
    for document in (USERS, f'{{ user(id: "{user}") {{ name }} }}'):
        (error,) = (await ask(document)).json()["errors"]
        assert error["extensions"]["code"] == "FORBIDDEN"
        assert error["extensions"]["requiredPolicies"] == ["ORGANIZATION_WIDE"]
    # Themselves they always see.
    assert (await ask(WHO)).json()["data"]["viewer"]["user"] == {"userId": user, "name": "Ana"}


async def test_a_role_that_needs_a_second_factor_needs_it_of_tokens_in_use_too(
    asking: Any, user: str, platform: Any, clock: Any
) -> None:
    less = update(role_assignments).where(role_assignments.c.user_id == user)
    await changed(platform.database, less.values(built_in="analyst"))
    ask = await asking(user, has_second_factor=False)
    assert (await ask(WHO)).status_code == 200
    await changed(platform.database, less.values(built_in="manager"))
    clock.forward(seconds=5)
    assert (await ask(WHO)).status_code == 401
    assert (await (await asking(user))(WHO)).status_code == 200


@pytest.mark.parametrize("what", ["set_roles", "disable", "end_sessions"])
async def test_what_we_change_ourselves_voids_the_token_sooner(
    asking: Any, user: str, boss: Any, opening: Any, clock: Any, what: str
) -> None:
    ask = await asking(user)
    assert (await ask(WHO)).status_code == 200
    more = {"role_ids": ["analyst"]} if what == "set_roles" else {}
    async with opening(boss) as tx:
        await getattr(service, what)(tx, user, **more)
        assert tx.revoked
    clock.forward(seconds=4)
    assert (await ask(WHO)).status_code == 401


async def test_a_client_in_its_own_name_is_no_person(http: Any, bearer: Any) -> None:
    headers = await bearer(scopes=["bookings:read"])
    answer = await http.post("/graphql", json={"query": WHO}, headers=headers)
    assert answer.json()["data"]["viewer"] == {"scopes": ["bookings:read"], "user": None}
