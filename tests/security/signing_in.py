"""A user at a browser, and a client that sends them to us: the code flow over HTTP, one step a method.

The login page is others' work. Here a user is signed in by decree, and pages show what they were given as JSON.
"""

import base64
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
from sqlalchemy import Row, insert, select
from starlette.responses import JSONResponse

from barberpro.domains.identity import clients
from barberpro.domains.identity.applications import Application, Authentication, Grant
from barberpro.domains.identity.grants.events import GrantDenied
from barberpro.domains.identity.users import service as users
from barberpro.domains.identity.users.service import Rights
from barberpro.domains.identity.users.tables import users as users_table
from barberpro.gateway.oauth import pages, sessions
from barberpro.gateway.oauth.sessions import SignedIn
from barberpro.platform import ids
from barberpro.platform.events import events, publish
from barberpro.platform.principal import Principal

ISSUER = "https://gateway.example"
CALLBACK = "https://partner.example/callback"
VERIFIER = "a-verifier.of~43_or-more-unreserved-characters-0123456789"
CHALLENGE = (
    base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
)
SCOPES = frozenset({"bookings:read", "bookings:write", "locations:read"})
RIGHTS = Rights(SCOPES, None, is_active=True)
FLOW = (Grant.CODE, Grant.REFRESH)
PUBLIC = Application(Authentication.NONE, FLOW, (CALLBACK,))
CONFIDENTIAL = Application(Authentication.BASIC, (*FLOW, Grant.CLIENT), (CALLBACK,), "Agenda Sur")


@dataclass
class Browser:
    """A user with a browser, a client, and everything between them."""

    http: httpx.AsyncClient
    client: Row[Any]
    secret: str | None
    signed: SignedIn | None
    opening: Any
    rights: Rights = RIGHTS

    def parameters(self, **changes: Any) -> dict[str, str]:
        """A good request; a change to `...` leaves the parameter out."""
        good = {
            "response_type": "code", "client_id": self.client.id, "redirect_uri": CALLBACK,
            "scope": "bookings:read locations:read", "state": "st&te=1", "nonce": "n-1",
            "code_challenge": CHALLENGE, "code_challenge_method": "S256",
        }  # fmt: skip
        return {name: value for name, value in (good | changes).items() if value is not ...}

    async def asks(self, **changes: Any) -> httpx.Response:
        return await self.http.get("/oauth/authorize", params=self.parameters(**changes))

    async def decides(
        self, shown: httpx.Response, decision: str = "allow", **h: str
    ) -> httpx.Response:
        form = {"ticket": shown.json()["ticket"], "decision": decision}
        return await self.http.post("/oauth/consent", data=form, headers=h)

    async def code(self, **changes: Any) -> str:
        """A code, allowed by hand where the user is asked."""
        answer = await self.asks(**changes)
        if answer.status_code == 200:
            answer = await self.decides(answer)
        assert answer.status_code == 303, answer.text
        return sent(answer)["code"]

    async def redeems(self, code: str, /, **changes: Any) -> httpx.Response:
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
        }  # fmt: skip
        return await self.posts("/oauth/token", form | changes)

    async def tokens(self, **changes: Any) -> dict[str, Any]:
        answer = await self.redeems(await self.code(**changes))
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def renews(self, token: str, **changes: Any) -> httpx.Response:
        form = {"grant_type": "refresh_token", "refresh_token": token}
        return await self.posts("/oauth/token", form | changes)

    async def posts(self, path: str, form: dict[str, Any], **options: Any) -> httpx.Response:
        """As this client, in the way that it proves who it is."""
        form = {name: value for name, value in form.items() if value is not ...}
        if self.secret is None:
            return await self.http.post(path, data={"client_id": self.client.id} | form, **options)
        return await self.http.post(path, data=form, auth=(self.client.id, self.secret), **options)

    async def told(self, *kinds: str) -> list[dict[str, Any]]:
        """What the log says of these kinds, oldest first."""
        query = select(events).where(events.c.type.in_(kinds)).order_by(events.c.id)
        async with self.opening() as tx:
            return [row.data for row in await tx.rows(query)]


def sent(answer: httpx.Response) -> dict[str, str]:
    """The parameters that the browser is sent on with."""
    assert answer.status_code == 303, answer.text
    return dict(parse_qsl(urlsplit(answer.headers["location"]).query, strict_parsing=True))


def place(answer: httpx.Response) -> str:
    """Where the browser is sent, without what it carries."""
    return answer.headers["location"].partition("?")[0]


async def a_user(opening: Any, principal: Principal) -> str:
    """The id of a new user, of whom nothing matters but that they are there."""
    user = ids.new("usr")
    async with opening() as tx:
        values = {
            "id": user, "name": "Ana", "name_key": "ana", "email": b"\x01", "is_active": True,
            "email_index": user.encode(), "created_at": tx.now,
        }  # fmt: skip
        await tx.execute(insert(users_table), values)
        await publish(tx, GrantDenied(subject="cli", user=principal.tenant))
    return user


Browsing = Callable[..., Awaitable[Browser]]


def browsing(http: Any, opening: Any, principal: Any, clock: Any, monkeypatch: Any) -> Browsing:
    """`await browsing(application)` registers a client and gives a browser with a user of its tenant."""

    async def browse(application: Application = CONFIDENTIAL, **changes: Any) -> Browser:
        name = "c" + ids.new("cli").replace("_", "-")
        async with opening() as tx:
            row, secret = await clients.register_application(
                tx, **({"name": name, "scopes": SCOPES, "application": application} | changes)
            )
        at = clock() - timedelta(minutes=5)
        user = await a_user(opening, principal)
        signed = SignedIn(user, principal.tenant, at, ("pwd", "otp"), "ses_1")
        browser = Browser(http, row, secret, signed, opening)

        async def signed_in(_request: Any) -> SignedIn | None:
            return browser.signed

        async def rights(_door: Any, user: str) -> Rights:
            return browser.rights

        def page(_request: Any, name: str, /, status: int = 200, **facts: Any) -> JSONResponse:
            return JSONResponse({"template": name, **facts}, status)

        monkeypatch.setattr(sessions, "signed_in", signed_in)
        monkeypatch.setattr(users, "rights", rights)
        monkeypatch.setattr(pages, "page", page)
        return browser

    return browse
