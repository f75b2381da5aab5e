"""Where the pages stand by which people come in and go out."""

from starlette.routing import Route

from .account import account, sign_out, withdraw
from .invitation import PATH, invitation
from .login import login
from .pages import CSS_PATH, css
from .second_factor import second_factor
from .steps import ACCOUNT_PATH


def routes() -> list[Route]:
    """The pages of users; they find the platform in `request.state`."""
    return [
        Route("/oauth/login", login, methods=["GET", "POST"]),
        Route("/oauth/second-factor", second_factor, methods=["POST"]),
        Route(ACCOUNT_PATH, account, methods=["GET", "POST"]),
        Route(f"{ACCOUNT_PATH}/withdraw", withdraw, methods=["POST"]),
        Route("/oauth/sign-out", sign_out, methods=["POST"]),
        Route(PATH, invitation, methods=["GET", "POST"]),
        Route(CSS_PATH, css, methods=["GET"]),
    ]
