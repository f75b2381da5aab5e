"""Keys in the open, in memory only: a tenant's opens its people's, a person's opens their values."""

import hashlib
import hmac
import secrets
from collections import OrderedDict
from typing import Any, TypeVar

from sqlalchemy import Column

from ..crypto import KEY_BYTES, Cipher, derived
from .tables import INDEXING, WRAPPING

T = TypeVar("T", Cipher, "IndexKey")

MOST_KEPT = 256
"""Opened keys of tenants that one process remembers; opening one again takes a few microseconds."""
INDEX_BYTES = 8


class NoVault(Exception):
    """A defect of ours: the database was opened without the key to what is sealed in it."""


class SubjectCipher:
    """Seals and opens the values of one person, each for the one place it stands in."""

    def __init__(self, tenant: str, cipher: Cipher) -> None:
        self._tenant = tenant
        self._cipher = cipher

    def seal(self, column: Column[Any], row_id: str, plain: str) -> bytes:
        """What is stored in `column` of the row."""
        return self._cipher.seal(plain.encode(), place(self._tenant, column, row_id))

    def open(self, column: Column[Any], row_id: str, sealed: bytes) -> str:
        """What was sealed. Raises Unsealable of anything else, or from anywhere else."""
        return self._cipher.open(sealed, place(self._tenant, column, row_id)).decode()


class IndexKey:
    """Makes equal values of one tenant's column findable, and tells nothing else of them."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._of_columns: dict[str, bytes] = {}

    def of(self, column: Column[Any], value: str) -> bytes:
        """The first 8 bytes of HMAC-SHA256. Whoever reads the table sees which rows have equal values."""
        name = f"{column.table}.{column.name}"
        if name not in self._of_columns:
            self._of_columns[name] = derived(self._key, f"index/{name}")
        return hmac.digest(self._of_columns[name], value.encode(), hashlib.sha256)[:INDEX_BYTES]


PURPOSES: dict[type, str] = {Cipher: WRAPPING, IndexKey: INDEXING}


class Vault:
    """Opens the keys of tenants, and with these the keys of people."""

    def __init__(self, master: Cipher) -> None:
        self._master = master
        self._kept: OrderedDict[tuple[type, str, str, bytes], Any] = OrderedDict()

    def fresh_tenant_key(self, tenant: str, key_id: str, purpose: str) -> bytes:
        """A new key of a tenant for this purpose, sealed with the master key."""
        about = tenant_key_place(tenant, key_id, purpose)
        return self._master.seal(secrets.token_bytes(KEY_BYTES), about)

    def fresh_subject_key(
        self, tenant: str, tenant_key: tuple[str, bytes], subject: str
    ) -> tuple[bytes, SubjectCipher]:
        """A new key of a person: sealed with the tenant's, and ready for use."""
        key = secrets.token_bytes(KEY_BYTES)
        wrapping = self._opened(Cipher, tenant, *tenant_key)
        sealed = wrapping.seal(key, subject_key_place(tenant, subject))
        return sealed, SubjectCipher(tenant, Cipher(key))

    def subject(
        self, tenant: str, tenant_key: tuple[str, bytes], subject: str, sealed: bytes
    ) -> SubjectCipher:
        """The key of a person. Raises Unsealable where one of the two keys is not theirs."""
        wrapping = self._opened(Cipher, tenant, *tenant_key)
        key = wrapping.open(sealed, subject_key_place(tenant, subject))
        return SubjectCipher(tenant, Cipher(key))

    def index(self, tenant: str, key_id: str, sealed: bytes) -> IndexKey:
        """The key that a tenant's values are found by."""
        return self._opened(IndexKey, tenant, key_id, sealed)

    def _opened(self, kind: type[T], tenant: str, key_id: str, sealed: bytes) -> T:
        """What a tenant's key does. Kept by its sealed form: a key that was replaced is never taken for the new one."""
        asked = (kind, tenant, key_id, sealed)
        if asked not in self._kept:
            about = tenant_key_place(tenant, key_id, PURPOSES[kind])
            self._kept[asked] = kind(self._master.open(sealed, about))
            if len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(asked)
        return self._kept[asked]


def place(tenant: str, column: Column[Any], row_id: str) -> bytes:
    """Where a value stands: it opens nowhere else. Ids and names hold no bar, so no two places read alike."""
    return f"{tenant}|{column.table}|{column.name}|{row_id}".encode()


def tenant_key_place(tenant: str, key_id: str, purpose: str) -> bytes:
    """Where the key of a tenant stands, and what for: one to find values by never wraps people's keys."""
    return f"{tenant}|tenant_keys|sealed|{key_id}|{purpose}".encode()


def subject_key_place(tenant: str, subject: str) -> bytes:
    """Where the key of a person stands."""
    return f"{tenant}|subject_keys|sealed|{subject}".encode()
