"""What this domain tells others, and the audit log, of what users allowed."""

from dataclasses import dataclass

from barberpro.platform.events import Event


@dataclass(frozen=True, kw_only=True)
class GrantMade(Event):
    """A client may act for a user. The subject is the grant."""

    type = "grant.made"
    client: str
    user: str
    scopes: list[str]


@dataclass(frozen=True, kw_only=True)
class GrantDenied(Event):
    """A user said no to a client. The subject is the client."""

    type = "grant.denied"
    user: str


@dataclass(frozen=True, kw_only=True)
class GrantRevoked(Event):
    """All tokens of a grant are void. The subject is the grant."""

    type = "grant.revoked"
    client: str
    user: str
    reason: str
    """`code_replayed`, `token_reused`, `client` where the client gave it back, `user` where the user took it back."""


@dataclass(frozen=True, kw_only=True)
class GrantUsed(Event):
    """A code or a refresh token was turned into new tokens. The subject is the grant."""

    type = "grant.used"
    by: str
    """`code` or `refresh_token`."""


@dataclass(frozen=True, kw_only=True)
class ConsentGiven(Event):
    """A user said yes to a client, to be remembered. The subject is the user."""

    type = "consent.given"
    client: str
    scopes: list[str]


@dataclass(frozen=True, kw_only=True)
class ConsentWithdrawn(Event):
    """A user took back what a client was allowed, with all its grants. The subject is the user."""

    type = "consent.withdrawn"
    client: str


@dataclass(frozen=True, kw_only=True)
class RequestPushed(Event):
    """A client left an authorization request with us. The subject is the client."""

    type = "authorization.pushed"


@dataclass(frozen=True, kw_only=True)
class RequestUsed(Event):
    """A browser came with a request that a client is said to have left with us. The subject is the client."""

    type = "authorization.pushed_used"
    is_taken: bool
    """Whether there was such a request, not used before and not over."""
