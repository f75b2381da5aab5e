"""A person in front of a browser: forms filled in as they are shown, cookies kept, redirects not followed."""

import base64
import re
from dataclasses import dataclass, replace
from html import unescape
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP
from sqlalchemy import Row

from barberpro.domains.identity.users import invitations, passwords, roles, service, totp
from barberpro.platform.doors import transaction
from barberpro.platform.limits import LocalLimiter
from barberpro.platform.principal import Principal

PASSWORD = "cuatro tijeras de plata"
EMAIL = "ana.gomez@example.com"
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
SECRET = re.compile(r'<code class="secret">([^<]+)</code>')


def hidden(page: httpx.Response) -> dict[str, str]:
    """The fields that a page's form sends by itself."""
    return {name: unescape(value) for name, value in HIDDEN.findall(page.text)}


@dataclass
class Visitor:
    """Who uses the pages of the authorization server, for one client."""

    http: httpx.AsyncClient
    client: Row[Any]

    async def login_page(self, back: str = "/oauth/authorize?x=1", **more: str) -> httpx.Response:
        return await self.http.get(
            "/oauth/login", params={"client_id": self.client.id, "return": back, **more}
        )

    async def sign_in(
        self, email: str = EMAIL, password: str = PASSWORD, *, back: str = "/oauth/authorize?x=1"
    ) -> httpx.Response:
        """What the form leads to."""
        shown = hidden(await self.login_page(back))
        return await self.http.post(
            "/oauth/login", data={**shown, "email": email, "password": password}
        )

    async def show_code(self, page: httpx.Response, code: str) -> httpx.Response:
        return await self.http.post("/oauth/second-factor", data={**hidden(page), "code": code})


def secret_on(page: httpx.Response) -> str:
    """The key that a page tells to be typed into an app."""
    found = SECRET.search(page.text)
    assert found, page.text
    return found[1].replace(" ", "")


def code(secret: str, when: Any, steps: int = 0) -> str:
    """What an app shows."""
    step = int(when.timestamp()) // totp.STEP + steps
    return HOTP(base64.b32decode(secret), 6, SHA1()).generate(step).decode()  # noqa: S303 - as apps do


async def a_user(
    platform: Any,
    boss: Principal,
    *,
    email: str = EMAIL,
    password: str | None = PASSWORD,
    role: str = "receptionist",
    **reach: Any,
) -> str:
    """Someone who was invited, and took it up where they have a password; their id."""
    async with transaction(platform.database, boss, platform.clock, "test") as tx:
        user, secret = await service.invite(tx, email=email, name="Ana", role_ids=[role], **reach)
    if password is not None:
        hashed = await passwords.hashed(password)
        async with transaction(platform.database, boss, platform.clock, "test") as tx:
            await invitations.accept(tx, secret, hashed)
    return user.id


@pytest.fixture
def platform(platform: Any) -> Any:
    """For tests that count attempts: no budget refills meanwhile, however slow the machine."""
    return replace(platform, limiter=LocalLimiter(lambda: 0))


@pytest.fixture
def boss(principal: Principal) -> Principal:
    """Somebody who may let anyone in."""
    return Principal(**{**vars(principal), "scopes": roles.KNOWN_SCOPES})


@pytest.fixture
async def visitor(http: httpx.AsyncClient, registering: Any) -> Visitor:
    client, _ = await registering(scopes=["bookings:read"])
    return Visitor(http, client)
