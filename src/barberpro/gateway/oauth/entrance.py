"""Where the pages stand by which people come in and go out."""

from starlette.routing import Route

from . import authorize
from .account import account, sign_out, withdraw
from .invitation import PATH, invitation
from .login import login
from .pages import CSS_PATH, css, refused
from .reception import Act, received
from .second_factor import second_factor
from .steps import ACCOUNT_PATH


def routes() -> list[Route]:
    """The pages of users; they find the platform in `request.state`."""
    return [
        _page(authorize.AUTHORIZE_PATH, authorize.authorize, "GET"),
        _page(authorize.CONSENT_PATH, authorize.consent, "POST"),
        _page(authorize.LOGIN_PATH, login, "GET", "POST"),
        _page("/oauth/second-factor", second_factor, "POST"),
        _page(ACCOUNT_PATH, account, "GET", "POST"),
        _page(f"{ACCOUNT_PATH}/withdraw", withdraw, "POST"),
        _page("/oauth/sign-out", sign_out, "POST"),
        _page(PATH, invitation, "GET", "POST"),
        Route(CSS_PATH, css, methods=["GET"]),
    ]


def _page(path: str, act: Act, *methods: str) -> Route:
    return Route(path, received(act, refused, path.removeprefix("/oauth/")), methods=methods)
