"""In which language a caller reads, and how a failure is told to a person in it."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources.abc import Traversable
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo

from .errors import Failure
from .money import Money

Language = Literal["es-AR", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
DEFAULT: Language = "es-AR"
LONGEST_HEADER = 500  # characters; browsers send fewer than 100
RANGE = re.compile(
    r"\s*(?P<tag>[a-z]{1,8}|\*)(-[a-z0-9-]*)?\s*(;\s*q=(?P<weight>0(\.[0-9]{0,3})?|1(\.0{0,3})?))?\s*",
    re.IGNORECASE | re.ASCII,
)


@dataclass(frozen=True)
class Catalogue:
    """The sentences for failures, by language and code. English stands on the failures."""

    sentences: Mapping[str, Mapping[str, str]]

    @classmethod
    def load(cls, folder: Traversable) -> "Catalogue":
        """Read each `<language>.toml` in a folder: a table of code and sentence."""
        files = {f.name: f.read_text("utf-8") for f in folder.iterdir() if f.name.endswith(".toml")}
        return cls({name.removesuffix(".toml"): tomllib.loads(s) for name, s in files.items()})

    def message(self, failure: Failure, language: Language) -> str:
        """What happened, in the caller's language; in English where that has no sentence for it."""
        sentence = self.sentences.get(language, {}).get(failure.code, failure.says)
        facts = failure.facts()
        zone = ZoneInfo(facts["time_zone"]) if "time_zone" in facts else UTC
        return sentence.format_map({k: _shown(v, language, zone) for k, v in facts.items()})


def negotiate(accept_language: str | None) -> Language:
    """The language of ours that a header prefers (RFC 9110 section 12.5.4), else Spanish.

    A range speaks for its language in every region: `es-ES` and `es` are both answered in `es-AR`.
    Among ranges of equal weight the first one counts.
    """
    if not accept_language or len(accept_language) > LONGEST_HEADER:
        return DEFAULT
    weights: dict[str, float] = {}
    for tag, weight in _ranges(accept_language):
        weights[tag] = max(weight, weights.get(tag, 0.0))
    for tag, weight in sorted(weights.items(), key=lambda item: -item[1]):
        if weight == 0:
            break
        for language in LANGUAGES:
            name = language.partition("-")[0]
            if tag == name or (tag == "*" and name not in weights):
                return language
    return DEFAULT


def _ranges(header: str) -> Iterator[tuple[str, float]]:
    """Each language named, with its weight; what is malformed is passed over."""
    for part in header.split(","):
        found = RANGE.fullmatch(part)
        if found:
            yield found["tag"].lower(), float(found["weight"] or 1)


def _shown(fact: Any, language: Language, zone: Any) -> Any:
    """A fact as a person reads it. Instants go on the wall clock, for the sentence to format."""
    match fact:
        case datetime():
            return fact.astimezone(zone)
        case Money():
            return fact.formatted(language)
        case list() | tuple():
            return ", ".join(str(_shown(each, language, zone)) for each in fact)
        case _:
            return fact
