"""Text from outside: names made tidy and foldable, free text made harmless."""

import unicodedata
from dataclasses import dataclass
from unicodedata import category, normalize

from .errors import Invalid

LONGEST_NAME = 120
TURNS_READING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
UNSEEN = ("Cc", "Cf", "Zs", "Zl", "Zp")


@dataclass(eq=False)
class InvalidName(Invalid):
    """A name is empty, too long, or holds characters that cannot be read."""

    code = "INVALID_NAME"
    says = "A name has 1 to {limit} readable characters."
    limit: int
    """How many are allowed at most."""


def name(text: str, *, limit: int = LONGEST_NAME) -> str:
    """The name as it is stored: composed, on one line, single spaces. Raises InvalidName."""
    if len(text) > 4 * limit:  # before any work on it; blanks and decomposed accents take some room
        raise InvalidName(limit)
    tidy = _on_one_line(normalize("NFC", text))
    seen = any(category(c) not in UNSEEN for c in tidy)
    if not seen or len(tidy) > limit or any(_is_unreadable(c) for c in tidy):
        raise InvalidName(limit)
    return tidy


def fold(text: str) -> str:
    """The key that names are compared and ordered by: `Peñarol  Café` → `pen~arol cafe`.

    Case and accents do not count. Ñ is a letter of its own in Spanish, after N, and so it is here:
    the tilde sorts behind every letter.
    """
    letters = normalize("NFC", text.casefold()).replace("ñ", "n~")
    plain = normalize("NFKD", letters).casefold()
    kept = [c for c in plain if not unicodedata.combining(c) and category(c) != "Cf"]
    return _on_one_line("".join(kept))


def prose(text: str | None) -> str | None:
    """Free text as it is stored: trimmed, lines kept, controls gone. None where nothing is left."""
    if text is None:
        return None
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in lines if c in "\n\t" or not _is_unreadable(c)).strip() or None


def _on_one_line(text: str) -> str:
    return " ".join(text.split())


def _is_unreadable(character: str) -> bool:
    """Controls, lone surrogates, and the marks that turn the direction of what follows."""
    return category(character) in ("Cc", "Cs") or character in TURNS_READING
