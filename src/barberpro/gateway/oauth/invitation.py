"""`/oauth/invitation`: whoever was sent a link chooses a password."""

from collections.abc import Mapping
from math import ceil

from sqlalchemy import Row
from starlette.requests import Request
from starlette.responses import Response

from barberpro.domains.identity.users import invitations, passwords, signing_in
from barberpro.domains.identity.users.errors import InvitationVoid, PasswordUnfit
from barberpro.platform import ids
from barberpro.platform.doors import transaction
from barberpro.platform.platform import Platform
from barberpro.platform.principal import worker

from . import attempts, csrf
from .form import Malformed, form
from .pages import page

PATH = "/oauth/invitation"


async def invitation(request: Request) -> Response:
    """Show the form, or take it."""
    is_post = request.method == "POST"
    try:
        given: Mapping[str, str] = dict(await form(request)) if is_post else request.query_params
    except Malformed as problem:
        return page(request, "refused", reason="other", status=problem.status)
    verdict = await attempts.link(request)
    if not verdict.admitted:
        answer = page(request, "refused", reason="too_many", status=429)
        answer.headers["Retry-After"] = str(ceil(verdict.retry_after))
        return answer
    try:
        if is_post and csrf.is_ours(request, given.get("csrf")):
            return await _chosen(request, given)
        error = "expired" if is_post else None
        return await _shown(request, given, error=error, status=403 if error else 200)
    except PasswordUnfit:
        return await _shown(request, given, error="unfit", status=422)
    except InvitationVoid:
        return page(request, "refused", reason="invitation", status=404)


async def _chosen(request: Request, given: Mapping[str, str]) -> Response:
    _, address = await _found(request, given)
    password = given.get("password", "")
    passwords.check(password, address)
    hashed = await passwords.hashed(password)
    platform: Platform = request.state.platform
    who = worker(given["for"])
    async with transaction(platform.database, who, platform.clock, ids.new("req")) as tx:
        await invitations.accept(tx, given["secret"], hashed)
    await platform.revocations.announce()
    return page(request, "done", reason="chosen")


async def _shown(
    request: Request, given: Mapping[str, str], *, error: str | None, status: int
) -> Response:
    _, address = await _found(request, given)
    return page(
        request,
        "invitation",
        status=status,
        error=error,
        email=address,
        organization=given["for"],
        secret=given["secret"],
    )


async def _found(request: Request, given: Mapping[str, str]) -> tuple[Row, str]:
    """Whom the invitation is for, and their address. Raises InvitationVoid."""
    platform: Platform = request.state.platform
    organization = given.get("for", "")
    if ids.prefix_of(organization) != "org":
        raise InvitationVoid
    who = worker(organization)
    async with transaction(platform.database, who, platform.clock, ids.new("req")) as tx:
        found = await invitations.find(tx, given.get("secret", ""), tx.now)
        return found, await signing_in.address_of(tx, found.id)
