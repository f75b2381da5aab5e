"""Tables of users, their second factors, sessions and roles. Whatever opens a door is stored as a hash, or sealed."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    text,
)

from barberpro.platform.sealing.rows import SealedRows
from barberpro.platform.sealing.tables import Sealed
from barberpro.platform.tables import Document, Instant, Key, Refers, tenant_table

# One reach for all of a user's roles: a token has one set of scopes and one set of locations, so with a reach for each
# role, what is allowed in one shop would be allowed in the other.
users = tenant_table(
    "users",
    "usr",
    Column("name", Text, nullable=False),
    Column("name_key", Key, nullable=False),
    # Both null of who was erased. The address, sealed with a nonce, also keeps the log's commitments to the row, with
    # the name in it, from being guessed at: it goes with an erasure, and from then on nobody can try names.
    Column("email", Sealed),
    Column("email_index", LargeBinary),
    Column("locations", Document),  # ids; null for the whole organization
    Column("is_active", Boolean, nullable=False),
    Column("password_hash", Text),  # null until the invitation is taken up
    Column("created_at", Instant, nullable=False),
    Column("erased_at", Instant),
    UniqueConstraint("organization_id", "email_index", name="uq_users_email"),
    CheckConstraint(
        "(erased_at IS NULL) = (email IS NOT NULL) AND (erased_at IS NULL) = (email_index IS NOT NULL)",
        name="erased",
    ),
)
Index(None, users.c.organization_id, users.c.name_key, users.c.id)
EMAILS = SealedRows(users, parent=users.c.id, subject=users.c.id)

roles = tenant_table(
    "roles",
    "rol",
    Column("name", Text, nullable=False),
    Column("name_key", Key, nullable=False),
    Column("scopes", Document, nullable=False),
    Column("requires_second_factor", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("organization_id", "name_key", name="uq_roles_name"),
)

role_assignments = tenant_table(
    "role_assignments",
    "ras",
    Refers("user_id", "users"),
    Column("built_in", Key),  # a key of roles.toml
    Refers("role_id", "roles", nullable=True),
    Column("assigned_at", Instant, nullable=False),
    UniqueConstraint("organization_id", "user_id", "built_in", name="uq_role_assignments_built_in"),
    UniqueConstraint("organization_id", "user_id", "role_id", name="uq_role_assignments_role"),
    CheckConstraint("(built_in IS NULL) = (role_id IS NOT NULL)", name="one_kind"),
)
Index(None, role_assignments.c.organization_id, role_assignments.c.role_id)
Index(None, role_assignments.c.organization_id, role_assignments.c.built_in)

second_factors = tenant_table(
    "second_factors",
    "sfa",
    Refers("user_id", "users"),
    Column("secret", Sealed, nullable=False),
    Column("last_step", BigInteger, nullable=False),  # of the last code taken: none is taken twice
    Column("enrolled_at", Instant, nullable=False),
    UniqueConstraint("organization_id", "user_id", name="uq_second_factors_user"),
)
SECRETS = SealedRows(second_factors, parent=second_factors.c.id, subject=second_factors.c.user_id)

recovery_codes = tenant_table(
    "recovery_codes",
    "rcc",
    Refers("user_id", "users"),
    Column("code_hash", LargeBinary, nullable=False),
    UniqueConstraint("organization_id", "user_id", "code_hash", name="uq_recovery_codes_code"),
)

invitations = tenant_table(
    "invitations",
    "inv",
    Refers("user_id", "users"),
    Column("secret_hash", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
    UniqueConstraint("organization_id", "secret_hash", name="uq_invitations_secret"),
)
Index(
    "uq_invitations_open",
    invitations.c.organization_id,
    invitations.c.user_id,
    unique=True,
    postgresql_where=text("used_at IS NULL"),
    sqlite_where=text("used_at IS NULL"),
)

# Written with nearly every page: that someone signed in or out is told, that they looked at a page is not.
sessions = tenant_table(
    "sessions",
    "ses",
    Refers("user_id", "users"),
    Column("secret_hash", LargeBinary, nullable=False),
    Column("amr", Document, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
    UniqueConstraint("organization_id", "secret_hash", name="uq_sessions_secret"),
    audited=False,
)
Index(None, sessions.c.organization_id, sessions.c.user_id)
