"""Holds a document against the schema and its client's rights, for the domain that keeps documents."""

from typing import Any

from sqlalchemy import Row

from barberpro.domains.identity.documents.errors import DocumentUnfit
from barberpro.domains.identity.documents.service import Check, Checked

from .fitting import Unfit, fit
from .schema import Graph
from .scopes import POLICIES

MOST_DETAIL = 500


def against(graph: Graph) -> Check:
    """The check of this schema."""

    def check(text: str, client: Row[Any]) -> Checked:
        try:
            found = fit(graph, text, _may_hold(client))
        except Unfit as unfit:
            line, column = unfit.place
            raise DocumentUnfit(unfit.code, str(unfit)[:MOST_DETAIL], line, column) from None
        return Checked(found.name, found.scopes, found.cost)

    return check


def _may_hold(client: Row[Any]) -> frozenset[str]:
    """What some caller through this client may hold: its scopes, and whatever policy can be true of one."""
    policies = POLICIES.keys()
    if client.locations is not None:
        policies -= {"ORGANIZATION_WIDE"}
    if client.redirect_uris == []:
        policies -= {"SIGNED_IN"}
    return frozenset(client.scopes) - POLICIES.keys() | policies
