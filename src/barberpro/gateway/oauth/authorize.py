"""`/oauth/authorize` and `/oauth/consent`: a user lets a client act in their name, or does not.

A request is read once. From then on it travels in a ticket that only we can write (`tickets.py`): through the login
page, and through the consent form, where the ticket also names the user and the session it was shown to. So what the
user agrees to is what they saw, and no other site can agree for them.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import structlog
from sqlalchemy import Row
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from barberpro.domains.identity.grants import codes, consents
from barberpro.domains.identity.grants.families import Allowed
from barberpro.domains.identity.users import service as users
from barberpro.domains.identity.users import signing_in
from barberpro.platform.doors import Reader
from barberpro.platform.platform import Platform
from barberpro.platform.principal import Principal

from . import asking, csrf, pages, sessions, tickets
from .arrival import Wanted, checked, opened, read
from .asking import Refusal, answered
from .form import form
from .reception import opening
from .refusals import NO_STORE, Unanswerable
from .scopes import within
from .sessions import SignedIn
from .tokens import issuer

AUTHORIZE_PATH = "/oauth/authorize"
CONSENT_PATH = "/oauth/consent"
LOGIN_PATH = "/oauth/login"
log = structlog.get_logger(__name__)


async def authorize(request: Request) -> Response:
    """Answer an authorization request, send the user to sign in, or ask them."""
    return await _answered(request, _authorized)


async def consent(request: Request) -> Response:
    """What the user decided. The ticket does what a token against forged requests does elsewhere."""
    return await _answered(request, _decided)


async def _answered(request: Request, decide: Callable[[Request], Awaitable[Response]]) -> Response:
    """What was decided, or what the client is told of: why it is not."""
    platform: Platform = request.state.platform
    try:
        response = await decide(request)
    except Refusal as refusal:
        platform.refusals.note(None, refusal.error, {"endpoint": "authorize"})
        log.info("authorize.refused", reason=refusal.error)
        us = issuer(platform.settings)
        to = answered(refusal.redirect_uri, us, refusal.state, error=refusal.error)
        response = _sent_on(to)
    response.headers.update(NO_STORE)
    return response


async def _authorized(request: Request) -> Response:
    platform: Platform = request.state.platform
    wanted = await read(request, platform)
    asked = wanted.asked
    us = issuer(platform.settings)
    signed = await _fitting(request, wanted)
    if signed is None:
        if "none" in asked.prompts:
            raise asked.refused("login_required")
        return _to_login(platform, wanted)
    scopes = await _within_rights(platform, wanted, signed)
    reader = Reader(platform.database, _principal(wanted.client, signed))
    is_known = asking.may_be_remembered(wanted.client, asked.redirect_uri) and (
        await consents.covers(reader, signed.user, wanted.client.id, scopes)
    )
    if is_known and "consent" not in asked.prompts:
        return _sent_on(await _allowed(request, wanted, signed, scopes, us))
    if "none" in asked.prompts:
        raise asked.refused("consent_required")
    name = (await signing_in.standing(reader, signed.user)).name
    facts = {"parameters": wanted.parameters, "user": signed.user, "session": signed.session}
    ticket = tickets.sealed(platform.sealer, platform.clock(), facts)
    return pages.page(
        request,
        "consent",
        leads_to=[asked.redirect_uri],
        client=wanted.client.title or wanted.client.name,
        scopes=sorted(scopes),
        name=name,
        ticket=ticket,
        action=CONSENT_PATH,
        redirect_host=urlsplit(asked.redirect_uri).netloc,
    )


async def _decided(request: Request) -> Response:
    platform: Platform = request.state.platform
    if request.headers.get("sec-fetch-site", "none") not in csrf.OURS:
        raise Unanswerable("another_site")
    given = dict(await form(request))
    facts = opened(platform, given.get("ticket", ""))
    wanted = await checked(platform, facts["parameters"])
    signed = await sessions.signed_in(request)
    # The ticket is worth something only to the user and the session that the form was shown to.
    if signed is None or (signed.user, signed.session) != (facts.get("user"), facts.get("session")):
        raise Unanswerable("session")
    if given.get("decision") != "allow":
        async with opening(request, _principal(wanted.client, signed)) as tx:
            await consents.deny(tx, signed.user, wanted.client.id)
        raise wanted.asked.refused("access_denied")
    scopes = await _within_rights(platform, wanted, signed)
    us = issuer(platform.settings)
    return _sent_on(await _allowed(request, wanted, signed, scopes, us, by_hand=True))


async def _allowed(
    request: Request,
    wanted: Wanted,
    signed: SignedIn,
    scopes: frozenset[str],
    us: str,
    *,
    by_hand: bool = False,
) -> str:
    """Where the user goes with a code; what they said yes to is remembered."""
    asked = wanted.asked
    allowed = Allowed(
        client=wanted.client.id,
        user=signed.user,
        session=signed.session,
        scopes=scopes,
        authenticated_at=signed.at,
        amr=signed.amr,
        jkt=asked.jkt,
    )
    async with opening(request, _principal(wanted.client, signed)) as tx:
        if by_hand and asking.may_be_remembered(wanted.client, asked.redirect_uri):
            await consents.remember(tx, signed.user, wanted.client.id, scopes)
        code = await codes.make(
            tx,
            allowed,
            redirect_uri=asked.redirect_uri,
            challenge=asked.challenge,
            nonce=asked.nonce,
        )
    return answered(asked.redirect_uri, us, asked.state, code=code)


async def _fitting(request: Request, wanted: Wanted) -> SignedIn | None:
    """Who is signed in, where they are of the client's organization, and lately enough."""
    signed = await sessions.signed_in(request)
    if signed is None or signed.organization != wanted.client.organization_id:
        return None
    if "login" in wanted.asked.prompts or signed.at.timestamp() < wanted.since:
        return None
    age = wanted.asked.max_age
    now = request.state.platform.clock()
    return None if age is not None and now - signed.at > timedelta(seconds=age) else signed


async def _within_rights(platform: Platform, wanted: Wanted, signed: SignedIn) -> frozenset[str]:
    """Of what the client asks, what this user may do."""
    reader = Reader(platform.database, _principal(wanted.client, signed))
    rights = await users.rights(reader, signed.user)
    left = within(wanted.asked.scopes, wanted.client, rights) if rights.is_active else frozenset()
    if not left:
        raise wanted.asked.refused("access_denied")
    return left


def _to_login(platform: Platform, wanted: Wanted) -> Response:
    """To the login page, and from there back here; what `prompt=login` asks is then a moment to be later than."""
    asked, now = wanted.asked, platform.clock()
    is_anew = "login" in asked.prompts or asked.max_age is not None
    since = max(wanted.since, now.timestamp() if is_anew else 0.0)
    prompts = " ".join(sorted(asked.prompts - {"login"}))
    kept = {name: v for name, v in wanted.parameters.items() if name not in ("prompt", "max_age")}
    parameters = {**kept, "prompt": prompts} if prompts else kept
    ticket = tickets.sealed(platform.sealer, now, {"parameters": parameters, "since": since})
    language = {name: v for name, v in parameters.items() if name == "ui_locales"}
    query = {
        "return": f"{AUTHORIZE_PATH}?{urlencode({'ticket': ticket, **language})}",
        "client_id": wanted.client.id,
        **({"prompt": "login"} if since else {}),
        **language,
    }
    return RedirectResponse(f"{LOGIN_PATH}?{urlencode(query)}", 303)


def _principal(client: Row[Any], signed: SignedIn) -> Principal:
    return Principal(
        client.organization_id, client=client.id, client_name=client.name, user=signed.user
    )


def _sent_on(to: str) -> Response:
    return RedirectResponse(to, 303, headers={"Referrer-Policy": "no-referrer"})
