"""The tiers of `schema/tiers.toml`: what clients may spend, as data."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.resources.abc import Traversable
from math import ceil
from typing import Any

from barberpro.platform.limits import Policy, policy

AUTOMATIC = "automatic_documents"


class BrokenTiers(Exception):
    """The file of tiers says something that cannot be kept."""


@dataclass(frozen=True)
class Tier:
    """What a client of this tier may spend."""

    name: str
    budget: Policy
    concurrency: int
    """Operations that one process works on at once."""
    automatic_documents: bool = False
    """Whether its clients may name what they sent before by its hash: for own frontends, never for partners."""

    @cached_property
    def header(self) -> str:
        """`RateLimit-Policy`, of draft-ietf-httpapi-ratelimit-headers: the quota, and its seconds to fill."""
        window = ceil(self.budget.capacity / self.budget.per_second)
        return f'"{self.name}";q={self.budget.capacity};w={window};qu="cost"'


def load_tiers(folder: Traversable) -> dict[str, Tier]:
    """The tiers by their names, in their order. BrokenTiers names the first that makes no sense."""
    text = (folder / "tiers.toml").read_text(encoding="utf-8")
    found = {name: _tier(name, terms) for name, terms in tomllib.loads(text).items()}
    if not found:
        raise BrokenTiers("tiers.toml names no tier: clients need one")
    return found


def _tier(name: str, terms: Mapping[str, Any]) -> Tier:
    if not (name.isascii() and name.isidentifier()):
        raise BrokenTiers(f"tiers.toml: {name!r} cannot name a tier")
    try:
        if terms.keys() - {AUTOMATIC} != {"budget", "concurrency"}:
            raise ValueError("a tier has a budget and a concurrency")
        automatic = terms.get(AUTOMATIC, False)
        if type(automatic) is not bool:
            raise ValueError(f"{AUTOMATIC} is true or false, not {automatic}")
        places = terms["concurrency"]
        if type(places) is not int or places < 1:
            raise ValueError(f"no concurrency works like this: {places}")
        return Tier(name, policy(terms["budget"]), places, automatic)
    except ValueError as wrong:
        raise BrokenTiers(f"tiers.toml: {name}: {wrong}") from None
