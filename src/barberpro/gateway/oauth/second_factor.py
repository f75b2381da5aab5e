"""`/oauth/second-factor`: a code after the password, or the first code of an app that is being set up."""

from io import BytesIO
from math import ceil

import segno
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from barberpro.domains.identity.users import signing_in, totp
from barberpro.domains.identity.users.rights import rights
from barberpro.platform import ids
from barberpro.platform.doors import Transaction, transaction
from barberpro.platform.platform import Platform
from barberpro.platform.principal import worker

from . import attempts, csrf, steps
from .form import Malformed, form
from .pages import HEADERS, Html, page
from .sessions import remember, signed_in, start
from .steps import Step

NAME = "BarberPro"


async def second_factor(request: Request) -> Response:
    """Take a code."""
    try:
        given = dict(await form(request))
    except Malformed as problem:
        return page(request, "refused", reason="other", status=problem.status)
    step = steps.opened(request, given.get("ticket", ""))
    if step is None or not csrf.is_ours(request, given.get("csrf")):
        return page(request, "refused", reason="ticket", status=403)
    verdict = await attempts.code(request, step.user)
    if not verdict.admitted:
        wait = ceil(verdict.retry_after)
        answer = await _again(request, step, error="wait", status=429, seconds=wait)
        answer.headers["Retry-After"] = str(wait)
        return answer
    if step.secret is not None:
        return await _enrolled(request, step, given.get("code", ""))
    return await _checked(request, step, given.get("code", ""))


def ask(
    request: Request, step: Step, *, error: str | None = None, status: int = 200, seconds: int = 0
) -> Response:
    """The page that asks for a code."""
    return page(
        request,
        "second_factor",
        status=status,
        error=error,
        seconds=seconds,
        leads_to=step.leads_to,
        ticket=steps.sealed(request, step),
    )


async def enrolling(
    request: Request,
    step: Step,
    *,
    error: str | None = None,
    status: int = 200,
    seconds: int = 0,
) -> Response:
    """The page by which an app is set up; a mistake keeps the secret that the app may have by now."""
    platform: Platform = request.state.platform
    secret = step.secret or totp.new_secret()
    who = worker(step.organization)
    async with transaction(platform.database, who, platform.clock, ids.new("req")) as tx:
        address = await signing_in.address_of(tx, step.user)
    uri = totp.otpauth(secret, NAME, address)
    return page(
        request,
        "enrol",
        status=status,
        error=error,
        seconds=seconds,
        leads_to=step.leads_to,
        picture=_picture(uri),
        secret=" ".join(secret[i : i + 4] for i in range(0, len(secret), 4)),
        otpauth=uri,
        ticket=steps.sealed(request, Step(**{**vars(step), "secret": secret})),
    )


async def proved(request: Request, step: Step, amr: tuple[str, ...]) -> Response:
    """They are in: a session of its own for this sign-in, and back to where they came from."""
    platform: Platform = request.state.platform
    before = await signed_in(request)
    who = worker(step.organization)
    async with transaction(platform.database, who, platform.clock, ids.new("req")) as tx:
        value = await start(tx, before, step.user, amr) if await _stands(tx, step) else None
    if value is None:
        return page(request, "refused", reason="ticket", status=403)
    return _on(request, step.back, value)


async def _checked(request: Request, step: Step, code: str) -> Response:
    platform: Platform = request.state.platform
    before = await signed_in(request)
    value = None
    async with transaction(
        platform.database, worker(step.organization), platform.clock, ids.new("req")
    ) as tx:
        how = await signing_in.prove(tx, step.user, code) if await _stands(tx, step) else None
        if how is None:
            await signing_in.refuse(tx, step.user, "second_factor")
        else:
            # RFC 8176 has no name for a recovery code: it is a code, and used once.
            value = await start(tx, before, step.user, ("pwd", "otp", "mfa"))
    if value is None:
        return ask(request, step, error="code", status=403)
    return _on(request, step.back, value)


async def _enrolled(request: Request, step: Step, code: str) -> Response:
    platform: Platform = request.state.platform
    before = await signed_in(request)
    value, codes = None, None
    async with transaction(
        platform.database, worker(step.organization), platform.clock, ids.new("req")
    ) as tx:
        if await _stands(tx, step) and step.secret is not None:
            codes = await signing_in.enrol(tx, step.user, step.secret, totp.tidy(code))
        if codes is None:
            await signing_in.refuse(tx, step.user, "second_factor")
        else:
            value = await start(tx, before, step.user, ("pwd", "otp", "mfa"))
    if value is None or codes is None:
        return await enrolling(request, step, error="code", status=403)
    answer = page(request, "codes", codes=codes, back=step.back)
    remember(request, answer, value)
    return answer


async def _stands(tx: Transaction, step: Step) -> bool:
    """Whether the user may still sign in, and the password that they showed is still theirs."""
    is_same = await signing_in.has_mark(tx, step.user, step.mark)
    return is_same and (await rights(tx, step.user)).is_active


async def _again(
    request: Request, step: Step, *, error: str, status: int, seconds: int
) -> Response:
    show = {"error": error, "status": status, "seconds": seconds}
    if step.secret is not None:
        return await enrolling(request, step, **show)  # type: ignore[arg-type]
    return ask(request, step, **show)  # type: ignore[arg-type]


def _on(request: Request, back: str, value: str) -> Response:
    answer = RedirectResponse(back, 303, headers=HEADERS)
    remember(request, answer, value)
    return answer


def _picture(uri: str) -> Html:
    """The URI as a QR code in SVG, black on white also where the page is dark."""
    drawn = BytesIO()
    segno.make(uri, error="m", micro=False).save(
        drawn, kind="svg", xmldecl=False, svgns=True, border=2, scale=4, dark="#000", omitsize=True,
        svgclass=None, lineclass=None,
    )  # fmt: skip
    return Html(drawn.getvalue().decode())
