"""What may go wrong with clients, for a caller to act on."""

from dataclasses import dataclass

from barberpro.platform.errors import Conflict, Invalid, NotFound


@dataclass(eq=False)
class ClientNameInvalid(Invalid):
    """The name cannot be one of a client."""

    code = "CLIENT_NAME_INVALID"
    says = (
        "{name!r} cannot name a client: "
        "use 2 to 64 lower-case letters, digits and hyphens, and begin with a letter."
    )
    name: str
    """The name that is taken."""


@dataclass(eq=False)
class ClientNameTaken(Conflict):
    """Another client, of any organization, has this name; names are never given anew."""

    code = "CLIENT_NAME_TAKEN"
    says = "A client named {name} exists already. Choose another name."
    name: str
    """The name that is taken."""


@dataclass(eq=False)
class ClientScopesInvalid(Invalid):
    """The scopes are none, too many, or not of the form noun:verb."""

    code = "CLIENT_SCOPES_INVALID"
    says = "Give a client 1 to {most} scopes of the form noun:verb."
    most: int


@dataclass(eq=False)
class ClientLocationsInvalid(Invalid):
    """The locations are none, too many, or not ids of locations."""

    code = "CLIENT_LOCATIONS_INVALID"
    says = "Limit a client to 1 to {most} locations by their ids, or do not limit it at all."
    most: int


@dataclass(eq=False)
class ClientNotFound(NotFound):
    """The organization has no such client."""

    code = "CLIENT_NOT_FOUND"
    says = "There is no client {client}."
    client: str
