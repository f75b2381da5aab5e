"""What each field of the schema means, written down a second time: over all rows, without SQL.

Here stand who sees which row, what points where, how lists are ordered and filtered, and what is reckoned.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

from barberpro.graph.cursors import Cursors
from barberpro.graph.errors import BadInput
from barberpro.platform.principal import Principal

from .meanings_of_money import ASKED, OF_MONEY, money
from .naive import Wrong
from .types_by_id import FOR_THE_WHOLE_ORGANIZATION, TYPES

Rows = list[Any]


@dataclass(frozen=True)
class World:
    """All rows of all tenants, and what of them is sealed, in the open."""

    rows: Mapping[str, Rows]
    now: datetime
    opened: Mapping[tuple[str, str], str]
    """By the id of whom or what it is kept for, and the column."""


# Who sees what. A caller limited to locations sees what is of them, and who was ever booked or works there.


@dataclass
class Caller:
    """Everything one caller can see."""

    world: World
    principal: Principal
    cursors: Cursors
    _seen: dict[str, Rows] = field(default_factory=dict)

    def all(self, table: str) -> Rows:
        """The rows of a table that the caller sees, by id."""
        if table not in self._seen:
            owner = "id" if table == "organizations" else "organization_id"
            mine = [r for r in self.world.rows[table] if getattr(r, owner) == self.principal.tenant]
            seen = [r for r in mine if self._sees(table, r)]
            self._seen[table] = sorted(seen, key=lambda r: r.id)
        return self._seen[table]

    def by_id(self, table: str, id_: str | None) -> Any:
        return next((r for r in self.all(table) if r.id == id_), None)

    def where(self, table: str, **columns: Any) -> Rows:
        """Rows with these values."""
        return [r for r in self.all(table) if all(getattr(r, c) == v for c, v in columns.items())]

    def type_of(self, row: Any) -> str:
        return TYPES[row.id.partition("_")[0]][0]

    @cached_property
    def _booked(self) -> Rows:
        return self.all("bookings")

    def _sees(self, table: str, row: Any) -> bool:
        limits = self.principal.locations
        if limits is None:
            return True
        match table:
            case "locations":
                return row.id in limits
            case "providers":
                works = any(w.provider_id == row.id for w in self.all("provider_locations"))
                return works or any(b.provider_id == row.id for b in self._booked)
            case "customers":
                booked = any(b.customer_id == row.id for b in self._booked)
                return row.home_location_id in limits or booked
            case "booking_changes" | "ratings":
                return any(b.id == row.booking_id for b in self._booked)
            case "travel_times":
                return row.from_location_id in limits
            case "absences" | "skills":
                linked = self.where("provider_locations", provider_id=row.provider_id)
                return bool(linked) or getattr(row, "location_id", None) in limits
            case "invoice_lines":
                return any(i.id == row.invoice_id for i in self.all("invoices"))
            case "ledger_postings":
                return any(a.id == row.account_id for a in self.all("ledger_accounts"))
        return not hasattr(row, "location_id") or row.location_id in limits


# Pages


@dataclass(frozen=True)
class Listed:
    """A page of a list, and the whole of it."""

    whole: Rows
    rows: Rows
    has_more: bool
    after: str | None
    order: str
    by: str
    bound_to: str


ORDERS = {
    "bookings": {"STARTS_AT": "starts_at", "CREATED_AT": "created_at"},
    "locations": {"NAME": "name_key", "CREATED_AT": "created_at"},
    "providers": {"NAME": "name_key", "CREATED_AT": "created_at"},
    "customers": {"NAME": "name_key", "CREATED_AT": "created_at"},
    "services": {"NAME": "name_key", "PRICE": "price_minor", "DURATION": "duration_minutes"},
    "invoices": {"CREATED_AT": "created_at"},
    "ledger_accounts": {"ROLE": "role", "CREATED_AT": "created_at"},
    "ledger_transactions": {"RECORDED_AT": "recorded_at"},
    "users": {"NAME": "name_key", "CREATED_AT": "created_at"},
    "keys": {"CREATED_AT": "created_at"},
    "events": {"OCCURRED_AT": "occurred_at"},
    "policies": {"VERSION": "version"},
}
"""What each list can be ordered by; the first is what it is ordered by unless asked."""
LISTS = {
    ("Query", "bookings"): ("bookings", None),
    ("Query", "locations"): ("locations", None),
    ("Query", "providers"): ("providers", None),
    ("Query", "customers"): ("customers", None),
    ("Query", "services"): ("services", None),
    ("Query", "invoices"): ("invoices", None),
    ("Query", "ledgerAccounts"): ("ledger_accounts", None),
    ("Query", "ledgerTransactions"): ("ledger_transactions", None),
    ("Location", "ledgerAccounts"): ("ledger_accounts", "location_id"),
    ("Query", "users"): ("users", None),
    ("Query", "bookingPolicies"): ("policies", None),
    ("Query", "clientKeys"): ("keys", None),
    ("Query", "auditEvents"): ("events", None),
    ("Location", "bookings"): ("bookings", "location_id"),
    ("Provider", "bookings"): ("bookings", "provider_id"),
    ("Customer", "bookings"): ("bookings", "customer_id"),
    ("Location", "invoices"): ("invoices", "location_id"),
    ("Customer", "invoices"): ("invoices", "customer_id"),
    ("Location", "providers"): ("providers", "provider_locations.location_id"),
}
"""The table that a connection lists, and the column that holds the parent's id."""
BOUNDS = {"From": lambda cell, bound: cell >= bound, "Before": lambda cell, bound: cell < bound}


def listed(me: Caller, at: tuple[str, str], parent: Any, given: Mapping[str, Any]) -> Listed:
    table, column = LISTS[at]
    orders = ORDERS[table]
    asked = given.get("orderBy") or {"field": next(iter(orders))}
    direction = asked.get("direction", "ASC")
    by = orders[asked["field"]]
    whole = [r for r in _of(me, table, column, parent) if _passes(r, given.get("filter") or {})]
    whole.sort(key=lambda r: (getattr(r, by), r.id), reverse=direction == "DESC")
    order, bound_to = f"{asked['field']} {direction}", _bound_to(table, column)
    after, rows = given.get("after"), whole
    if after is not None:
        rows = [r for r in whole if _is_past(me, r, by, bound_to, order, after)]
        _past(me, by, bound_to, order, after)
    first = given.get("first", 20)
    return Listed(whole, rows[:first], len(rows) > first, after, order, by, bound_to)


def _bound_to(table: str, column: str | None) -> str:
    """What a cursor belongs to: the table, or the column that its lists are told apart by."""
    if column is None:
        return table
    return column if "." in column else f"{table}.{column}"


def _of(me: Caller, table: str, column: str | None, parent: Any) -> Rows:
    if column is None:
        return me.all(table)
    if "." not in column:
        return me.where(table, **{column: parent.id})
    link, name = column.split(".")
    linked = {r.provider_id for r in me.where(link, **{name: parent.id})}
    return [r for r in me.all(table) if r.id in linked]


def _passes(row: Any, wanted: Mapping[str, Any]) -> bool:
    """Whether a row is what a filter asks for; what is null or not given asks for nothing."""
    for name, value in wanted.items():
        if value is None:
            continue
        bound = next((end for end in BOUNDS if name.endswith(end)), None)
        if bound:
            about = _snake(name.removesuffix(bound))
            kind, ends = (date, "_on") if hasattr(row, f"{about}_on") else (datetime, "_at")
            cell = getattr(row, about + ends)
            if cell is None or not BOUNDS[bound](cell, kind.fromisoformat(value)):
                return False
        elif isinstance(value, list):
            if getattr(row, _snake(name)) not in value:
                return False
        elif getattr(row, _snake(name)) != value:
            return False
    return True


def _past(me: Caller, by: str, bound_to: str, order: str, after: str) -> tuple[Any, str]:
    try:
        key, id_ = me.cursors.read(bound_to, order, after)
    except BadInput as refused:
        raise Wrong(str(refused)) from None
    return (datetime.fromisoformat(key) if by.endswith("_at") else key), id_


def _is_past(me: Caller, row: Any, by: str, bound_to: str, order: str, after: str) -> bool:
    here, last = (getattr(row, by), row.id), _past(me, by, bound_to, order, after)
    return here < last if order.endswith("DESC") else here > last


def cursor(me: Caller, page: Listed, row: Any) -> str:
    return me.cursors.write(page.bound_to, page.order, (getattr(row, page.by), row.id))


def cursors_of(me: Caller) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """For every connection: its orderings, as arguments, each with a cursor at every row."""
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for at, (table, column) in LISTS.items():
        for name, by in ORDERS[table].items():
            for direction in ("ASC", "DESC"):
                order = f"{name} {direction}"
                page = Listed([], [], False, None, order, by, _bound_to(table, column))
                given = f"orderBy: {{field: {name}, direction: {direction}}}"
                found.setdefault(at, []).extend(
                    (given, f'after: "{cursor(me, page, row)}"') for row in me.all(table)
                )
    return found


def in_page(me: Caller, name: str, page: Listed) -> Any:
    """A field of a connection, of what stands in it, or of its `pageInfo`."""
    match name:
        case "nodes":
            return page.rows
        case "edges":
            return [SimpleNamespace(node=r, cursor=cursor(me, page, r)) for r in page.rows]
        case "pageInfo":
            return page
        case "totalCount":
            return len(page.whole)
        case "hasNextPage":
            return page.has_more
        case "hasPreviousPage":
            return page.after is not None
        case "startCursor":
            return cursor(me, page, page.rows[0]) if page.rows else None
        case "endCursor":
            return cursor(me, page, page.rows[-1]) if page.rows else None
    raise NotImplementedError(name)


# Relations

ONE = {
    ("TravelTime", "toLocation"): ("locations", "to_location_id"),
    ("Shift", "location"): ("locations", "location_id"),
    ("Absence", "location"): ("locations", "location_id"),
    ("Booking", "location"): ("locations", "location_id"),
    ("Booking", "provider"): ("providers", "provider_id"),
    ("Booking", "chair"): ("chairs", "chair_id"),
    ("Booking", "customer"): ("customers", "customer_id"),
    ("Booking", "service"): ("services", "service_id"),
    ("Booking", "invoice"): ("invoices", "invoice_id"),
    ("Booking", "policy"): ("policies", "policy_id"),
    ("Customer", "homeLocation"): ("locations", "home_location_id"),
    ("Invoice", "location"): ("locations", "location_id"),
    ("Invoice", "customer"): ("customers", "customer_id"),
    ("Invoice", "corrects"): ("invoices", "corrects_id"),
    ("LedgerAccount", "location"): ("locations", "location_id"),
    ("LedgerTransaction", "location"): ("locations", "location_id"),
    ("LedgerTransaction", "invoice"): ("invoices", "invoice_id"),
    ("LedgerTransaction", "reverses"): ("ledger_transactions", "reverses_id"),
    ("LedgerPosting", "account"): ("ledger_accounts", "account_id"),
    ("InvoiceLine", "booking"): ("bookings", "booking_id"),
    ("Recommendation", "service"): ("services", "service_id"),
    ("Recommendation", "provider"): ("providers", "provider_id"),
    ("Recommendation", "location"): ("locations", "location_id"),
}
"""The table that a field's row stands in, and the parent's column that holds its id."""
SPANS = ["date", "opens_minute"]
MANY = {
    ("Location", "chairs"): ("chairs", "location_id", ["label"]),
    ("Location", "openingHours"): ("opening_hours", "location_id", ["weekday", "opens_minute"]),
    ("Location", "openingExceptions"): ("opening_exceptions", "location_id", SPANS),
    ("Location", "travelTimes"): ("travel_times", "from_location_id", []),
    ("Provider", "shifts"): ("shifts", "provider_id", ["weekday", "starts_minute"]),
    ("Provider", "absences"): ("absences", "provider_id", ["starts_at"]),
    ("Booking", "history"): ("booking_changes", "booking_id", ["changed_at"]),
    ("Invoice", "lines"): ("invoice_lines", "invoice_id", ["position"]),
    ("Invoice", "bookings"): ("bookings", "invoice_id", ["starts_at"]),
    ("Invoice", "creditNotes"): ("invoices", "corrects_id", ["created_at"]),
    ("Invoice", "ledgerTransactions"): ("ledger_transactions", "invoice_id", ["recorded_at"]),
    ("LedgerTransaction", "reversedBy"): ("ledger_transactions", "reverses_id", ["recorded_at"]),
    ("LedgerTransaction", "postings"): ("ledger_postings", "transaction_id", ["position"]),
}
"""The table of a field's rows, the column that holds the parent's id, and how they are ordered before their ids."""
BY_ID = {
    *("location", "provider", "customer", "service", "booking", "invoice", "user"),
    *("ledgerAccount", "ledgerTransaction"),
}
"""Fields of `Query` that find a row by its id, each named for its type."""
SEALED = {
    "Booking": {"notes"},
    "BookingChange": {"reason"},
    "Customer": {"email", "phone", "documentNumber", "birthDate", "address", "notes"},
    "User": {"email"},
}
MONEY = {
    "Booking": {"price"},
    "Service": {"price"},
    "Invoice": {"discount", "net", "tax", "total"},
    "InvoiceLine": {"unitPrice", "discount", "net", "tax", "total"},
    "InvoiceTax": {"net", "tax"},
    "InvoiceCause": {"base", "amount"},
    "LedgerPosting": {"amount"},
    "BookingCharge": {"amount"},
    "TrialBalanceLine": {"debit", "credit", "balance"},
}


def represented(me: Caller, given: Mapping[str, Any]) -> Any:
    """An entity by its type and its id."""
    tables = dict(TYPES.values())
    table = tables.get(given["__typename"])
    if table is None or (
        table in FOR_THE_WHOLE_ORGANIZATION and me.principal.locations is not None
    ):
        return Wrong("There is no entity of this `__typename`.")
    if "id" not in given:
        return Wrong("A representation holds the key of its type: `id`, a string.")
    row = found(me, given["id"])
    return row if row is not None and me.type_of(row) == given["__typename"] else None


def found(me: Caller, id_: str) -> Any:
    """Anything by its id; None for what the caller may not find by it."""
    _, table = TYPES.get(id_.partition("_")[0], (None, None))
    is_kept = table in FOR_THE_WHOLE_ORGANIZATION and me.principal.locations is not None
    return None if table is None or is_kept else me.by_id(table, id_)


# What is reckoned


def rating(me: Caller, booking: Any) -> int | None:
    return next((r.score for r in me.where("ratings", booking_id=booking.id)), None)


def chair_count(me: Caller, location: Any) -> int:
    return len(me.where("chairs", location_id=location.id, is_active=True))


def works_at(me: Caller, provider: Any) -> Rows:
    linked = {r.location_id for r in me.where("provider_locations", provider_id=provider.id)}
    return [r for r in me.all("locations") if r.id in linked]


def visit_count(me: Caller, customer: Any) -> int:
    return len(me.where("visits", customer_id=customer.id))


def last_visit_at(me: Caller, customer: Any) -> datetime | None:
    return max((v.ended_at for v in me.where("visits", customer_id=customer.id)), default=None)


def on_the_clock(minutes: int | None) -> str | None:
    return None if minutes is None else f"{minutes // 60:02}:{minutes % 60:02}"


def viewer(me: Caller) -> Any:
    who = me.principal
    return SimpleNamespace(
        client_id=who.client,
        client_name=who.client_name,
        tenant_id=who.tenant,
        scopes=sorted(who.scopes),
        user=me.by_id("users", who.user),
        budget=None,  # nobody is charged here
    )


def in_use(me: Caller, table: str, kind: str) -> Rows:
    """What the model says that is in use."""
    version = next((v for v in me.where("model_versions", kind=kind) if v.status == "ACTIVE"), None)
    return me.where(table, model_version_id=version.id) if version else []


def forecast(me: Caller, location: Any, given: Mapping[str, Any]) -> Any:
    ahead, back = given.get("horizonDays", 28), given.get("pastDays", 0)
    for name, value, least in (("horizonDays", ahead, 1), ("pastDays", back, 0)):
        if not least <= value <= 90:
            raise Wrong(f"`forecast({name}:)` must be from {least} to 90; it is {value}.")

    def mine(table: str) -> Rows:
        rows = in_use(me, table, "DEMAND")
        return [r for r in rows if r.location_id == location.id and r.metric == given["metric"]]

    for known in mine("forecast_summaries"):
        today = me.world.now.astimezone(ZoneInfo(known.time_zone)).date()
        first, end = today - timedelta(days=back), today + timedelta(days=ahead)
        days = sorted(mine("forecast_points"), key=lambda p: p.date)
        accuracy = known.wape is not None and SimpleNamespace(
            definition="100 - WAPE: 100 percent less the sum of absolute errors as a percentage of what came",
            level=f"location-day over {known.horizon_days} days, {known.origins} origins",
            value=100 * (1 - known.wape),
        )
        return SimpleNamespace(
            **known._mapping,
            granularity="DAY",
            model_version=known.model_version_id,
            points=[p for p in days if first <= p.date < end],
            accuracy=accuracy or None,
            backtest=known if known.origins is not None else None,
        )
    return None


OF_BOOKINGS = {"OWN_HABIT", "BOOKED_BEFORE", "DUE", "GOES_WITH"}
SAID = {
    "BOOKED_BEFORE": "Veces que ya lo reservó: {times}.",
    "DUE": "Le toca por estos días.",
    "GOES_WITH": "Lo suelen reservar quienes reservan {companion}.",
    "USUAL_PROVIDER": "Es con quien suele atenderse.",
    "POPULAR_HERE": "Es de lo más pedido en este local.",
    "POPULAR_EVERYWHERE": "Es de lo más pedido en todos los locales.",
}


def recommendations(me: Caller, customer: Any, given: Mapping[str, Any]) -> list[Any]:
    first = given.get("first", 5)
    if not 1 <= first <= 10:
        raise Wrong(f"`recommendations(first:)` must be from 1 to 10; it is {first}.")
    rows = in_use(me, "recommendations", "RECOMMENDATIONS")
    theirs = [r for r in rows if r.customer_id == customer.id and _can_be_booked(me, r)]
    if theirs:
        theirs.sort(key=lambda r: r.rank)
        return [_personal(me, at, r) for at, r in enumerate(theirs[:first], 1)]
    every = [p for p in in_use(me, "popular_services", "RECOMMENDATIONS") if _is_offered(me, p)]
    home = me.by_id("locations", customer.home_location_id)
    is_open = home is not None and home.is_active
    here = [p for p in every if is_open and p.location_id == customer.home_location_id]
    popular = here or [p for p in every if p.location_id is None]
    popular.sort(key=lambda p: p.rank)
    return [_popular(at, p) for at, p in enumerate(popular[:first], 1)]


def _is_offered(me: Caller, row: Any) -> bool:
    return me.by_id("services", row.service_id).is_active


def _can_be_booked(me: Caller, row: Any) -> bool:
    works = me.where("provider_locations", provider_id=row.provider_id, location_id=row.location_id)
    able = (me.by_id("providers", row.provider_id), me.by_id("locations", row.location_id))
    return _is_offered(me, row) and bool(works) and all(one and one.is_active for one in able)


def _personal(me: Caller, rank: int, row: Any) -> Any:
    is_limited = me.principal.locations is not None
    cited = [r for r in row.reasons if r["code"] in OF_BOOKINGS]
    told = [
        r
        for r in row.reasons
        if not is_limited
        or (r["code"] in OF_BOOKINGS and r.get("local") is True)
        or (r["code"] not in OF_BOOKINGS and r["code"] != "POPULAR_EVERYWHERE")
    ]
    companion = me.by_id("services", row.companion_id)
    name = companion.name if companion else None
    is_sure = not is_limited or (bool(cited) and all(r in told for r in cited))
    return SimpleNamespace(
        **dict(row._mapping)
        | {
            "rank": rank,
            "confidence": row.confidence if is_sure else None,
            "model_version": row.model_version_id,
            "reasons": [
                SimpleNamespace(code=r["code"], text=SAID[r["code"]].format(**r, companion=name))
                for r in told
            ],
        }
    )


def _popular(rank: int, row: Any) -> Any:
    code = "POPULAR_HERE" if row.location_id else "POPULAR_EVERYWHERE"
    return SimpleNamespace(
        rank=rank,
        score=row.score,
        source="POPULAR",
        confidence=None,
        predicted_rating=None,
        model_version=row.model_version_id,
        service_id=row.service_id,
        provider_id=None,
        location_id=row.location_id,
        reasons=[SimpleNamespace(code=code, text=SAID[code])],
    )


RECKONED: dict[tuple[str, str], Callable[[Caller, Any], Any]] = {
    ("OpeningHours", "opensAt"): lambda me, span: on_the_clock(span.opens_minute),
    ("OpeningHours", "closesAt"): lambda me, span: on_the_clock(span.closes_minute),
    ("OpeningException", "opensAt"): lambda me, day: on_the_clock(day.opens_minute),
    ("OpeningException", "closesAt"): lambda me, day: on_the_clock(day.closes_minute),
    ("Shift", "startsAt"): lambda me, shift: on_the_clock(shift.starts_minute),
    ("Shift", "endsAt"): lambda me, shift: on_the_clock(shift.ends_minute),
    ("Provider", "skills"): lambda me, who: [
        each
        for each in me.all("services")
        if me.where("skills", provider_id=who.id, service_id=each.id)
    ],
    ("Location", "chairCount"): chair_count,
    ("Provider", "locations"): works_at,
    ("Customer", "visitCount"): visit_count,
    ("Customer", "lastVisitAt"): last_visit_at,
    ("Booking", "rating"): rating,
    ("User", "hasPassword"): lambda me, user: user.password_hash is not None,
    ("User", "hasSecondFactor"): lambda me, user: bool(me.where("second_factors", user_id=user.id)),
    ("User", "locationIds"): lambda me, user: user.locations,
    ("User", "invitationPath"): lambda me, user: None,
    ("ViewerUser", "userId"): lambda me, user: user.id,
    ("ClientKey", "lastUsedAt"): lambda me, key: next(
        (use.last_used_at for use in me.where("key_uses", key_id=key.id)), None
    ),
    ("ClientKey", "secret"): lambda me, key: None,
    ("AuditEvent", "data"): lambda me, event: json.dumps(
        event.data, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    ),
    **OF_MONEY,
    ("Query", "viewer"): lambda me, _: viewer(me),
    ("Query", "organization"): lambda me, _: me.all("organizations")[0],
}


def meaning(me: Caller, type_name: str, name: str, parent: Any, given: Mapping[str, Any]) -> Any:
    """The value of a field of a parent."""
    at = type_name, name
    if isinstance(parent, Listed):
        return in_page(me, name, parent)
    if at in LISTS:
        return listed(me, at, parent, given)
    if at in ONE:
        table, column = ONE[at]
        return me.by_id(table, getattr(parent, column))
    if at in MANY:
        table, column, order = MANY[at]
        rows = me.where(table, **{column: parent.id})
        return sorted(rows, key=lambda r: [getattr(r, c) for c in (*order, "id")])
    if at in RECKONED:
        return RECKONED[at](me, parent)
    if at in ASKED:
        return ASKED[at](me, parent, given)
    if at == ("Location", "forecast"):
        return forecast(me, parent, given)
    if at == ("Customer", "recommendations"):
        return recommendations(me, parent, given)
    if type_name == "Query":
        if name == "nodes":
            return [found(me, str(id_)) for id_ in given["ids"]]
        if name == "_entities":
            return [represented(me, each) for each in given["representations"]]
        row = found(me, str(given["id"]))
        is_meant = name == "node" or (row is not None and me.type_of(row).lower() == name.lower())
        return row if is_meant else None
    if name in SEALED.get(type_name, ()):
        return me.world.opened.get((parent.id, _snake(name)))
    if name in MONEY.get(type_name, ()):
        return money(getattr(parent, f"{_snake(name)}_minor"), parent.currency_code)
    return getattr(parent, _snake(name))


def _snake(name: str) -> str:
    return re.sub("[A-Z]", lambda found: "_" + found[0].lower(), name)
