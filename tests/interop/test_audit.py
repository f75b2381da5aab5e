"""The audits that graphql-http has for servers: all of them, with a client's token."""

from typing import Any

import httpx
import pytest

from ..served import Serving
from .conftest import Running

pytestmark = pytest.mark.long


async def test_every_audit_of_graphql_http_is_passed(
    served: Serving, running: Running, registering: Any
) -> None:
    client, secret = await registering()
    async with served() as url, httpx.AsyncClient() as http:
        form = {"grant_type": "client_credentials"}
        answer = await http.post(f"{url}/oauth/token", data=form, auth=(client.id, secret))
        headers = {"authorization": f"Bearer {answer.json()['access_token']}"}
        async with running("audit.mjs", {"url": f"{url}/graphql", "headers": headers}) as program:
            results = await program.hear()
    assert [r for r in results if r["status"] != "ok"] == []
    assert len(results) == 61
