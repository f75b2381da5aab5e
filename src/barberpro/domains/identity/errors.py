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
    """The id that was asked for."""


@dataclass(eq=False)
class ClientGrantsInvalid(Invalid):
    """The ways to a token, the way of proving who one is, and the redirect URIs do not fit together."""

    code = "CLIENT_GRANTS_INVALID"
    says = (
        "authorization_code needs redirect URIs and only it has some, refresh_token comes with it, "
        "and client_credentials is for clients that prove who they are."
    )


@dataclass(eq=False)
class RedirectInvalid(Invalid):
    """A redirect URI is neither https nor http on a loopback address, or has parts that it may not have."""

    code = "REDIRECT_INVALID"
    says = (
        "Give at most {most} redirect URIs: https, or http to a loopback address, "
        "without fragment, user and wildcards."
    )
    most: int


@dataclass(eq=False)
class ClientPublicKeysInvalid(Invalid):
    """The public keys are none, too many, private, or given where another proof is asked for."""

    code = "CLIENT_PUBLIC_KEYS_INVALID"
    says = "private_key_jwt, and only it, needs a JWK Set of 1 to {most} public keys."
    most: int


@dataclass(eq=False)
class ClientCertificatesInvalid(Invalid):
    """The thumbprints are none, too many, malformed, or given where another proof is asked for."""

    code = "CLIENT_CERTIFICATES_INVALID"
    says = (
        "self_signed_tls_client_auth, and only it, needs the SHA-256 thumbprints, in base64url, "
        "of 1 to {most} certificates."
    )
    most: int


@dataclass(eq=False)
class ClientHasNoSecret(Conflict):
    """The client proves who it is without a secret, so there is none to change."""

    code = "CLIENT_HAS_NO_SECRET"
    says = "The client {client} has no secret: it proves who it is in another way."
    client: str


@dataclass(eq=False)
class OverlapInvalid(Invalid):
    """Two secrets may not both be good for so long."""

    code = "OVERLAP_INVALID"
    says = "Both secrets can be good for at most {most_days} days."
    most_days: int
