"""The OAuth clients of an organization, through the functions that a mutation or a command calls."""

import hashlib
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Row, func, select

from barberpro.domains.identity import clients, errors
from barberpro.domains.identity.tables import clients as clients_table
from barberpro.platform import ids, scannable
from barberpro.platform.binding import across_tenants
from barberpro.platform.doors import Transaction
from barberpro.platform.errors import Failure
from barberpro.platform.events import events
from barberpro.platform.principal import Principal

Opening = Callable[..., AbstractAsyncContextManager[Transaction]]
SCOPES = ["bookings:read", "locations:read"]
ZEROS = "0" * 26
MONDAY = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)


def fresh_name() -> str:
    """Names are unique in the installation, and tests share a database."""
    return "c" + ids.new("org").replace("_", "-")


async def registered(opening: Opening, **changes: Any) -> tuple[Row[Any], str]:
    async with opening() as tx:
        return await clients.register_client(
            tx, **({"name": fresh_name(), "scopes": SCOPES} | changes)
        )


async def stored(opening: Opening, client: str) -> Row[Any]:
    async with opening() as tx:
        row = await tx.row(clients.credentials(client))
    assert row is not None
    return row


async def told(opening: Opening, subject: str) -> list[tuple[str, dict[str, Any]]]:
    """What the log says of a client."""
    async with opening() as tx:
        rows = await tx.rows(
            select(events).where(events.c.subject == subject).order_by(events.c.id)
        )
    return [(row.type, row.data) for row in rows]


async def refused(opening: Opening, **changes: Any) -> Failure:
    """The failure, after which no client has been made."""
    count = across_tenants(select(func.count()).select_from(clients_table), "to see none is added")
    async with opening() as tx:
        before = (await tx.rows(count))[0][0]
    with pytest.raises(Failure) as raised:
        await registered(opening, **changes)
    async with opening() as tx:
        assert (await tx.rows(count))[0][0] == before
    return raised.value


async def test_a_client_belongs_to_the_tenant_that_registers_it(
    opening: Opening, principal: Principal
) -> None:
    name = fresh_name()
    row, _ = await registered(
        opening, name=name, scopes=["locations:read", "bookings:read"], document_mode="locked"
    )
    assert ids.prefix_of(row.id) == "cli"
    assert (row.organization_id, row.name, row.is_active) == (principal.tenant, name, True)
    assert (row.scopes, row.locations, row.document_mode) == (SCOPES, None, "locked")
    facts = {
        "name": name,
        "scopes": SCOPES,
        "locations": None,
        "document_mode": "locked",
        "authentication": "client_secret_basic",
        "grant_types": ["client_credentials"],
        "redirect_uris": [],
    }
    assert await told(opening, row.id) == [("client.registered", {"subject": row.id} | facts)]


async def test_a_secret_is_in_a_form_that_scanners_find(opening: Opening) -> None:
    secrets = [(await registered(opening))[1] for _ in range(3)]
    assert all(secret.startswith("bps_") and scannable.is_whole(secret) for secret in secrets)
    assert len(set(secrets)) == 3


async def test_only_the_hash_of_the_secret_is_kept(opening: Opening) -> None:
    row, secret = await registered(opening)
    assert "secret_hash" not in row._mapping
    kept = await stored(opening, row.id)
    assert kept.secret_hash == hashlib.sha256(secret.encode()).digest()
    assert secret not in repr(kept)
    assert secret not in repr(await told(opening, row.id))


async def test_a_client_is_known_by_its_own_secret_only(opening: Opening) -> None:
    row, secret = await registered(opening)
    _, another = await registered(opening)
    kept = await stored(opening, row.id)
    assert clients.is_authentic(kept, secret, MONDAY)
    for wrong in ("", another, secret[:-1], secret + "0", secret.swapcase(), secret * 100):
        assert not clients.is_authentic(kept, wrong, MONDAY)
    assert not clients.is_authentic(None, secret, MONDAY)
    assert not clients.is_authentic(None, "", MONDAY)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a",
        "A-b",
        "1a",
        "-ab",
        "a_b",
        "a b",
        "añ",
        "a" * 65,
        "ab\n",
        "../ab",
        "a/b",
        "rest",
        "public",
    ],
)
async def test_a_name_that_cannot_be_a_folder_is_refused(opening: Opening, name: str) -> None:
    failure = await refused(opening, name=name)
    assert isinstance(failure, errors.ClientNameInvalid)
    assert failure.name == name


@pytest.mark.parametrize("name", ["ab", "a" * 64])
async def test_the_shortest_and_the_longest_name_are_names(name: str) -> None:
    assert clients.NAME.fullmatch(name)


async def test_a_name_is_given_once_in_the_installation(
    opening: Opening, stranger: Principal
) -> None:
    row, _ = await registered(opening)
    failure = await refused(opening, name=row.name)
    assert isinstance(failure, errors.ClientNameTaken)
    assert failure.name == row.name
    async with opening(stranger) as tx:
        with pytest.raises(errors.ClientNameTaken):
            await clients.register_client(tx, name=row.name, scopes=SCOPES)


@pytest.mark.parametrize(
    "scopes",
    [
        [],
        ["bookings"],
        ["bookings:read write"],
        ["Bookings:read"],
        ["bookings:read", "*:*"],
        ["a:" + "b" * 39],
        [f"a:b{'c' * n}" for n in range(51)],
    ],
)
async def test_scopes_of_another_form_are_refused(opening: Opening, scopes: list[str]) -> None:
    assert isinstance(await refused(opening, scopes=scopes), errors.ClientScopesInvalid)


@pytest.mark.parametrize(
    "locations",
    [
        [],
        ["Palermo"],
        [f"org_{ZEROS}"],
        [f"loc_{n:026}" for n in range(101)],
    ],
)
async def test_locations_that_are_none_are_refused(opening: Opening, locations: list[str]) -> None:
    assert isinstance(await refused(opening, locations=locations), errors.ClientLocationsInvalid)


async def test_a_client_can_be_limited_to_locations(opening: Opening) -> None:
    ours = [ids.new("loc"), ids.new("loc")]
    row, _ = await registered(opening, locations=[ours[1], ours[0], ours[1]])
    assert row.locations == sorted(ours)


async def test_a_suspended_client_stays_suspended_and_is_told_of_once(opening: Opening) -> None:
    row, _ = await registered(opening)
    async with opening() as tx:
        assert not (await clients.suspend_client(tx, row.id)).is_active
    async with opening() as tx:
        assert not (await clients.suspend_client(tx, row.id)).is_active
    assert not (await stored(opening, row.id)).is_active
    suspended = ("client.suspended", {"subject": row.id})
    assert (await told(opening, row.id))[1:] == [suspended]


async def test_a_tier_is_set_and_told_of_once(opening: Opening) -> None:
    row, _ = await registered(opening)
    assert row.tier is None
    for _ in range(2):
        async with opening() as tx:
            assert (await clients.set_tier(tx, row.id, "gold")).tier == "gold"
    assert (await stored(opening, row.id)).tier == "gold"
    changed = ("client.tier_changed", {"subject": row.id, "tier": "gold"})
    assert (await told(opening, row.id))[1:] == [changed]


async def test_a_rotated_secret_voids_the_one_before(opening: Opening) -> None:
    row, before = await registered(opening)
    async with opening() as tx:
        _, after = await clients.rotate_secret(tx, row.id)
    kept = await stored(opening, row.id)
    assert clients.is_authentic(kept, after, MONDAY)
    assert not clients.is_authentic(kept, before, MONDAY)
    facts = {"subject": row.id, "previous_until": None}
    assert (await told(opening, row.id))[1:] == [("client.secret_rotated", facts)]


async def test_two_secrets_are_good_for_as_long_as_the_caller_chose(opening: Opening) -> None:
    row, first = await registered(opening)
    async with opening() as tx:
        _, second = await clients.rotate_secret(tx, row.id, overlap=timedelta(days=2))
    kept = await stored(opening, row.id)
    last = MONDAY + timedelta(days=2) - timedelta(microseconds=1)
    for moment in (MONDAY, last):
        assert clients.is_authentic(kept, first, moment)
        assert clients.is_authentic(kept, second, moment)
    assert not clients.is_authentic(kept, first, MONDAY + timedelta(days=2))
    async with opening() as tx:
        _, third = await clients.rotate_secret(tx, row.id, overlap=timedelta(days=1))
    kept = await stored(opening, row.id)
    good = [clients.is_authentic(kept, secret, MONDAY) for secret in (first, second, third)]
    assert good == [False, True, True]


@pytest.mark.parametrize("overlap", [timedelta(seconds=-1), timedelta(days=30, microseconds=1)])
async def test_an_overlap_has_its_bounds(opening: Opening, overlap: timedelta) -> None:
    row, secret = await registered(opening)
    with pytest.raises(errors.OverlapInvalid):
        async with opening() as tx:
            await clients.rotate_secret(tx, row.id, overlap=overlap)
    assert clients.is_authentic(await stored(opening, row.id), secret, MONDAY)


async def _to_gold(tx: Transaction, client: str) -> None:
    await clients.set_tier(tx, client, "gold")


@pytest.mark.parametrize("change", [clients.suspend_client, clients.rotate_secret, _to_gold])
async def test_another_tenants_client_is_not_found_and_not_changed(
    opening: Opening, stranger: Principal, change: Any
) -> None:
    row, secret = await registered(opening)
    missing = ids.new("cli")
    for client in (row.id, missing):
        async with opening(stranger) as tx:
            with pytest.raises(errors.ClientNotFound) as raised:
                await change(tx, client)
        assert str(raised.value) == f"There is no client {client}."
    kept = await stored(opening, row.id)
    assert kept.is_active
    assert clients.is_authentic(kept, secret, MONDAY)
