"""Which scopes are left of those that are asked for."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Row

from barberpro.domains.identity.users.service import Rights

PROTOCOL = frozenset({"openid"})
"""Scopes of the protocol itself: they open nothing in the graph, so nobody needs a right to them."""


def within(asked: Collection[str], client: Row[Any], rights: Rights) -> frozenset[str]:
    """Of what is asked, what the client may have at all, and the user may do now."""
    wanted = frozenset(asked)
    return (wanted & frozenset(client.scopes) & rights.scopes) | (wanted & PROTOCOL)
