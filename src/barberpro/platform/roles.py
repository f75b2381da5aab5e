"""The roles in which we speak to PostgreSQL, and the tenant that a connection is set to.

Row-level security (`migrations/building.guard`) shows the application the rows of one tenant, and the relay all rows.
A login takes its role when it connects, so one URL serves a laptop; in production give web processes a login that is a
member of the application's role only, and workers one that is a member of both.
"""

from enum import StrEnum

from sqlalchemy import URL


class Role(StrEnum):
    """What a connection may see."""

    APPLICATION = "barberpro_application"
    """The rows of the tenant it is set to; of none where it is set to none."""
    RELAY = "barberpro_relay"
    """Every tenant's rows, for the platform's own work."""


SET_TENANT = "SELECT set_config('barberpro.tenant', $1, $2)"
"""For a session, or with true for the transaction."""


def is_pooled(url: URL) -> bool:
    """Whether a pooler stands between, by the option that SQLAlchemy needs there: nothing stays on a connection then,
    neither a prepared statement nor a tenant."""
    return url.query.get("prepared_statement_cache_size") == "0"


def session(url: URL, role: Role | None) -> dict[str, str]:
    """The settings of a new connection. No pooler passes a role on: behind one it must be the login's own default."""
    return {"timezone": "UTC"} | ({"role": role.value} if role and not is_pooled(url) else {})
