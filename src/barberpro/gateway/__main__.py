"""`python -m barberpro.gateway`: the web process, or several of them, under uvicorn."""

import argparse
import ssl
from collections.abc import Sequence

import uvicorn
from starlette.applications import Starlette

from barberpro.platform.settings import Settings
from barberpro.platform.telemetry import configure

from .app import create_app
from .connection import Connection
from .draining import Draining
from .subscriptions.socket import LARGEST_MESSAGE

DRAIN_SECONDS = 25
START_SECONDS = 60  # a new worker that is not ready by then does not replace an old one


def application() -> Starlette:
    """The application under the environment's settings; what each uvicorn worker calls, in its loop."""
    settings = Settings()
    configure(settings.log_level, "gateway")
    draining = Draining(settings.drain_notice_seconds)
    draining.listen()
    return create_app(settings, draining)


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until told to stop; requests in work get 25 s to finish. Several workers are replaced in turn by SIGHUP."""
    parser = argparse.ArgumentParser(prog="python -m barberpro.gateway", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--tls-certificate", help="serve https with this certificate chain (PEM)")
    parser.add_argument("--tls-key", help="and this private key (PEM)")
    parser.add_argument(
        "--client-ca", help="ask callers for a certificate that one of these signed"
    )
    given = parser.parse_args(arguments)
    settings = Settings()
    uvicorn.run(
        "barberpro.gateway.__main__:application",
        factory=True,
        host=given.host,
        port=given.port,
        workers=given.workers,
        http=Connection,
        proxy_headers=bool(settings.forwarded_by),
        forwarded_allow_ips=list(settings.forwarded_by),
        ssl_certfile=given.tls_certificate,
        ssl_keyfile=given.tls_key,
        ssl_ca_certs=given.client_ca,
        ssl_cert_reqs=ssl.CERT_OPTIONAL if given.client_ca else ssl.CERT_NONE,
        ws_max_size=LARGEST_MESSAGE,
        ws_per_message_deflate=False,  # a few bytes would be able to grow to that size
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=DRAIN_SECONDS,
        timeout_keep_alive=30,
        timeout_worker_healthcheck=START_SECONDS,
    )


if __name__ == "__main__":
    main()
