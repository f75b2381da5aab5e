"""What an operator may set. Read once in the process's entry point and passed down, never looked up."""

from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


def _issuer(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("an issuer is an https URL without query and fragment")
    return url


class TokenClaims(BaseModel):
    """What the claims are called in which an issuer says for whom a token is. `user` names its subject."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tenant: str = "tenant"
    client: str = "client_id"
    scope: str = "scope"
    user: str = "sub"
    locations: str = "locations"


class ExternalIssuer(BaseModel):
    """An issuer other than ourselves whose access tokens (RFC 9068) are taken.

    Its client claim holds the *name* of a client that is registered with us for that tenant: what that client may do
    at most, and whether it is suspended, is decided here.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    issuer: Annotated[str, AfterValidator(_issuer)]
    audience: str | None = None
    """Whom its tokens are for; our public URL where it says nothing."""
    algorithms: list[Literal["RS256", "PS256", "ES256", "Ed25519"]] = Field(
        default=["RS256", "ES256"], min_length=1
    )
    tenants: list[str] = Field(min_length=1)
    """The organizations that it may speak for."""
    claims: TokenClaims = TokenClaims()
    jwks_hosts: list[str] = []
    """Hosts of its keys, where that is another than the issuer's own."""
    allow_private_network: bool = False
    """Whether it stands inside our network; then plain http is allowed too."""


def _upstream(url: str) -> str:
    parts = urlsplit(url)
    is_loopback = parts.hostname in ("127.0.0.1", "::1", "localhost")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback):
        raise ValueError("the address of an upstream is an https URL; http is for this machine")
    if not parts.hostname or parts.username is not None or parts.fragment:
        raise ValueError("the address of an upstream names a host, and no user or fragment")
    return url


class Upstream(BaseModel):
    """Another GraphQL service that owns fields of our graph; what it owns is pinned in `schema/upstreams/`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z][a-z0-9_-]*$")
    url: Annotated[str, AfterValidator(_upstream)]
    """Where it takes GraphQL requests."""
    audience: str | None = None
    """Whom the tokens are for that tell it who asks; its URL where nothing is said."""
    seconds: float = Field(default=2.0, gt=0, le=30)
    """How long one call may take, where the operation has as much left."""


Network = Annotated[str, AfterValidator(lambda text: str(ip_network(text)))]


class Settings(BaseSettings):
    """Every setting, from `BARBERPRO_*` in the environment."""

    model_config = SettingsConfigDict(env_prefix="BARBERPRO_", frozen=True, extra="ignore")

    data_dir: Path = Path("var/data")
    """Where the embedded database, keys and demo credentials live; made with mode 0700."""
    database_url: SecretStr | None = None
    """`postgresql+asyncpg://…`; without it an SQLite file in the data directory."""
    redis_url: SecretStr | None = None
    """Shared counters for several processes; without it each process keeps its own."""
    master_key: SecretStr | None = None
    """32 bytes in base64 that seal all other keys; without it a file in the data directory, made once."""
    previous_master_key: SecretStr | None = None
    """The master key before this one, for as long as `barberpro keys rewrap` needs it."""
    metrics_token: SecretStr | None = Field(default=None, min_length=16)
    """Who shows it as a bearer token may read `/metrics`; without it there is no such path."""
    public_url: str = "http://127.0.0.1:8000"
    """The base of every URL we hand out, and the issuer of our tokens. Never taken from a request."""
    subgraph: str | None = None
    """The one domain whose own fields this process serves, to a federation router; without it, the whole schema."""
    demo: bool = False
    """Demo data, and demo credentials that can be printed."""
    pool_size: int = Field(default=10, ge=1, le=200)
    max_body_bytes: int = Field(default=262_144, ge=1_024)
    deadline_seconds: float = Field(default=15.0, gt=0)
    max_concurrency: int = Field(default=200, ge=1)
    """Requests in work at once in one process; more are told to come back."""
    max_subscriptions: int = Field(default=2_000, ge=1)
    """Streams of events open at once in one process."""
    max_subscriptions_of_client: int = Field(default=200, ge=1)
    """Of one client, in one process."""
    drain_notice_seconds: float = Field(default=1.0, ge=0, le=60)
    """How long a process that was told to stop still takes requests while `/readyz` says 503: what a load balancer
    needs to look elsewhere, which is its probe's period and a little more."""
    requests_per_address: int = Field(default=120_000, ge=1)
    """Requests a minute from one address, before anyone is identified."""
    token_requests_per_address: int = Field(default=120, ge=1)
    """Calls of the token endpoint a minute from one address."""
    token_seconds: int = Field(default=600, ge=60, le=3_600)
    """How long an access token lives."""
    issuers: list[ExternalIssuer] = []
    """Whose access tokens are taken beside our own, as a JSON list."""
    upstreams: list[Upstream] = []
    """Other GraphQL services that own fields of our graph, as a JSON list."""
    certificate_proxies: list[Network] = []
    """Networks of the proxies that end TLS for us and put the caller's certificate into `Client-Cert` (RFC 9440)."""
    forwarded_by: list[Network] = []
    """Networks of the proxies whose `X-Forwarded-For` tells a caller's address and `X-Forwarded-Proto` its scheme; from
    anyone else these are not looked at."""
    signing_key_days: int = Field(default=30, ge=1, le=365)
    """How long a key signs our tokens before the next one does."""
    signing_key_lead_hours: int = Field(default=24, ge=1, le=720)
    """How long the next key is published before it signs, for those who keep our keys."""
    audit_head_seconds: float = Field(default=10.0, gt=0)
    """How often the head of the audit log is signed, where it has grown."""
    audit_copy_dir: Path | None = None
    """A second folder for the signed heads, best on a disk that the database's administrators cannot write to."""
    log_level: str = "INFO"

    @property
    def database(self) -> str:
        """The SQLAlchemy URL in force."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite+aiosqlite:///{self.data_dir.absolute() / 'barberpro.db'}"
