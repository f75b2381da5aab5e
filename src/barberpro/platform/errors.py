"""Failures a caller can expect and act on. Anything else is a defect, logged and masked."""

from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self


@dataclass(eq=False)
class Failure(Exception):
    """An outcome the domain foresaw. A subclass is its code, its sentence and its facts.

    `says` is the English sentence, a format string over the facts; the catalogue holds the other languages
    by `code`. A fact named `time_zone` says in which zone the failure's instants are shown to a person.
    """

    code: ClassVar[str] = "FAILED"
    says: ClassVar[str] = "The request could not be carried out."
    status: ClassVar[int] = 400

    def __str__(self) -> str:
        return self.says.format_map(self.facts())

    def facts(self) -> dict[str, Any]:
        """What the failure states beside its code, by name."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    def at(self, place: int) -> Self:
        """The same, said of one of many: of the one at this place in a list that was given, from 0."""
        vars(self)["place"] = place
        return self

    @property
    def place(self) -> int | None:
        """Its place in a list, where it is about one of many."""
        return vars(self).get("place")


class Misconfigured(ValueError):
    """A setting of the operator's will not do. The message is a line that says how to mend it."""


@dataclass(eq=False)
class Invalid(Failure):
    """What was asked for makes no sense by itself, whatever the state of the shop."""

    code = "INVALID"
    status = 422


@dataclass(eq=False)
class NotFound(Failure):
    """There is no such thing, or the caller may not know of it: both look the same."""

    code = "NOT_FOUND"
    status = 404


@dataclass(eq=False)
class Conflict(Failure):
    """It cannot be done as things stand now."""

    code = "CONFLICT"
    status = 409
