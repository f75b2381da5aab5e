"""Someone at a browser who is sent to us by a client, and follows our pages: nothing between the steps is stood in."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

import httpx
from sqlalchemy import Row

from .signing_in import CALLBACK, CHALLENGE, VERIFIER, sent
from .visiting import EMAIL, PASSWORD, hidden

SCOPES = frozenset({"openid", "bookings:read", "bookings:write", "users:write"})
WHO = "{ viewer { scopes user { userId name } } }"
FORM = re.compile(r'<form method="post" action="([^"]+)"')


@dataclass
class Person:
    """Someone whose browser goes wherever our pages send it, and no further."""

    http: httpx.AsyncClient
    client: Row[Any]

    async def follows(self, answer: httpx.Response) -> httpx.Response:
        """The page that redirects of ours end at, or the redirect that leaves us."""
        while answer.status_code == 303 and not answer.headers["location"].startswith(CALLBACK):
            answer = await self.http.get(urljoin(str(answer.url), answer.headers["location"]))
        return answer

    async def sets_out(self, **more: str) -> httpx.Response:
        asked = {
            "response_type": "code", "client_id": self.client.id, "redirect_uri": CALLBACK,
            "scope": " ".join(sorted(SCOPES - {"openid"})), "state": "s", "nonce": "n",
            "code_challenge": CHALLENGE, "code_challenge_method": "S256",
        }  # fmt: skip
        return await self.follows(await self.http.get("/oauth/authorize", params=asked | more))

    async def fills_in(self, page: httpx.Response, **given: str) -> httpx.Response:
        """Send the page's form, wherever it says that it goes."""
        action = FORM.search(page.text)
        assert action, page.text
        return await self.follows(await self.http.post(action[1], data={**hidden(page), **given}))

    async def signs_in(self, page: httpx.Response) -> httpx.Response:
        return await self.fills_in(page, email=EMAIL, password=PASSWORD)

    async def redeems(self, answer: httpx.Response) -> httpx.Response:
        form = {
            "grant_type": "authorization_code", "code": sent(answer)["code"],
            "client_id": self.client.id, "redirect_uri": CALLBACK, "code_verifier": VERIFIER,
        }  # fmt: skip
        return await self.http.post("/oauth/token", data=form)

    async def asks(self, token: str) -> httpx.Response:
        headers = {"authorization": f"Bearer {token}"}
        return await self.http.post("/graphql", json={"query": WHO}, headers=headers)
