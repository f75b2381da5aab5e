"""`/oauth/invitation`: whoever was sent a link chooses a password."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from barberpro.domains.identity.users import invitations, passwords, signing_in
from barberpro.domains.identity.users.errors import InvitationVoid, PasswordUnfit
from barberpro.platform import ids
from barberpro.platform.doors import Reader
from barberpro.platform.platform import Platform
from barberpro.platform.principal import worker

from . import attempts, csrf, known
from .form import form
from .pages import page
from .reception import opening
from .refusals import Unanswerable

PATH = "/oauth/invitation"


async def invitation(request: Request) -> Response:
    """Show the form, or take it."""
    is_post = request.method == "POST"
    given: Mapping[str, str] = dict(await form(request)) if is_post else request.query_params
    await attempts.link(request)
    try:
        if is_post and csrf.is_ours(request, given.get("csrf")):
            return await _chosen(request, given)
        error = "expired" if is_post else None
        return await _shown(request, given, error=error, status=403 if error else 200)
    except PasswordUnfit:
        return await _shown(request, given, error="unfit", status=422)
    except InvitationVoid:
        raise Unanswerable("invitation", 404) from None


async def _chosen(request: Request, given: Mapping[str, str]) -> Response:
    address = await _address(request, given)
    password = given.get("password", "")
    passwords.check(password, address)
    hashed = await passwords.hashed(password)
    platform: Platform = request.state.platform
    async with opening(request, worker(given["for"])) as tx:
        await invitations.accept(tx, given["secret"], hashed)
    await platform.revocations.announce()
    answer = page(request, "done", reason="chosen")
    known.remember(request, answer, attempts.account(given["for"], address))
    return answer


async def _shown(
    request: Request, given: Mapping[str, str], *, error: str | None, status: int
) -> Response:
    address = await _address(request, given)
    return page(
        request,
        "invitation",
        status=status,
        error=error,
        email=address,
        organization=given["for"],
        secret=given["secret"],
    )


async def _address(request: Request, given: Mapping[str, str]) -> str:
    """The address of whom the invitation is for. Raises InvitationVoid, before anything is opened for writing."""
    platform: Platform = request.state.platform
    organization = given.get("for", "")
    if ids.prefix_of(organization) != "org":
        raise InvitationVoid
    who = worker(organization)
    reader = Reader(platform.database, who)
    found = await invitations.find(reader, given.get("secret", ""), platform.clock())
    async with opening(request, who) as tx:
        return await signing_in.address_of(tx, found.id)
