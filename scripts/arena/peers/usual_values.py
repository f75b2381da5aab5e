"""The values that the usual peer's types are made of."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import NewType

import strawberry

Moment = NewType("Moment", datetime)


@strawberry.enum
class BookingStatus(enum.Enum):
    CONFIRMED = "CONFIRMED"
    CHECKED_IN = "CHECKED_IN"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"
    NO_SHOW = "NO_SHOW"


@strawberry.enum
class BookingChannel(enum.Enum):
    WEB = "WEB"
    APP = "APP"
    PHONE = "PHONE"
    WALK_IN = "WALK_IN"
    PARTNER = "PARTNER"


@strawberry.enum
class InvoiceStatus(enum.Enum):
    DRAFT = "DRAFT"
    ISSUED = "ISSUED"
    PAID = "PAID"
    CREDITED = "CREDITED"
    VOID = "VOID"


@strawberry.enum
class BookingOrderField(enum.Enum):
    STARTS_AT = "STARTS_AT"


@strawberry.enum
class OrderDirection(enum.Enum):
    DESC = "DESC"


@strawberry.input
class BookingOrder:
    field: BookingOrderField
    direction: OrderDirection


@strawberry.type
class Money:
    amount: str
    currency_code: str


def money(minor: int, currency_code: str) -> Money:
    return Money(amount=f"{minor // 100}.{minor % 100:02}", currency_code=currency_code)
