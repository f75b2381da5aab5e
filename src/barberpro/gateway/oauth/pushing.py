"""Pushed authorization requests (RFC 9126): the client leaves the request with us, where no browser changes it."""

from sqlalchemy.util import await_
from starlette.responses import JSONResponse, Response

from barberpro.domains.identity.grants import pushed

from . import asking
from .asking import Refusal
from .authentication import ALL
from .refusals import NO_STORE, Unanswerable
from .server import Refused, Server
from .tokens import issuer

OF_AUTHENTICATION = {"client_secret", "client_assertion", "client_assertion_type"}


def push(server: Server) -> Response:
    """Keep the request, once it is as sound as `/oauth/authorize` wants it."""
    client = server.authenticate(ALL)
    given = server.asked.parameters.data
    parameters = {name: given[name] for name in given if name not in OF_AUTHENTICATION}
    parameters["client_id"] = client.id
    if "request_uri" in parameters:
        raise Refused("invalid_request")
    if server.key is not None:
        # A proof shown here binds the code as `dpop_jkt` would (RFC 9449 section 10.1).
        if parameters.get("dpop_jkt", server.key) != server.key:
            raise Refused("invalid_dpop_proof")
        parameters["dpop_jkt"] = server.key
    try:
        asking.once_each(list(parameters.items()))
        redirect_uri = asking.redirect_of(parameters, client)
        asking.checked(parameters, client, redirect_uri, issuer(server.platform.settings))
    except Unanswerable:
        raise Refused("invalid_request") from None
    except Refusal as refusal:
        raise Refused(refusal.error) from None
    reference = await_(pushed.push(server.tx, client.id, parameters))
    body = {"request_uri": reference, "expires_in": int(pushed.LIFE.total_seconds())}
    return JSONResponse(body, 201, headers=NO_STORE)
