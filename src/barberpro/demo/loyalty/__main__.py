"""`python -m barberpro.demo.loyalty --port N`: the service, for the gateway at the public URL."""

import argparse
from urllib.parse import urlsplit

import uvicorn

from barberpro.platform import clock
from barberpro.platform.outside import Outside
from barberpro.platform.settings import Settings

from .app import create_app
from .callers import Callers
from .ledger import Ledger

FILE = "loyalty.db"
JWKS_PATH = "/.well-known/jwks.json"


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m barberpro.demo.loyalty")
    parser.add_argument("--port", type=int, required=True)
    port = parser.parse_args().port
    settings = Settings()
    issuer = settings.public_url.rstrip("/")
    host = urlsplit(issuer).hostname or ""
    outside = Outside(private_hosts=frozenset({host}))
    callers = Callers(
        issuer,
        address(port),
        lambda: outside.document(issuer + JWKS_PATH, hosts=[host]),
        clock.now,
    )
    app = create_app(Ledger(settings.data_dir / FILE), callers, clock.now)
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")


def address(port: int) -> str:
    """Where the service takes requests, which is what its tokens are for."""
    return f"http://127.0.0.1:{port}/graphql"


if __name__ == "__main__":
    main()
