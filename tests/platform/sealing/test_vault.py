"""Keys in the open, and values that open in the one place they were sealed for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import StatementError

from barberpro.domains.bookings.tables import bookings
from barberpro.domains.identity.users.tables import users
from barberpro.domains.people.tables import customer_contacts
from barberpro.platform.crypto import Sealer, Unsealable
from barberpro.platform.sealing.tables import INDEXING, WRAPPING, Sealed
from barberpro.platform.sealing.vault import (
    MOST_KEPT,
    IndexKey,
    SubjectCipher,
    Vault,
    place,
    subject_key_place,
    tenant_key_place,
)

MASTER = bytes(range(32))
c = customer_contacts.c
ROW = "cct_1"


class Keys:
    """A tenant with one person."""

    def __init__(
        self, master: bytes = MASTER, tenant: str = "org_1", subject: str = "cus_1"
    ) -> None:
        self.vault, self.tenant, self.subject = Vault(Sealer(master)), tenant, subject
        self.tenant_key = ("tky_1", self.vault.fresh_tenant_key(tenant, "tky_1", WRAPPING))
        self.sealed, self.cipher = self.vault.fresh_subject_key(tenant, self.tenant_key, subject)

    def again(self) -> SubjectCipher:
        return self.vault.subject(self.tenant, self.tenant_key, self.subject, self.sealed)


@given(st.text(max_size=200))
def test_what_was_sealed_opens_with_the_stored_key(plain: str) -> None:
    keys = Keys()
    sealed = keys.cipher.seal(c.email, ROW, plain)
    assert keys.again().open(c.email, ROW, sealed) == plain
    assert len(sealed) == 2 + 4 + 12 + len(plain.encode()) + 16


@given(st.text(max_size=20), st.integers(min_value=0))
def test_every_flipped_bit_of_a_value_is_noticed(plain: str, at: int) -> None:
    keys = Keys()
    sealed = bytearray(keys.cipher.seal(c.email, ROW, plain))
    bit = at % (len(sealed) * 8)
    sealed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(Unsealable):
        keys.cipher.open(c.email, ROW, bytes(sealed))


@given(st.integers(min_value=0))
def test_every_flipped_bit_of_a_key_is_noticed(at: int) -> None:
    keys = Keys()
    for part in ("sealed", "tenant_key"):
        stored = keys.sealed if part == "sealed" else keys.tenant_key[1]
        changed = bytearray(stored)
        bit = at % (len(changed) * 8)
        changed[bit // 8] ^= 1 << bit % 8
        sealed = bytes(changed) if part == "sealed" else keys.sealed
        tenant_key = ("tky_1", bytes(changed)) if part == "tenant_key" else keys.tenant_key
        with pytest.raises(Unsealable):
            keys.vault.subject(keys.tenant, tenant_key, keys.subject, sealed)


def test_a_value_opens_in_its_own_place_alone() -> None:
    keys = Keys()
    sealed = keys.cipher.seal(c.email, ROW, "ana@example.com")
    elsewhere = ((c.phone, ROW), (c.email, "cct_2"), (bookings.c.notes, ROW), (users.c.email, ROW))
    for column, row in elsewhere:
        with pytest.raises(Unsealable):
            keys.cipher.open(column, row, sealed)


def test_a_key_opens_for_its_own_person_tenant_and_parent_alone() -> None:
    keys = Keys()
    other = keys.vault.fresh_tenant_key("org_1", "tky_2", WRAPPING)
    for tenant, tenant_key, subject in (
        ("org_2", keys.tenant_key, "cus_1"),
        ("org_1", keys.tenant_key, "cus_2"),
        ("org_1", ("tky_2", keys.tenant_key[1]), "cus_1"),
        ("org_1", ("tky_2", other), "cus_1"),
    ):
        with pytest.raises(Unsealable):
            keys.vault.subject(tenant, tenant_key, subject, keys.sealed)


def test_no_two_places_read_alike() -> None:
    rows = [(tenant, other) for tenant in ("org_1", "org_2") for other in ("x_1", "x_2")]
    values = [place(t, column, row) for t, row in rows for column in (c.email, c.phone)]
    keys = {tenant_key_place(*row, purpose) for row in rows for purpose in (WRAPPING, INDEXING)}
    found = {*values, *keys, *(subject_key_place(*row) for row in rows)}
    assert len(found) == 4 * 2 + 4 * 2 + 4


def test_a_key_of_a_tenant_is_taken_for_nothing_else_than_it_was_made_for() -> None:
    """Whoever can write in the table must not make the key that values are found by wrap people's, or the reverse."""
    vault = Vault(Sealer(MASTER))
    finding = vault.fresh_tenant_key("org_1", "tky_1", INDEXING)
    wrapping = vault.fresh_tenant_key("org_1", "tky_1", WRAPPING)
    with pytest.raises(Unsealable):
        vault.fresh_subject_key("org_1", ("tky_1", finding), "cus_1")
    with pytest.raises(Unsealable):
        vault.index("org_1", "tky_1", wrapping)


def test_another_person_opens_nothing() -> None:
    keys, other = Keys(), Keys()
    sealed = keys.cipher.seal(c.email, ROW, "ana@example.com")
    with pytest.raises(Unsealable, match="another key"):
        other.cipher.open(c.email, ROW, sealed)


def test_a_value_under_the_same_key_opens_in_its_own_tenant_alone() -> None:
    keys = Keys()
    sealed = keys.cipher.seal(c.email, ROW, "ana@example.com")
    elsewhere = SubjectCipher("org_2", keys.cipher._cipher)
    with pytest.raises(Unsealable):
        elsewhere.open(c.email, ROW, sealed)


def test_another_master_key_opens_nothing() -> None:
    keys = Keys()
    with pytest.raises(Unsealable, match="another key"):
        Vault(Sealer(bytes(32))).subject("org_1", keys.tenant_key, "cus_1", keys.sealed)


def test_no_nonce_comes_twice() -> None:
    keys = Keys()
    nonces = {keys.cipher.seal(c.email, ROW, "same")[6:18] for _ in range(10_000)}
    assert len(nonces) == 10_000


def test_opened_keys_are_forgotten_after_a_while() -> None:
    vault = Vault(Sealer(MASTER))
    stored = {
        n: vault.fresh_tenant_key("org_1", f"tky_{n}", INDEXING) for n in range(MOST_KEPT + 9)
    }
    for n, sealed in stored.items():
        vault.index("org_1", f"tky_{n}", sealed)
    assert len(vault._kept) == MOST_KEPT


@given(st.text(min_size=1, max_size=30), st.text(min_size=1, max_size=30))
def test_equal_values_are_found_and_no_others(one: str, other: str) -> None:
    key = IndexKey(MASTER)
    assert (key.of(c.email, one) == key.of(c.email, other)) == (one == other)
    assert len(key.of(c.email, one)) == 8


def test_an_index_is_one_columns_and_one_tenants() -> None:
    found = {
        IndexKey(key).of(column, "12345678")
        for key in (MASTER, bytes(32))
        for column in (c.email, c.phone, c.document_number)
    }
    assert len(found) == 6


def test_keys_do_not_show() -> None:
    keys = Keys()
    shown = repr([keys.vault, keys.cipher, IndexKey(MASTER), vars(keys)])
    assert repr(MASTER) not in shown
    assert MASTER.hex() not in shown


@pytest.mark.parametrize("value", ["ana@example.com", b"ana@example.com", 5])
def test_a_sealed_column_takes_nothing_in_the_open(value: object) -> None:
    with pytest.raises((TypeError, StatementError)) as caught:
        Sealed().process_bind_param(value, None)  # type: ignore[arg-type]
    assert "ana" not in str(caught.value)
