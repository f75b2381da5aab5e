"""The reference clients of graphql-transport-ws and of GraphQL over SSE, against a gateway at a real port."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from barberpro.domains.bookings import service as bookings
from barberpro.gateway.draining import Draining

from ..served import Serving
from .conftest import Running

pytestmark = pytest.mark.long

QUERY = "subscription ($at: ID!) { bookingChanged(locationId: $at) { change booking { id } } }"
BOTH = {"graphql-ws", "graphql-sse"}


async def test_both_clients_hear_what_happens_and_when_it_ends(
    served: Serving,
    running: Running,
    registering: Any,
    chain: Any,
    done: Any,
    clock: Any,
    draining: Draining,
) -> None:
    client, secret = await registering()
    async with served() as url:
        async with httpx.AsyncClient() as http:
            form = {"grant_type": "client_credentials"}
            answer = await http.post(f"{url}/oauth/token", data=form, auth=(client.id, secret))
        asked = {
            "url": f"{url}/graphql",
            "token": f"Bearer {answer.json()['access_token']}",
            "query": QUERY,
            "variables": {"at": chain.centro.id},
        }
        async with running("streams.mjs", asked) as program:
            first = [await program.hear() for _ in BOTH]
            assert {told["by"] for told in first} == BOTH
            assert all(t["answer"]["data"] == {"locations": {"totalCount": 2}} for t in first)
            assert await program.hear() == {"listening": True}
            await asyncio.sleep(1)  # until both have looked
            monday = clock().replace(hour=13, minute=0, second=0, microsecond=0) + timedelta(
                days=8 - clock().isoweekday()
            )
            booking = await done(lambda tx: bookings.create(tx, **chain.asks(starts_at=monday)))
            heard = [await program.hear() for _ in BOTH]
            assert {told["by"] for told in heard} == BOTH
            for told in heard:
                change = told["answer"]["data"]["bookingChanged"]
                assert change == {"change": "MADE", "booking": {"id": booking.id}}
            draining.begun.set()
            ends = [await program.hear() for _ in BOTH]
            assert {t["by"]: t.get("error", t.get("complete")) for t in ends} == {
                "graphql-ws": 1001,
                "graphql-sse": True,
            }
