"""What people can read on the pages, whatever their language, eyes and time of day."""

import re
from string import Template

import pytest

from barberpro.domains.identity.users.roles import KNOWN_SCOPES
from barberpro.gateway.oauth.pages import FOLDER, TEXTS
from barberpro.gateway.oauth.scopes import PROTOCOL
from barberpro.platform.locale import LANGUAGES

CSS = (FOLDER / "pages.css").read_text("utf-8")
SCHEMES = [
    dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", line))
    for line in CSS.splitlines()
    if ":root" in line
]
TEXT, PART = 4.5, 3.0
"""WCAG 2.2, 1.4.3 and 1.4.11: of text, and of what tells a field or the focus from its ground."""


def luminance(colour: str) -> float:
    """Relative luminance by WCAG 2.2."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("scheme", SCHEMES, ids=["light", "dark"])
@pytest.mark.parametrize(
    ("mark", "ground", "least"),
    [
        ("ink", "paper", TEXT), ("act", "paper", TEXT), ("bad", "paper", TEXT), ("on-act", "act", TEXT),
        ("line", "paper", PART), ("act", "paper", PART),
    ],
)  # fmt: skip
def test_colours_stand_apart_as_wcag_asks(
    scheme: dict[str, str], mark: str, ground: str, least: float
) -> None:
    bright, dark = sorted((luminance(scheme[mark]), luminance(scheme[ground])), reverse=True)
    assert (bright + 0.05) / (dark + 0.05) >= least


def test_there_is_a_light_and_a_dark_scheme_of_the_same_colours() -> None:
    light, dark = SCHEMES
    assert light.keys() == dark.keys()
    assert luminance(light["paper"]) > 0.9 and luminance(dark["paper"]) < 0.1


def test_every_language_says_the_same_things() -> None:
    def names(language: str) -> set[tuple[str, str, frozenset[str]]]:
        return {
            (page, name, frozenset(Template(text).get_identifiers()))
            for page, texts in TEXTS[language].items()  # type: ignore[index]
            for name, text in texts.items()
        }

    assert set(TEXTS) == set(LANGUAGES)
    first, *others = map(names, LANGUAGES)
    assert all(other == first for other in others)


@pytest.mark.parametrize("language", LANGUAGES)
def test_whatever_can_be_allowed_is_told_in_words(language: str) -> None:
    assert set(TEXTS[language]["scopes"]) == KNOWN_SCOPES | PROTOCOL  # type: ignore[index]


@pytest.mark.parametrize(
    "path", [each.name for each in FOLDER.iterdir() if each.name.endswith("html")]
)
def test_each_field_has_a_label_and_no_script_is_needed(path: str) -> None:
    page = (FOLDER / path).read_text("utf-8")
    labelled = set(re.findall(r'<label for="([^"]+)"', page))
    assert set(re.findall(r'<input id="([^"]+)"', page)) == labelled
    assert not re.search(r"<script|\bon[a-z]+=|style=|javascript:", page)
