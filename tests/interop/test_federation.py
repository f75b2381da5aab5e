"""The domains as subgraphs: three libraries compose them, and a router over them answers as the one process does."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from barberpro.domains.billing import service as billing
from barberpro.domains.bookings import service as bookings
from barberpro.gateway.documents import contract, operation_files
from barberpro.graph.schema import Graph, build_subgraph, subgraphs

from ..faults.conftest import free_port, wait_until_ready
from ..served import Serving
from .conftest import Running

pytestmark = pytest.mark.long

APART = ("bookings", "locations")
"""Served by processes of their own; the others by this one."""
ACROSS = """query Across($id: ID!, $ids: [ID!]!) {
  node(id: $id) { id __typename ... on Booking { status invoice { number lines { description } } } }
  nodes(ids: $ids) { id ... on Location { name bookings(first: 2) { totalCount nodes { id } } } }
}"""


async def test_three_libraries_compose_the_subgraphs(running: Running, graph: Graph) -> None:
    told = {name: (made := build_subgraph(name)).text(made.names) for name in subgraphs()}
    async with running("compose.mjs", told) as program:
        said = await program.hear()
    assert said.keys() == {"apollo", "theguild", "wundergraph"}
    queries = set(graph.core.query_type.fields) - {"_service", "_entities"}  # type: ignore[union-attr]
    for library, made in said.items():
        assert made["errors"] == [], library
        assert set(made["queries"]) == queries, library


@asynccontextmanager
async def process_of(name: str, platform: Any, issuer: str, folder: Path) -> AsyncIterator[str]:
    """A process that serves one subgraph, over this test's database."""
    port, log = free_port(), folder / f"{name}.log"
    environment = {
        **os.environ,
        "BARBERPRO_DATA_DIR": str(folder / name),
        "BARBERPRO_DATABASE_URL": platform.settings.database,
        "BARBERPRO_MASTER_KEY": platform.settings.master_key.get_secret_value(),
        "BARBERPRO_PUBLIC_URL": issuer,
    }
    with log.open("wb") as told:
        process = subprocess.Popen(
            [sys.executable, "-m", "barberpro.cli", "serve", "--subgraph", name, "--port", str(port)],
            env=environment, stdout=told, stderr=told, start_new_session=True,
        )  # fmt: skip
    try:
        wait_until_ready(f"http://127.0.0.1:{port}", process, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


async def test_a_router_over_the_subgraphs_answers_as_the_one_process_does(
    served: Serving,
    running: Running,
    registering: Any,
    platform: Any,
    chain: Any,
    done: Any,
    clock: Any,
    tmp_path: Path,
) -> None:
    monday = clock().replace(hour=13, minute=0, second=0, microsecond=0) + timedelta(
        days=8 - clock().isoweekday()
    )
    booked = [
        await done(lambda tx, at=monday + timedelta(hours=n): bookings.create(tx, **chain.asks(starts_at=at)))
        for n in (0, 1, 5)
    ]  # fmt: skip
    invoice = await done(
        lambda tx: billing.create(tx, location_id=chain.centro.id, booking_ids=[booked[0].id])
    )
    variables: dict[str, Any] = {
        "LocationById": {"id": chain.centro.id},
        "BookingBoard": {},
        "BookingLedger": {"first": 10},
        "ChainOverview": {},
        "ChainForecasts": {},
        "DemandForecast": {"locationId": chain.centro.id},
        "InvoiceById": {"id": invoice.id},
        "Recommendations": {"customerId": chain.carla.id},
    }
    documents = {
        name: text
        for client, name, text in operation_files(contract() / "operations")
        if client == "frontend" and name in variables
    }
    assert documents.keys() == variables.keys()
    documents["Across"] = ACROSS
    variables["Across"] = {
        "id": booked[0].id,
        "ids": [chain.norte.id, chain.carla.id, chain.centro.id],
    }
    client, secret = await registering()
    async with AsyncExitStack() as stack:
        one = await stack.enter_async_context(served())
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=one, timeout=20))
        form = {"grant_type": "client_credentials"}
        token = (await http.post("/oauth/token", data=form, auth=(client.id, secret))).json()
        http.headers["authorization"] = f"Bearer {token['access_token']}"
        urls = {
            name: await stack.enter_async_context(
                process_of(name, platform, one, tmp_path)
                if name in APART
                else served(subgraph=name, public_url=one)
            )
            for name in subgraphs()
        }
        told = {
            "subgraphs": {name: f"{url}/graphql" for name, url in urls.items()},
            "authorization": http.headers["authorization"],
        }
        program = await stack.enter_async_context(running("federated.mjs", told))
        assert await program.hear() == {"subgraphs": len(urls)}

        async def both(name: str) -> tuple[Any, Any]:
            asked = {"query": documents[name], "variables": variables[name]}
            await program.tell(asked)
            routed = await program.hear()
            assert routed["errors"] == [], name
            return routed["data"], (await http.post("/graphql", json=asked)).json()["data"]

        for name in documents:
            routed, whole = await both(name)
            assert routed == whole, name
        assert len(whole["nodes"]) == 3 and whole["nodes"][1] == {"id": chain.carla.id}
        assert whole["nodes"][2]["bookings"]["totalCount"] == 3
        assert whole["node"]["invoice"]["lines"][0]["description"]

        await program.tell(
            {
                "query": """mutation Cancel($input: BookingCancelInput!) { bookingCancel(input: $input) {
                    booking { status location { name } } errors { __typename } } }""",
                "variables": {"input": {"bookingId": booked[2].id}},
            }
        )
        done_by_router = await program.hear()
        assert done_by_router["data"] == {
            "bookingCancel": {
                "booking": {"status": "CANCELLED", "location": {"name": "Centro"}},
                "errors": [],
            }
        }
