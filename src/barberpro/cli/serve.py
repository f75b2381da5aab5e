"""`barberpro serve`: everything a laptop needs in one command: database, demo data, web and worker, supervised."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer

START_SECONDS = 60
DRAIN_SECONDS = 30
WORKER_REST, LONGEST_REST = 1.0, 60.0  # seconds before a worker that died is started again

QUERY = "{ bookings(first: 3) { nodes { startsAt status location { name } service { name } } } }"


def serve(
    demo: Annotated[bool, typer.Option(help="Load the demo chain, and print its clients.")] = False,
    data_dir: Annotated[
        Path | None, typer.Option(help="Where the embedded database and keys live.")
    ] = None,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, help="Web processes.")] = 1,
    scale: Annotated[
        str, typer.Option(help="How large the demo is: default or arena.")
    ] = "default",
    subgraph: Annotated[
        str | None,
        typer.Option(help="Serve one domain's own fields to a federation router, and no worker."),
    ] = None,
) -> None:
    """Migrate, load the demo where asked, and serve GraphQL, the console and the worker until told to stop."""
    if subgraph is not None:
        _check_subgraph(subgraph)
        os.environ["BARBERPRO_SUBGRAPH"] = subgraph
    base = f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}"  # noqa: S104 - compared, not bound
    environment = _environment(demo=demo, data_dir=data_dir, base=base)
    os.environ.update(environment)
    others = _upstreams() if demo and "BARBERPRO_UPSTREAMS" not in os.environ else {}
    from barberpro.platform.settings import Settings

    settings = Settings()
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    _prepare(settings, demo=demo, scale=scale)
    web = [
        "-m",
        "barberpro.gateway",
        "--host",
        host,
        "--port",
        str(port),
        "--workers",
        str(workers),
    ]
    beside = {} if subgraph else {"worker": ["-m", "barberpro.cli", "worker"]}
    held = _Supervisor(settings.data_dir, web, base, {**beside, **others})
    raise typer.Exit(held.run(settings, demo=demo))


def _check_subgraph(name: str) -> None:
    from barberpro.graph.schema import subgraphs

    if name not in subgraphs():
        known = ", ".join(sorted(subgraphs()))
        raise typer.BadParameter(f"there are {known}", param_hint="--subgraph")


def _environment(*, demo: bool, data_dir: Path | None, base: str) -> dict[str, str]:
    given = {"BARBERPRO_DEMO": "true"} if demo else {}
    if data_dir is not None:
        given["BARBERPRO_DATA_DIR"] = str(data_dir.absolute())
    if "BARBERPRO_PUBLIC_URL" not in os.environ:
        given["BARBERPRO_PUBLIC_URL"] = base
    if "BARBERPRO_DRAIN_NOTICE_SECONDS" not in os.environ:
        given["BARBERPRO_DRAIN_NOTICE_SECONDS"] = "0"  # nobody balances load in front of a laptop
    return given


def _upstreams() -> dict[str, list[str]]:
    """The service that the demo asks for points, at a free port: its command, by its name."""
    from barberpro.demo.loyalty.__main__ import address

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    os.environ["BARBERPRO_UPSTREAMS"] = json.dumps([{"name": "loyalty", "url": address(port)}])
    return {"loyalty": ["-m", "barberpro.demo.loyalty", "--port", str(port)]}


def _prepare(settings: Any, *, demo: bool, scale: str) -> None:
    from barberpro.platform import migrations

    typer.echo(f"database: {_safe(settings.database)}")
    migrations.upgrade(settings.database)
    if settings.subgraph is None:  # a subgraph is asked in documents of its router's own
        _check_documents(settings)
    if demo:
        from .demo import is_loaded

        if not is_loaded(settings):
            # A process of its own: what generating takes in memory is given back.
            subprocess.run(
                [
                    sys.executable,
                    "-m",
                    "barberpro.cli",
                    "demo",
                    "load",
                    "--train",
                    "--scale",
                    scale,
                ],
                check=True,
            )
        points = [sys.executable, "-m", "barberpro.cli", "demo", "points"]
        subprocess.run(points, check=True, stdout=subprocess.DEVNULL)


def _check_documents(settings: Any) -> None:
    """End here where clients are registered with documents that this version does not answer."""
    from .operations import checked_once

    if not checked_once(settings):
        typer.echo(
            "Revoke them by `barberpro operations revoke`, or run another version.", err=True
        )
        raise typer.Exit(1)


def _safe(url: str) -> str:
    from sqlalchemy import make_url

    return make_url(url).render_as_string(hide_password=True)


@dataclass
class _Beside:
    """A process that is started again when it dies, after a rest that grows."""

    name: str
    rest: float = WORKER_REST
    started: float = field(default_factory=time.monotonic)
    again_at: float | None = None


class _Supervisor:
    """Holds the web process and those beside it, which are started again when they die."""

    def __init__(
        self, data_dir: Path, web: list[str], base: str, beside: Mapping[str, list[str]]
    ) -> None:
        self.data_dir = data_dir
        self.base = base
        self.commands = {"gateway": web, **beside}
        self.beside = [_Beside(name) for name in beside]
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.stopping = False

    def run(self, settings: Any, *, demo: bool) -> int:
        """Serve until a signal or the end of the web process; its exit code."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: self._stop())
        try:
            for name in self.commands:
                self._start(name)
            if self._is_ready():
                _tell(settings, self.base, self.data_dir, demo=demo)
            return self._watch()
        finally:
            self._stop()
            self._wait()

    def _start(self, name: str) -> None:
        with (self.data_dir / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                [sys.executable, *self.commands[name]],
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _is_ready(self) -> bool:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and not self.stopping:
            if self.running["gateway"].poll() is not None:
                typer.echo(
                    f"the gateway did not start: see {self.data_dir / 'gateway.log'}", err=True
                )
                return False
            try:
                with urllib.request.urlopen(f"{self.base}/readyz", timeout=2) as answer:
                    return answer.status == 200
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        typer.echo(f"the gateway is slow to start: see {self.data_dir / 'gateway.log'}", err=True)
        return False

    def _watch(self) -> int:
        while not self.stopping:
            code = self.running["gateway"].poll()
            if code is not None:
                return code or 1
            for each in self.beside:
                self._look_after(each, time.monotonic())
            time.sleep(0.2)
        return 0

    def _look_after(self, each: "_Beside", now: float) -> None:
        if each.again_at is None and self.running[each.name].poll() is not None:
            is_new = now - each.started > LONGEST_REST
            each.rest = WORKER_REST if is_new else min(each.rest * 2, LONGEST_REST)
            typer.echo(f"the {each.name} ended; starting it again in {each.rest:.0f} s", err=True)
            each.again_at = now + each.rest
        if each.again_at is not None and now >= each.again_at:
            self._start(each.name)
            each.started, each.again_at = now, None

    def _stop(self) -> None:
        self.stopping = True
        for process in self.running.values():
            if process.poll() is None:
                process.terminate()

    def _wait(self) -> None:
        deadline = time.monotonic() + DRAIN_SECONDS
        for process in self.running.values():
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _tell(settings: Any, base: str, data_dir: Path, *, demo: bool) -> None:
    """Say where everything is, and give a line to paste."""
    typer.echo(
        f"\nGraphQL    {base}/graphql\nConsole    {base}/console/\nToken      {base}/oauth/token"
    )
    typer.echo(f"Logs       {data_dir / 'gateway.log'}")
    if demo:
        from barberpro.demo.credentials import calendars, kept, logins

        clients = kept(settings.data_dir)
        typer.echo("\nDemo clients (name, client id, client secret):")
        for client in clients:
            secret = client.client_secret or "none: people sign in through it"
            typer.echo(f"  {client.name:10} {client.client_id}  {secret}")
        typer.echo("\nDemo users (e-mail, password, role):")
        for person in logins(settings.data_dir):
            typer.echo(f"  {person.email:26} {person.password}  {person.role}")
        for calendar in calendars(settings.data_dir):
            typer.echo(f"\nCalendar of a shop, to subscribe to:\n  {base}{calendar.path}")
        first = clients[0]
        typer.echo("\nTry it:\n" + curl(base, first.client_id, first.client_secret or ""))
    typer.echo("\nStop with Ctrl-C.")


def curl(base: str, client_id: str, secret: str) -> str:
    """One line that gets a token and asks a question."""
    token = (
        f"$(curl -s -u '{client_id}:{secret}' -d grant_type=client_credentials {base}/oauth/token"
        ' | sed \'s/.*"access_token": *"\\([^"]*\\)".*/\\1/\')'
    )
    body = json.dumps({"query": QUERY})
    return (
        f'curl -s {base}/graphql -H "Authorization: Bearer {token}"'
        f" -H 'Content-Type: application/json' -d '{body}'"
    )
