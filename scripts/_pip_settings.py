"""Carries the user's pip settings over to uv, which reads neither pip.conf nor PIP_* variables.

Nothing is written down: settings live in the environment of one uv process.
"""

from __future__ import annotations

import ast
import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

# pip lets the command's own section override [global], and PIP_* variables override both.
SECTIONS = ("global", "install", ":env:")

# Single values that mean the same to both: pip's option, uv's variable.
SAME = {
    "index-url": "UV_DEFAULT_INDEX",
    "trusted-host": "UV_INSECURE_HOST",
    "timeout": "UV_HTTP_TIMEOUT",
    "default-timeout": "UV_HTTP_TIMEOUT",
    "proxy": "ALL_PROXY",
}
CERTIFICATES = {"cert": "SSL_CERT_FILE", "client-cert": "SSL_CLIENT_CERT"}


def read_settings(python: Path) -> dict[str, str]:
    """What `pip install` of this interpreter would use, from its files and the environment."""
    listing = subprocess.run(
        [python, "-m", "pip", "config", "list"],
        capture_output=True,
        text=True,
        check=False,
    )
    return parse_settings(listing.stdout)


def parse_settings(listing: str) -> dict[str, str]:
    """Settings of `pip install` by option name, from the lines of `pip config list`."""
    found: dict[str, dict[str, str]] = {section: {} for section in SECTIONS}
    for line in listing.splitlines():
        key, separator, quoted = line.partition("=")
        section, _, option = key.strip().rpartition(".")
        if not separator or section not in found:
            continue
        try:
            value = ast.literal_eval(quoted)
        except (SyntaxError, ValueError):
            continue
        if isinstance(value, str) and value.strip():
            found[section][option] = value.strip()
    return {option: value for section in SECTIONS for option, value in found[section].items()}


def uv_environment(
    settings: Mapping[str, str],
    environment: Mapping[str, str],
    exists: Callable[[str], bool] = os.path.exists,
) -> dict[str, str]:
    """Variables to add for uv; what the user has already set for uv itself stays."""
    given = {name: " ".join(settings[o].split()) for o, name in SAME.items() if o in settings}
    if not _is_there(given.get("UV_DEFAULT_INDEX", ""), exists):
        del given["UV_DEFAULT_INDEX"]
    for option, variable in CERTIFICATES.items():
        if exists(settings.get(option, "")):
            given[variable] = settings[option]

    indexes = [i for i in settings.get("extra-index-url", "").split() if _is_there(i, exists)]
    if indexes:
        given["UV_INDEX"] = " ".join(indexes)
        # pip looks into all indexes for every package, uv stops at the first that knows it. The
        # hashes in the lock say which file is meant, so no index can slip in another one.
        given["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    links = [_expand(i) for i in settings.get("find-links", "").split() if _is_there(i, exists)]
    if links:
        given["UV_FIND_LINKS"] = ",".join(links)
    return {name: value for name, value in given.items() if not environment.get(name)}


def uv_flags(settings: Mapping[str, str]) -> list[str]:
    """Settings that uv takes as arguments only."""
    no_index = settings.get("no-index", "").lower() in {"1", "true", "yes", "on"}
    return ["--no-index"] if no_index else []


def _is_there(source: str, exists: Callable[[str], bool]) -> bool:
    """False for a folder that is gone: pip passes over it, uv would stop."""
    if source.startswith("file:"):
        return exists(unquote(urlsplit(source).path))
    if "://" in source or not source:
        return True
    return exists(_expand(source))


def _expand(source: str) -> str:
    return str(Path(source).expanduser()) if source.startswith("~") else source
