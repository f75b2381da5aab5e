"""The graph over a WebSocket, spoken to by a real client over a real port."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from barberpro.domains.bookings import service as bookings
from barberpro.domains.identity import clients
from barberpro.gateway.subscriptions import socket

from ...conftest import MONDAY
from .conftest import CHANGED

TOMORROW = MONDAY + timedelta(days=1)
HELLO = {"type": "connection_init"}
SOON = 10.0


class Speaker:
    """One end of a socket."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def say(self, **message: Any) -> None:
        await self.connection.send(json.dumps(message))

    async def hear(self) -> Any:
        async with asyncio.timeout(SOON):
            return json.loads(await self.connection.recv())

    async def closed(self) -> tuple[int, str]:
        """The code and the reason with which the other end closes, whatever it says before."""
        try:
            while True:
                await self.hear()
        except ConnectionClosed as end:
            assert end.rcvd is not None
            return end.rcvd.code, end.rcvd.reason

    async def silent(self) -> bool:
        try:
            async with asyncio.timeout(0.4):
                await self.connection.recv()
        except TimeoutError:
            return True
        return False


Speaking = Callable[..., AbstractAsyncContextManager[Speaker]]
Credentials = Callable[..., Awaitable[tuple[Any, str]]]


@pytest.fixture
async def url(served: Any) -> AsyncIterator[str]:
    async with served() as found:
        yield found


@pytest.fixture
def credentials(url: str, registering: Any) -> Credentials:
    """`await credentials(…)` is a new client's row, and a token of it."""

    async def issued(**changes: Any) -> tuple[Any, str]:
        client, secret = await registering(**changes)
        async with httpx.AsyncClient() as http:
            answer = await http.post(
                f"{url}/oauth/token",
                data={"grant_type": "client_credentials"},
                auth=(client.id, secret),
            )
        return client, f"Bearer {answer.json()['access_token']}"

    return issued


@pytest.fixture
def speaking(url: str) -> Speaking:
    """`async with speaking(token) as speaker:` is a socket, initialised where there is a token."""

    @asynccontextmanager
    async def spoken(token: str | None = None, **options: Any) -> AsyncIterator[Speaker]:
        told = {"subprotocols": [socket.SUBPROTOCOL]} | options
        async with connect(url.replace("http", "ws") + "/graphql", **told) as connection:
            speaker = Speaker(connection)
            if token is not None:
                await speaker.say(**HELLO, payload={"authorization": token})
                assert await speaker.hear() == {"type": "connection_ack"}
            yield speaker

    return spoken


async def test_a_query_is_answered_once(
    speaking: Speaking, credentials: Credentials, chain: Any
) -> None:
    _, token = await credentials()
    async with speaking(token) as speaker:
        await speaker.say(
            id="1", type="subscribe", payload={"query": "{ locations { totalCount } }"}
        )
        told = await speaker.hear()
        assert (told["id"], told["type"]) == ("1", "next")
        assert told["payload"]["data"] == {"locations": {"totalCount": 2}}
        assert told["payload"]["extensions"]["cost"]["actualQueryCost"] > 0
        assert await speaker.hear() == {"id": "1", "type": "complete"}


async def test_changes_are_told_until_the_caller_completes(
    speaking: Speaking, credentials: Credentials, chain: Any, book: Any, done: Any, platform: Any
) -> None:
    _, token = await credentials()
    async with speaking(token) as speaker:
        await speaker.say(
            id="a",
            type="subscribe",
            payload={"query": CHANGED, "variables": {"locationId": chain.centro.id}},
        )
        await listening(platform)
        booking = await book(TOMORROW)
        told = await speaker.hear()
        assert (told["id"], told["type"]) == ("a", "next")
        change = told["payload"]["data"]["bookingChanged"]
        assert (change["booking"]["id"], change["change"]) == (booking.id, "MADE")
        await speaker.say(id="a", type="complete")
        while platform.broadcast._feeds:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        await done(lambda tx: bookings.cancel(tx, booking.id, reason=None))
        assert await speaker.silent()


async def test_a_mutation_by_one_is_heard_by_another(
    speaking: Speaking, credentials: Credentials, chain: Any, book: Any, platform: Any
) -> None:
    _, token = await credentials()
    booking = await book(TOMORROW)
    cancel = "mutation ($id: ID!) { bookingCancel(input: {bookingId: $id}) { booking { status } } }"
    async with speaking(token) as hearing, speaking(token) as doing:
        asked = {"query": CHANGED, "variables": {"locationId": chain.centro.id}}
        await hearing.say(id="a", type="subscribe", payload=asked)
        await listening(platform)
        await doing.say(
            id="b", type="subscribe", payload={"query": cancel, "variables": {"id": booking.id}}
        )
        done = await doing.hear()
        assert done["payload"]["data"] == {"bookingCancel": {"booking": {"status": "CANCELLED"}}}
        told = await hearing.hear()
        assert told["payload"]["data"]["bookingChanged"]["change"] == "CANCELLED"


async def test_what_is_refused_is_an_error_of_that_operation(
    speaking: Speaking, credentials: Credentials, chain: Any
) -> None:
    _, token = await credentials(scopes={"locations:read"})
    async with speaking(token) as speaker:
        asked = {"query": CHANGED, "variables": {"locationId": chain.centro.id}}
        await speaker.say(id="no", type="subscribe", payload=asked)
        told = await speaker.hear()
        assert (told["id"], told["type"]) == ("no", "error")
        assert told["payload"][0]["extensions"]["code"] == "FORBIDDEN"
        await speaker.say(id="no", type="subscribe", payload={"query": "{ nonsense }"})
        assert (await speaker.hear())["payload"][0]["extensions"]["code"] == (
            "GRAPHQL_VALIDATION_FAILED"
        )


async def test_a_credential_may_stand_in_the_handshake(
    speaking: Speaking, credentials: Credentials
) -> None:
    _, token = await credentials()
    async with speaking(additional_headers={"authorization": token}) as speaker:
        await speaker.say(**HELLO)
        assert await speaker.hear() == {"type": "connection_ack"}


async def test_two_credentials_are_none(speaking: Speaking, credentials: Credentials) -> None:
    _, token = await credentials()
    async with speaking(additional_headers={"authorization": token}) as speaker:
        await speaker.say(**HELLO, payload={"authorization": token})
        assert await speaker.closed() == (4403, "Forbidden")


async def test_pings_are_answered_before_and_after(
    speaking: Speaking, credentials: Credentials
) -> None:
    _, token = await credentials()
    async with speaking() as speaker:
        await speaker.say(type="ping", payload={"any": "thing"})
        assert await speaker.hear() == {"type": "pong"}
        await speaker.say(**HELLO, payload={"Authorization": token})
        assert await speaker.hear() == {"type": "connection_ack"}
        await speaker.say(type="pong")
        await speaker.say(type="ping")
        assert await speaker.hear() == {"type": "pong"}


SUBSCRIBE = {"id": "1", "type": "subscribe", "payload": {"query": "{ viewer { clientId } }"}}


@pytest.mark.parametrize(
    ("messages", "code", "reason"),
    [
        ([SUBSCRIBE], 4401, "Unauthorized"),
        ([{**HELLO, "payload": {"authorization": "Bearer nonsense"}}], 4403, "Forbidden"),
        ([HELLO], 4403, "Forbidden"),
        ([{"type": "start"}], 4400, "A message of no known type."),
        ([{"type": "subscribe", "id": 7}], 4400, "`id` has 1 to 128 characters."),
        ([{"type": "ping", "payload": 7}], 4400, "`payload` must be an object."),
    ],
)
async def test_what_the_protocol_does_not_allow_closes_the_socket(
    speaking: Speaking, messages: list[Any], code: int, reason: str
) -> None:
    async with speaking() as speaker:
        for message in messages:
            await speaker.say(**message)
        assert await speaker.closed() == (code, reason)


@pytest.mark.parametrize("message", ["no json", "[1]", "[" * 3_000, b"\x00binary"])
async def test_what_is_no_message_closes_the_socket(
    speaking: Speaking, message: str | bytes
) -> None:
    async with speaking() as speaker:
        await speaker.connection.send(message)
        assert (await speaker.closed())[0] == 4400


async def test_a_message_that_is_too_large_closes_the_socket(speaking: Speaking) -> None:
    async with speaking() as speaker:
        await speaker.connection.send("x" * (socket.LARGEST_MESSAGE + 1))
        assert (await speaker.closed())[0] == 1009


async def test_two_initialisations_are_too_many(
    speaking: Speaking, credentials: Credentials
) -> None:
    _, token = await credentials()
    async with speaking(token) as speaker:
        await speaker.say(**HELLO)
        assert await speaker.closed() == (4429, "Too many initialisation requests")


async def test_an_id_is_used_once_at_a_time(
    speaking: Speaking, credentials: Credentials, chain: Any
) -> None:
    _, token = await credentials()
    asked = {"query": CHANGED, "variables": {"locationId": chain.centro.id}}
    async with speaking(token) as speaker:
        await speaker.say(id="x", type="subscribe", payload=asked)
        await speaker.say(id="x", type="subscribe", payload=asked)
        assert await speaker.closed() == (4409, "Subscriber for x already exists")


async def test_who_does_not_say_who_calls_is_closed(
    speaking: Speaking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "INIT_SECONDS", 0.1)
    async with speaking() as speaker:
        assert await speaker.closed() == (4408, "Connection initialisation timeout")


@pytest.mark.parametrize("subprotocols", [None, ["graphql-ws"]])
async def test_other_subprotocols_are_not_spoken(
    speaking: Speaking, subprotocols: list[str] | None
) -> None:
    async with speaking(subprotocols=subprotocols) as speaker:
        assert await speaker.closed() == (4406, "Speak graphql-transport-ws.")


async def test_a_client_that_is_suspended_is_closed(
    speaking: Speaking, credentials: Credentials, done: Any, clock: Any
) -> None:
    client, token = await credentials()
    async with speaking(token) as speaker:
        await done(lambda tx: clients.suspend_client(tx, client.id))
        clock.forward(seconds=6)
        assert await speaker.closed() == (4403, "Forbidden")


async def test_a_token_that_ends_closes_its_socket(
    speaking: Speaking, credentials: Credentials, clock: Any
) -> None:
    _, token = await credentials()
    async with speaking(token) as speaker:
        clock.forward(seconds=700)
        assert await speaker.closed() == (4403, "Forbidden")


async def test_a_process_that_leaves_says_so(
    speaking: Speaking, credentials: Credentials, chain: Any, draining: Any
) -> None:
    _, token = await credentials()
    async with speaking(token) as speaker:
        asked = {"query": CHANGED, "variables": {"locationId": chain.centro.id}}
        await speaker.say(id="a", type="subscribe", payload=asked)
        draining.begun.set()
        assert (await speaker.closed())[0] == 1001


async def test_one_socket_has_so_many_operations(
    speaking: Speaking, credentials: Credentials, chain: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "MOST_OPERATIONS", 2)
    _, token = await credentials()
    asked = {"query": CHANGED, "variables": {"locationId": chain.centro.id}}
    async with speaking(token) as speaker:
        for name in "abc":
            await speaker.say(id=name, type="subscribe", payload=asked)
        assert await speaker.closed() == (1013, "At most 2 operations at once.")


async def test_an_address_over_its_rate_gets_no_socket(
    served: Any, credentials: Credentials
) -> None:
    async with served(requests_per_address=1) as url:
        async with httpx.AsyncClient() as http:
            for _ in range(2):
                await http.post(f"{url}/graphql", json={"query": "{ viewer { clientId } }"})
        with pytest.raises(InvalidStatus) as caught:
            async with connect(url.replace("http", "ws") + "/graphql"):
                pass
    assert caught.value.response.status_code == 429


async def test_who_hangs_up_leaves_nothing_behind(
    speaking: Speaking, credentials: Credentials, chain: Any, platform: Any
) -> None:
    _, token = await credentials()
    async with speaking(token) as speaker:
        asked = {"query": CHANGED, "variables": {"locationId": chain.centro.id}}
        await speaker.say(id="a", type="subscribe", payload=asked)
        await listening(platform)
    async with asyncio.timeout(SOON):
        while platform.broadcast._feeds:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def listening(platform: Any) -> None:
    """Wait until somebody listens, and has looked once."""
    async with asyncio.timeout(SOON):
        while not platform.broadcast._feeds:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.1)
