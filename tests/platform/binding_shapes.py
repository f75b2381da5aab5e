"""Statements of many shapes, each beside its answer worked out in plain Python."""

from collections import Counter
from collections.abc import Callable
from itertools import product
from typing import Any

from sqlalchemy import (
    Executable,
    exists,
    func,
    intersect,
    select,
    tablesample,
    true,
    union,
    union_all,
)

from barberpro.domains.bookings.tables import booking_changes, bookings
from barberpro.domains.catalogue.tables import services
from barberpro.domains.locations.tables import locations
from barberpro.domains.organizations.tables import organizations
from barberpro.domains.people.tables import customers, providers
from barberpro.platform.sets import among, each, key_set

Seen = dict[str, list[dict[str, Any]]]
Answer = Callable[[Seen], list[tuple[Any, ...]]]
Shape = tuple[Executable, Answer]

b, l, c, p, s = bookings.c, locations.c, customers.c, providers.c, services.c  # noqa: E741
SHAPES: dict[str, Callable[[], Shape]] = {}
ON_POSTGRESQL: set[str] = set()


def shape(make: Callable[[], Shape]) -> Callable[[], Shape]:
    SHAPES[make.__name__] = make
    return make


def postgresql_only(make: Callable[[], Shape]) -> Callable[[], Shape]:
    ON_POSTGRESQL.add(make.__name__)
    return shape(make)


def left(near: list[Any], far: list[Any], on: Callable[[Any, Any], bool]) -> list[tuple[Any, Any]]:
    """An outer join, in Python: a near row with no match stays, beside None."""
    pairs = []
    for one in near:
        matches = [(one, other) for other in far if on(one, other)]
        pairs += matches or [(one, None)]
    return pairs


def ident(row: dict[str, Any] | None) -> str | None:
    return row["id"] if row else None


@shape
def one_table() -> Shape:
    return select(b.id), lambda seen: [(r["id"],) for r in seen["bookings"]]


@shape
def every_column() -> Shape:
    return select(providers), lambda seen: [tuple(r.values()) for r in seen["providers"]]


@shape
def a_table_without_row_rules() -> Shape:
    return select(s.id), lambda seen: [(r["id"],) for r in seen["services"]]


@shape
def the_organization_itself() -> Shape:
    return select(organizations.c.id), lambda seen: [(r["id"],) for r in seen["organizations"]]


@shape
def count_and_group() -> Shape:
    def answer(seen: Seen) -> list[tuple[Any, ...]]:
        return list(Counter(r["channel"] for r in seen["bookings"]).items())

    return select(b.channel, func.count()).group_by(b.channel), answer


@shape
def nothing_but_a_count() -> Shape:
    return (
        select(func.count()).select_from(customers),
        lambda seen: [(len(seen["customers"]),)],
    )


@shape
def cross_join() -> Shape:
    return (
        select(l.id, s.id).where(l.city != s.name),
        lambda seen: [(x["id"], y["id"]) for x, y in product(seen["locations"], seen["services"])],
    )


@shape
def inner_join_on_alike_values() -> Shape:
    return (
        select(p.id, c.id).select_from(providers.join(customers, p.name_key == c.name_key)),
        lambda seen: [
            (x["id"], y["id"])
            for x, y in product(seen["providers"], seen["customers"])
            if x["name_key"] == y["name_key"]
        ],
    )


@shape
def inner_join_by_select() -> Shape:
    return (
        select(b.id, l.city).join(locations, b.location_id == l.id),
        lambda seen: [
            (x["id"], y["city"])
            for x, y in product(seen["bookings"], seen["locations"])
            if x["location_id"] == y["id"]
        ],
    )


def _customers_and_bookings(seen: Seen) -> list[tuple[Any, ...]]:
    pairs = left(seen["customers"], seen["bookings"], lambda x, y: x["name_key"] == y["channel"])
    return [(x["id"], ident(y)) for x, y in pairs]


@shape
def outer_join() -> Shape:
    joined = customers.outerjoin(bookings, c.name_key == b.channel)
    return select(c.id, b.id).select_from(joined), _customers_and_bookings


@shape
def outer_join_by_select() -> Shape:
    return (
        select(c.id, b.id).outerjoin(bookings, c.name_key == b.channel),
        _customers_and_bookings,
    )


@shape
def outer_join_from() -> Shape:
    return (
        select(c.id, b.id).outerjoin_from(customers, bookings, c.name_key == b.channel),
        _customers_and_bookings,
    )


@shape
def outer_join_by_the_foreign_key() -> Shape:
    def answer(seen: Seen) -> list[tuple[Any, ...]]:
        pairs = left(
            seen["customers"], seen["locations"], lambda x, y: x["home_location_id"] == y["id"]
        )
        return [(x["id"], ident(y)) for x, y in pairs]

    return select(c.id, l.id).select_from(customers).outerjoin(locations), answer


@shape
def outer_join_before_its_columns() -> Shape:
    """SQLAlchemy keeps the join in another place when columns are chosen after it."""
    statement = select(c.name).outerjoin(bookings, c.name_key == b.channel)
    return statement.with_only_columns(c.id, b.id), _customers_and_bookings


@shape
def outer_join_with_the_foreign_left_out() -> Shape:
    """An anti-join: were the far side's rule in WHERE, nothing would be found."""

    def answer(seen: Seen) -> list[tuple[Any, ...]]:
        came = {r["customer_id"] for r in seen["bookings"]}
        return [(r["id"],) for r in seen["customers"] if r["id"] not in came]

    return (
        select(c.id).outerjoin(bookings, c.id == b.customer_id).where(b.id.is_(None)),
        answer,
    )


def _chain_of_outer_joins(seen: Seen) -> list[tuple[Any, ...]]:
    found = []
    first = left(seen["customers"], seen["bookings"], lambda x, y: x["name_key"] == y["channel"])
    for customer, booking in first:
        wanted = booking["channel"] if booking else None
        offers = [r for r in seen["services"] if wanted and r["currency_code"] == wanted]
        found += [(customer["id"], ident(booking), ident(r)) for r in offers or [None]]
    return found


@shape
def outer_join_of_an_outer_join() -> Shape:
    inner = customers.outerjoin(bookings, c.name_key == b.channel)
    joined = inner.outerjoin(services, s.currency_code == b.channel)
    return select(c.id, b.id, s.id).select_from(joined), _chain_of_outer_joins


@shape
def outer_join_by_select_after_an_outer_join() -> Shape:
    inner = customers.outerjoin(bookings, c.name_key == b.channel)
    statement = select(c.id, b.id, s.id).select_from(inner)
    return statement.outerjoin(services, s.currency_code == b.channel), _chain_of_outer_joins


@shape
def inner_join_by_select_after_an_outer_join() -> Shape:
    inner = customers.outerjoin(bookings, c.name_key == b.channel)

    def answer(seen: Seen) -> list[tuple[Any, ...]]:
        return [row for row in _chain_of_outer_joins(seen) if row[2] is not None]

    return (
        select(c.id, b.id, s.id).select_from(inner).join(services, s.currency_code == b.channel),
        answer,
    )


def _nested(seen: Seen) -> list[tuple[Any, ...]]:
    inner = [
        (x, y)
        for x, y in product(seen["bookings"], seen["services"])
        if x["channel"] == y["currency_code"]
    ]
    pairs = left(seen["customers"], inner, lambda x, y: x["name_key"] == y[0]["channel"])
    return [(x["id"], *(map(ident, y) if y else (None, None))) for x, y in pairs]


@shape
def a_join_on_the_far_side() -> Shape:
    far = bookings.join(services, b.channel == s.currency_code)
    joined = customers.outerjoin(far, c.name_key == b.channel)
    return select(c.id, b.id, s.id).select_from(joined), _nested


@shape
def a_join_on_the_far_side_by_select() -> Shape:
    far = bookings.join(services, b.channel == s.currency_code)
    return select(c.id, b.id, s.id).outerjoin(far, c.name_key == b.channel), _nested


@shape
def a_join_within_an_inner_join() -> Shape:
    right = bookings.join(services, b.channel == s.currency_code)
    joined = customers.join(right, c.name_key == b.channel)
    return (
        select(c.id, b.id, s.id).select_from(joined),
        lambda seen: [row for row in _nested(seen) if row[1] is not None],
    )


@shape
def an_outer_join_within_an_inner_join() -> Shape:
    right = bookings.outerjoin(providers, b.channel == p.name_key)
    joined = customers.join(right, c.name_key == b.channel)

    def answer(seen: Seen) -> list[tuple[Any, ...]]:
        pairs = left(
            seen["bookings"], seen["providers"], lambda x, y: x["channel"] == y["name_key"]
        )
        return [
            (x["id"], y["id"], ident(z))
            for x, (y, z) in product(seen["customers"], pairs)
            if x["name_key"] == y["channel"]
        ]

    return select(c.id, b.id, p.id).select_from(joined), answer


@shape
def self_join_by_alias() -> Shape:
    one, other = customers.alias(), customers.alias("other")
    return (
        select(one.c.id, other.c.id).join(other, one.c.name_key == other.c.name_key),
        lambda seen: [
            (x["id"], y["id"])
            for x, y in product(seen["customers"], repeat=2)
            if x["name_key"] == y["name_key"]
        ],
    )


@shape
def an_alias_beside_its_table() -> Shape:
    other = bookings.alias()
    return (
        select(b.id, other.c.id).outerjoin(other, b.channel == other.c.channel),
        lambda seen: [
            (x["id"], y["id"])
            for x, y in product(seen["bookings"], repeat=2)
            if x["channel"] == y["channel"]
        ],
    )


@shape
def an_alias_of_an_alias() -> Shape:
    twice = customers.alias("once").alias("twice")
    return select(twice.c.id), lambda seen: [(r["id"],) for r in seen["customers"]]


@shape
def a_subquery_in_from() -> Shape:
    inner = select(b.id, b.channel).where(b.duration_minutes > 31).subquery()
    return (
        select(c.id, inner.c.id).join(inner, inner.c.channel == c.name_key),
        lambda seen: [
            (x["id"], y["id"])
            for x, y in product(seen["customers"], seen["bookings"])
            if y["duration_minutes"] > 31 and y["channel"] == x["name_key"]
        ],
    )


@shape
def a_subquery_on_the_far_side() -> Shape:
    inner = select(b.id, b.channel).subquery()
    return (
        select(c.id, inner.c.id).outerjoin(inner, inner.c.channel == c.name_key),
        _customers_and_bookings,
    )


@shape
def a_scalar_subquery() -> Shape:
    most = select(func.max(b.price_minor)).scalar_subquery()

    def answer(seen: Seen) -> list[tuple[Any, ...]]:
        prices = [r["price_minor"] for r in seen["bookings"]]
        return [(r["id"], max(prices, default=None)) for r in seen["services"]]

    return select(s.id, most), answer


@shape
def a_correlated_scalar_subquery() -> Shape:
    count = select(func.count(b.id)).where(b.channel == c.name_key).scalar_subquery()

    def answer(seen: Seen) -> list[tuple[Any, ...]]:
        counts = Counter(r["channel"] for r in seen["bookings"])
        return [(r["id"], counts[r["name_key"]]) for r in seen["customers"]]

    return select(c.id, count), answer


@shape
def the_same_subquery_twice() -> Shape:
    count = select(func.count(b.id)).where(b.channel == c.name_key).scalar_subquery()

    def answer(seen: Seen) -> list[tuple[Any, ...]]:
        counts = Counter(r["channel"] for r in seen["bookings"])
        return [(r["id"], n) for r in seen["customers"] if (n := counts[r["name_key"]]) > 1]

    return select(c.id, count).where(count > 1).order_by(count), answer


@shape
def an_exists() -> Shape:
    statement = select(c.id).where(exists().where(b.channel == c.name_key))

    def answer(seen: Seen) -> list[tuple[Any, ...]]:
        channels = {r["channel"] for r in seen["bookings"]}
        return [(r["id"],) for r in seen["customers"] if r["name_key"] in channels]

    return statement, answer


@shape
def a_negated_exists() -> Shape:
    statement = select(c.id).where(~exists().where(b.channel == c.name_key))

    def answer(seen: Seen) -> list[tuple[Any, ...]]:
        channels = {r["channel"] for r in seen["bookings"]}
        return [(r["id"],) for r in seen["customers"] if r["name_key"] not in channels]

    return statement, answer


@shape
def two_levels_of_correlation() -> Shape:
    """The innermost names the outermost, past a level between."""
    innermost = exists().where(s.currency_code == b.channel, p.name_key == s.currency_code)
    inner = exists().where(b.channel == p.name_key, innermost.correlate(bookings, providers))

    def answer(seen: Seen) -> list[tuple[Any, ...]]:
        return [
            (r["id"],)
            for r in seen["providers"]
            if any(
                x["channel"] == r["name_key"] == y["currency_code"]
                for x, y in product(seen["bookings"], seen["services"])
            )
        ]

    return select(p.id).where(inner.correlate(providers)), answer


@shape
def among_the_ids_of_a_subquery() -> Shape:
    inner = select(c.name_key).where(c.home_location_id.is_not(None))

    def answer(seen: Seen) -> list[tuple[Any, ...]]:
        keys = {r["name_key"] for r in seen["customers"] if r["home_location_id"]}
        return [(r["id"],) for r in seen["bookings"] if r["channel"] in keys]

    return select(b.id).where(b.channel.in_(inner)), answer


@shape
def a_cte_used_twice() -> Shape:
    common = select(b.id, b.channel).cte("common")
    other = common.alias()
    return (
        select(common.c.id, other.c.id).join(other, common.c.channel == other.c.channel),
        lambda seen: [
            (x["id"], y["id"])
            for x, y in product(seen["bookings"], repeat=2)
            if x["channel"] == y["channel"]
        ],
    )


@shape
def a_recursive_cte() -> Shape:
    """From the first hour on, every booking that is one minute longer."""
    walk = select(b.id, b.duration_minutes).where(b.duration_minutes == 30).cte(recursive=True)
    step = select(b.id, b.duration_minutes).where(b.duration_minutes == walk.c.duration_minutes + 1)
    walk = walk.union_all(step)

    def answer(seen: Seen) -> list[tuple[Any, ...]]:
        by_length = {r["duration_minutes"]: r["id"] for r in seen["bookings"]}
        found, length = [], 30
        while length in by_length:
            found.append((by_length[length],))
            length += 1
        return found

    return select(walk.c.id), answer


@shape
def an_attached_cte() -> Shape:
    aside = select(b.id).cte("aside")
    return (
        select(func.count()).select_from(aside).add_cte(select(c.id).cte("unused")),
        lambda seen: [(len(seen["bookings"]),)],
    )


@shape
def a_union() -> Shape:
    def answer(seen: Seen) -> list[tuple[Any, ...]]:
        keys = {r["name_key"] for r in seen["customers"]} | {r["city"] for r in seen["locations"]}
        return [(key,) for key in keys]

    return union(select(c.name_key), select(l.city)), answer


@shape
def a_union_in_from() -> Shape:
    both = union_all(select(c.id), select(p.id)).subquery()

    def answer(seen: Seen) -> list[tuple[Any, ...]]:
        return [(r["id"],) for r in seen["customers"] + seen["providers"]]

    return select(both.c.id), answer


@shape
def an_intersection() -> Shape:
    def answer(seen: Seen) -> list[tuple[Any, ...]]:
        keys = {r["name_key"] for r in seen["customers"]} & {r["city"] for r in seen["locations"]}
        return [(key,) for key in keys]

    return intersect(select(c.name_key), select(l.city)), answer


@shape
def a_row_rule_through_a_link() -> Shape:
    changes = booking_changes.c
    return (
        select(changes.id, p.id).outerjoin(providers, changes.kind == p.name_key),
        lambda seen: [
            (x["id"], ident(y))
            for x, y in left(
                seen["booking_changes"],
                seen["providers"],
                lambda x, y: x["kind"] == y["name_key"],
            )
        ],
    )


@shape
def a_window_in_a_subquery() -> Shape:
    rank = func.row_number().over(partition_by=b.channel, order_by=b.starts_at).label("rank")
    ranked = select(b.id, rank).subquery()

    def answer(seen: Seen) -> list[tuple[Any, ...]]:
        firsts: dict[str, Any] = {}
        for row in sorted(seen["bookings"], key=lambda r: r["starts_at"]):
            firsts.setdefault(row["channel"], row["id"])
        return [(first,) for first in firsts.values()]

    return select(ranked.c.id).where(ranked.c.rank == 1), answer


@shape
def a_list_of_keys() -> Shape:
    wanted = each(key_set("wanted", ["x"]))
    return (
        select(c.id).join(wanted, wanted.c.value == c.name_key),
        lambda seen: [(r["id"],) for r in seen["customers"] if r["name_key"] == "x"],
    )


@shape
def among_keys() -> Shape:
    return (
        select(c.id).where(among(c.name_key, ["x", "z"])),
        lambda seen: [(r["id"],) for r in seen["customers"] if r["name_key"] == "x"],
    )


@postgresql_only
def a_lateral_join() -> Shape:
    first = (
        select(b.id, b.starts_at)
        .where(b.channel == c.name_key)
        .order_by(b.starts_at)
        .limit(1)
        .lateral()
    )

    def answer(seen: Seen) -> list[tuple[Any, ...]]:
        found = []
        for customer in seen["customers"]:
            own = [r for r in seen["bookings"] if r["channel"] == customer["name_key"]]
            first = min(own, key=lambda r: r["starts_at"], default=None)
            found.append((customer["id"], ident(first)))
        return found

    return select(c.id, first.c.id).outerjoin(first, true()), answer


@postgresql_only
def a_sample() -> Shape:
    sampled = tablesample(bookings, func.bernoulli(100))
    return select(sampled.c.id), lambda seen: [(r["id"],) for r in seen["bookings"]]
