"""A request to the token endpoint, and a client, in the shape that Authlib knows them in."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from authlib.oauth2.rfc6749 import ClientMixin, OAuth2Payload, OAuth2Request
from sqlalchemy import Row

from .form import Basic

BASIC = "client_secret_basic"
GRANTS = ("client_credentials",)


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


class TokenRequest(OAuth2Request):
    """A request already read. Its URL is the configured one, whatever Host said."""

    def __init__(
        self, url: str, pairs: Sequence[tuple[str, str]], credentials: Basic | None
    ) -> None:
        super().__init__("POST", url)
        self.parameters = Parameters(pairs)
        self.payload = self.parameters
        self.credentials = credentials


class Applicant(ClientMixin):
    """A client at our door."""

    def __init__(self, row: Row[Any]) -> None:
        self.row = row

    def get_client_id(self) -> str:
        return self.row.id

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in GRANTS

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """The same at every endpoint: Authlib's own mixin checks at the token endpoint only."""
        return method == BASIC
