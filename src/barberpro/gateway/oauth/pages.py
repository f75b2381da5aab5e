"""The pages that people see: HTML of ours in Spanish and English, without scripts, under a policy that allows none.

A template has `${name}` for each fact and each text of its page. Whatever is put in is escaped, unless it is `Html`
that was made here.
"""

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from html import escape
from importlib.resources import files
from string import Template
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from barberpro.platform.locale import LANGUAGES, Language, negotiate

from . import csrf
from .refusals import NO_STORE

CSS_PATH = "/oauth/pages.css"
POLICY = (
    "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "form-action 'self'"
)
"""`form-action` comes last, and names besides ourselves where a form may lead: browsers hold it against redirects."""
HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "Vary": "Accept-Language",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
FOLDER = files("barberpro.gateway.oauth") / "templates"
TEXTS: Mapping[Language, Mapping[str, Mapping[str, str]]] = tomllib.loads(
    (FOLDER / "texts.toml").read_text("utf-8")
)  # type: ignore[assignment]


class Html(str):
    """Markup of ours, which goes into a page as it is."""


def page(
    request: Request,
    name: str,
    /,
    *,
    status: int = 200,
    error: str | None = None,
    wait: int = 0,
    leads_to: Iterable[str] = (),
    **facts: Any,
) -> HTMLResponse:
    """The page of this name. `error` is a key of the texts' `errors`; `leads_to` are URIs a form may end at.

    With `wait` the page says that there were too many attempts, and for how many seconds none more is taken.
    """
    if wait:
        status, error, facts = 429, "wait", {**facts, "seconds": wait}
    language = language_of(request)
    guard, token = csrf.guarded(request)
    body_of = _filled(language, name, facts, error, token)
    answer = HTMLResponse(body_of, status, headers=HEADERS)
    origins = sorted({origin(uri) for uri in leads_to})
    answer.headers["Content-Security-Policy"] = " ".join((POLICY, *origins))
    if wait:
        answer.headers["Retry-After"] = str(wait)
    csrf.keep(request, answer, guard)
    return answer


def refused(
    request: Request,
    reason: str,
    _text: str | None = None,
    status: int = 400,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The page that says why it does not go on: `texts.toml` has a sentence for most reasons, and one for others."""
    answer = page(request, "refused", reason=reason, status=status)
    answer.headers.update({**NO_STORE, **(headers or {})})
    return answer


def language_of(request: Request) -> Language:
    """The language the client asked for (`ui_locales` of OpenID Connect), else the browser's."""
    for tag in request.query_params.get("ui_locales", "").split()[:8]:
        for language in LANGUAGES:
            if tag.partition("-")[0].lower() == language.partition("-")[0]:
                return language
    return negotiate(request.headers.get("accept-language"))


def origin(uri: str) -> str:
    """Scheme, host and port; of a loopback address every port, for apps take the one that is free (RFC 8252)."""
    parts = urlsplit(uri)
    if parts.scheme == "http":
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        return f"http://{host}:*"
    return f"{parts.scheme}://{parts.netloc}"


async def css(_: Request) -> Response:
    """The one style sheet."""
    headers = {"Cache-Control": "public, max-age=3600", "X-Content-Type-Options": "nosniff"}
    return Response(_file("pages.css"), media_type="text/css", headers=headers)


def part(request: Request, name: str, of: str, /, **facts: Any) -> Html:
    """A piece of a page, with the texts of the page that it is a piece of."""
    language = language_of(request)
    _, token = csrf.guarded(request)
    texts = TEXTS[language]
    given = {key: _shown(texts, key, value) for key, value in facts.items()}
    marks = {"csrf": _csrf_field(token), "language": language}
    return Html(_put(_file(f"{name}.html"), {**texts[of], **given, **marks}))


def _filled(
    language: Language, name: str, facts: dict[str, Any], error: str | None, token: str
) -> str:
    texts = TEXTS[language]
    given = {key: _shown(texts, key, value) for key, value in facts.items()}
    if name in ("refused", "done"):
        given["what"] = escape(texts["what"].get(facts["reason"], texts["what"]["other"]))
    said = {key: _put(escape(text), given) for key, text in texts[name].items()}
    is_invalid = error in ("wrong", "code", "unfit")
    marks = {
        "language": language,
        "csrf": _csrf_field(token),
        "described": Html(' aria-describedby="error" aria-invalid="true"' if is_invalid else ""),
        "invalid": Html(' aria-invalid="true"' if is_invalid else ""),
        "error": "",
    }
    if error is not None:
        sentence = _put(escape(texts["errors"][error]), given)
        marks["error"] = f'<p id="error" role="alert" class="error">{sentence}</p>'
    known = {**said, **given, **marks}
    body = _put(_file(f"{name}.html"), known)
    return _put(_file("layout.html"), {**known, "body": body})


def _shown(texts: Mapping[str, Mapping[str, str]], key: str, value: Any) -> str:
    if isinstance(value, Html):
        return value
    if isinstance(value, list):
        words = texts["scopes"] if key == "scopes" else {}
        return "".join(f"<li>{escape(words.get(each, each))}</li>" for each in value)
    return escape(str(value))


def _csrf_field(token: str) -> str:
    return f'<input type="hidden" name="csrf" value="{escape(token)}">'


def _put(template: str, known: Mapping[str, str]) -> str:
    return Template(template).substitute(known)


@cache
def _file(name: str) -> str:
    return (FOLDER / name).read_text("utf-8")
