"""`/oauth/login`: a user shows a password to the organization of the client that sent them, then a second factor."""

import re
from dataclasses import dataclass
from math import ceil

from sqlalchemy import Row
from starlette.requests import Request
from starlette.responses import Response

from barberpro.domains.identity import clients
from barberpro.domains.identity.users import passwords, signing_in
from barberpro.domains.identity.users.rights import rights
from barberpro.platform import ids
from barberpro.platform.doors import Reader, transaction
from barberpro.platform.platform import Platform
from barberpro.platform.principal import worker

from . import attempts, csrf
from .form import Malformed, form
from .pages import page
from .second_factor import ask, enrolling, proved
from .steps import ACCOUNT_PATH, Step

BACK = re.compile(r"/oauth/authorize\?[A-Za-z0-9%&=+._~-]*")


@dataclass(frozen=True)
class Entry:
    """For which client someone signs in, and where they go then."""

    client: Row
    back: str


async def login(request: Request) -> Response:
    """Show the form, or take it."""
    if request.method in ("GET", "HEAD"):
        query = request.query_params
        entry = await _entry(request, query.get("client_id", ""), query.get("return", ""))
        if entry is None:
            return page(request, "refused", reason="no_client", status=400)
        return _shown(request, entry)
    try:
        given = dict(await form(request))
    except Malformed as problem:
        return page(request, "refused", reason="other", status=problem.status)
    entry = await _entry(request, given.get("client_id", ""), given.get("return", ""))
    if entry is None:
        return page(request, "refused", reason="no_client", status=400)
    email, password = given.get("email", ""), given.get("password", "")
    if not csrf.is_ours(request, given.get("csrf")):
        return _shown(request, entry, email, error="expired", status=403)
    verdict = await attempts.password(request, entry.client.organization_id, email)
    if not verdict.admitted:
        wait = ceil(verdict.retry_after)
        answer = _shown(request, entry, email, error="wait", status=429, seconds=wait)
        answer.headers["Retry-After"] = str(wait)
        return answer
    step = await _believed(request, entry, email, password)
    if step is None:
        return _shown(request, entry, email, error="wrong", status=403)
    return await _next(request, step)


def safe(back: str) -> str:
    """Where to go after signing in: only ever a page of ours, else the account's."""
    return back if BACK.fullmatch(back) else ACCOUNT_PATH


async def _entry(request: Request, client: str, back: str) -> Entry | None:
    platform: Platform = request.state.platform
    if ids.prefix_of(client) != "cli":
        return None
    rows = await Reader(platform.database, worker("")).rows(clients.standing(client))
    return Entry(rows[0], safe(back)) if rows and rows[0].is_active else None


async def _believed(request: Request, entry: Entry, email: str, password: str) -> Step | None:
    """Who this is by their password. An address that nobody has takes as long, and looks the same."""
    platform: Platform = request.state.platform
    organization = entry.client.organization_id
    found = await signing_in.account(Reader(platform.database, worker(organization)), email)
    is_right = await passwords.matches(found.password_hash if found else None, password)
    if found is None:
        return None
    if is_right and signing_in.is_usable(found):
        return Step(
            user=found.id,
            organization=organization,
            mark=signing_in.mark(found.password_hash),
            back=entry.back,
            leads_to=tuple(entry.client.redirect_uris),
            has_factor=found.second_factor is not None,
        )
    reason = "disabled" if is_right else "password"
    who = worker(organization)
    async with transaction(platform.database, who, platform.clock, ids.new("req")) as tx:
        await signing_in.refuse(tx, found.id, reason)
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
    seconds: int = 0,
) -> Response:
    return page(
        request,
        "login",
        status=status,
        error=error,
        leads_to=entry.client.redirect_uris,
        client=entry.client.title or entry.client.name,
        client_id=entry.client.id,
        back=entry.back,
        email=email[:254],
        seconds=seconds,
    )
