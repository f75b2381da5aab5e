"""Cursors come back as they were written, and as nothing else."""

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from barberpro.graph.cursors import LONGEST, Cursors
from barberpro.graph.errors import BadInput
from barberpro.platform import ids, text

SECRET = b"a secret of thirty-two bytes, yes"
TENANT = "org_01h455vb4pex5vsknk084sn02q"
FIELD, ORDER = "Query.locations", "NAME ASC"
OURS = Cursors(SECRET, TENANT)

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=120)
whole = st.integers(-(2**63), 2**63 - 1)
instants = st.datetimes(timezones=st.just(UTC))


def refused(cursor: str, by: Cursors = OURS, field: str = FIELD, order: str = ORDER) -> str:
    with pytest.raises(BadInput) as caught:
        by.read(field, order, cursor)
    assert caught.value.code == "BAD_USER_INPUT"
    return str(caught.value)


@given(words, words, st.lists(words | whole | st.none() | st.booleans(), max_size=4))
@settings(deadline=None)
def test_values_come_back(field: str, order: str, values: list[Any]) -> None:
    cursor = OURS.write(field, order, tuple(values))
    assert OURS.read(field, order, cursor) == values
    assert len(cursor) <= LONGEST


@given(instants)
@settings(deadline=None)
def test_instants_come_back_as_the_wire_shows_them(instant: datetime) -> None:
    cursor = OURS.write(FIELD, ORDER, (instant, "bkg_1"))
    shown, id_ = OURS.read(FIELD, ORDER, cursor)
    assert (datetime.fromisoformat(shown), id_) == (instant, "bkg_1")
    assert shown.endswith("Z")


def test_an_instant_without_a_zone_is_no_instant() -> None:
    with pytest.raises(ValueError, match="time zone"):
        OURS.write(FIELD, ORDER, (datetime(2026, 11, 22),))  # noqa: DTZ001 - that is the point


def test_another_offset_is_the_same_instant() -> None:
    buenos_aires = datetime.fromisoformat("2026-11-22T10:00:00-03:00")
    cursors = [
        OURS.write(FIELD, ORDER, (at,)) for at in (buenos_aires, buenos_aires.astimezone(UTC))
    ]
    assert cursors[0] == cursors[1]
    later = OURS.write(FIELD, ORDER, (buenos_aires + timedelta(microseconds=1),))
    assert OURS.read(FIELD, ORDER, later) == ["2026-11-22T13:00:00.000001Z"]


@pytest.mark.parametrize("letter", ["a", "ñ", "理", "\U0001f488", "\ufdfa"])
def test_the_longest_name_there_can_be_has_a_cursor_that_is_read(letter: str) -> None:
    name = text.name(letter * text.LONGEST_NAME)
    values = (text.fold(name), ids.new("loc"))
    assert OURS.read(FIELD, ORDER, OURS.write(FIELD, ORDER, values)) == list(values)


def test_a_cursor_shows_no_sign_that_urls_would_change() -> None:
    cursors = {OURS.write(FIELD, ORDER, (f"{n}ÿ?>",)) for n in range(200)}
    assert set("".join(cursors)) <= set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    )


@pytest.mark.parametrize("name", ["a", "ab", "abc", "ñandú", "x" * 100])
def test_no_bit_of_it_can_be_changed(name: str) -> None:
    # Of every length modulo three: the last letter of base64 may have bits that decode to nothing.
    cursor = OURS.write(FIELD, ORDER, (name, "loc_1"))
    assert OURS.read(FIELD, ORDER, cursor) == [name, "loc_1"]
    for place, letter in enumerate(cursor):
        for bit in range(8):
            changed = cursor[:place] + chr(ord(letter) ^ 1 << bit) + cursor[place + 1 :]
            assert refused(changed) == "The cursor is not one of ours."


def test_a_cursor_is_written_in_one_way_only() -> None:
    cursor = next(
        c
        for n in range(1_000)
        if {"-", "_"} <= set(c := OURS.write(FIELD, ORDER, (n, "loc_1"))) and len(c) % 4
    )
    padding = "=" * (-len(cursor) % 4)
    others = [cursor + padding, cursor.replace("-", "+"), cursor.replace("_", "/"), cursor + "\n"]
    others += [f" {cursor}", cursor + "=", cursor[:20] + "\n" + cursor[20:]]
    for other in others:
        assert refused(other) == "The cursor is not one of ours."


def test_nothing_can_be_cut_off_or_added() -> None:
    cursor = OURS.write(FIELD, ORDER, ("Palermo", "loc_1"))
    for length in range(len(cursor)):
        assert refused(cursor[:length]) == "The cursor is not one of ours."
    for letter in "A_-x":
        refused(cursor + letter)
        refused(letter + cursor)


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "=",
        "====",
        "A",
        "AAAA",
        "A" * 16,  # a MAC of nothing
        "not a cursor",
        "ñandú",
        "\x00",
        "\ud800",
        "💈" * 10,
        "A" * LONGEST,
        "A" * (LONGEST + 1),
        "A" * 10_000_000,
    ],
)
def test_garbage_is_refused(cursor: str) -> None:
    assert refused(cursor) == "The cursor is not one of ours."


@given(
    st.text(max_size=200)
    | st.binary(max_size=200).map(lambda b: base64.urlsafe_b64encode(b).decode())
)
@settings(deadline=None)
def test_any_garbage_is_refused(cursor: str) -> None:
    refused(cursor)


def test_another_tenants_cursor_is_refused() -> None:
    cursor = OURS.write(FIELD, ORDER, ("Palermo", "loc_1"))
    assert refused(cursor, by=Cursors(SECRET, "org_other")) == "The cursor is not one of ours."
    assert (
        refused(cursor, by=Cursors(b"another secret", TENANT)) == "The cursor is not one of ours."
    )


def test_a_cursor_of_another_field_is_refused() -> None:
    cursor = OURS.write(FIELD, ORDER, ("Palermo", "loc_1"))
    assert refused(cursor, field="Query.customers") == "The cursor is not one of ours."


def test_a_cursor_of_another_ordering_says_so() -> None:
    cursor = OURS.write(FIELD, ORDER, ("Palermo", "loc_1"))
    assert refused(cursor, order="NAME DESC") == (
        "The cursor belongs to another ordering. Start again without it."
    )


def test_the_bounds_of_tenant_and_field_cannot_be_moved() -> None:
    cursor = Cursors(SECRET, "org_a").write("bQuery", ORDER, ("x",))
    refused(cursor, by=Cursors(SECRET, "org_ab"), field="Query")


def test_a_cursor_is_sealed_by_keyed_blake2b() -> None:
    # Written out once more, so that the form does not change by accident: cursors outlive deployments.
    body = orjson.dumps([ORDER, "Palermo", "loc_1"])
    told = f"{TENANT}\x00{FIELD}\x00".encode() + body
    mac = hashlib.blake2b(told, digest_size=12, key=SECRET).digest()
    cursor = base64.urlsafe_b64encode(mac + body).decode().rstrip("=")
    assert OURS.write(FIELD, ORDER, ("Palermo", "loc_1")) == cursor
