"""Names are made tidy and folded; free text is made harmless."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barberpro.platform import text
from barberpro.platform.text import InvalidName


@pytest.mark.parametrize(
    ("given_name", "stored"),
    [
        ("Ana", "Ana"),
        ("  Ana \t María\n", "Ana María"),
        ("Jose\u0301", "José"),
        ("O'Higgins & Hijos", "O'Higgins & Hijos"),
        ("👩‍🦰 Coca", "👩‍🦰 Coca"),
        ("x" * 120, "x" * 120),
        ("مريم", "مريم"),
    ],
)
def test_a_name_is_stored_tidy(given_name: str, stored: str) -> None:
    assert text.name(given_name) == stored


@pytest.mark.parametrize(
    "unreadable",
    [
        "",
        "  ",
        "\u200b",
        "a\x00b",
        "a\x07",
        "\ud800",
        "a\u202eb",
        "a\u2066b",
        "x" * 121,
        "x " * 300,
    ],
)
def test_what_cannot_be_read_is_no_name(unreadable: str) -> None:
    with pytest.raises(InvalidName) as caught:
        text.name(unreadable)
    assert caught.value.facts() == {"limit": 120}


def test_a_name_may_have_a_limit_of_its_own() -> None:
    assert text.name("123", limit=3) == "123"
    with pytest.raises(InvalidName):
        text.name("1234", limit=3)


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("Peñarol  Café", "pen~arol cafe"),
        ("PEN\u0303AROL", "pen~arol"),
        ("Ángela", "angela"),
        ("Straße", "strasse"),
        ("İstanbul", "istanbul"),
        ("ＡＢＣ", "abc"),
        ("a\u200bb", "ab"),
    ],
)
def test_case_and_accents_fold_away_and_n_with_tilde_stays(written: str, key: str) -> None:
    assert text.fold(written) == key


def test_folded_names_are_in_the_order_of_the_spanish_alphabet() -> None:
    names = ["ñandú", "Oscar", "Zoe", "nube", "Ángel", "nzinga", "ana", "Ñato"]
    in_order = ["ana", "Ángel", "nube", "nzinga", "ñandú", "Ñato", "Oscar", "Zoe"]
    assert sorted(names, key=text.fold) == in_order


@given(st.text(max_size=60))
def test_folding_twice_is_folding_once(written: str) -> None:
    assert text.fold(text.fold(written)) == text.fold(written)


@given(st.text(max_size=200))
def test_a_stored_name_is_a_name(written: str) -> None:
    try:
        stored = text.name(written)
    except InvalidName:
        return
    assert text.name(stored) == stored
    assert stored.encode()
    assert "\x00" not in stored
    assert "\n" not in stored


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (None, None),
        ("", None),
        (" \n\x00 ", None),
        (" uno\r\ndos\rtres\t. ", "uno\ndos\ntres\t."),
        ("a\x00b\x1b[31m\ud800c", "ab[31mc"),
    ],
)
def test_free_text_keeps_its_lines_and_loses_its_controls(
    written: str | None, kept: str | None
) -> None:
    assert text.prose(written) == kept
