"""Schemathesis makes up requests, sensible and senseless, from what we tell of ourselves: no fault of ours comes out."""

import asyncio
import sys
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from barberpro.domains.identity.clients import set_tier
from barberpro.gateway.documents import contract

from .conftest import Serving

pytestmark = pytest.mark.long

PROGRAM = Path(sys.executable).with_name("schemathesis")
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_schema_conformance"
)
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


async def tried(token: str, cwd: Path, *arguments: str) -> str:
    """What Schemathesis says of a run; it fails where Schemathesis found something."""
    process = await asyncio.create_subprocess_exec(
        PROGRAM, "run", *arguments,
        "--header", f"Authorization: Bearer {token}",
        "--generation-deterministic", "--suppress-health-check", "all", "--warnings", "off",
        cwd=cwd, stdout=PIPE, stderr=STDOUT,
    )  # fmt: skip
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()[-8_000:]
    return said.decode()


async def test_rest(served: Serving, token: Token, chain: Any, tmp_path: Path) -> None:
    async with served(requests_per_address=1_000_000) as url:
        said = await tried(
            await token(url), tmp_path, f"{url}/openapi.json",
            "--checks", CHECKS, "--max-examples", "8", "--phases", "examples,coverage,fuzzing",
        )  # fmt: skip
    assert "26" in said


async def test_graphql(served: Serving, token: Token, chain: Any, tmp_path: Path) -> None:
    schema = Path(str(contract() / "barberpro.graphql"))
    async with served(requests_per_address=1_000_000) as url:
        await tried(
            await token(url), tmp_path, str(schema), "--url", f"{url}/graphql",
            "--checks", "not_a_server_error", "--max-examples", "8", "--phases", "fuzzing",
        )  # fmt: skip
