"""`/oauth/account` and `/oauth/sign-out`: whose session this is, what they allowed, its second step, and its end."""

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from barberpro.domains.identity import clients
from barberpro.domains.identity.grants import consents
from barberpro.domains.identity.users import passwords, sessions, signing_in
from barberpro.platform import ids
from barberpro.platform.doors import Reader
from barberpro.platform.platform import Platform
from barberpro.platform.principal import worker

from . import attempts, csrf
from .form import Malformed, form
from .pages import HEADERS, Html, language_of, page, part
from .reception import opening
from .refusals import Unanswerable
from .second_factor import enrolling
from .sessions import SignedIn, forget, signed_in
from .steps import ACCOUNT_PATH, Step


async def account(request: Request) -> Response:
    """Show whose session this is; on POST, begin to set up a second factor where there is none."""
    signed = await _signed(request)
    if request.method != "POST":
        return await _shown(request, signed)
    given = await _ours(request)
    platform: Platform = request.state.platform
    reader = Reader(platform.database, worker(signed.organization))
    found = await signing_in.standing(reader, signed.user)
    if found.second_factor is not None:
        return await _shown(request, signed)
    wait = await attempts.confirmation(request, signed.session)
    if wait:
        return await _shown(request, signed, wait=wait)
    step = await _confirmed(request, signed, found.password_hash, given.get("password", ""))
    if step is None:
        return await _shown(request, signed, error="password", status=403)
    return await enrolling(request, step)


async def withdraw(request: Request) -> Response:
    """Take back what the user allowed an application: its tokens are void at once."""
    given = await _ours(request)
    signed = await _signed(request)
    client = given.get("client", "")
    if ids.prefix_of(client) == "cli":
        platform: Platform = request.state.platform
        async with opening(request, worker(signed.organization)) as tx:
            await consents.withdraw(tx, signed.user, client)
        await platform.revocations.announce()
    back = f"{ACCOUNT_PATH}?{urlencode({'ui_locales': language_of(request)})}"
    return RedirectResponse(back, 303, headers=HEADERS)


async def sign_out(request: Request) -> Response:
    """End the session."""
    await _ours(request)
    signed = await signed_in(request)
    if signed is not None:
        async with opening(request, worker(signed.organization)) as tx:
            await sessions.end(tx, signed.session)
    answer = page(request, "done", reason="signed_out")
    forget(request, answer)
    return answer


async def _confirmed(
    request: Request, signed: SignedIn, password_hash: str, password: str
) -> Step | None:
    """Who sets up a second factor shows their password again: a session left open is not enough to keep an account.

    None where it is wrong.
    """
    is_right = await passwords.matches(password_hash, password)
    async with opening(request, worker(signed.organization)) as tx:
        if not is_right:
            await signing_in.refuse(tx, signed.user, "password")
            return None
        address = await signing_in.address_of(tx, signed.user)
    return Step(
        user=signed.user,
        organization=signed.organization,
        mark=signing_in.mark(password_hash),
        back=ACCOUNT_PATH,
        account=attempts.account(signed.organization, address),
        has_factor=False,
    )


async def _shown(
    request: Request,
    signed: SignedIn,
    *,
    error: str | None = None,
    status: int = 200,
    wait: int = 0,
) -> Response:
    platform: Platform = request.state.platform
    reader = Reader(platform.database, worker(signed.organization))
    found = await signing_in.standing(reader, signed.user)
    enrolment = part(request, "enrolment", "account") if found.second_factor is None else Html()
    return page(
        request,
        "account",
        status=status,
        error=error,
        wait=wait,
        name=found.name,
        enrolment=enrolment,
        applications=await _applications(request, reader, signed),
    )


async def _applications(request: Request, reader: Reader, signed: SignedIn) -> Html:
    """What the user allowed, application by application, each with a way to take it back."""
    platform: Platform = request.state.platform
    allowed = await consents.allowed(reader, signed.user, platform.clock())
    titles = await clients.titles(reader, allowed)
    return Html(
        "".join(
            part(
                request,
                "allowed",
                "account",
                application=titles[client],
                scopes=sorted(scopes),
                client=client,
            )
            for client, scopes in allowed.items()
        )
    )


async def _signed(request: Request) -> SignedIn:
    signed = await signed_in(request)
    if signed is None:
        raise Unanswerable("no_client", 403)
    return signed


async def _ours(request: Request) -> dict[str, str]:
    """The form that was sent, where a page of ours sent it."""
    try:
        given = dict(await form(request))
    except Malformed:
        raise Unanswerable("another_site", 403) from None
    if not csrf.is_ours(request, given.get("csrf")):
        raise Unanswerable("another_site", 403)
    return given
