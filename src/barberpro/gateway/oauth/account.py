"""`/oauth/account` and `/oauth/sign-out`: whose session this is, what they allowed, its second step, and its end."""

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from barberpro.domains.identity import clients
from barberpro.domains.identity.grants import consents
from barberpro.domains.identity.users import sessions, signing_in
from barberpro.platform import ids
from barberpro.platform.doors import Reader, transaction
from barberpro.platform.platform import Platform
from barberpro.platform.principal import worker

from . import csrf
from .form import Malformed, form
from .pages import HEADERS, Html, language_of, page, part
from .second_factor import enrolling
from .sessions import SignedIn, forget, signed_in
from .steps import ACCOUNT_PATH, Step


async def account(request: Request) -> Response:
    """Show whose session this is; on POST, begin to set up a second factor where there is none."""
    signed = await signed_in(request)
    if signed is None:
        return page(request, "refused", reason="no_client", status=403)
    platform: Platform = request.state.platform
    reader = Reader(platform.database, worker(signed.organization))
    found = await signing_in.standing(reader, signed.user)
    if request.method == "POST" and found.second_factor is None:
        if await _ours(request) is None:
            return page(request, "refused", reason="another_site", status=403)
        return await enrolling(request, _step(signed, found.password_hash))
    enrolment = part(request, "enrolment", "account") if found.second_factor is None else Html()
    allowed = await _applications(request, reader, signed)
    return page(request, "account", name=found.name, enrolment=enrolment, applications=allowed)


async def withdraw(request: Request) -> Response:
    """Take back what the user allowed an application: its tokens are void at once."""
    given = await _ours(request)
    if given is None:
        return page(request, "refused", reason="another_site", status=403)
    signed = await signed_in(request)
    if signed is None:
        return page(request, "refused", reason="no_client", status=403)
    client = given.get("client", "")
    if ids.prefix_of(client) == "cli":
        platform: Platform = request.state.platform
        who = worker(signed.organization)
        async with transaction(platform.database, who, platform.clock, ids.new("req")) as tx:
            await consents.withdraw(tx, signed.user, client)
        await platform.revocations.announce()
    back = f"{ACCOUNT_PATH}?{urlencode({'ui_locales': language_of(request)})}"
    return RedirectResponse(back, 303, headers=HEADERS)


async def sign_out(request: Request) -> Response:
    """End the session."""
    if await _ours(request) is None:
        return page(request, "refused", reason="another_site", status=403)
    signed = await signed_in(request)
    if signed is not None:
        platform: Platform = request.state.platform
        who = worker(signed.organization)
        async with transaction(platform.database, who, platform.clock, ids.new("req")) as tx:
            await sessions.end(tx, signed.session)
    answer = page(request, "done", reason="signed_out")
    forget(request, answer)
    return answer


def _step(signed: SignedIn, password_hash: str) -> Step:
    mark = signing_in.mark(password_hash)
    return Step(signed.user, signed.organization, mark, ACCOUNT_PATH, has_factor=False)


async def _applications(request: Request, reader: Reader, signed: SignedIn) -> Html:
    """What the user allowed, application by application, each with a way to take it back."""
    allowed = await reader.rows(consents.OF_USER, {"of_user": signed.user})
    rows = await reader.rows(clients.of_tenant(signed.organization)) if allowed else []
    named = {row.id: row.title or row.name for row in rows}
    return Html(
        "".join(
            part(
                request,
                "allowed",
                "account",
                application=named[each.client_id],
                scopes=each.scopes,
                client=each.client_id,
            )
            for each in allowed
        )
    )


async def _ours(request: Request) -> dict[str, str] | None:
    """The form that was sent, where a page of ours sent it."""
    try:
        given = dict(await form(request))
    except Malformed:
        return None
    return given if csrf.is_ours(request, given.get("csrf")) else None
