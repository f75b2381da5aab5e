"""What a user has told pip, uv does as well."""

import sys
from pathlib import Path

import _pip_settings
import pytest

LISTING = r"""
:env:.disable-pip-version-check='1'
:env:.find-links='/gone'
global.cert='/etc/company.pem'
global.extra-index-url='https://one.test/simple\nhttps://two.test/simple'
global.find-links='/wheels'
global.index-url='https://global.test/simple'
install.index-url='https://install.test/simple'
download.index-url='https://download.test/simple'
global.timeout=
not a setting
"""


def everything_exists(_path: str) -> bool:
    return True


def test_the_install_section_overrides_global_and_the_environment_both() -> None:
    assert _pip_settings.parse_settings(LISTING) == {
        "cert": "/etc/company.pem",
        "disable-pip-version-check": "1",
        "extra-index-url": "https://one.test/simple\nhttps://two.test/simple",
        "find-links": "/gone",
        "index-url": "https://install.test/simple",
    }


def test_settings_are_read_as_pip_itself_sees_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    configuration = tmp_path / "pip.conf"
    configuration.write_text("[global]\nindex-url = https://file.test/simple\nproxy = http://p:1\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(configuration))
    monkeypatch.setenv("PIP_INDEX_URL", "https://variable.test/simple")

    settings = _pip_settings.read_settings(Path(sys.executable))

    assert settings["index-url"] == "https://variable.test/simple"
    assert settings["proxy"] == "http://p:1"


def test_every_setting_that_uv_knows_is_carried_over() -> None:
    settings = {
        "index-url": "https://mirror.test/simple",
        "extra-index-url": "https://one.test/simple\nfile:///two",
        "find-links": "/wheels  https://links.test/",
        "cert": "/etc/company.pem",
        "client-cert": "/etc/me.pem",
        "trusted-host": "one.test\ntwo.test",
        "default-timeout": "90",
        "proxy": "http://proxy.test:3128",
        "disable-pip-version-check": "1",
    }

    assert _pip_settings.uv_environment(settings, {}, everything_exists) == {
        "UV_DEFAULT_INDEX": "https://mirror.test/simple",
        "UV_INDEX": "https://one.test/simple file:///two",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_FIND_LINKS": "/wheels,https://links.test/",
        "SSL_CERT_FILE": "/etc/company.pem",
        "SSL_CLIENT_CERT": "/etc/me.pem",
        "UV_INSECURE_HOST": "one.test two.test",
        "UV_HTTP_TIMEOUT": "90",
        "ALL_PROXY": "http://proxy.test:3128",
    }


def test_no_settings_add_nothing() -> None:
    assert _pip_settings.uv_environment({}, {}) == {}
    assert _pip_settings.uv_flags({}) == []


def test_what_the_user_set_for_uv_stays() -> None:
    settings = {"index-url": "https://pip.test/simple", "timeout": "90"}
    environment = {"UV_DEFAULT_INDEX": "https://uv.test/simple", "UV_HTTP_TIMEOUT": ""}

    assert _pip_settings.uv_environment(settings, environment) == {"UV_HTTP_TIMEOUT": "90"}


def test_sources_that_are_gone_are_passed_over(tmp_path: Path) -> None:
    here, gone = tmp_path / "with space", tmp_path / "gone"
    here.mkdir()
    settings = {
        "index-url": gone.as_uri(),
        "extra-index-url": f"{gone.as_uri()} {here.as_uri()}",
        "find-links": f"{gone} ~/no-such-folder-of-wheels {tmp_path}",
        "cert": str(gone / "company.pem"),
    }

    assert _pip_settings.uv_environment(settings, {}) == {
        "UV_INDEX": here.as_uri(),
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_FIND_LINKS": str(tmp_path),
    }


def test_the_strategy_is_left_alone_when_every_extra_index_is_gone(tmp_path: Path) -> None:
    settings = {"extra-index-url": (tmp_path / "gone").as_uri()}

    assert _pip_settings.uv_environment(settings, {}) == {}


def test_find_links_in_the_home_folder_are_spelled_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "wheels").mkdir()

    added = _pip_settings.uv_environment({"find-links": "~/wheels"}, {})

    assert added == {"UV_FIND_LINKS": f"{tmp_path}/wheels"}


@pytest.mark.parametrize(
    ("value", "flags"), [("true", ["--no-index"]), ("1", ["--no-index"]), ("false", [])]
)
def test_no_index_becomes_an_argument(value: str, flags: list[str]) -> None:
    assert _pip_settings.uv_flags({"no-index": value}) == flags
