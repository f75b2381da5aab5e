"""`barberpro upstreams check`: what is pinned, what we ask for, and what the service says now."""

from typing import Any

import pytest

from barberpro.cli import upstreams
from barberpro.demo.loyalty.app import SDL


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Any:
    """`said(sdl)` lets the service say that this is its schema."""

    def says(sdl: str) -> None:
        async def answered(_settings: Any, names: list[str]) -> dict[str, str]:
            return dict.fromkeys(names, sdl)

        monkeypatch.setattr(upstreams, "_said", answered)

    return says


def test_offline_nobody_is_asked(capsys: pytest.CaptureFixture[str]) -> None:
    upstreams.check(offline=True)
    assert capsys.readouterr().out == "what we ask of loyalty stands in the pinned schemas\n"


def test_a_service_that_says_the_same_fits(said: Any, capsys: pytest.CaptureFixture[str]) -> None:
    said(SDL)
    upstreams.check(offline=False)
    assert capsys.readouterr().out.splitlines()[-1] == "the services say the same"


@pytest.mark.parametrize(
    ("sdl", "told"),
    [
        (SDL.replace("  SILVER\n", ""), "loyalty has another schema than"),
        ("type {", "loyalty does not show its schema"),
    ],
)
def test_a_service_that_changed_is_named(said: Any, sdl: str, told: str) -> None:
    said(sdl)
    with pytest.raises(upstreams.Differs, match=told):
        upstreams.check(offline=False)
