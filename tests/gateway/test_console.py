"""The console's routes over HTTP."""

import gzip
import hashlib
import json
from collections.abc import AsyncIterator
from importlib.resources import files
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from barberpro.gateway import console

MANIFEST = json.loads((files("barberpro.console") / "static" / "manifest.json").read_bytes())
ASSETS: dict[str, dict[str, Any]] = MANIFEST["assets"]
WORKER = next(name for name in ASSETS if name.startswith("assets/language.worker"))
POLICY = (
    "default-src 'none'; script-src 'self'; worker-src 'self'; "
    "style-src-elem 'self' 'unsafe-inline'; style-src-attr 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
IMMUTABLE = "public, max-age=31536000, immutable"


@pytest.fixture
async def browser() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(Starlette(routes=[*console.routes()]))
    async with httpx.AsyncClient(transport=transport, base_url="http://console.test") as client:
        yield client


def stored(name: str) -> bytes:
    return (files("barberpro.console") / "static" / f"{name}.gz").read_bytes()


async def raw(client: httpx.AsyncClient, path: str, encodings: str) -> tuple[str | None, bytes]:
    """The content coding and the bytes as they came, not yet decoded."""
    async with client.stream("GET", path, headers={"Accept-Encoding": encodings}) as response:
        body = b"".join([chunk async for chunk in response.aiter_raw()])
        return response.headers.get("content-encoding"), body


async def test_the_page_is_spanish_and_asked_for_each_time(browser: httpx.AsyncClient) -> None:
    page = await browser.get("/console/")

    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["cache-control"] == "no-cache"
    assert '<html lang="es-AR">' in page.text
    assert page.text == (await browser.get("/console/index.html")).text


async def test_without_its_slash_the_console_redirects(browser: httpx.AsyncClient) -> None:
    redirect = await browser.get("/console")
    assert (redirect.status_code, redirect.headers["location"]) == (308, "/console/")


async def test_every_asset_is_served_whole_with_the_right_type(browser: httpx.AsyncClient) -> None:
    types = {
        "css": "text/css; charset=utf-8",
        "html": "text/html; charset=utf-8",
        "js": "text/javascript; charset=utf-8",
        "md": "text/markdown; charset=utf-8",
        "svg": "image/svg+xml",
        "ttf": "font/ttf",
    }
    for name, described in ASSETS.items():
        answer = await browser.get(f"/console/{name}")
        assert answer.status_code == 200
        assert hashlib.sha256(answer.content).hexdigest() == described["sha256"]
        assert answer.headers["content-type"] == types[name.rpartition(".")[2]]
        hashed = name.startswith("assets/")
        assert answer.headers["cache-control"] == (IMMUTABLE if hashed else "no-cache")


@pytest.mark.parametrize("path", ["", WORKER, "assets/nowhere.js"])
async def test_every_answer_carries_the_policy(browser: httpx.AsyncClient, path: str) -> None:
    headers = (await browser.get(f"/console/{path}")).headers

    assert headers["content-security-policy"] == POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"


@pytest.mark.parametrize("encodings", ["gzip", "br, GZIP;q=0.5", "*", "identity;q=0, *;q=0.1"])
async def test_who_takes_gzip_gets_the_stored_bytes(
    browser: httpx.AsyncClient, encodings: str
) -> None:
    assert await raw(browser, f"/console/{WORKER}", encodings) == ("gzip", stored(WORKER))


@pytest.mark.parametrize("encodings", ["", "identity", "br", "gzip;q=0", "gzip; q=0.000, *"])
async def test_who_does_not_gets_them_unpacked(browser: httpx.AsyncClient, encodings: str) -> None:
    unpacked = gzip.decompress(stored(WORKER))
    assert await raw(browser, f"/console/{WORKER}", encodings) == (None, unpacked)


async def test_what_the_browser_has_is_not_sent_again(browser: httpx.AsyncClient) -> None:
    etags = {}
    for encoding in ("gzip", "identity"):
        sent = {"Accept-Encoding": encoding}
        first = await browser.get("/console/", headers=sent)
        assert first.headers["vary"] == "Accept-Encoding"
        etags[encoding] = first.headers["etag"]
        for known in (etags[encoding], f'W/{etags[encoding]}, "other"', "*"):
            again = await browser.get("/console/", headers={**sent, "If-None-Match": known})
            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["etag"] == etags[encoding]
            assert again.headers["cache-control"] == "no-cache"

    assert etags["gzip"] != etags["identity"]
    other = {"Accept-Encoding": "gzip", "If-None-Match": etags["identity"]}
    assert (await browser.get("/console/", headers=other)).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "assets/nowhere.js",
        "manifest.json",
        "index.html.gz",
        "assets",
        "..%2f__init__.py",
        "%2e%2e/%2e%2e/pyproject.toml",
        "assets/..%2findex.html",
        "/etc/passwd",
        "index.html%00",
    ],
)
async def test_only_what_was_built_is_served(browser: httpx.AsyncClient, path: str) -> None:
    answer = await browser.get(f"/console/{path}")

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {
        "errors": [
            {"message": "The console has no such file.", "extensions": {"code": "NOT_FOUND"}}
        ]
    }


async def test_nothing_can_be_sent_to_it(browser: httpx.AsyncClient) -> None:
    assert (await browser.post("/console/", data={"secret": "x"})).status_code == 405
