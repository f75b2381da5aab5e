"""Written by hand to win: one Starlette endpoint an operation, asyncpg's prepared statements, answers put together in
Python from joined rows, orjson.

It connects past row-level security and names the tenant in every statement, which is cheaper. Moments come as text,
which is cheaper than datetimes. Page sizes stand in the statements' texts, so that PostgreSQL plans each once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from starlette.applications import Starlette

from .door import Caller
from .rows import BEFORE, Rows, after, application_of, moment, page_size

LOCATION = (
    "SELECT id, name, city, time_zone, is_active FROM locations"
    " WHERE organization_id = $1 AND id = $2"
)
PAGE = """SELECT * FROM bookings WHERE organization_id = $1 {before}
    ORDER BY starts_at DESC, id DESC LIMIT {size}"""
BOARD = f"""SELECT b.id, {moment("b.starts_at")}, {moment("b.ends_at")}, b.status,
    b.location_id, l.name, l.city, b.provider_id, p.name, b.customer_id, c.name,
    b.service_id, s.name, s.duration_minutes, s.price_minor, s.currency_code,
    i.id, i.series, i.number, i.status, i.total_minor, i.currency_code
  FROM ({PAGE}) b
  JOIN locations l ON l.organization_id = $1 AND l.id = b.location_id
  JOIN providers p ON p.organization_id = $1 AND p.id = b.provider_id
  JOIN customers c ON c.organization_id = $1 AND c.id = b.customer_id
  JOIN services s ON s.organization_id = $1 AND s.id = b.service_id
  LEFT JOIN invoices i ON i.organization_id = $1 AND i.id = b.invoice_id
  ORDER BY b.starts_at DESC, b.id DESC"""  # noqa: S608 - nothing in it comes from a request
LEDGER = f"""SELECT id, {moment("starts_at")}, {moment("ends_at")}, {moment("created_at")}, status, channel,
    duration_minutes, price_minor, currency_code, is_first_visit, notes IS NOT NULL
  FROM bookings WHERE organization_id = $1 {{before}}
  ORDER BY starts_at DESC, id DESC LIMIT {{size}}"""  # noqa: S608 - nothing in it comes from a request
CHAIN = (
    """SELECT id, name FROM locations WHERE organization_id = $1 ORDER BY name_key, id LIMIT 20"""
)
STAFF = """SELECT k.id, p.id, p.name FROM unnest($2::text[]) AS k(id), LATERAL (
    SELECT p.id, p.name, p.name_key FROM provider_locations w
    JOIN providers p ON p.organization_id = $1 AND p.id = w.provider_id
    WHERE w.organization_id = $1 AND w.location_id = k.id ORDER BY p.name_key, p.id LIMIT 10) p
  ORDER BY p.name_key, p.id"""
AGENDAS = f"""SELECT k.id, b.id, {moment("b.starts_at")}, b.status, b.customer_id, c.name,
    i.id, i.total_minor, i.currency_code
  FROM unnest($2::text[]) AS k(id), LATERAL (
    SELECT * FROM bookings WHERE organization_id = $1 AND provider_id = k.id
    ORDER BY starts_at DESC, id DESC LIMIT 10) b
  JOIN customers c ON c.organization_id = $1 AND c.id = b.customer_id
  LEFT JOIN invoices i ON i.organization_id = $1 AND i.id = b.invoice_id
  ORDER BY b.starts_at DESC, b.id DESC"""  # noqa: S608 - nothing in it comes from a request


class Amounts(dict[int, str]):
    """Minor units as the wire shows them; a shop has few prices, so each is written once."""

    def __missing__(self, minor: int) -> str:
        shown = self[minor] = f"{minor // 100}.{minor % 100:02}"
        if len(self) > 100_000:
            self.clear()
        return shown


AMOUNTS = Amounts()


async def location_by_id(rows: Rows, variables: dict[str, Any], caller: Caller) -> bytes:
    found = await rows.all(LOCATION, caller.tenant, variables["id"])
    shown = None
    for id_, name, city, zone, is_active in found:
        shown = {"id": id_, "name": name, "city": city, "timeZone": zone, "isActive": is_active}
    return orjson.dumps({"data": {"location": shown}})


async def booking_board(rows: Rows, variables: dict[str, Any], caller: Caller) -> bytes:
    size = page_size(variables, 50)
    given, before = after(variables, caller.tenant)
    found = await rows.all(
        BOARD.format(before=BEFORE if before else "", size=size + 1), caller.tenant, *given
    )
    nodes = [
        {
            "id": id_,
            "startsAt": starts,
            "endsAt": ends,
            "status": status,
            "location": {"id": location, "name": location_name, "city": city},
            "provider": {"id": provider, "name": provider_name},
            "customer": {"id": customer, "name": customer_name},
            "service": {
                "id": service,
                "name": service_name,
                "durationMinutes": minutes,
                "price": {"amount": AMOUNTS[price], "currencyCode": currency},
            },
            "invoice": invoice
            and {
                "id": invoice,
                "number": None if number is None else f"{series:04}-{number:08}",
                "status": invoice_status,
                "total": {"amount": AMOUNTS[total], "currencyCode": invoice_currency},
            },
        }
        for id_, starts, ends, status, location, location_name, city, provider, provider_name, customer,
        customer_name, service, service_name, minutes, price, currency, invoice, series, number,
        invoice_status, total, invoice_currency in found[:size]
    ]  # fmt: skip
    return _page(rows, nodes, found, size, caller)


async def booking_ledger(rows: Rows, variables: dict[str, Any], caller: Caller) -> bytes:
    size = page_size(variables, 20)
    given, before = after(variables, caller.tenant)
    found = await rows.all(
        LEDGER.format(before=BEFORE if before else "", size=size + 1), caller.tenant, *given
    )
    nodes = [
        {
            "id": id_,
            "startsAt": starts,
            "endsAt": ends,
            "createdAt": created,
            "status": status,
            "channel": channel,
            "durationMinutes": minutes,
            "price": {"amount": AMOUNTS[price], "currencyCode": currency},
            "isFirstVisit": is_first,
            "notes": None,
        }
        for id_, starts, ends, created, status, channel, minutes, price, currency, is_first, _
        in found[:size]
    ]  # fmt: skip
    noted = {row[0]: node for row, node in zip(found, nodes, strict=False) if row[10]}
    if noted:
        for id_, text in (await rows.notes(caller.tenant, list(noted))).items():
            noted[id_]["notes"] = text
    return _page(rows, nodes, found, size, caller)


async def chain_overview(rows: Rows, _: dict[str, Any], caller: Caller) -> bytes:
    places = await rows.all(CHAIN, caller.tenant)
    staff = await rows.all(STAFF, caller.tenant, [id_ for id_, _ in places])
    people = list({person: None for _, person, _ in staff})
    booked = await rows.all(AGENDAS, caller.tenant, people)
    agendas: dict[str, list[Any]] = {person: [] for person in people}
    for person, id_, starts, status, customer, name, invoice, total, currency in booked:
        billed = invoice and {
            "id": invoice,
            "total": {"amount": AMOUNTS[total], "currencyCode": currency},
        }
        agendas[person].append(
            {
                "id": id_,
                "startsAt": starts,
                "status": status,
                "customer": {"id": customer, "name": name},
                "invoice": billed,
            }
        )
    working: dict[str, list[Any]] = {id_: [] for id_, _ in places}
    for place, person, name in staff:
        working[place].append({"id": person, "name": name, "bookings": {"nodes": agendas[person]}})
    nodes = [
        {"id": id_, "name": name, "providers": {"nodes": working[id_]}} for id_, name in places
    ]
    return orjson.dumps({"data": {"locations": {"nodes": nodes}}})


def _page(
    rows: Rows, nodes: list[dict[str, Any]], found: Sequence[Any], size: int, caller: Caller
) -> bytes:
    last = nodes[-1] if nodes else None
    info = {
        "endCursor": last and rows.cursor(caller.tenant, last["startsAt"], last["id"]),
        "hasNextPage": len(found) > size,
    }
    return orjson.dumps({"data": {"bookings": {"nodes": nodes, "pageInfo": info}}})


def application() -> Starlette:
    """One endpoint for each operation."""
    return application_of(location_by_id, booking_board, chain_overview, booking_ledger)
