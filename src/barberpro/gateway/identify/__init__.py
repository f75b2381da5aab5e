"""From what a request shows to the principal it speaks for. Nothing behind this sees a token.

Five ways lead in: a bearer token, one bound to a key (DPoP) or to a certificate, an API key, a signature over the
message. One way a request: who shows two is refused. A signature is checked once and remembered; what the client, the
user and the key may do *now* is read every few seconds, and at once after an announcement, so that a suspension is
felt while tokens are still good.
"""

from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import structlog
from sqlalchemy import Row

from barberpro.domains.identity.users.service import Rights
from barberpro.platform.platform import Platform
from barberpro.platform.principal import Principal

from ..credentials.rejected import Rejected
from ..credentials.tokens import MFA
from ..oauth.tokens import issuer, narrowed
from ..oauth.verifier import Verifier, ourselves
from ..problems import Code, Refusal
from .issuers import others
from .presented import Presented, presented
from .standing import Standings
from .ways import Believed, Ways

CHALLENGE = 'Bearer realm="BarberPro"'
DPOP_CHALLENGE = 'DPoP realm="BarberPro", algs="ES256 Ed25519"'
API_KEY = "bpk_"
OF_TOKENS = ("bearer", "dpop")
SIGNED = (b"signature-input", b"signature")
NOTHING, SEVERAL, OTHER = "nothing", "several", "other"
UNBOUND = ("bearer", "api_key")
"""Ways in which whoever overheard a request could call as well."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Known:
    """Who a credential speaks for, as long as nothing else is known of the client, the user and what is void."""

    client: Row[Any] | None
    rights: Rights | None
    edition: int
    principal: Principal

    def holds(self, client: Row[Any] | None, rights: Rights | None, edition: int) -> bool:
        """Whether what is known is still what it was made of."""
        return self.edition == edition and self.client is client and self.rights is rights


class Identify:
    """Knows callers by what they show."""

    def __init__(self, platform: Platform) -> None:
        us = issuer(platform.settings)
        issuers = {**others(platform), us: ourselves(platform.keys, us)}
        self._clock = platform.clock
        self._keys = platform.keys
        self._revocations = platform.revocations
        self._heard = platform.revocations.generation
        self._refusals = platform.refusals
        self._standings = Standings(platform.database, platform.clock, platform.revocations)
        verifier = Verifier(issuers, platform.clock)
        self._ways = Ways(platform, verifier, self._standings, us)
        self._known: WeakKeyDictionary[Believed, Known] = WeakKeyDictionary()

    async def __call__(self, shown: Presented) -> Principal:
        """Who is calling. Raises a Refusal of 401 that never says what was wrong with a credential."""
        principal, _ = await self.staying(shown)
        return principal

    async def again(self, believed: Believed) -> Principal:
        """Who still is: for a caller who showed a credential and has stayed since. Refusal 401 where it ended."""
        await self._listen()
        try:
            if believed.until is not None and self._clock().timestamp() >= believed.until:
                raise Rejected("ended while its caller stayed")
            return await self._principal(believed)
        except Rejected as rejected:
            log.info("credential.rejected", scheme=believed.method, reason=str(rejected))
            self._note(believed.method, str(rejected), believed)
            raise unauthenticated("invalid_token") from None

    async def _listen(self) -> None:
        """Learn what is void by now."""
        if not self._revocations.is_fresh():
            await self._revocations.refresh()
        if self._heard != self._revocations.generation:
            self._heard = self._revocations.generation
            self._keys.expect_news()

    async def staying(self, shown: Presented) -> tuple[Principal, Believed]:
        """Who is calling, and what to ask `again` with as long as they stay."""
        scheme, credential = _credential(shown)
        if scheme in (NOTHING, OTHER):
            if scheme == OTHER:
                self._note(scheme, "a scheme that is none of ours")
            raise unauthenticated()
        await self._listen()
        believed: Believed | None = None
        try:
            if scheme == SEVERAL:
                raise Rejected("more than one credential")
            if scheme == "signature":
                believed = await self._ways.by_signature(shown)
            elif scheme == "bearer" and credential.startswith(API_KEY):
                believed = await self._ways.by_api_key(shown, credential)
            else:
                believed = await self._ways.by_token(shown, scheme, credential)
            return await self._principal(believed), believed
        except Rejected as rejected:
            log.info("credential.rejected", scheme=scheme, reason=str(rejected))
            self._note(scheme, str(rejected), believed)
            raise unauthenticated("invalid_token", scheme) from None

    def _note(self, scheme: str, cause: str, believed: Believed | None = None) -> None:
        """Tell the log of a credential that is not believed. Nothing of what was shown is in it: `scheme` is ours."""
        proved = {"client": believed.client, "tenant": believed.tenant} if believed else {}
        facts = {"scheme": scheme, "cause": cause} | proved
        self._refusals.note(None, Code.UNAUTHENTICATED, facts)

    async def _principal(self, believed: Believed) -> Principal:
        """What the credential says and what its client and user may do now: the less of them."""
        find = self._standings.client_named if believed.by_name else self._standings.client
        client = await find(believed.client)
        rights = None
        if client is not None and believed.user is not None:
            rights = await self._standings.user(believed.tenant, believed.user)
        edition, known = self._revocations.edition, self._known.get(believed)
        if known is None or not known.holds(client, rights, edition):
            principal = self._allowed(believed, client, rights)
            known = self._known[believed] = Known(client, rights, edition, principal)
        return known.principal

    def _allowed(
        self, believed: Believed, client: Row[Any] | None, rights: Rights | None
    ) -> Principal:
        if client is None or client.organization_id != believed.tenant:
            raise Rejected("unknown client")
        if not client.is_active:
            raise Rejected("suspended client")
        if self._revocations.voids(0, believed.credential, believed.grant):
            raise Rejected("revoked")  # whenever it says that it was issued
        if self._revocations.voids(believed.issued_at, believed.user, client.id):
            raise Rejected("issued before a revocation")
        if client.requires_dpop and believed.method in UNBOUND:
            raise Rejected("bound to no key, as this client's must be")
        scopes = believed.scopes.intersection(client.scopes)
        locations = narrowed(believed.locations, client.locations)
        if believed.user is not None:
            if rights is None or not rights.is_active:
                raise Rejected("a user who may not call")
            if rights.requires_second_factor and MFA not in believed.amr:
                raise Rejected("a role that needs a second factor, and none was shown")
            scopes, locations = scopes & rights.scopes, narrowed(locations, rights.locations)
        return Principal(
            tenant=believed.tenant,
            client=client.id,
            client_name=client.name,
            user=believed.user,
            scopes=scopes,
            locations=locations,
            document_mode=client.document_mode,
            tier=client.tier,
            method=believed.method,
            credential=believed.credential,
            grant=believed.grant,
            amr=believed.amr,
        )


def unauthenticated(error: str | None = None, scheme: str = "bearer") -> Refusal:
    """401 with the challenge of RFC 6750 or RFC 9449; `error` only where a credential was given."""
    challenge = DPOP_CHALLENGE if scheme == "dpop" else CHALLENGE
    if error:
        challenge = f'{challenge}, error="{error}"'
    message = (
        "The access token is not valid. Get a new one from /oauth/token."
        if error
        else "Send an access token: Authorization: Bearer …"
    )
    return Refusal(Code.UNAUTHENTICATED, 401, message, {"WWW-Authenticate": challenge})


def _credential(shown: Presented) -> tuple[str, str]:
    """The one credential of the request: its scheme, in a word of ours, and what follows it."""
    given, is_signed = [], False
    for name, value in shown.raw:
        if name == b"authorization":
            given.append(value.decode("latin-1"))
        elif name in SIGNED:
            is_signed = True
    if len(given) + is_signed > 1:
        return SEVERAL, ""
    if is_signed:
        return "signature", ""
    scheme, _, credential = given[0].partition(" ") if given else ("", "", "")
    if not scheme:
        return NOTHING, ""
    scheme = scheme.lower()
    return scheme if scheme in OF_TOKENS else OTHER, credential.strip(" ")


__all__ = ["Believed", "Identify", "Presented", "presented", "unauthenticated"]
