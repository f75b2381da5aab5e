"""Tables of what users allowed. Codes and refresh tokens are stored as SHA-256 of 256 random bits."""

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, Text, UniqueConstraint

from barberpro.platform.tables import Document, Instant, Key, Refers, tenant_table

# What one consent, or one look at a remembered one, led to: the family of tokens that fall together.
grants = tenant_table(
    "grants",
    "gnt",
    Column("client_id", Key, ForeignKey("clients.id"), nullable=False, index=True),
    Refers("user_id", "users"),
    Column("session_id", Key, nullable=False),
    Column("scopes", Document, nullable=False),
    Column("authenticated_at", Instant, nullable=False),
    Column("amr", Document, nullable=False),
    Column("jkt", Key),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
    Column("revoked_at", Instant),
)
Index(None, grants.c.organization_id, grants.c.user_id)

authorization_codes = tenant_table(
    "authorization_codes",
    "cod",
    Refers("grant_id", "grants"),
    Column("code_hash", LargeBinary, nullable=False),
    Column("redirect_uri", Text, nullable=False),
    Column("challenge", Key, nullable=False),
    Column("nonce", Text),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
    UniqueConstraint("organization_id", "code_hash", name="uq_authorization_codes_code"),
    UniqueConstraint("organization_id", "grant_id", name="uq_authorization_codes_grant"),
)

refresh_tokens = tenant_table(
    "refresh_tokens",
    "rft",
    Refers("grant_id", "grants"),
    Column("token_hash", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
    UniqueConstraint("organization_id", "token_hash", name="uq_refresh_tokens_token"),
)
Index(None, refresh_tokens.c.organization_id, refresh_tokens.c.grant_id)

consents = tenant_table(
    "consents",
    "cns",
    Refers("user_id", "users"),
    Column("client_id", Key, ForeignKey("clients.id"), nullable=False, index=True),
    Column("scopes", Document, nullable=False),
    Column("given_at", Instant, nullable=False),
    UniqueConstraint("organization_id", "user_id", "client_id", name="uq_consents_client"),
)

pushed_requests = tenant_table(
    "pushed_requests",
    "par",
    Column("client_id", Key, ForeignKey("clients.id"), nullable=False, index=True),
    Column("request_hash", LargeBinary, nullable=False),
    Column("parameters", Document, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
    Column("used_at", Instant),
    UniqueConstraint("organization_id", "request_hash", name="uq_pushed_requests_request"),
)
