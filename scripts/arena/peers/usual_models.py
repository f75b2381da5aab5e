"""The tables as a user of SQLAlchemy's ORM would map them: as much of each as the four operations ask for."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    type_annotation_map = {datetime: TIMESTAMP(timezone=True)}


class Location(Base):
    __tablename__ = "locations"

    id: Mapped[str] = mapped_column(primary_key=True)
    organization_id: Mapped[str]
    name: Mapped[str]
    name_key: Mapped[str]
    city: Mapped[str]
    time_zone: Mapped[str]
    is_active: Mapped[bool]


class Provider(Base):
    __tablename__ = "providers"

    id: Mapped[str] = mapped_column(primary_key=True)
    organization_id: Mapped[str]
    name: Mapped[str]
    name_key: Mapped[str]


class ProviderLocation(Base):
    __tablename__ = "provider_locations"

    id: Mapped[str] = mapped_column(primary_key=True)
    organization_id: Mapped[str]
    provider_id: Mapped[str] = mapped_column(ForeignKey("providers.id"))
    location_id: Mapped[str] = mapped_column(ForeignKey("locations.id"))


class Customer(Base):
    __tablename__ = "customers"

    id: Mapped[str] = mapped_column(primary_key=True)
    organization_id: Mapped[str]
    name: Mapped[str]


class Service(Base):
    __tablename__ = "services"

    id: Mapped[str] = mapped_column(primary_key=True)
    organization_id: Mapped[str]
    name: Mapped[str]
    duration_minutes: Mapped[int]
    price_minor: Mapped[int]
    currency_code: Mapped[str]


class Invoice(Base):
    __tablename__ = "invoices"

    id: Mapped[str] = mapped_column(primary_key=True)
    organization_id: Mapped[str]
    series: Mapped[int | None]
    number: Mapped[int | None]
    status: Mapped[str]
    total_minor: Mapped[int]
    currency_code: Mapped[str]


class Booking(Base):
    __tablename__ = "bookings"

    id: Mapped[str] = mapped_column(primary_key=True)
    organization_id: Mapped[str]
    location_id: Mapped[str] = mapped_column(ForeignKey("locations.id"))
    provider_id: Mapped[str] = mapped_column(ForeignKey("providers.id"))
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"))
    service_id: Mapped[str] = mapped_column(ForeignKey("services.id"))
    invoice_id: Mapped[str | None] = mapped_column(ForeignKey("invoices.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    created_at: Mapped[datetime]
    status: Mapped[str]
    channel: Mapped[str]
    duration_minutes: Mapped[int]
    price_minor: Mapped[int]
    currency_code: Mapped[str]
    is_first_visit: Mapped[bool]
    notes: Mapped[bytes | None]
