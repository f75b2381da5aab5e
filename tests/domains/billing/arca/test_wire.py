"""The client against the simulator, over a real socket: receipts, lost answers, what each failure means."""

from __future__ import annotations

import asyncio
import socket
from datetime import timedelta
from decimal import Decimal

import httpx
import pytest

from barberpro.demo.arca.register import Register
from barberpro.domains.billing.arca.port import (
    Authorised,
    Refused,
    Remark,
    Series,
    Ticket,
    TicketRefused,
    Unanswered,
    Unreachable,
)
from barberpro.domains.billing.arca.wire import Wire

from .conftest import CERTIFICATE, CUIT, NOW, TODAY, B, Served, receipt


async def test_a_receipt_is_authorised_and_found_again(arca: Served):
    async with Wire(arca.url) as wire:
        assert await wire.healthy()
        ticket = await wire.login(CERTIFICATE, NOW)
        assert ticket.expires_at == NOW + timedelta(hours=12)
        assert await wire.last_number(ticket, B) == 0
        assert await wire.find(ticket, B, 1) is None
        done = await wire.authorise(ticket, receipt())
        assert done == Authorised("76000000000000", TODAY + timedelta(days=10))
        assert await wire.last_number(ticket, B) == 1
        known = await wire.find(ticket, B, 1)
    assert known is not None
    assert known.authorised == done
    assert (known.issued_on, known.document_kind, known.document_number) == (TODAY, 99, 0)
    assert known.total == 1_210_000


async def test_numbers_outlive_the_simulators_process(arca: Served):
    async with Wire(arca.url) as wire:
        ticket = await wire.login(CERTIFICATE, NOW)
        await wire.authorise(ticket, receipt())
    again = Register(arca.path)
    assert again.last((CUIT, 1, 6)) == (1, TODAY)  # pyright: ignore[reportArgumentType]
    again.close()


async def test_a_dropped_answer_is_unanswered_and_find_then_has_the_cae(arca: Served):
    async with Wire(arca.url) as wire:
        ticket = await wire.login(CERTIFICATE, NOW)
        arca.fault("FECAESolicitar", "drop")
        with pytest.raises(Unanswered):
            await wire.authorise(ticket, receipt())
        known = await wire.find(ticket, B, 1)
        assert known is not None
        assert known.authorised.cae == "76000000000000"
        # The same number again is refused, as ARCA was seen to, and takes no second CAE.
        repeated = await wire.authorise(ticket, receipt())
        assert isinstance(repeated, Refused)
        assert [each.code for each in repeated.remarks] == [10016]
        assert await wire.last_number(ticket, B) == 1


@pytest.mark.parametrize("effect", ["http500", "error501"])
async def test_internal_errors_leave_it_open_whether_a_receipt_was_authorised(
    arca: Served, effect: str
):
    async with Wire(arca.url) as wire:
        ticket = await wire.login(CERTIFICATE, NOW)
        arca.fault("FECAESolicitar", effect)
        with pytest.raises(Unanswered):
            await wire.authorise(ticket, receipt())
        arca.fault("FECompUltimoAutorizado", effect)
        with pytest.raises(Unreachable):
            await wire.last_number(ticket, B)
        assert await wire.last_number(ticket, B) == 0


async def test_a_slow_answer_is_unanswered_though_the_receipt_is_authorised(arca: Served):
    async with Wire(arca.url, timeout=httpx.Timeout(0.2)) as hasty, Wire(arca.url) as wire:
        ticket = await wire.login(CERTIFICATE, NOW)
        arca.fault("FECAESolicitar", "delay", seconds=0.5)
        with pytest.raises(Unanswered, match="ReadTimeout"):
            await hasty.authorise(ticket, receipt())
        # The work goes on without its caller: the row of numbers is taken until it is done.
        arca.fault("FECompConsultar", "delay", seconds=1.0)
        known = await wire.find(ticket, B, 1)
        assert known is not None
        assert known.authorised.cae == "76000000000000"


async def test_two_calls_for_one_series_at_a_time_give_502(arca: Served):
    async with Wire(arca.url) as wire:
        ticket = await wire.login(CERTIFICATE, NOW)
        arca.fault("FECAESolicitar", "delay", seconds=0.3)
        both = await asyncio.gather(
            *(wire.authorise(ticket, receipt()) for _ in range(2)), return_exceptions=True
        )
        assert sorted(type(each).__name__ for each in both) == ["Authorised", "Unanswered"]
        assert await wire.last_number(ticket, B) == 1


async def test_where_nobody_listens_nothing_was_done():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    async with Wire(f"http://127.0.0.1:{port}") as wire:
        with pytest.raises(Unreachable):
            await wire.authorise(Ticket("token", "sign", NOW), receipt())


async def test_an_answer_that_is_too_large_or_not_xml_is_no_answer():
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n" + bodies.pop())
        await writer.drain()
        writer.close()

    entities = b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'
    bodies = [b"<" * 1_100_000, b"<html>Sorry</html>", entities]
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server, Wire(url) as wire:
        for words in ("document type", "no envelope", "larger than"):
            with pytest.raises(Unanswered, match=words):
                await wire.authorise(Ticket("token", "sign", NOW), receipt())


async def test_a_ticket_is_refused_once_it_has_ended_was_tampered_with_or_is_anothers(arca: Served):
    async with Wire(arca.url) as wire:
        ticket = await wire.login(CERTIFICATE, NOW)
        with pytest.raises(TicketRefused, match="firma"):
            await wire.last_number(Ticket(ticket.token, ticket.sign[::-1], NOW), B)
        with pytest.raises(TicketRefused, match="leer"):
            await wire.last_number(Ticket("????", ticket.sign, NOW), B)
        with pytest.raises(TicketRefused, match="relaciones"):
            await wire.authorise(ticket, receipt(series=Series(30500010912, 1, 6)))
        arca.pass_time(hours=12, seconds=61)
        with pytest.raises(TicketRefused, match="No validaron las fechas"):
            await wire.authorise(ticket, receipt())


async def test_a_second_ticket_is_refused_for_ten_minutes(arca: Served):
    async with Wire(arca.url) as wire:
        await wire.login(CERTIFICATE, NOW)
        with pytest.raises(TicketRefused, match="alreadyAuthenticated") as refused:
            await wire.login(CERTIFICATE, NOW)
        assert refused.value.again_after == 600
        arca.pass_time(minutes=10)
        assert (await wire.login(CERTIFICATE, arca.now)).expires_at == arca.now + timedelta(
            hours=12
        )


async def test_monotributo_is_observed_and_an_exchange_rate_is_exact(arca: Served):
    a = receipt(
        series=Series(CUIT, 1, 1), document_kind=80, document_number=30500010912,
        receiver_condition=6, currency="DOL", exchange_rate=Decimal("1450.125"),
    )  # fmt: skip
    async with Wire(arca.url) as wire:
        done = await wire.authorise(await wire.login(CERTIFICATE, NOW), a)
    assert isinstance(done, Authorised)
    [remark] = done.observations
    assert isinstance(remark, Remark)
    assert remark.code == 10217
    assert remark.text.startswith("El credito fiscal discriminado")


async def test_a_passing_fault_of_wsaa_may_be_asked_again_after_a_minute(arca: Served):
    arca.fault("loginCms", "http500")
    async with Wire(arca.url) as wire:
        with pytest.raises(TicketRefused) as refused:
            await wire.login(CERTIFICATE, NOW)
    assert refused.value.again_after == 60
