"""Every foreseen failure can be told in both languages, with its facts."""

import importlib
import pkgutil
import re
import string
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, date, datetime
from importlib.resources import files
from types import ModuleType
from typing import Any

import pytest

import barberpro.domains
import barberpro.platform
import resolvers
from barberpro.domains.bookings.errors import SlotTaken, WrongStatus
from barberpro.domains.locations.errors import UnknownTimeZone
from barberpro.platform.errors import Failure
from barberpro.platform.locale import Catalogue
from barberpro.platform.money import Money

CATALOGUE = Catalogue.load(files("barberpro.domains.messages"))
ZONE = "America/Argentina/Buenos_Aires"
WHEN = datetime(2026, 11, 24, 1, 5, tzinfo=UTC)  # 22:05 the day before in Buenos Aires
SAMPLES = {
    str: "muestra",
    int: 7,
    date: date(2026, 12, 1),
    datetime: WHEN,
    Money: Money(1_250_000, "ARS"),
    list[str]: ["a", "b"],
}


def all_failures() -> list[type[Failure]]:
    """Those of the product: not those that tests make up."""
    for package in (barberpro.platform, barberpro.domains, resolvers):
        import_all(package)
    ours = [cls for cls in [Failure, *descendants(Failure)] if is_ours(cls)]
    return sorted(ours, key=lambda cls: cls.__name__)


def import_all(package: ModuleType) -> None:
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if ".migrations." not in module.name:  # its env.py runs only when Alembic runs it
            importlib.import_module(module.name)


def descendants(cls: type[Failure]) -> Iterator[type[Failure]]:
    for child in cls.__subclasses__():
        yield child
        yield from descendants(child)


def is_ours(cls: type) -> bool:
    return cls.__module__.partition(".")[0] in ("barberpro", "resolvers")


FAILURES = all_failures()
each_failure = pytest.mark.parametrize("cls", FAILURES, ids=lambda cls: cls.__name__)


def sample(cls: type[Failure]) -> Failure:
    return cls(**{f.name: ZONE if f.name == "time_zone" else SAMPLES[f.type] for f in fields(cls)})


def names_in(sentence: str) -> set[str]:
    return {
        re.split(r"[.\[]", name)[0] for _, name, _, _ in string.Formatter().parse(sentence) if name
    }


def test_failures_are_found() -> None:
    names = {cls.__name__ for cls in FAILURES}
    assert {"Failure", "SlotTaken", "IdempotencyKeyReused", "LocationNotFound"} <= names


def test_codes_and_names_are_unique_across_the_product() -> None:
    for key in ("code", "__name__"):
        counted = Counter(getattr(cls, key) for cls in FAILURES)
        assert [value for value, count in counted.items() if count > 1] == []


@each_failure
def test_a_code_is_written_as_codes_are(cls: type[Failure]) -> None:
    assert re.fullmatch(r"[A-Z]+(_[A-Z0-9]+)*", cls.code)
    assert "code" in vars(cls)
    assert cls.status in (400, 403, 404, 409, 422)


@each_failure
def test_both_languages_tell_it(cls: type[Failure]) -> None:
    failure = sample(cls)
    spanish, english = (CATALOGUE.message(failure, language) for language in ("es-AR", "en"))
    assert cls.code in CATALOGUE.sentences["es-AR"]
    assert spanish != english
    for message in (spanish, english):
        assert message.endswith(".")
        assert "{" not in message
    assert str(failure)


@each_failure
def test_both_languages_tell_the_same_facts(cls: type[Failure]) -> None:
    known = {f.name for f in fields(cls)}
    spanish, english = names_in(CATALOGUE.sentences["es-AR"][cls.code]), names_in(cls.says)
    assert spanish == english
    assert english <= known


@each_failure
def test_instants_are_told_on_the_wall_clock_of_their_place(cls: type[Failure]) -> None:
    if any(f.type is datetime for f in fields(cls)):
        assert "time_zone" in {f.name for f in fields(cls)}


def test_the_catalogue_has_no_sentence_for_what_cannot_happen() -> None:
    assert set(CATALOGUE.sentences) == {"es-AR"}
    assert set(CATALOGUE.sentences["es-AR"]) == {cls.code for cls in FAILURES}


def test_a_failure_is_told_in_the_callers_language() -> None:
    taken = SlotTaken("prv_x", WHEN, ZONE)
    assert CATALOGUE.message(taken, "es-AR") == (
        "El profesional está ocupado hasta el 23/11 22:05. Elegí otro horario u otro profesional."
    )
    assert CATALOGUE.message(taken, "en") == (
        "The provider is taken until 23/11 22:05. Choose another time or provider."
    )
    assert CATALOGUE.message(WrongStatus("CANCELLED", "COMPLETED"), "es-AR") == (
        "Un turno en estado CANCELLED no puede pasar a COMPLETED."
    )


def test_without_a_sentence_it_is_told_in_english() -> None:
    assert Catalogue({}).message(UnknownTimeZone(), "es-AR") == UnknownTimeZone.says


def test_what_facts_hold_is_never_taken_for_a_sentence() -> None:
    hostile: Any = "{0.__class__} %s {until}"
    told = CATALOGUE.message(SlotTaken(hostile, WHEN, ZONE), "en")
    assert told == "The provider is taken until 23/11 22:05. Choose another time or provider."
    assert hostile in CATALOGUE.message(WrongStatus(hostile, "x"), "en")
