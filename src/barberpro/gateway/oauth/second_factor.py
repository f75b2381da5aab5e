"""`/oauth/second-factor`: a code after the password, or the first code of an app that is being set up."""

from io import BytesIO

import segno
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from barberpro.domains.identity.users import signing_in, totp
from barberpro.domains.identity.users.rights import rights
from barberpro.platform.doors import Transaction
from barberpro.platform.principal import worker

from . import attempts, csrf, known, steps
from .form import form
from .pages import HEADERS, Html, page
from .reception import opening
from .refusals import Unanswerable
from .sessions import remember, signed_in, start
from .steps import Step

NAME = "BarberPro"


async def second_factor(request: Request) -> Response:
    """Take a code."""
    given = dict(await form(request))
    step = steps.opened(request, given.get("ticket", ""))
    if step is None or not csrf.is_ours(request, given.get("csrf")):
        raise Unanswerable("ticket", 403)
    wait, is_enrolling = await attempts.code(request, step), step.secret is not None
    if wait:
        if is_enrolling:
            return await enrolling(request, step, wait=wait)
        return ask(request, step, wait=wait)
    take = _enrolled if is_enrolling else _checked
    return await take(request, step, given.get("code", ""))


def ask(
    request: Request, step: Step, *, error: str | None = None, status: int = 200, wait: int = 0
) -> Response:
    """The page that asks for a code."""
    return page(
        request,
        "second_factor",
        status=status,
        error=error,
        wait=wait,
        leads_to=step.leads_to,
        ticket=steps.sealed(request, step),
    )


async def enrolling(
    request: Request,
    step: Step,
    *,
    error: str | None = None,
    status: int = 200,
    wait: int = 0,
) -> Response:
    """The page by which an app is set up; a mistake keeps the secret that the app may have by now."""
    secret = step.secret or totp.new_secret()
    async with opening(request, worker(step.organization)) as tx:
        address = await signing_in.address_of(tx, step.user)
    uri = totp.otpauth(secret, NAME, address)
    return page(
        request,
        "enrol",
        status=status,
        error=error,
        wait=wait,
        leads_to=step.leads_to,
        picture=_picture(uri),
        secret=" ".join(secret[i : i + 4] for i in range(0, len(secret), 4)),
        otpauth=uri,
        ticket=steps.sealed(request, Step(**{**vars(step), "secret": secret})),
    )


async def proved(request: Request, step: Step, amr: tuple[str, ...]) -> Response:
    """They are in: a session of its own for this sign-in, and back to where they came from."""
    before = await signed_in(request)
    async with opening(request, worker(step.organization)) as tx:
        value = await start(tx, before, step.user, amr) if await _stands(tx, step) else None
    if value is None:
        raise Unanswerable("ticket", 403)
    return _on(request, step, value)


async def _checked(request: Request, step: Step, code: str) -> Response:
    before = await signed_in(request)
    value = None
    async with opening(request, worker(step.organization)) as tx:
        how = await signing_in.prove(tx, step.user, code) if await _stands(tx, step) else None
        if how is None:
            await signing_in.refuse(tx, step.user, "second_factor")
        else:
            # RFC 8176 has no name for a recovery code: it is a code, and used once.
            value = await start(tx, before, step.user, ("pwd", "otp", "mfa"))
    if value is None:
        return ask(request, step, error="code", status=403)
    return _on(request, step, value)


async def _enrolled(request: Request, step: Step, code: str) -> Response:
    before = await signed_in(request)
    value, codes = None, None
    async with opening(request, worker(step.organization)) as tx:
        if await _stands(tx, step) and step.secret is not None:
            codes = await signing_in.enrol(tx, step.user, step.secret, totp.tidy(code))
        if codes is None:
            await signing_in.refuse(tx, step.user, "second_factor")
        else:
            value = await start(tx, before, step.user, ("pwd", "otp", "mfa"))
    if value is None or codes is None:
        return await enrolling(request, step, error="code", status=403)
    return _in(request, step, page(request, "codes", codes=codes, back=step.back), value)


async def _stands(tx: Transaction, step: Step) -> bool:
    """Whether the user may still sign in, and the password that they showed is still theirs."""
    is_same = await signing_in.has_mark(tx, step.user, step.mark)
    return is_same and (await rights(tx, step.user)).is_active


def _on(request: Request, step: Step, value: str) -> Response:
    return _in(request, step, RedirectResponse(step.back, 303, headers=HEADERS), value)


def _in(request: Request, step: Step, answer: Response, value: str) -> Response:
    """The answer to who is in: with their session, and by now they are known in this browser."""
    remember(request, answer, value)
    known.remember(request, answer, step.account)
    return answer


def _picture(uri: str) -> Html:
    """The URI as a QR code in SVG, black on white also where the page is dark."""
    drawn = BytesIO()
    segno.make(uri, error="m", micro=False).save(
        drawn, kind="svg", xmldecl=False, svgns=True, border=2, scale=4, dark="#000", omitsize=True,
        svgclass=None, lineclass=None,
    )  # fmt: skip
    return Html(drawn.getvalue().decode())
