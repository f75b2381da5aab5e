"""Written by hand to win the other way: PostgreSQL makes the JSON, and the endpoint hands its bytes on."""

from __future__ import annotations

from typing import Any

import orjson
from starlette.applications import Starlette

from .door import Caller
from .rows import BEFORE, Rows, after, application_of, moment, page_size


def money(minor: str, currency: str) -> str:
    """An amount in SQL as the wire shows it."""
    amount = f"({minor} / 100)::text || '.' || lpad(({minor} % 100)::text, 2, '0')"
    return f"json_build_object('amount', {amount}, 'currencyCode', {currency})"


LOCATION = """SELECT json_build_object('id', id, 'name', name, 'city', city, 'timeZone', time_zone,
    'isActive', is_active)::text FROM locations WHERE organization_id = $1 AND id = $2"""
PAGE = f"""WITH page AS MATERIALIZED (SELECT * FROM bookings WHERE organization_id = $1 {{before}}
    ORDER BY starts_at DESC, id DESC LIMIT {{more}}),
  shown AS (SELECT * FROM page ORDER BY starts_at DESC, id DESC LIMIT {{size}}),
  last AS (SELECT starts_at, id FROM shown ORDER BY starts_at, id LIMIT 1)
  SELECT json::text, (SELECT {moment("starts_at")} FROM last), (SELECT id FROM last),
    (SELECT count(*) FROM page), (SELECT array_agg(id) FROM shown WHERE notes IS NOT NULL)
  FROM (SELECT json_agg(json_build_object("""  # noqa: S608 - nothing in it comes from a request
OF_BOARD = f"""'id', b.id, 'startsAt', {moment("b.starts_at")}, 'endsAt', {moment("b.ends_at")},
    'status', b.status,
    'location', json_build_object('id', l.id, 'name', l.name, 'city', l.city),
    'provider', json_build_object('id', p.id, 'name', p.name),
    'customer', json_build_object('id', c.id, 'name', c.name),
    'service', json_build_object('id', s.id, 'name', s.name, 'durationMinutes', s.duration_minutes,
      'price', {money("s.price_minor", "s.currency_code")}),
    'invoice', CASE WHEN i.id IS NOT NULL THEN json_build_object('id', i.id,
      'number', lpad(i.series::text, 4, '0') || '-' || lpad(i.number::text, 8, '0'), 'status', i.status,
      'total', {money("i.total_minor", "i.currency_code")}) END)
    ORDER BY b.starts_at DESC, b.id DESC) AS json
  FROM shown b
  JOIN locations l ON l.organization_id = $1 AND l.id = b.location_id
  JOIN providers p ON p.organization_id = $1 AND p.id = b.provider_id
  JOIN customers c ON c.organization_id = $1 AND c.id = b.customer_id
  JOIN services s ON s.organization_id = $1 AND s.id = b.service_id
  LEFT JOIN invoices i ON i.organization_id = $1 AND i.id = b.invoice_id) made"""
OF_LEDGER = f"""'id', id, 'startsAt', {moment("starts_at")}, 'endsAt', {moment("ends_at")},
    'createdAt', {moment("created_at")}, 'status', status, 'channel', channel,
    'durationMinutes', duration_minutes, 'price', {money("price_minor", "currency_code")},
    'isFirstVisit', is_first_visit,
    'notes', CASE WHEN notes IS NOT NULL THEN 'sealed ' || id END) ORDER BY starts_at DESC, id DESC) AS json
  FROM shown) made"""
CHAIN = f"""SELECT json_agg(json_build_object('id', l.id, 'name', l.name,
    'providers', json_build_object('nodes', coalesce(w.json, '[]'::json))) ORDER BY l.name_key, l.id)::text
  FROM (SELECT id, name, name_key FROM locations WHERE organization_id = $1
    ORDER BY name_key, id LIMIT 20) l,
  LATERAL (SELECT json_agg(json_build_object('id', p.id, 'name', p.name,
      'bookings', json_build_object('nodes', coalesce(a.json, '[]'::json))) ORDER BY p.name_key, p.id) AS json
    FROM (SELECT p.id, p.name, p.name_key FROM provider_locations w
      JOIN providers p ON p.organization_id = $1 AND p.id = w.provider_id
      WHERE w.organization_id = $1 AND w.location_id = l.id ORDER BY p.name_key, p.id LIMIT 10) p,
    LATERAL (SELECT json_agg(json_build_object('id', b.id, 'startsAt', {moment("b.starts_at")},
        'status', b.status, 'customer', json_build_object('id', c.id, 'name', c.name),
        'invoice', CASE WHEN i.id IS NOT NULL THEN json_build_object('id', i.id,
          'total', {money("i.total_minor", "i.currency_code")}) END)
        ORDER BY b.starts_at DESC, b.id DESC) AS json
      FROM (SELECT * FROM bookings WHERE organization_id = $1 AND provider_id = p.id
        ORDER BY starts_at DESC, id DESC LIMIT 10) b
      JOIN customers c ON c.organization_id = $1 AND c.id = b.customer_id
      LEFT JOIN invoices i ON i.organization_id = $1 AND i.id = b.invoice_id) a) w"""  # noqa: S608 - as above


async def location_by_id(rows: Rows, variables: dict[str, Any], caller: Caller) -> bytes:
    found = await rows.all(LOCATION, caller.tenant, variables["id"])
    return b'{"data":{"location":%b}}' % (found[0][0].encode() if found else b"null")


async def booking_board(rows: Rows, variables: dict[str, Any], caller: Caller) -> bytes:
    return await _page(rows, OF_BOARD, page_size(variables, 50), variables, caller)


async def booking_ledger(rows: Rows, variables: dict[str, Any], caller: Caller) -> bytes:
    return await _page(rows, OF_LEDGER, page_size(variables, 20), variables, caller)


async def chain_overview(rows: Rows, _: dict[str, Any], caller: Caller) -> bytes:
    ((nodes,),) = await rows.all(CHAIN, caller.tenant)
    return b'{"data":{"locations":{"nodes":%b}}}' % (nodes or "[]").encode()


async def _page(
    rows: Rows, made: str, size: int, variables: dict[str, Any], caller: Caller
) -> bytes:
    given, is_behind = after(variables, caller.tenant)
    page = PAGE.format(before=BEFORE if is_behind else "", more=size + 1, size=size)
    ((nodes, starts_at, id_, count, noted),) = await rows.all(page + made, caller.tenant, *given)
    if noted and made is OF_LEDGER:
        for booking, note in (await rows.notes(caller.tenant, noted)).items():
            nodes = nodes.replace(f'"sealed {booking}"', orjson.dumps(note).decode())
    cursor = rows.cursor(caller.tenant, starts_at, id_) if count else None
    info = orjson.dumps({"endCursor": cursor, "hasNextPage": count > size})
    return b'{"data":{"bookings":{"nodes":%b,"pageInfo":%b}}}' % ((nodes or "[]").encode(), info)


def application() -> Starlette:
    """One endpoint for each operation."""
    return application_of(location_by_id, booking_board, chain_overview, booking_ledger)
