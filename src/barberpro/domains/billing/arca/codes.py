"""What a code of ARCA means and what to do about it, in our words; ARCA's own stand in the remark."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Literal

Language = Literal["en", "es"]


def meaning(code: int, language: Language) -> str | None:
    """One or two sentences, or nothing for a code that is not among the some thirty a shop can meet."""
    said = _codes().get(str(code))
    return None if said is None else said[language]


@cache
def _codes() -> dict[str, dict[str, str]]:
    return tomllib.loads(
        files("barberpro.domains.billing.arca").joinpath("codes.toml").read_text(encoding="utf-8")
    )
