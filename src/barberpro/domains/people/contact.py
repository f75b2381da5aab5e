"""What is known of how to reach a customer, and the rules it keeps. Pure; all of it is sealed where it is stored."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, TypedDict

from sqlalchemy import Column

from barberpro.platform import contacts, text

from .errors import AddressTooLong, CustomerNotesTooLong, InvalidBirthDate, InvalidDocumentNumber
from .tables import customer_contacts

LONGEST_ADDRESS = 300
LONGEST_NOTES = 1_000
SHORTEST_DOCUMENT, LONGEST_DOCUMENT = 5, 20
EARLIEST_YEAR = 1900


class Contact(TypedDict, total=False):
    """What is given of a customer. What is absent stays as it is, None takes away what was there."""

    email: str | None
    phone: str | None
    document_number: str | None
    birth_date: date | None
    address: str | None
    notes: str | None


def kept(given: Contact, today: date) -> dict[str, str | None]:
    """What was given, as it is kept, by column.

    `today` is the latest day there is on earth. ValueError of an address or a number of no known form: who takes them
    from outside has checked.
    """
    return {
        name: None if value is None else KEEP[name](value, today) for name, value in given.items()
    }


def document_number(given: str) -> str:
    """Capitals and digits alone: `12.345.678` is 12345678. Raises InvalidDocumentNumber."""
    plain = "".join(c for c in given[: 4 * LONGEST_DOCUMENT].upper() if c not in " .-/")
    is_plain = plain.isascii() and plain.isalnum()
    if not is_plain or not SHORTEST_DOCUMENT <= len(plain) <= LONGEST_DOCUMENT:
        raise InvalidDocumentNumber(SHORTEST_DOCUMENT, LONGEST_DOCUMENT)
    return plain


def _birth_date(given: date, today: date) -> str:
    if given.year < EARLIEST_YEAR or given > today:
        raise InvalidBirthDate(EARLIEST_YEAR)
    return given.isoformat()


def _address(given: str) -> str | None:
    tidy = text.prose(given)
    if tidy is not None and len(tidy) > LONGEST_ADDRESS:
        raise AddressTooLong(LONGEST_ADDRESS, len(tidy))
    return tidy


def _notes(given: str) -> str | None:
    tidy = text.prose(given)
    if tidy is not None and len(tidy) > LONGEST_NOTES:
        raise CustomerNotesTooLong(LONGEST_NOTES, len(tidy))
    return tidy


KEEP: Mapping[str, Callable[[Any, date], str | None]] = {
    "email": lambda given, _: contacts.email(given),
    "phone": lambda given, _: contacts.phone(given),
    "document_number": lambda given, _: document_number(given),
    "birth_date": _birth_date,
    "address": lambda given, _: _address(given),
    "notes": lambda given, _: _notes(given),
}
SAME: Mapping[str, Callable[[str], str]] = {
    "email": contacts.same_email,
    "phone": contacts.same_phone,
    "document_number": document_number,
}
"""What customers are found by, and what of it must be equal."""


def index_of(name: str) -> Column[Any]:
    """The column that a fact is found by."""
    return customer_contacts.c[f"{name}_index"]
