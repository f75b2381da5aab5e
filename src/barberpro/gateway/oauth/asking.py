"""What an authorization request asks for, checked by the letter: pure functions of its parameters and its client.

What is wrong with the client or its redirect URI is shown to the user, who is never sent on. Anything else is told to
the client, at the redirect URI it registered.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from sqlalchemy import Row

from barberpro.domains.identity.applications import Authentication, Grant, is_loopback, matches
from barberpro.domains.identity.grants.codes import CHALLENGE

from .refusals import Unanswerable
from .scopes import PROTOCOL

LONGEST = 2_048  # characters of a parameter
LONGEST_NONCE = 255
PROMPTS = {"", "none", "login", "consent", "login consent", "consent login"}
AGE = re.compile(r"[0-9]{1,9}")
THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}")
REPEATABLE = {"resource"}
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
"""What none of the parameters has (RFC 6749 appendix A), and PostgreSQL in part cannot store."""


@dataclass(eq=False)
class Refusal(Exception):
    """A refusal that the client is told of."""

    error: str
    redirect_uri: str
    state: str | None


@dataclass(frozen=True)
class Asked:
    """An authorization request that makes sense."""

    redirect_uri: str
    scopes: frozenset[str]
    challenge: str
    state: str | None = None
    nonce: str | None = None
    prompts: frozenset[str] = frozenset()
    max_age: int | None = None
    """Seconds since the user signed in, at most."""
    jkt: str | None = None

    def refused(self, error: str) -> Refusal:
        """A refusal of this request."""
        return Refusal(error, self.redirect_uri, self.state)


def once_each(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """The parameters, of which none stands twice; without a value they count as left out."""
    names = [name for name, _ in pairs if name not in REPEATABLE]
    if len(names) != len(set(names)) or any(len(value) > LONGEST for _, value in pairs):
        raise Unanswerable("parameters")
    if any(CONTROL.search(text) for pair in pairs for text in pair):
        raise Unanswerable("parameters")
    return {name: value for name, value in pairs if value}


def redirect_of(parameters: Mapping[str, str], client: Row[Any] | None) -> str:
    """Where the answer goes: exactly what the client registered. Raises Unanswerable."""
    if client is None or not client.is_active or Grant.CODE not in client.grant_types:
        raise Unanswerable("client")
    given = parameters.get("redirect_uri")
    if given is None or not any(matches(known, given) for known in client.redirect_uris):
        raise Unanswerable("redirect_uri")
    return given


def checked(parameters: Mapping[str, str], client: Row[Any], redirect_uri: str, us: str) -> Asked:
    """What the request asks for. Raises Refusal."""

    def refuse(error: str) -> Refusal:
        return Refusal(error, redirect_uri, parameters.get("state"))

    given = parameters.get
    if "request" in parameters:
        raise refuse("request_not_supported")
    if "request_uri" in parameters:
        raise refuse("invalid_request_uri")
    if given("response_type") is None:
        raise refuse("invalid_request")
    if given("response_type") != "code":
        raise refuse("unsupported_response_type")
    # PKCE by S256 for every client: `plain` is no protection, and the default of RFC 7636.
    is_proper = (
        given("code_challenge_method") == "S256"
        and CHALLENGE.fullmatch(given("code_challenge", ""))
        and given("response_mode", "query") == "query"
        and given("prompt", "") in PROMPTS
        and AGE.fullmatch(given("max_age", "0"))
        and len(given("nonce", "")) <= LONGEST_NONCE
        and THUMBPRINT.fullmatch(given("dpop_jkt", "A" * 43))
    )
    if not is_proper:
        raise refuse("invalid_request")
    if given("resource", us) != us:
        raise refuse("invalid_target")
    scopes = frozenset(given("scope", "").split()) or frozenset(client.scopes)
    if not scopes <= frozenset(client.scopes) | PROTOCOL:
        raise refuse("invalid_scope")
    return Asked(
        redirect_uri=redirect_uri,
        scopes=scopes,
        challenge=parameters["code_challenge"],
        state=given("state"),
        nonce=given("nonce"),
        prompts=frozenset(given("prompt", "").split()),
        max_age=int(parameters["max_age"]) if "max_age" in parameters else None,
        jkt=given("dpop_jkt"),
    )


def may_be_remembered(client: Row[Any], redirect_uri: str) -> bool:
    """Whether a consent counts the next time. Any program on the user's machine could be a public client there."""
    return client.authentication != Authentication.NONE or not is_loopback(redirect_uri)


def answered(redirect_uri: str, us: str, state: str | None, **parameters: str) -> str:
    """The redirect URI with an answer, and who gives it (RFC 9207), after whatever query it has."""
    found = {**parameters, **({"state": state} if state else {}), "iss": us}
    mark = "&" if urlsplit(redirect_uri).query else "?"
    return f"{redirect_uri.rstrip('?')}{mark}{urlencode(found)}"
