"""Which language a caller gets."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barberpro.platform.locale import LANGUAGES, Catalogue, negotiate


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "es-AR"),
        ("", "es-AR"),
        ("es", "es-AR"),
        ("es-MX, en;q=0.9", "es-AR"),
        ("en", "en"),
        ("EN-gb", "en"),
        ("en-US,en;q=0.9,es;q=0.8", "en"),
        ("en;q=0.8,es-419;q=0.9", "es-AR"),
        ("fr, de;q=0.9", "es-AR"),
        ("fr, en;q=0.001", "en"),
        ("fr, *;q=0.1", "es-AR"),
        ("es;q=0, *", "en"),
        ("en;q=0", "es-AR"),
        ("es;q=0, en;q=0", "es-AR"),
        ("*;q=0", "es-AR"),
        ("es;q=0.1, *;q=0.9", "en"),
        ("en, es", "en"),
        ("es, en", "es-AR"),
        ("en-GB;q=0.2, en;q=0.7, es;q=0.5", "en"),
        ("en ; q=0.7 , es ; q=0.6", "en"),
        ("en;q=2, es;q=0.1", "es-AR"),
        ("en;q=0.1234", "es-AR"),
        ("en;q=-1", "es-AR"),
        ("en;level=1", "es-AR"),
        ("english", "es-AR"),
        (",,;q=1,;;", "es-AR"),
        ("e\u00f1", "es-AR"),
        ("en," * 166 + "en", "en"),
        ("en," * 167, "es-AR"),  # longer than any browser sends
    ],
)
def test_the_header_chooses_among_our_languages(header: str | None, language: str) -> None:
    assert negotiate(header) == language


@given(st.text(alphabet="esn-*;q=01.9, \t", max_size=600) | st.text(max_size=600))
def test_whatever_is_sent_gets_one_of_them(header: str) -> None:
    assert negotiate(header) in LANGUAGES


def test_a_catalogue_reads_a_file_a_language(tmp_path: Path) -> None:
    (tmp_path / "es-AR.toml").write_text('A = "¿Qué?"', encoding="utf-8")
    (tmp_path / "__init__.py").write_text("")
    assert Catalogue.load(tmp_path).sentences == {"es-AR": {"A": "¿Qué?"}}
