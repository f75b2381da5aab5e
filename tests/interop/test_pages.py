"""The pages in a real browser, by keyboard alone: nothing is refused by their own policy, nothing runs over."""

import asyncio
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest

from barberpro.domains.identity import clients
from barberpro.platform import ids

from ..console.conftest import chromium as chromium
from ..console.conftest import page as page
from ..security.signing_in import CHALLENGE, PUBLIC
from ..security.visiting import EMAIL, PASSWORD, a_user, code
from ..security.visiting import boss as boss
from ..served import Serving

pytestmark = pytest.mark.browser

FOCUS = "document.activeElement.id || document.activeElement.value"
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


class Shown:
    """A browser's page, without holding up the server in this same process."""

    def __init__(self, page: Any) -> None:
        self._page = page

    def __getattr__(self, name: str) -> Any:
        async def call(*arguments: Any, **more: Any) -> Any:
            return await asyncio.to_thread(getattr(self._page, name), *arguments, **more)

        return call

    async def at(self, path: str) -> None:
        """Wait until a page of this path is there, and see that it is sound."""
        await self.wait_for(f"location.pathname === '{path}' && document.readyState === 'complete'")
        assert await self.evaluate(OVERFLOW) == 0
        assert await self.evaluate("document.querySelectorAll('h1').length") == 1
        assert await self.violations() == []


@pytest.mark.parametrize("width", [320, 1280])
async def test_an_owner_signs_in_by_keyboard_and_comes_back_with_a_code(
    page: Any, served: Serving, platform: Any, boss: Any, opening: Any, clock: Any, width: int
) -> None:
    await a_user(platform, boss, role="owner")
    clock.forward(seconds=1)  # all of the second in which they chose a password is void
    shown = Shown(page)
    await shown.call(
        "Emulation.setDeviceMetricsOverride",
        width=width, height=900, deviceScaleFactor=1, mobile=False,
    )  # fmt: skip
    async with served() as url:
        callback = f"{url}/callback"
        async with opening() as tx:
            client, _ = await clients.register_application(
                tx,
                name="c" + ids.new("cli").replace("_", "-"),
                scopes={"bookings:read", "customers:pii"},
                application=replace(PUBLIC, redirects=(callback,), title="Agenda Sur"),
            )
        asked = {
            "response_type": "code", "client_id": client.id, "redirect_uri": callback,
            "scope": "bookings:read customers:pii", "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }  # fmt: skip
        await shown.go(f"{url}/oauth/authorize?{urlencode(asked)}")
        await shown.at("/oauth/login")
        assert await shown.evaluate(FOCUS) == "email"
        await shown.write(EMAIL)
        await shown.press("Tab")
        await shown.write("otra contraseña larga")
        await shown.press("Enter")
        await shown.wait_for("document.querySelector('[role=alert]')")
        await shown.at("/oauth/login")
        assert await shown.evaluate(FOCUS) == "password"
        await shown.write(PASSWORD)
        await shown.press("Enter")
        await shown.wait_for("document.querySelector('.picture svg')")
        await shown.at("/oauth/login")
        secret = await shown.evaluate("document.querySelector('.secret').textContent")
        await shown.press("Tab")
        assert (await shown.evaluate("document.activeElement.href")).startswith("otpauth:")
        await shown.press("Tab")
        assert await shown.evaluate(FOCUS) == "code"
        await shown.write(code(secret.replace(" ", ""), clock()))
        await shown.press("Enter")
        await shown.at("/oauth/second-factor")
        assert await shown.evaluate("document.querySelectorAll('.codes li').length") == 10
        await shown.press("Tab")
        await shown.press("Enter")
        await shown.at("/oauth/authorize")
        await shown.press("Tab")
        assert "/oauth/account" in await shown.evaluate("document.activeElement.href")
        await shown.press("Tab")
        assert await shown.evaluate(FOCUS) == "allow"
        await shown.press("Enter")
        await shown.wait_for("location.pathname === '/callback'")
        assert await shown.evaluate("new URLSearchParams(location.search).get('code').length") == 43
        assert {each for each in await shown.requested() if not each.startswith(url)} == set()
