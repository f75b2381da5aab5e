"""What a role is, and the ones that every organization has. Pure."""

import tomllib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from importlib.resources import files

from barberpro.platform.locale import Language

OWNER = "owner"
"""The role whose last holder stays: without one, nobody could let anyone in again."""


@dataclass(frozen=True)
class Role:
    """What its holders may do. A built-in role's id is its key in roles.toml, another's begins with `rol_`."""

    id: str
    scopes: frozenset[str]
    requires_second_factor: bool
    names: dict[Language, str]
    sentences: dict[Language, str]

    def name(self, language: Language) -> str:
        """What it is called in this language."""
        return self.names[language]

    def sentence(self, language: Language) -> str | None:
        """What its holders may do, in a sentence; None for a role that the organization made."""
        return self.sentences.get(language)


def _built_in() -> dict[str, Role]:
    text = (files("barberpro.domains.identity.users") / "roles.toml").read_text("utf-8")
    return {
        key: Role(
            id=key,
            scopes=frozenset(role["scopes"]),
            requires_second_factor=role["requires_second_factor"],
            names={"en": role["en"], "es-AR": role["es"]},
            sentences={"en": role["may_en"], "es-AR": role["may_es"]},
        )
        for key, role in tomllib.loads(text).items()
    }


BUILT_IN = _built_in()
KNOWN_SCOPES = frozenset().union(*(role.scopes for role in BUILT_IN.values()))
"""What a role can give: all that some built-in role gives, which the owner's does."""


def scopes_of(roles: Iterable[Role]) -> frozenset[str]:
    """All that any of these allows."""
    return frozenset().union(*(role.scopes for role in roles))


def reaches(outer: Collection[str] | None, inner: Collection[str] | None) -> bool:
    """Whether who sees `outer` locations sees all of `inner`; None is the whole organization."""
    return outer is None or (inner is not None and set(outer).issuperset(inner))
