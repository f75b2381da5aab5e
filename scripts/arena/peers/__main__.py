"""`python -m arena.peers NAME --port PORT`: serve one contender with one worker, under the gateway's own settings."""

from __future__ import annotations

import argparse

import uvicorn

from barberpro.gateway.connection import Connection

APPLICATIONS = {
    "constant": "arena.peers.constant:application",
    "hand": "arena.peers.hand:application",
    "hand-json": "arena.peers.hand_json:application",
    "interpreted": "arena.peers.interpreted:application",
    "strawberry": "arena.peers.usual:application",
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m arena.peers", description=__doc__)
    parser.add_argument("name", choices=APPLICATIONS)
    parser.add_argument("--port", type=int, required=True)
    given = parser.parse_args()
    uvicorn.run(
        APPLICATIONS[given.name],
        factory=True,
        port=given.port,
        http=Connection if given.name == "interpreted" else "httptools",
        loop="uvloop",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=30,
    )


if __name__ == "__main__":
    main()
