"""A request to an endpoint for clients, and a client, in the shape that Authlib knows them in."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from authlib.oauth2.rfc6749 import ClientMixin, OAuth2Payload, OAuth2Request
from sqlalchemy import Row

from .form import Basic


class Parameters(OAuth2Payload):
    """The form's parameters; each stands once, but for those that may be repeated."""

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        self._all: defaultdict[str, list[str]] = defaultdict(list)
        for name, value in pairs:
            self._all[name].append(value)

    @property
    def data(self) -> dict[str, str]:
        return {name: values[0] for name, values in self._all.items()}

    @property
    def datalist(self) -> defaultdict[str, list[str]]:
        return self._all


@dataclass(frozen=True)
class Shown:
    """What a request shows beside its form, to prove who sends it. Not yet believed."""

    basic: Basic | None = None
    proof: str | None = None
    """The DPoP header (RFC 9449)."""
    certificate: str | None = None
    """The thumbprint of the certificate behind the connection, which TLS did prove (RFC 8705)."""


NOTHING = Shown()


class TokenRequest(OAuth2Request):
    """A request already read. Its URL is the configured one, whatever Host said."""

    def __init__(self, url: str, pairs: Sequence[tuple[str, str]], shown: Shown = NOTHING) -> None:
        super().__init__("POST", url)
        self.url = url
        self.parameters = Parameters(pairs)
        self.payload = self.parameters
        self.shown = shown

    def given(self, name: str) -> str | None:
        """A parameter of the form."""
        return self.parameters.data.get(name)

    @property
    def named_client(self) -> str | None:
        """Who the request says it comes from."""
        return self.shown.basic.client if self.shown.basic else self.given("client_id")


class Applicant(ClientMixin):
    """A client at our door."""

    def __init__(self, row: Row[Any]) -> None:
        self.row = row

    def get_client_id(self) -> str:
        return self.row.id

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in self.row.grant_types

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """The same at every endpoint: Authlib's own mixin checks at the token endpoint only."""
        return method == self.row.authentication
