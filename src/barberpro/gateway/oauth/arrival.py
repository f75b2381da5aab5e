"""How an authorization request comes: as it is, left with us before by the client, or in a ticket of ours."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row
from starlette.requests import Request

from barberpro.domains.identity import clients
from barberpro.domains.identity.grants import pushed
from barberpro.platform.doors import Reader
from barberpro.platform.platform import Platform
from barberpro.platform.principal import Principal, worker

from . import asking, tickets
from .asking import Asked
from .reception import opening
from .refusals import Unanswerable
from .tokens import issuer

MOST_PARAMETERS = 32
LONGEST_QUERY = 4_096
"""Characters. What is asked comes back as a ticket in a form, which has room for 8 KiB."""


@dataclass(frozen=True)
class Wanted:
    """An authorization request on its way: its client, its parameters as they came, and what they ask."""

    client: Row[Any]
    parameters: dict[str, str]
    asked: Asked
    since: float = 0.0
    """The user must have signed in after this (Unix time): the client asked that they do it again."""


async def read(request: Request, platform: Platform) -> Wanted:
    """The request, as it came, as the client left it with us, or as our ticket has it."""
    pairs = request.query_params.multi_items()
    if "ticket" in request.query_params:
        facts = opened(platform, request.query_params["ticket"])
        return await checked(platform, facts["parameters"], facts.get("since", 0.0))
    if len(pairs) > MOST_PARAMETERS or len(request.url.query) > LONGEST_QUERY:
        raise Unanswerable("parameters")
    parameters = asking.once_each(pairs)
    reference = parameters.get("request_uri")
    if reference is not None:
        client = await clients.find(_reader(platform), parameters.get("client_id", ""))
        parameters = await _taken(request, client, reference)
    return await checked(platform, parameters)


async def checked(platform: Platform, parameters: dict[str, str], since: float = 0.0) -> Wanted:
    """The request that these parameters make, held against its client as it is now."""
    client = await clients.find(_reader(platform), parameters.get("client_id", ""))
    redirect_uri = asking.redirect_of(parameters, client)
    assert client is not None, "redirect_of refuses where there is none"  # noqa: S101
    us = issuer(platform.settings)
    asked = asking.checked(parameters, client, redirect_uri, us)
    return Wanted(client, parameters, asked, since)


async def _taken(request: Request, client: Row[Any] | None, reference: str) -> dict[str, str]:
    """The parameters that the client left under this reference, which is then used up."""
    if client is None:
        raise Unanswerable("client")
    who = Principal(client.organization_id, client=client.id, client_name=client.name)
    async with opening(request, who) as tx:
        found = await pushed.use(tx, client.id, reference)
    if found is None:
        raise Unanswerable("request_uri")
    return found


def _reader(platform: Platform) -> Reader:
    return Reader(platform.database, worker(""))


def opened(platform: Platform, ticket: str) -> dict[str, Any]:
    """What our ticket says of a request."""
    try:
        facts = tickets.opened(platform.sealer, platform.clock(), ticket)
    except tickets.Unreadable:
        raise Unanswerable("ticket") from None
    if "parameters" not in facts:  # one of the steps of signing in
        raise Unanswerable("ticket")
    return facts
