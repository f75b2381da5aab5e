"""Schemathesis makes up requests, sensible and senseless, from what we tell of ourselves: no fault comes out."""

import asyncio
import json
import os
import re
import sys
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from barberpro.domains.identity.clients import set_tier
from barberpro.gateway.documents import contract
from barberpro.graph.schema import Graph

from ..served import Serving
from ..soaking import draws

pytestmark = pytest.mark.long

SCALARS = Path(__file__).with_name("scalars.py")
PROGRAM = Path(sys.executable).with_name("schemathesis")
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_schema_conformance"
)
EXAMPLES = str(draws(3))
"""Of each route and field, beside those that schemas name."""
Token = Callable[[str], Awaitable[str]]


@pytest.fixture
def token(registering: Any, opening: Any) -> Token:
    """`await token(url)` is one of a client with the largest budget there is."""

    async def get(url: str) -> str:
        client, secret = await registering()
        async with opening() as tx:
            await set_tier(tx, client.id, "own")
        async with httpx.AsyncClient(base_url=url) as http:
            grant = {"grant_type": "client_credentials"}
            answer = await http.post("/oauth/token", data=grant, auth=(client.id, secret))
            return answer.json()["access_token"]

    return get


async def tried(token: str, cwd: Path, *arguments: str) -> int:
    """How many operations a run tried, which are all there are; it fails where Schemathesis found something."""
    process = await asyncio.create_subprocess_exec(
        PROGRAM, "run", *arguments,
        "--header", f"Authorization: Bearer {token}",
        "--generation-deterministic", "--suppress-health-check", "all", "--warnings", "off",
        cwd=cwd, env={**os.environ, "SCHEMATHESIS_HOOKS": str(SCALARS)}, stdout=PIPE, stderr=STDOUT,
    )  # fmt: skip
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()[-8_000:]
    counted = re.search(r"Selected: (\d+)/\1\n\s+Tested: \1\n", said.decode())
    assert counted, said.decode()[-8_000:]
    return int(counted[1])


async def test_rest(served: Serving, token: Token, chain: Any, tmp_path: Path) -> None:
    async with served(requests_per_address=1_000_000) as url:
        routes = await tried(
            await token(url), tmp_path, f"{url}/openapi.json",
            "--checks", CHECKS, "--max-examples", EXAMPLES, "--phases", "examples,coverage,fuzzing",
        )  # fmt: skip
    told = json.loads((contract() / "openapi.json").read_text("utf-8"))
    assert routes == sum(len(methods) for methods in told["paths"].values())


async def test_graphql(
    served: Serving, token: Token, chain: Any, tmp_path: Path, graph: Graph
) -> None:
    schema = Path(str(contract() / "barberpro.graphql"))
    async with served(requests_per_address=1_000_000) as url:
        fields = await tried(
            await token(url), tmp_path, str(schema), "--url", f"{url}/graphql",
            "--checks", "not_a_server_error", "--max-examples", EXAMPLES, "--phases", "fuzzing",
        )  # fmt: skip
    roots = (graph.core.query_type, graph.core.mutation_type)
    # Its generator leaves out what only routers ask, `_service` and `_entities`.
    own = [name for root in roots if root for name in root.fields if not name.startswith("_")]
    assert fields == len(own)
