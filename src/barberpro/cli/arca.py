"""`barberpro arca`: the simulator of ARCA, and certificates that it takes."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="A stand-in for ARCA: serve it, make a test certificate for it.", no_args_is_help=True
)

DataDir = Annotated[
    Path | None, typer.Option(help="Where this installation keeps its data.", show_default=False)
]
FILE = "arca-simulator.db"


@app.command()
def simulate(
    port: Annotated[int, typer.Option(help="Where to listen, on this machine only.")] = 8571,
    data_dir: DataDir = None,
    clock: Annotated[
        str | None,
        typer.Option(help="The time to start at, such as 2026-12-01T09:00-03:00; else now."),
    ] = None,
) -> None:
    """Serve WSAA and WSFEv1 until told to stop. Numbers and receipts are kept in the data directory."""
    import uvicorn

    from barberpro.demo.arca.app import Simulator
    from barberpro.demo.arca.authority import Authority
    from barberpro.demo.arca.register import Register

    directory = _directory(data_dir)
    now = _running_from(clock)
    register = Register(directory / FILE)
    simulator = Simulator(Authority.kept(directory, now()), register, now)
    typer.echo(f"ARCA is simulated at http://127.0.0.1:{port}; nothing it authorises is valid.")
    try:
        uvicorn.run(simulator.app(), host="127.0.0.1", port=port, log_level="warning")
    finally:
        register.close()


@app.command()
def certificate(
    cuit: Annotated[str, typer.Argument(help="11 digits of the taxpayer.")],
    out: Annotated[Path, typer.Option(help="Where to write CUIT.crt and CUIT.key.")] = Path(),
    data_dir: DataDir = None,
) -> None:
    """Make a certificate and key that the simulator takes for a CUIT. ARCA itself takes neither."""
    from barberpro.demo.arca.authority import Authority
    from barberpro.demo.arca.rules import cuit_fits
    from barberpro.platform.clock import now

    if not (len(cuit) == 11 and cuit.isascii() and cuit.isdigit() and cuit_fits(int(cuit))):
        raise typer.BadParameter("A CUIT has 11 digits, and the last one must fit the others.")
    made = Authority.kept(_directory(data_dir), now()).issue(int(cuit), now())
    key = out / f"{cuit}.key"
    key.touch(mode=0o600)
    key.write_bytes(made.key)
    (out / f"{cuit}.crt").write_bytes(made.certificate)
    typer.echo(f"{out / cuit}.crt and {key}")


def _directory(data_dir: Path | None) -> Path:
    from barberpro.platform.settings import Settings

    return data_dir or Settings().data_dir


def _running_from(text: str | None) -> Callable[[], datetime]:
    """A clock that stands at a time now and goes on from it."""
    from barberpro.platform import clock

    if text is None:
        return clock.now
    try:
        start = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter("The clock is a time such as 2026-12-01T09:00-03:00.") from error
    if start.tzinfo is None:
        raise typer.BadParameter("The clock needs an offset, such as -03:00.")
    ahead = start.astimezone(UTC) - clock.now()
    return lambda: clock.now() + ahead
