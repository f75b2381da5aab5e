"""The meanings of ARCA's codes."""

import tomllib
from importlib.resources import files

from barberpro.domains.billing.arca.codes import meaning


def test_a_code_is_explained_in_both_languages():
    assert meaning(10048, "en") == "The total is not the sum of its parts."
    assert meaning(10048, "es") == "El total no es la suma de sus partes."
    assert meaning(12345, "es") is None


def test_every_explained_code_has_both_languages():
    text = files("barberpro.domains.billing.arca").joinpath("codes.toml").read_text("utf-8")
    assert all(set(each) == {"en", "es"} for each in tomllib.loads(text).values())
