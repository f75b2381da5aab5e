"""The contenders as processes: started, asked, and looked at from outside."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from _throwaway import free_port

from .world import World

GATEWAY = "gateway"
SLOW = ("interpreted", "strawberry")
FLOOR = "constant"
NAMES = (GATEWAY, *SLOW, "hand", "hand-json", FLOOR)
"""`gateway` is the product with everything on; `peers/` says what the others are."""
PATIENCE, LAST_LINES = 60.0, 5
CLIENT = "frontend"


@dataclass(frozen=True)
class Contender:
    """A server that runs."""

    name: str
    port: int
    process: subprocess.Popen[bytes]

    @property
    def pid(self) -> int:
        return self.process.pid

    def request(self, operation: str, variables: Mapping[str, Any], token: str) -> bytes:
        """A whole request as bytes: by document id, by text, or to an endpoint of its own."""
        return self.whole(*self._asked(operation, variables), token)

    def whole(self, path: str, body: bytes, token: str) -> bytes:
        """A request for this path with this body."""
        return (
            f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1:{self.port}\r\nauthorization: Bearer {token}\r\n"
            "content-type: application/json\r\naccept: application/json\r\n"
            f"content-length: {len(body)}\r\n\r\n"
        ).encode() + body

    def _asked(self, operation: str, variables: Mapping[str, Any]) -> tuple[str, bytes]:
        if self.name in (GATEWAY, "interpreted"):
            body = {"documentId": documents()[operation], "variables": variables}
            return "/graphql", json.dumps(body).encode()
        if self.name == "strawberry":
            body = {
                "query": texts()[operation],
                "variables": variables,
                "operationName": operation,
            }
            return "/graphql", json.dumps(body).encode()
        return f"/{operation}", json.dumps(variables).encode()


def documents() -> dict[str, str]:
    """Operation name to the id of its document, as registered for the client that asks."""
    from barberpro.demo.credentials import documents as registered

    return registered(CLIENT)


def texts() -> dict[str, str]:
    """Operation name to its text."""
    from barberpro.gateway.documents import contract, operation_files

    found = operation_files(contract() / "operations")
    return {name: text for whose, name, text in found if whose == CLIENT}


@contextlib.contextmanager
def started(name: str, world: World, issuer: str, port: int = 0) -> Iterator[Contender]:
    """One contender, ready to answer; gone afterwards."""
    port = port or free_port()
    module = "barberpro.gateway" if name == GATEWAY else "arena.peers"
    command = [sys.executable, "-m", module, *([] if name == GATEWAY else [name])]
    written = world.folder / f"{name}.log"
    with written.open("ab") as log:
        process = subprocess.Popen(
            [*command, "--port", str(port)],
            env=world.environment(issuer),
            stdout=log,
            stderr=log,
        )
    try:
        _wait(name, process, port, written)
        yield Contender(name, port, process)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def all_started(names: list[str], world: World) -> Iterator[dict[str, Contender]]:
    """The gateway, whose tokens all take, and the other contenders of these names."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    with contextlib.ExitStack() as running:
        gateway = running.enter_context(started(GATEWAY, world, base, port))
        with urllib.request.urlopen(f"{base}/.well-known/jwks.json") as keys:
            (world.folder / "jwks.json").write_bytes(keys.read())
        others = [name for name in names if name != GATEWAY]
        yield {GATEWAY: gateway} | {
            name: running.enter_context(started(name, world, base)) for name in others
        }


def _wait(name: str, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Until it answers anything at all: a 404 tells as much as a 200 that the lifespan has begun."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            lines = log.read_text(errors="replace").splitlines()
            raise SystemExit("\n".join([f"{name} did not start:", *lines[-LAST_LINES:]]))
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2).close()
            return
        except urllib.error.HTTPError as answer:
            if answer.code != 503:
                return
        except OSError:
            pass
        time.sleep(0.05)
    raise SystemExit(f"{name} was not ready after {PATIENCE:.0f} s: see {log}")


def token(base: str, world: World) -> str:
    """A fresh access token of the client that asks."""
    from barberpro.demo.credentials import kept

    client = next(each for each in kept(world.folder) if each.name == CLIENT)
    basic = base64.b64encode(f"{client.client_id}:{client.client_secret}".encode()).decode()
    request = urllib.request.Request(
        f"{base}/oauth/token", b"grant_type=client_credentials", {"authorization": f"Basic {basic}"}
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)["access_token"]


async def answer(port: int, request: bytes) -> Any:
    """The answer's JSON. SystemExit where it is none."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**24)
    try:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        body = await reader.readexactly(length)
    finally:
        writer.close()
    if head[9:12] != b"200":
        raise SystemExit(f"an answer with status {head[9:12].decode()}: {body[:500].decode()}")
    return json.loads(body)
