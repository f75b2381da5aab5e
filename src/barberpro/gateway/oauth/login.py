"""`/oauth/login`: a user shows a password to the organization of the client that sent them, then a second factor."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Row
from starlette.requests import Request
from starlette.responses import Response

from barberpro.domains.identity import clients
from barberpro.domains.identity.users import passwords, signing_in
from barberpro.domains.identity.users.rights import rights
from barberpro.platform.doors import Reader
from barberpro.platform.platform import Platform
from barberpro.platform.principal import worker

from . import attempts, csrf
from .form import form
from .pages import Html, page
from .reception import opening
from .refusals import Unanswerable
from .second_factor import ask, enrolling, proved
from .steps import ACCOUNT_PATH, Step

FOCUS = " autofocus"
BACK = re.compile(r"/oauth/authorize\?[A-Za-z0-9%&=+._~-]*")


@dataclass(frozen=True)
class Entry:
    """For which client someone signs in, and where they go then."""

    client: Row
    back: str


async def login(request: Request) -> Response:
    """Show the form, or take it."""
    is_post = request.method == "POST"
    given: Mapping[str, str] = dict(await form(request)) if is_post else request.query_params
    entry = await _entry(request, given)
    if not is_post:
        return _shown(request, entry)
    email, password = given.get("email", ""), given.get("password", "")
    if not csrf.is_ours(request, given.get("csrf")):
        return _shown(request, entry, email, error="expired", status=403)
    account = attempts.account(entry.client.organization_id, email)
    wait = await attempts.password(request, account)
    if wait:
        return _shown(request, entry, email, wait=wait)
    step = await _believed(request, entry, email, password)
    if step is None:
        return _shown(request, entry, email, error="wrong", status=403)
    return await _next(request, step)


def safe(back: str) -> str:
    """Where to go after signing in: only ever a page of ours, else the account's."""
    return back if BACK.fullmatch(back) else ACCOUNT_PATH


async def _entry(request: Request, given: Mapping[str, str]) -> Entry:
    platform: Platform = request.state.platform
    reader = Reader(platform.database, worker(""))
    client = await clients.find(reader, given.get("client_id", ""))
    if client is None or not client.is_active:
        raise Unanswerable("no_client")
    return Entry(client, safe(given.get("return", "")))


async def _believed(request: Request, entry: Entry, email: str, password: str) -> Step | None:
    """Who this is by their password.

    An address that nobody has takes as long and looks the same: a hash, and a word in the log.
    """
    platform: Platform = request.state.platform
    who = worker(entry.client.organization_id)
    found = await signing_in.account(Reader(platform.database, who), email)
    is_right = await passwords.matches(found.password_hash if found else None, password)
    if found is not None and is_right and signing_in.is_usable(found):
        return Step(
            user=found.id,
            organization=who.tenant,
            mark=signing_in.mark(found.password_hash),
            back=entry.back,
            account=attempts.account(who.tenant, email),
            leads_to=tuple(entry.client.redirect_uris),
            has_factor=found.second_factor is not None,
        )
    reason = "address" if found is None else "disabled" if is_right else "password"
    async with opening(request, who) as tx:
        await signing_in.refuse(tx, found.id if found else entry.client.id, reason)
    return None


async def _next(request: Request, step: Step) -> Response:
    """On to the second factor where there is one, or has to be; else they are in."""
    if step.has_factor:
        return ask(request, step)
    platform: Platform = request.state.platform
    reader = Reader(platform.database, worker(step.organization))
    allowed = await rights(reader, step.user)
    if allowed.requires_second_factor:
        return await enrolling(request, step)
    return await proved(request, step, ("pwd",))


def _shown(
    request: Request,
    entry: Entry,
    email: str = "",
    *,
    error: str | None = None,
    status: int = 200,
    wait: int = 0,
) -> Response:
    return page(
        request,
        "login",
        status=status,
        error=error,
        wait=wait,
        leads_to=entry.client.redirect_uris,
        client=entry.client.title or entry.client.name,
        client_id=entry.client.id,
        back=entry.back,
        email=email[:254],
        focus_email=Html("" if email else FOCUS),
        focus_password=Html(FOCUS if email else ""),
    )
