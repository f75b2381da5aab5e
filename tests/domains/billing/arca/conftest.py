"""ARCA's simulator on a real socket, with a clock that tests set."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import uvicorn

from barberpro.demo.arca.app import Simulator
from barberpro.demo.arca.authority import Authority
from barberpro.demo.arca.register import Register
from barberpro.domains.billing.arca.port import Certificate, Receipt, Series, Vat

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
CUIT = 20267565393
AUTHORITY = Authority.made(NOW)
CERTIFICATE = AUTHORITY.issue(CUIT, NOW)
B = Series(CUIT, 1, 6)


class Served:
    """A simulator that answers, and what a test does to it from outside."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.now = NOW
        self.url = ""

    def fault(self, operation: str, effect: str, **more: float) -> None:
        told = {"operation": operation, "effect": effect, **more}
        assert httpx.post(self.url + "/faults", json=told).status_code == 204

    def pass_time(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def arca(tmp_path: Path) -> Iterator[Served]:
    served = Served(tmp_path / "arca.db")
    register = Register(served.path)
    app = Simulator(AUTHORITY, register, lambda: served.now).app()
    listening = socket.create_server(("127.0.0.1", 0))
    served.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off", ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    while not server.started:
        time.sleep(0.005)
    try:
        yield served
    finally:
        server.should_exit = True
        thread.join()
        listening.close()
        register.close()


def certificate(*, cuit: int = CUIT, **more: datetime) -> Certificate:
    return AUTHORITY.issue(cuit, NOW, **more)


def receipt(number: int = 1, **changed: object) -> Receipt:
    """A haircut of $ 12,100.00 for a consumer, class B, with what a test changes."""
    plain = Receipt(
        series=B,
        number=number,
        issued_on=TODAY,
        concept=2,
        document_kind=99,
        document_number=0,
        receiver_condition=5,
        net=1_000_000,
        vat=210_000,
        untaxed=0,
        exempt=0,
        tributes_total=0,
        total=1_210_000,
        vats=(Vat(5, 1_000_000, 210_000),),
        served=(TODAY, TODAY),
        due_on=TODAY,
    )
    return replace(plain, **changed)  # pyright: ignore[reportArgumentType]
